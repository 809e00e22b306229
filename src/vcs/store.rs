//! The bare repositories in the cache folder.
//!
//! ```text
//! git-v1/<name>/          commits that were asked for, without their history
//! git-v1/<name>-full/     all branches and tags
//! git-v1/<name>.names/    which commit a revision was, for when there is no network
//! git-v1/<name>….lock     held while the repository changes
//! ```
//!
//! The name is a hash of the URL without credentials. A commit is there when
//! `refs/commits/<hash>` is: git sets it when all that the commit needs has come. With
//! and without history are apart, for a shallow fetch cuts what was whole.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::error::Error;
use super::program::{At, Program, failed};
use super::url::{GitUrl, is_full_hash};
use crate::files::TemporaryFolder;
use crate::text::hex;

/// How often a lock that another holds is tried.
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// A bare repository of the cache.
#[derive(Debug)]
pub(super) struct Store {
    folder: PathBuf,
    is_full: bool,
}

/// A store that nobody else changes; dropping it lets others.
#[derive(Debug)]
pub(super) struct Locked {
    _file: File,
}

impl Store {
    /// Returns the place of a URL's repository; `commit` tells the kind of hashes.
    pub(super) fn of(root: &Path, url: &GitUrl, commit: &str, is_full: bool) -> Self {
        let mut name = name_of(url);
        // A repository has one kind of hashes.
        if commit.len() == 64 {
            name.push_str("-sha256");
        }
        if is_full {
            name.push_str("-full");
        }
        Self {
            folder: root.join(name),
            is_full,
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn at(&self) -> At<'_> {
        At::Bare(&self.folder)
    }

    /// Waits until no other task or process changes it; makes it if it is not there.
    pub(super) async fn lock(
        &self,
        program: &Program,
        url: &GitUrl,
        commit: &str,
    ) -> Result<Locked, Error> {
        let path = self.folder.with_extension("lock");
        let files = |source: io::Error| Error::Files {
            path: path.clone(),
            source,
        };
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(files)?;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                // Not waited for in a thread: nothing could end that.
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
                // There are file systems without locks; the names of files keep order there.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    break;
                }
                Err(TryLockError::Error(source)) => return Err(files(source)),
            }
        }
        remove_stale_locks(&self.folder);
        if !self.folder.join("HEAD").is_file() || !self.folder.join("config").is_file() {
            self.make(program, url, commit).await?;
        }
        Ok(Locked { _file: file })
    }

    /// Makes it aside, so that one of this name is whole.
    async fn make(&self, program: &Program, url: &GitUrl, commit: &str) -> Result<(), Error> {
        let files = |source| Error::Files {
            path: self.folder.clone(),
            source,
        };
        let root = self.folder.parent().unwrap_or(&self.folder);
        if self.folder.exists() {
            std::fs::remove_dir_all(&self.folder).map_err(files)?;
        }
        let folder = tempfile::Builder::new()
            .prefix("new-")
            .tempdir_in(root)
            .map_err(files)?;
        let bare = folder.path().join("bare");
        let mut arguments = vec!["init", "--quiet", "--bare", "--template="];
        if commit.len() == 64 {
            arguments.push("--object-format=sha256");
        }
        arguments.extend(["--", "bare"]);
        program
            .text(url, At::Nowhere(folder.path()), &arguments)
            .await?;
        std::fs::rename(&bare, &self.folder).map_err(files)
    }

    /// Whether a commit is in it, with all its files.
    pub(super) async fn has(
        &self,
        program: &Program,
        url: &GitUrl,
        commit: &str,
    ) -> Result<bool, Error> {
        if !self.folder.join("HEAD").is_file() {
            return Ok(false);
        }
        let name = format!("refs/commits/{commit}^{{commit}}");
        let arguments = ["rev-parse", "--quiet", "--verify", &name];
        let output = program.output(url, self.at(), &arguments).await?;
        Ok(output.status.success())
    }

    /// Gets one commit without its history; `false` where the server gives only what it
    /// advertises, or does not have it.
    pub(super) async fn fetch_one(
        &self,
        program: &Program,
        url: &GitUrl,
        commit: &str,
    ) -> Result<bool, Error> {
        debug_assert!(!self.is_full, "it would be cut");
        let refspec = format!("+{commit}:refs/commits/{commit}");
        let mut arguments = fetch(&["--depth=1", "--no-tags"], url);
        arguments.push(refspec);
        let output = program.output(url, self.at(), &arguments).await?;
        if output.status.success() {
            return Ok(true);
        }
        match failed(url, &arguments, &output) {
            // Another fetch would fail as well.
            error @ (Error::Authentication { .. } | Error::UnknownRepository { .. }) => Err(error),
            error @ Error::Network { .. } if !is_refused(&output.stderr) => Err(error),
            _ => Ok(false),
        }
    }

    /// Gets all branches and tags, and what the revision names if it is a `refs/…`.
    pub(super) async fn fetch_all(&self, program: &Program, url: &GitUrl) -> Result<(), Error> {
        debug_assert!(self.is_full, "it has no history");
        let mut arguments = fetch(&["--prune", "--force"], url);
        arguments.extend([
            "+refs/heads/*:refs/heads/*".to_owned(),
            "+refs/tags/*:refs/tags/*".to_owned(),
        ]);
        program.text(url, self.at(), &arguments).await?;
        let other = url.revision().filter(|name| {
            name.starts_with("refs/")
                && !name.starts_with("refs/heads/")
                && !name.starts_with("refs/tags/")
        });
        if let Some(name) = other {
            let mut arguments = fetch(&["--no-tags"], url);
            arguments.push(format!("+{name}:refs/others/{name}"));
            // It may be gone, as those of merge requests are.
            program.output(url, self.at(), &arguments).await?;
        }
        Ok(())
    }

    /// Says that a commit is there, if it is; `false` if not.
    pub(super) async fn keep(
        &self,
        program: &Program,
        url: &GitUrl,
        commit: &str,
    ) -> Result<bool, Error> {
        let Ok(found) = self.commit_of(program, url, commit).await? else {
            return Ok(false);
        };
        let name = format!("refs/commits/{commit}");
        let arguments = ["update-ref", &*name, &*found];
        program.text(url, self.at(), &arguments).await?;
        Ok(true)
    }

    /// Returns the commit that a hash, whole or its start, is of, or what git says.
    pub(super) async fn commit_of(
        &self,
        program: &Program,
        url: &GitUrl,
        hash: &str,
    ) -> Result<Result<String, String>, Error> {
        let name = format!("{hash}^{{commit}}");
        let arguments = ["rev-parse", "--verify", &*name];
        let output = program.output(url, self.at(), &arguments).await?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(if output.status.success() && is_full_hash(&text) {
            Ok(text)
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        })
    }

    /// Gets one commit, to which no branch and no tag leads, with all before it.
    pub(super) async fn fetch_with_history(
        &self,
        program: &Program,
        url: &GitUrl,
        commit: &str,
    ) -> Result<bool, Error> {
        let mut arguments = fetch(&["--no-tags"], url);
        arguments.push(format!("+{commit}:refs/commits/{commit}"));
        let output = program.output(url, self.at(), &arguments).await?;
        Ok(output.status.success())
    }

    /// Returns its tags, in the form of git's `packed-refs`.
    pub(super) async fn tags(&self, program: &Program, url: &GitUrl) -> Result<String, Error> {
        let arguments = [
            "for-each-ref",
            "--format=%(objectname) %(refname)",
            "refs/tags",
        ];
        let mut text = program.text(url, self.at(), &arguments).await?;
        if !text.is_empty() {
            text.push('\n');
        }
        Ok(text)
    }

    pub(super) const fn is_full(&self) -> bool {
        self.is_full
    }
}

/// Remembers which commit a revision was.
pub(super) fn remember(root: &Path, url: &GitUrl, commit: &str) {
    let path = name_file(root, url);
    // Nothing is lost without it but work without a network.
    if let Some(folder) = path.parent()
        && std::fs::create_dir_all(folder).is_ok()
        && let Ok(mut file) = tempfile::NamedTempFile::new_in(folder)
        && io::Write::write_all(&mut file, commit.as_bytes()).is_ok()
    {
        let _ = file.persist(path);
    }
}

/// Returns which commit a revision was when it was last asked for.
pub(super) fn remembered(root: &Path, url: &GitUrl) -> Option<String> {
    let commit = std::fs::read_to_string(name_file(root, url)).ok()?;
    is_full_hash(&commit).then_some(commit)
}

fn name_file(root: &Path, url: &GitUrl) -> PathBuf {
    let revision = url.revision().unwrap_or("HEAD");
    root.join(format!("{}.names", name_of(url)))
        .join(hash_of(revision))
}

fn name_of(url: &GitUrl) -> String {
    hash_of(url.address().trim_end_matches('/'))
}

fn hash_of(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes())[..20])
}

fn fetch(options: &[&str], url: &GitUrl) -> Vec<String> {
    let mut arguments = vec!["fetch", "--quiet", "--no-recurse-submodules"];
    arguments.extend(options);
    arguments.push("--");
    let mut arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
    arguments.push(url.address());
    arguments
}

/// Whether it was the commit that a server did not give; it may hang up then.
fn is_refused(stderr: &[u8]) -> bool {
    let text = String::from_utf8_lossy(stderr);
    [
        "not our ref",
        "unadvertised object",
        "does not support shallow",
        "does not support --depth",
        "couldn't find remote ref",
    ]
    .iter()
    .any(|words| text.contains(words))
}

/// Takes away what a killed git left: while we hold our lock there is no other.
fn remove_stale_locks(folder: &Path) {
    for name in ["", "refs/commits", "refs/heads", "refs/tags"] {
        let Ok(entries) = std::fs::read_dir(folder.join(name)) else {
            continue;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path
                .extension()
                .is_some_and(|extension| extension == "lock")
            {
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

/// Makes a folder that goes when it is dropped.
pub(super) fn temporary_folder() -> io::Result<TemporaryFolder> {
    TemporaryFolder::new("git")
}
