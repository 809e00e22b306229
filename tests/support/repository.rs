//! A git repository with locks and images, an index and a registry, and `pinfold
//! update` run in it.
//!
//! Its clock is fixed: releases are so many days old at [`AS_OF`].

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};

use crate::fake_registry::FakeRegistry;
use crate::images::Image;
use crate::index::{Index, Release, wheel};
use crate::project::{Project, Run, Running, files_below, run, start};
use crate::registries::program;

/// What counts as now.
pub(crate) const AS_OF: &str = "2026-11-21T04:17:00Z";

const PLATFORMS: [&str; 2] = ["linux/amd64", "linux/arm64"];

/// A wheel that was uploaded so many days before [`AS_OF`].
pub(crate) fn aged(name: &str, version: &str, days: i64) -> Release {
    let as_of: Timestamp = AS_OF.parse().unwrap();
    let uploaded = as_of - SignedDuration::from_hours(days * 24);
    wheel(name, version).uploaded(&uploaded.to_string())
}

/// A repository and what it needs from outside.
pub(crate) struct Repository {
    pub(crate) project: Project,
    pub(crate) index: Index,
    pub(crate) registry: FakeRegistry,
}

impl Repository {
    /// A repository that has nothing yet, without a commit.
    pub(crate) fn new(releases: impl IntoIterator<Item = Release>) -> Self {
        let index = Index::new(releases);
        index.cache_control("no-cache");
        let registry = FakeRegistry::new();
        let mirror = format!("docker.io={}", registry.url());
        let project = Project::new()
            .with_variable("PINFOLD_REGISTRY_MIRROR", &mirror)
            .with_variable("PINFOLD_RETRIES", "0");
        // Git alone, nothing else of the machine's.
        let programs = project.home().join("programs");
        std::fs::create_dir(&programs).unwrap();
        symlink(program("git").unwrap(), programs.join("git")).unwrap();
        let project = project.with_variable("PATH", programs.to_str().unwrap());
        std::fs::write(
            project.home().join(".gitconfig"),
            "[user]\nname = Ann\nemail = ann@example.org\n[init]\ndefaultBranch = main\n",
        )
        .unwrap();
        let repository = Self {
            project,
            index,
            registry,
        };
        repository.git(&["init", "--quiet"]);
        repository
    }

    /// Makes a lock file as a user does, with what the index has now.
    #[track_caller]
    pub(crate) fn lock(&self, arguments: &[&str]) {
        let index = self.index.url();
        self.project.compiles(&index, arguments);
    }

    /// Moves the tag of an official image to a revision, and returns its digest.
    pub(crate) fn push(&self, name: &str, tag: &str, revision: u32) -> String {
        let image = Image::new(name, revision, &PLATFORMS);
        self.registry.push(&format!("library/{name}"), tag, &image);
        image.digest().to_owned()
    }

    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(&self.project.path(""), &self.project.home(), arguments)
    }

    /// Commits all there is.
    pub(crate) fn commit_all(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "as it is"]);
    }

    /// The command `pinfold update` at [`AS_OF`], with the index.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_at(AS_OF, &self.index.url(), arguments)
    }

    pub(crate) fn command_at(&self, as_of: &str, index: &str, arguments: &[&str]) -> Command {
        let mut all = vec!["update", "--as-of", as_of, "--index-url", index];
        all.extend(arguments);
        self.project.command(&all)
    }

    pub(crate) fn update(&self, arguments: &[&str]) -> Run {
        run(&mut self.command(arguments))
    }

    /// Updates at another time.
    pub(crate) fn update_at(&self, as_of: &str, arguments: &[&str]) -> Run {
        run(&mut self.command_at(as_of, &self.index.url(), arguments))
    }

    /// Updates, which must succeed.
    #[track_caller]
    pub(crate) fn updates(&self, arguments: &[&str]) -> Run {
        let run = self.update(arguments);
        assert_eq!(run.code, 0, "{}", run.stderr);
        run
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        start(&mut self.command(arguments))
    }

    pub(crate) fn apply(&self, arguments: &[&str]) -> Run {
        let mut all = vec!["apply"];
        all.extend(arguments);
        run(&mut self.project.command(&all))
    }

    /// Returns the pins of a lock file.
    #[track_caller]
    pub(crate) fn pins(&self, name: &str) -> Vec<String> {
        crate::project::pins(&self.project.read(name))
    }

    /// Returns all files of the work tree with what they hold.
    pub(crate) fn files(&self) -> BTreeMap<String, String> {
        let folder = self.project.path("");
        let mut files = BTreeMap::new();
        for path in files_below(&folder) {
            let name = path.strip_prefix(&folder).unwrap().to_str().unwrap();
            if !name.starts_with(".git/") {
                let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
                files.insert(name.to_owned(), text);
            }
        }
        files
    }

    /// Returns what the user has of git: the index and where `HEAD` is.
    pub(crate) fn users_git(&self) -> (Vec<u8>, String, String) {
        let index = std::fs::read(self.project.path(".git/index")).unwrap();
        (
            index,
            self.git(&["rev-parse", "HEAD"]),
            self.git(&["status", "--porcelain"]),
        )
    }
}

/// Runs git in a folder, with nothing of the machine but a home; it must succeed. Returns
/// what it prints.
#[track_caller]
pub(crate) fn git(folder: &Path, home: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program("git").unwrap())
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", home)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {talk}");
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}
