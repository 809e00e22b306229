//! With the real git: on folders, through its own server, and by a script for SSH.
//!
//! The server is `git daemon`, one process for each connection we accept, so that
//! connections are counted and no port has to be guessed.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::{Error, Git, GitUrl, Settings};

/// A folder with repositories, a cache and a home.
struct World {
    folder: TempDir,
    variables: Vec<(OsString, OsString)>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        std::fs::create_dir(&home).unwrap();
        let variables = [
            ("HOME", home.as_os_str()),
            ("GIT_CONFIG_GLOBAL", home.join("gitconfig").as_os_str()),
            ("GIT_CONFIG_NOSYSTEM", "1".as_ref()),
        ]
        .map(|(name, value)| (name.into(), value.to_owned()));
        std::fs::write(
            home.join("gitconfig"),
            "[user]\nname = A\nemail = a@b.example\n",
        )
        .unwrap();
        Self {
            folder,
            variables: variables.into(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self, text: &str) {
        let path = self.path("home/gitconfig");
        let mut all = std::fs::read_to_string(&path).unwrap();
        all.push_str(text);
        std::fs::write(path, all).unwrap();
    }

    fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    fn settings(&self) -> Settings {
        Settings {
            cache: Some(self.path("cache")),
            is_offline: false,
            variables: self.variables.clone(),
        }
    }

    /// As another process would have it, with the same cache.
    fn git(&self) -> Git {
        Git::new(self.settings())
    }

    fn offline(&self) -> Git {
        Git::new(Settings {
            is_offline: true,
            ..self.settings()
        })
    }

    /// Runs git in a repository.
    fn run(&self, repository: &str, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .arg("-C")
            .arg(self.path(repository))
            .args(arguments)
            .env_remove("GIT_DIR")
            .env_remove("GIT_INDEX_FILE")
            .env("GIT_CONFIG_GLOBAL", self.path("home/gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Makes a repository with one commit.
    fn repository(&self, name: &str) -> String {
        std::fs::create_dir_all(self.path(name)).unwrap();
        self.run(name, &["init", "--quiet", "--initial-branch=main"]);
        self.commit(name, "setup.py", "first")
    }

    /// Commits a file.
    fn commit(&self, name: &str, file: &str, content: &str) -> String {
        let path = self.path(name).join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self.run(name, &["add", "--all"]);
        self.run(name, &["commit", "--quiet", "--message", content]);
        self.run(name, &["rev-parse", "HEAD"])
    }

    fn file_url(&self, rest: &str) -> GitUrl {
        let folder = self.folder.path().display();
        GitUrl::parse(&format!("git+file://{folder}/{rest}")).unwrap()
    }

    /// Serves the folder by git's own protocol.
    fn serve(&self) -> Server {
        let program = self.run("home", &["--exec-path"]) + "/git-daemon";
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let base = format!("--base-path={}", self.folder.path().display());
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let variables = self.variables.clone();
        std::thread::spawn(move || {
            // It ends with the process; nothing connects after the test.
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                let stream: OwnedFd = stream.unwrap().into();
                let mut child = Command::new(&program)
                    .args(["--inetd", "--export-all", "--informative-errors", &base])
                    .envs(variables.clone())
                    .stdin(stream.try_clone().unwrap())
                    .stdout(stream)
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap();
                std::thread::spawn(move || child.wait());
            }
        });
        Server { port, connections }
    }

    /// Makes a program of the user's.
    fn script(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Server {
    fn url(&self, rest: &str) -> GitUrl {
        GitUrl::parse(&format!("git+git://127.0.0.1:{}/{rest}", self.port)).unwrap()
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn read(folder: &Path, file: &str) -> String {
    std::fs::read_to_string(folder.join(file)).unwrap()
}

/// Asks for a commit in the checkout's own repository.
fn log_of(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[tokio::test]
async fn names_mean_what_the_repository_says() {
    let world = World::new();
    let first = world.repository("r");
    world.run("r", &["tag", "--annotate", "v1.0", "--message", "one"]);
    let tag = world.run("r", &["rev-parse", "v1.0"]);
    assert_ne!(tag, first);
    world.run("r", &["checkout", "--quiet", "-b", "feature/x"]);
    let feature = world.commit("r", "setup.py", "feature");
    world.run("r", &["checkout", "--quiet", "main"]);
    let second = world.commit("r", "setup.py", "second");
    world.run("r", &["update-ref", "refs/pull/1/head", &feature]);
    let git = world.git();
    for (revision, commit) in [
        ("", &second),
        ("@HEAD", &second),
        ("@main", &second),
        ("@v1.0", &first),
        ("@refs/tags/v1.0", &first),
        ("@feature/x", &feature),
        ("@refs/heads/feature/x", &feature),
        ("@refs/pull/1/head", &feature),
        (&format!("@{}", &first[..9]), &first),
        (&format!("@{}", first.to_uppercase()), &first),
    ] {
        let found = git.commit(&world.file_url(&format!("r{revision}"))).await;
        assert_eq!(&found.unwrap(), commit, "{revision}");
    }
}

#[tokio::test]
async fn a_full_hash_is_not_asked_for_and_a_name_once() {
    let world = World::new();
    let first = world.repository("r");
    let server = world.serve();
    let git = world.git();
    let url = server.url(&format!("r@{first}"));
    assert_eq!(git.commit(&url).await.unwrap(), first);
    assert_eq!(server.connections(), 0);
    let url = server.url("r@main");
    let (a, b) = tokio::join!(git.commit(&url), git.commit(&url));
    assert_eq!((a.unwrap(), b.unwrap()), (first.clone(), first));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_moved_branch_moves_for_the_next_run_only() {
    let world = World::new();
    let first = world.repository("r");
    let url = world.file_url("r@main");
    let git = world.git();
    assert_eq!(git.commit(&url).await.unwrap(), first);
    let second = world.commit("r", "setup.py", "second");
    assert_eq!(git.commit(&url).await.unwrap(), first);
    assert_eq!(world.git().commit(&url).await.unwrap(), second);
    let checkout = git.checkout(&url, &first).await.unwrap();
    assert_eq!(read(checkout.path(), "setup.py"), "first");
}

#[tokio::test]
async fn unknown_revisions_are_told_with_those_near() {
    let world = World::new();
    world.repository("r");
    world.run("r", &["tag", "v1.0"]);
    let error = world
        .git()
        .commit(&world.file_url("r@1.0"))
        .await
        .unwrap_err();
    let folder = world.folder.path().display().to_string();
    assert_eq!(
        error.to_string(),
        format!("the repository `file://{folder}/r` has no branch, tag, or commit `1.0`")
    );
    assert_eq!(error.help().as_deref(), Some("did you mean `v1.0`?"));
    // One that could be the start of a hash, and a name in full.
    for revision in ["0000dead", "refs/heads/none"] {
        let url = world.file_url(&format!("r@{revision}"));
        let error = world.git().commit(&url).await.unwrap_err();
        assert!(matches!(error, Error::UnknownRevision { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_branch_and_a_tag_that_differ_are_ambiguous() {
    let world = World::new();
    world.repository("r");
    world.run("r", &["tag", "x"]);
    world.commit("r", "setup.py", "second");
    world.run("r", &["branch", "x"]);
    let error = world
        .git()
        .commit(&world.file_url("r@x"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::AmbiguousRevision { .. }), "{error}");
    assert_eq!(
        error.help().as_deref(),
        Some("write the full name after the `@`, such as `refs/heads/x`")
    );
}

#[tokio::test]
async fn an_empty_repository_has_no_default_branch() {
    let world = World::new();
    std::fs::create_dir(world.path("r")).unwrap();
    world.run("r", &["init", "--quiet"]);
    let error = world.git().commit(&world.file_url("r")).await.unwrap_err();
    assert!(matches!(error, Error::Empty { .. }), "{error}");
}

#[tokio::test]
async fn one_commit_comes_without_its_history() {
    let world = World::new();
    world.repository("r");
    let second = world.commit("r", "setup.py", "second");
    let git = world.git();
    let url = world.file_url("r");
    let checkout = git.checkout(&url, &second).await.unwrap();
    assert_eq!(read(checkout.path(), "setup.py"), "second");
    assert_eq!(checkout.commit(), second);
    assert_eq!(log_of(checkout.path(), &["log", "--format=%H"]), second);
    assert_eq!(log_of(checkout.path(), &["status", "--porcelain"]), "");
}

#[tokio::test]
async fn a_server_that_gives_only_what_it_advertises_gives_all() {
    let world = World::new().with_variable("GIT_CONFIG_COUNT", "1");
    let world = world.with_variable("GIT_CONFIG_KEY_0", "protocol.version");
    let world = world.with_variable("GIT_CONFIG_VALUE_0", "0");
    let first = world.repository("r");
    world.commit("r", "setup.py", "second");
    let server = world.serve();
    let url = server.url("r");
    let checkout = world.git().checkout(&url, &first).await.unwrap();
    assert_eq!(read(checkout.path(), "setup.py"), "first");
    // Refused, then all.
    assert_eq!(server.connections(), 2);
    drop(checkout);

    world.run("r", &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    std::fs::remove_dir_all(world.path("cache")).unwrap();
    world.git().checkout(&url, &first).await.unwrap();
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn a_commit_that_is_nowhere_is_told() {
    let world = World::new();
    world.repository("r");
    let none = "0123456789012345678901234567890123456789";
    let error = world
        .git()
        .checkout(&world.file_url("r"), none)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::UnknownCommit { .. }), "{error:?}");
    let server = world.serve();
    let error = world
        .git()
        .checkout(&server.url("r"), none)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::UnknownCommit { .. }), "{error:?}");
}

#[tokio::test]
async fn a_commit_of_no_branch_is_had_by_its_hash() {
    let world = World::new();
    world.repository("r");
    world.run("r", &["checkout", "--quiet", "--detach"]);
    let lost = world.commit("r", "pyproject.toml", "requires = ['setuptools-scm']");
    world.run("r", &["checkout", "--quiet", "main"]);
    let checkout = world
        .git()
        .checkout(&world.file_url("r"), &lost)
        .await
        .unwrap();
    assert_eq!(
        log_of(checkout.path(), &["rev-list", "--count", "HEAD"]),
        "2"
    );
}

#[tokio::test]
async fn a_warm_cache_needs_no_network() {
    let world = World::new();
    let first = world.repository("r");
    let server = world.serve();
    let url = server.url("r@main");
    let offline = world.offline();
    let error = offline.commit(&url).await.unwrap_err();
    assert!(
        matches!(error, Error::Offline { .. }) && !error.is_transient(),
        "{error}"
    );
    let error = offline.checkout(&url, &first).await.unwrap_err();
    assert!(matches!(error, Error::Offline { .. }), "{error}");
    assert_eq!(server.connections(), 0);

    let git = world.git();
    git.checkout(&url, &git.commit(&url).await.unwrap())
        .await
        .unwrap();
    let connections = server.connections();
    let offline = world.offline();
    let commit = offline.commit(&url).await.unwrap();
    assert_eq!(commit, first);
    let checkout = offline.checkout(&url, &commit).await.unwrap();
    assert_eq!(read(checkout.path(), "setup.py"), "first");
    // Nor is it used when it might be.
    world.git().checkout(&url, &commit).await.unwrap();
    assert_eq!(server.connections(), connections);
}

#[tokio::test]
async fn without_a_cache_folder_all_goes_with_the_value() {
    let world = World::new();
    let first = world.repository("r");
    let git = Git::new(Settings {
        cache: None,
        ..world.settings()
    });
    let url = world.file_url("r");
    let checkout = git.checkout(&url, &first).await.unwrap();
    let objects = read(checkout.root(), ".git/objects/info/alternates");
    assert!(Path::new(objects.trim()).is_dir());
    let folder = checkout.path().to_owned();
    drop((checkout, git));
    assert!(!folder.exists() && !Path::new(objects.trim()).exists());
    assert!(!world.path("cache").exists());
}

#[tokio::test]
async fn many_at_once_share_one_fetch_and_no_files() {
    let world = World::new();
    let first = world.repository("r");
    let second = world.commit("r", "setup.py", "second");
    let server = world.serve();
    let url = server.url("r");
    let (one, other) = (world.git(), world.git());
    let (a, b, c, d) = tokio::join!(
        one.checkout(&url, &first),
        other.checkout(&url, &first),
        one.checkout(&url, &second),
        other.checkout(&url, &second),
    );
    assert_eq!(server.connections(), 2);
    let (a, b, c, d) = (a.unwrap(), b.unwrap(), c.unwrap(), d.unwrap());
    std::fs::write(a.path().join("setup.py"), "changed").unwrap();
    let contents: Vec<String> = [&a, &b, &c, &d]
        .map(|checkout| read(checkout.path(), "setup.py"))
        .into();
    assert_eq!(contents, ["changed", "first", "second", "second"]);
}

#[tokio::test]
async fn a_killed_git_leaves_nothing_in_the_way() {
    let world = World::new();
    let first = world.repository("r");
    let url = world.file_url("r");
    world.git().checkout(&url, &first).await.unwrap();
    let second = world.commit("r", "setup.py", "second");
    let store = std::fs::read_dir(world.path("cache/git-v1"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.is_dir())
        .unwrap();
    for name in [
        "shallow.lock",
        "config.lock",
        &format!("refs/commits/{second}.lock"),
    ] {
        std::fs::write(store.join(name), "").unwrap();
    }
    world.git().checkout(&url, &second).await.unwrap();
    // And half a repository is made anew.
    std::fs::remove_file(store.join("HEAD")).unwrap();
    world.git().checkout(&url, &first).await.unwrap();
}

#[tokio::test]
async fn the_subdirectory_is_in_the_commit() {
    let world = World::new();
    std::fs::create_dir_all(world.path("r/a b")).unwrap();
    std::os::unix::fs::symlink("/", world.path("r/out")).unwrap();
    std::os::unix::fs::symlink("a b", world.path("r/in")).unwrap();
    world.repository("r");
    let commit = world.commit("r", "a b/setup.py", "inner");
    let git = world.git();
    for name in ["a%20b", "in"] {
        let url = world.file_url(&format!("r#subdirectory={name}"));
        let checkout = git.checkout(&url, &commit).await.unwrap();
        assert_eq!(read(checkout.path(), "setup.py"), "inner");
        assert_eq!(read(checkout.root(), "setup.py"), "first");
    }
    for (name, problem) in [
        ("none", "does not contain this directory: `none`"),
        ("setup.py", "has a file there, not a directory: `setup.py`"),
        ("out", "has a link there that points outside of it: `out`"),
    ] {
        let url = world.file_url(&format!("r#subdirectory={name}"));
        let error = git.checkout(&url, &commit).await.unwrap_err();
        assert!(error.to_string().ends_with(problem), "{error}");
    }
}

#[tokio::test]
async fn paths_may_have_spaces_and_quotes() {
    let world = World::new();
    let commit = world.repository("it's a \"r\"");
    let url = world.file_url("it's a \"r\"@main");
    let git = Git::new(Settings {
        cache: Some(world.path("c a'c\"he")),
        ..world.settings()
    });
    assert_eq!(git.commit(&url).await.unwrap(), commit);
    let checkout = git.checkout(&url, &commit).await.unwrap();
    assert_eq!(read(checkout.path(), "setup.py"), "first");
}

#[tokio::test]
async fn versions_that_come_from_tags_have_the_history() {
    let world = World::new();
    world.repository("r");
    world.run("r", &["tag", "--annotate", "v2.0", "--message", "two"]);
    world.commit(
        "r",
        "sub/pyproject.toml",
        "requires = ['setuptools-scm>=8']",
    );
    let last = world.commit("r", "x.py", "last");
    let git = world.git();
    let plain = git.checkout(&world.file_url("r"), &last).await.unwrap();
    assert_eq!(log_of(plain.path(), &["rev-list", "--count", "HEAD"]), "1");
    let url = world.file_url("r#subdirectory=sub");
    let checkout = git.checkout(&url, &last).await.unwrap();
    let described = log_of(checkout.path(), &["describe", "--tags"]);
    assert_eq!(described, format!("v2.0-2-g{}", &last[..7]));
    // A tag that came later counts in the next run, though the commit is known.
    world.run("r", &["tag", "v3.0"]);
    let checkout = world.git().checkout(&url, &last).await.unwrap();
    assert_eq!(log_of(checkout.path(), &["describe", "--tags"]), "v3.0");
}

#[tokio::test]
async fn submodules_come_along_and_are_kept() {
    let world = World::new();
    world.configure("[protocol \"file\"]\nallow = always\n");
    world.repository("inner");
    world.commit("inner", "inner.py", "innermost");
    world.repository("middle");
    world.run(
        "middle",
        &["submodule", "--quiet", "add", "../inner", "inner"],
    );
    world.commit("middle", "middle.py", "middle");
    world.repository("r");
    world.run(
        "r",
        &["submodule", "--quiet", "add", "../middle", "a/middle"],
    );
    let commit = world.commit("r", "setup.py", "outer");
    let server = world.serve();
    let url = server.url("r");
    let inner = "a/middle/inner/inner.py";
    let checkout = world.git().checkout(&url, &commit).await.unwrap();
    assert_eq!(read(checkout.path(), inner), "innermost");
    let connections = server.connections();
    let checkout = world.offline().checkout(&url, &commit).await.unwrap();
    assert_eq!(read(checkout.path(), inner), "innermost");
    assert_eq!(server.connections(), connections);
}

#[tokio::test]
async fn hooks_and_templates_of_the_user_do_not_run() {
    let world = World::new();
    let ran = world.path("ran");
    std::fs::create_dir_all(world.path("hooks")).unwrap();
    std::fs::create_dir_all(world.path("template/hooks")).unwrap();
    for hook in ["post-checkout", "reference-transaction"] {
        let text = format!("echo hook >> '{}'", ran.display());
        world.script(&format!("hooks/{hook}"), &text);
        world.script(&format!("template/hooks/{hook}"), &text);
    }
    let first = world.repository("r");
    let server = world.serve();
    world.configure(&format!(
        "[core]\nhooksPath = {0}/hooks\nfsmonitor = {0}/hooks/post-checkout\n[init]\ntemplateDir = {0}/template\n",
        world.folder.path().display()
    ));
    let checkout = world
        .git()
        .checkout(&server.url("r"), &first)
        .await
        .unwrap();
    assert!(!ran.exists());
    assert!(!checkout.root().join(".git/hooks").exists());
}

#[tokio::test]
async fn variables_of_another_repository_do_not_matter() {
    let world = World::new();
    let first = world.repository("r");
    world.repository("other");
    let git_dir = world.path("other/.git");
    let git_dir = git_dir.to_str().unwrap();
    let world = world
        .with_variable("GIT_DIR", git_dir)
        .with_variable("GIT_WORK_TREE", "/nowhere")
        .with_variable("GIT_INDEX_FILE", "/nowhere/index")
        .with_variable("GIT_OBJECT_DIRECTORY", "/nowhere/objects")
        .with_variable("GIT_NAMESPACE", "x");
    let git = world.git();
    let url = world.file_url("r@main");
    assert_eq!(git.commit(&url).await.unwrap(), first);
    let checkout = git.checkout(&url, &first).await.unwrap();
    assert_eq!(read(checkout.path(), "setup.py"), "first");
    // Nor does what a checkout is made in matter, or change.
    assert!(!Path::new(git_dir).join("FETCH_HEAD").exists());
}

#[tokio::test]
async fn a_ref_of_neither_branch_nor_tag_comes_from_a_strict_server() {
    let world = World::new()
        .with_variable("GIT_CONFIG_COUNT", "1")
        .with_variable("GIT_CONFIG_KEY_0", "protocol.version")
        .with_variable("GIT_CONFIG_VALUE_0", "0");
    let first = world.repository("r");
    world.run("r", &["checkout", "--quiet", "--detach"]);
    let below = world.commit("r", "setup.py", "below");
    let change = world.commit("r", "setup.py", "change");
    world.run("r", &["update-ref", "refs/pull/1/head", &change]);
    world.run("r", &["checkout", "--quiet", "main"]);
    let server = world.serve();
    let url = server.url("r@refs/pull/1/head");
    let checkout = world.git().checkout(&url, &below).await.unwrap();
    assert_eq!(read(checkout.path(), "setup.py"), "below");
    // One that is gone is no reason not to have the others.
    let gone = server.url("r@refs/pull/2/head");
    world.commit("r", "setup.py", "second");
    std::fs::remove_dir_all(world.path("cache")).unwrap();
    let checkout = world.git().checkout(&gone, &first).await.unwrap();
    assert_eq!(read(checkout.path(), "setup.py"), "first");
}

#[tokio::test]
async fn a_users_choice_of_protocols_holds() {
    let world = World::new().with_variable("GIT_ALLOW_PROTOCOL", "ext:file");
    let first = world.repository("r");
    world
        .git()
        .checkout(&world.file_url("r"), &first)
        .await
        .unwrap();
    let server = world.serve();
    let error = world
        .git()
        .checkout(&server.url("r"), &first)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("not allowed"), "{error}");
}

#[tokio::test]
async fn ssh_is_run_with_the_users_command() {
    let world = World::new();
    let first = world.repository("r");
    let script = world.script(
        "ssh",
        &format!(
            "cd '{0}' || exit 9\necho \"$@\" >> ssh.log\nfor last; do :; done\neval \"exec ${{last#/}}\"",
            world.folder.path().display()
        ),
    );
    let world = world.with_variable("GIT_SSH_COMMAND", &script);
    let path = world.path("r");
    let url = GitUrl::parse(&format!(
        "git+ssh://git@host.example:22{}@main",
        path.display()
    ));
    let url = url.unwrap();
    let git = world.git();
    assert_eq!(git.commit(&url).await.unwrap(), first);
    let checkout = git.checkout(&url, &first).await.unwrap();
    assert_eq!(read(checkout.path(), "setup.py"), "first");
    assert!(read(world.folder.path(), "ssh.log").contains("git@host.example"));
}

#[tokio::test]
async fn ssh_is_told_to_ask_nobody() {
    let world = World::new();
    let programs = world.path("programs");
    std::fs::create_dir(&programs).unwrap();
    world.script(
        "programs/ssh",
        "echo \"$@\" > \"$HOME/ssh.log\"\necho 'git@host: Permission denied (publickey).' >&2\nexit 255",
    );
    let path = std::env::var("PATH").unwrap();
    let world = world.with_variable("PATH", &format!("{}:{path}", programs.display()));
    let url = GitUrl::parse("git+ssh://git@host.example/r@main").unwrap();
    let error = world.git().commit(&url).await.unwrap_err();
    assert!(matches!(error, Error::Authentication { .. }), "{error:?}");
    assert!(error.help().unwrap().contains("passphrase"));
    assert!(read(&world.path("home"), "ssh.log").contains("BatchMode=yes"));
    // The user's own setting comes first.
    let own = world.script("own-ssh", "echo own > \"$HOME/ssh.log\"; exit 255");
    world.configure(&format!("[core]\nsshCommand = {own}\n"));
    world.git().commit(&url).await.unwrap_err();
    assert_eq!(read(&world.path("home"), "ssh.log"), "own\n");
}

#[tokio::test]
async fn missing_repositories_differ_from_missing_servers() {
    let world = World::new();
    world.repository("r");
    let server = world.serve();
    for url in [server.url("none@main"), world.file_url("none@main")] {
        let error = world.git().commit(&url).await.unwrap_err();
        assert!(
            matches!(error, Error::UnknownRepository { .. }),
            "{error:?}"
        );
        assert!(!error.is_transient());
        let error = world
            .git()
            .checkout(&url, &"0".repeat(40))
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::UnknownRepository { .. }),
            "{error:?}"
        );
    }
    // Nobody listens there any more.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    for scheme in ["git", "http"] {
        let url = GitUrl::parse(&format!("git+{scheme}://127.0.0.1:{port}/r@main")).unwrap();
        let error = world.git().commit(&url).await.unwrap_err();
        assert!(error.is_transient(), "{error:?}");
        let error = world
            .git()
            .checkout(&url, &"0".repeat(40))
            .await
            .unwrap_err();
        assert!(error.is_transient(), "{error:?}");
    }
}

/// Answers every request that is not logged in with 401, others with 404; says what was
/// sent to log in.
fn ask_for_login() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let logins = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&logins);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut login = String::new();
            for line in BufReader::new(stream.try_clone().unwrap()).lines() {
                let line = line.unwrap();
                if let Some(value) = line.strip_prefix("Authorization: ") {
                    value.clone_into(&mut login);
                }
                if line.is_empty() {
                    break;
                }
            }
            let status = match &*login {
                "" => "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"",
                _ => "404 Not Found",
            };
            seen.lock().unwrap().push(login);
            let answer =
                format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (port, logins)
}

#[tokio::test]
async fn credentials_are_in_no_argument_and_no_message() {
    let world = World::new();
    let programs = world.path("programs");
    std::fs::create_dir(&programs).unwrap();
    // Whatever git runs of its own is seen as well.
    let helpers = world.run("home", &["--exec-path"]);
    world.script(
        "programs/git",
        &format!("echo \"$@\" >> \"$HOME/git.log\"; exec '{helpers}/git' \"$@\""),
    );
    for entry in std::fs::read_dir(&helpers).unwrap() {
        let entry = entry.unwrap();
        // The script is not replaced.
        let _ = std::os::unix::fs::symlink(entry.path(), programs.join(entry.file_name()));
    }
    let path = std::env::var("PATH").unwrap();
    let world = world
        .with_variable("PATH", &format!("{}:{path}", programs.display()))
        .with_variable("GIT_EXEC_PATH", programs.to_str().unwrap());
    // What the user has for the host does not replace what the URL says.
    world.configure("[credential]\nhelper = \"!echo username=other; echo password=other; :\"\n");
    let (port, logins) = ask_for_login();
    for (user, login) in [
        ("me:s3cret%21", "Basic bWU6czNjcmV0IQ=="),
        ("t0ken", "Basic dDBrZW46"),
    ] {
        let url = GitUrl::parse(&format!("git+http://{user}@127.0.0.1:{port}/r@main")).unwrap();
        let error = world.git().commit(&url).await.unwrap_err();
        assert!(
            matches!(error, Error::UnknownRepository { .. }),
            "{error:?}"
        );
        assert_eq!(logins.lock().unwrap().split_off(0), ["", login]);
        let told = format!("{error} {error:?}");
        assert!(
            !told.contains("s3cret") && !told.contains("t0ken"),
            "{told}"
        );
    }
    let arguments = read(&world.path("home"), "git.log");
    assert!(arguments.contains("remote-http"), "{arguments}");
    assert!(
        !arguments.contains("s3cret") && !arguments.contains("t0ken"),
        "{arguments}"
    );
}

#[tokio::test]
async fn a_login_that_is_wanted_is_told() {
    let world = World::new();
    let (port, _) = ask_for_login();
    let url = GitUrl::parse(&format!("git+http://127.0.0.1:{port}/r@main")).unwrap();
    let error = world.git().commit(&url).await.unwrap_err();
    assert!(matches!(error, Error::Authentication { .. }), "{error:?}");
    assert!(error.help().unwrap().contains("${TOKEN}@"));
}

#[tokio::test]
async fn a_variable_without_a_value_is_told_before_anybody_is_asked() {
    let world = World::new();
    let url = GitUrl::parse("git+https://${TOKEN}@host.example/r@main").unwrap();
    let error = world.git().commit(&url).await.unwrap_err();
    assert!(matches!(error, Error::UnsetVariable { .. }), "{error:?}");
    assert_eq!(
        error.help().as_deref(),
        Some("set `TOKEN` in the environment")
    );
}

#[tokio::test]
async fn without_git_it_says_so() {
    let world = World::new();
    let empty = world.path("home").to_str().unwrap().to_owned();
    let world = world.with_variable("PATH", &empty);
    let error = world.git().commit(&world.file_url("r")).await.unwrap_err();
    assert!(matches!(error, Error::NoGit { .. }), "{error:?}");
    assert!(error.help().unwrap().contains("install git"));
}

#[tokio::test]
async fn files_of_lfs_stay_pointers_where_the_program_is_not() {
    let world = World::new();
    world.repository("r");
    std::fs::write(world.path("r/.gitattributes"), "*.bin filter=lfs\n").unwrap();
    let commit = world.commit("r", "a.bin", "pointer");
    world.configure(
        "[filter \"lfs\"]\nprocess = git-lfs filter-process\nsmudge = git-lfs smudge -- %f\nrequired = true\n",
    );
    // Only what git needs, and so no `git-lfs`.
    let programs = world.path("programs");
    std::fs::create_dir(&programs).unwrap();
    let git = std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .map(|folder| folder.join("git"))
        .find(|path| path.is_file())
        .unwrap();
    std::os::unix::fs::symlink(git, programs.join("git")).unwrap();
    let world = world.with_variable("PATH", programs.to_str().unwrap());
    let checkout = world
        .git()
        .checkout(&world.file_url("r"), &commit)
        .await
        .unwrap();
    assert_eq!(read(checkout.path(), "a.bin"), "pointer");
}

#[tokio::test]
async fn repositories_with_sha256_work_as_well() {
    let world = World::new();
    std::fs::create_dir(world.path("r")).unwrap();
    world.run(
        "r",
        &[
            "init",
            "--quiet",
            "--object-format=sha256",
            "--initial-branch=main",
        ],
    );
    let first = world.commit("r", "setup.py", "first");
    assert_eq!(first.len(), 64);
    world.commit("r", "setup.py", "second");
    let git = world.git();
    let url = world.file_url(&format!("r@{}", &first[..10]));
    assert_eq!(git.commit(&url).await.unwrap(), first);
    let checkout = git.checkout(&url, &first).await.unwrap();
    assert_eq!(read(checkout.path(), "setup.py"), "first");
}
