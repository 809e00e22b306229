//! A repository, found from a folder in its work tree.

use std::path::{Path, PathBuf};
use std::process::Output;

use super::error::Error;
use super::git::{Git, failed, odd};
use super::objects::{Commit, Kind, Mode, Objects};
use super::tree::locate;

/// A git repository and one of its work trees.
#[derive(Debug, Clone)]
pub struct Repository {
    pub(super) git: Git,
    root: PathBuf,
    git_dir: PathBuf,
    /// `root` without symbolic links, to compare paths with.
    real_root: PathBuf,
}

/// What the process was told about where the repository is.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The current folder.
    pub(super) folder: PathBuf,
    /// `GIT_DIR`.
    pub(super) git_dir: Option<PathBuf>,
    /// `GIT_WORK_TREE`.
    pub(super) work_tree: Option<PathBuf>,
}

impl Told {
    fn from_process() -> Self {
        let path = |name: &str| {
            let value = std::env::var_os(name).filter(|value| !value.is_empty());
            value.map(PathBuf::from)
        };
        Self {
            folder: std::env::current_dir().unwrap_or_default(),
            git_dir: path("GIT_DIR"),
            work_tree: path("GIT_WORK_TREE"),
        }
    }
}

impl Repository {
    /// Finds the repository whose work tree a folder is in, if there is one.
    ///
    /// `GIT_DIR` and `GIT_WORK_TREE` count if the folder is in what they name: a hook
    /// has them set, also for what it runs in other repositories.
    ///
    /// # Errors
    /// When there is no git, or it refuses to look into the repository.
    pub fn find(folder: &Path) -> Result<Option<Self>, Error> {
        Self::find_with(folder, &Told::from_process())
    }

    pub(super) fn find_with(folder: &Path, told: &Told) -> Result<Option<Self>, Error> {
        let folder = told.folder.join(folder);
        if let Some(git_dir) = &told.git_dir {
            let work_tree = told.work_tree.as_ref().map(|path| told.folder.join(path));
            let git_dir = told.folder.join(git_dir);
            // Without a work tree that is told, it is where the process is.
            let from = match &work_tree {
                Some(_) => &folder,
                None => &told.folder,
            };
            let git = Git::at(from, &git_dir, work_tree.as_deref());
            if let Ok(Some(found)) = Self::look(&git, &folder)
                && found.contains(&folder)
            {
                return Ok(Some(found));
            }
        }
        Self::look(&Git::in_folder(&folder), &folder)
    }

    fn look(git: &Git, folder: &Path) -> Result<Option<Self>, Error> {
        let output = git.output(
            "rev-parse",
            &[
                "--absolute-git-dir",
                "--is-inside-work-tree",
                "--show-toplevel",
            ],
        )?;
        if !output.status.success() {
            return why_not(&output, folder);
        }
        let text = output.stdout.strip_suffix(b"\n").unwrap_or(&output.stdout);
        let lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
        let [git_dir, b"true", root] = lines[..] else {
            return Err(odd("rev-parse"));
        };
        let (git_dir, root) = (path_of(git_dir)?, path_of(root)?);
        Ok(Some(Self {
            git: Git::at(&root, &git_dir, Some(&root)),
            real_root: std::fs::canonicalize(&root).unwrap_or_else(|_| root.clone()),
            root,
            git_dir,
        }))
    }

    /// Returns the folder at the top of the work tree.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the folder in which git keeps what belongs to this work tree.
    ///
    /// Of a linked work tree it is one of its own. A good place for a journal.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// Returns the path of a file from the top of the repository, if it is in it.
    ///
    /// Folders on the way are followed through symbolic links, the file is not: links
    /// are followed by whoever reads.
    pub fn path_in(&self, path: &Path) -> Option<String> {
        let path = std::path::absolute(path).ok()?;
        let real = path
            .parent()
            .and_then(|folder| std::fs::canonicalize(folder).ok());
        let path = match (real, path.file_name()) {
            (Some(folder), Some(name)) => folder.join(name),
            _ => path,
        };
        let inside = path
            .strip_prefix(&self.real_root)
            .or_else(|_| path.strip_prefix(&self.root))
            .ok()?;
        let names: Option<Vec<&str>> = inside.iter().map(std::ffi::OsStr::to_str).collect();
        Some(names?.join("/")).filter(|path| !path.is_empty())
    }

    fn contains(&self, folder: &Path) -> bool {
        let real = std::fs::canonicalize(folder);
        real.is_ok_and(|folder| folder.starts_with(&self.real_root))
    }

    /// Returns the commit that is checked out; none if nothing was ever committed.
    pub fn head(&self) -> Result<Option<Commit>, Error> {
        self.resolve("HEAD")
    }

    /// Returns the commit that a branch, a tag or another revision of git names.
    pub fn resolve(&self, revision: &str) -> Result<Option<Commit>, Error> {
        if revision.starts_with('-') || revision.contains('\0') {
            return Ok(None);
        }
        let name = format!("{revision}^{{commit}}");
        let output = self
            .git
            .output("rev-parse", &["--quiet", "--verify", &name])?;
        if output.status.code() == Some(1) {
            return Ok(None);
        }
        if !output.status.success() {
            return Err(failed("rev-parse", &output));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim().parse().map(Some).map_err(|_| odd("rev-parse"))
    }

    /// Returns the mode and the content of a file in a commit, if it is there.
    ///
    /// The content is as it was committed; the work tree's may have other line endings.
    /// Symbolic links are followed; one that leads out of the repository is an error.
    pub fn read(&self, commit: &Commit, path: &str) -> Result<Option<(Mode, Vec<u8>)>, Error> {
        let mut objects = Objects::open(&self.git)?;
        let root = objects.commit(commit)?.tree;
        let entry = locate(&mut objects, &root, path)?.entry;
        match entry.map(|entry| (entry.kind(), entry.id)) {
            Some((Kind::File(mode), id)) => Ok(Some((mode, objects.blob(&id)?))),
            _ => Ok(None),
        }
    }

    /// Returns those of the files that git does not keep: they are not in its index.
    pub fn untracked(&self, paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
        let names: Vec<Option<String>> = paths.iter().map(|path| self.path_in(path)).collect();
        let inside = names.iter().flatten();
        let mut arguments = vec!["-z".to_owned(), "--cached".to_owned(), "--".to_owned()];
        arguments.extend(inside.map(|name| format!(":(top,literal){name}")));
        let output = self.git.output("ls-files", &arguments)?;
        if !output.status.success() {
            return Err(failed("ls-files", &output));
        }
        let kept = String::from_utf8_lossy(&output.stdout);
        let kept: Vec<&str> = kept.split('\0').collect();
        let is_kept = |name: &Option<String>| {
            let name = name.as_deref();
            name.is_some_and(|name| kept.contains(&name))
        };
        Ok(paths
            .iter()
            .zip(&names)
            .filter(|(_, name)| !is_kept(name))
            .map(|(path, _)| path.clone())
            .collect())
    }

    /// Returns those of the files whose content on disk is not that of a commit.
    ///
    /// What would be no change to commit is none here: a file that is checked out with
    /// other line endings counts as the same. A file on one side only differs, and so
    /// does one outside of the repository.
    pub fn dirty(&self, base: &Commit, paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
        let mut objects = Objects::open(&self.git)?;
        let root = objects.commit(base)?.tree;
        let mut dirty = Vec::new();
        for path in paths {
            let on_disk = std::fs::read(path).ok();
            let committed = match self.path_in(path) {
                None => None,
                Some(path) => match locate(&mut objects, &root, &path) {
                    Ok(place) => match place.entry {
                        Some(entry) => Some(objects.blob(&entry.id)?),
                        None => None,
                    },
                    Err(Error::BadPath { .. }) => None,
                    Err(error) => return Err(error),
                },
            };
            let is_same = match (on_disk, committed) {
                (Some(on_disk), Some(committed)) => as_committed(&on_disk, &committed) == committed,
                (None, None) => true,
                _ => false,
            };
            if !is_same {
                dirty.push(path.clone());
            }
        }
        Ok(dirty)
    }
}

/// Gives a file the line endings it was committed with.
///
/// `core.autocrlf` and `.gitattributes` can have a file checked out with CRLF that is
/// committed with LF, as on Windows. Committed with CRLF, each of its lines would
/// change. Where the committed file has a single CRLF, bytes are taken as they are.
pub(super) fn as_committed(content: &[u8], committed: &[u8]) -> Vec<u8> {
    let is_crlf = |pair: &[u8]| pair == b"\r\n";
    let was_converted = content.windows(2).any(is_crlf)
        && committed.contains(&b'\n')
        && !committed.windows(2).any(is_crlf);
    if !was_converted {
        return content.to_vec();
    }
    let mut converted = Vec::with_capacity(content.len());
    for (index, &byte) in content.iter().enumerate() {
        if byte != b'\r' || content.get(index + 1) != Some(&b'\n') {
            converted.push(byte);
        }
    }
    converted
}

/// Tells why git found no work tree.
fn why_not(output: &Output, folder: &Path) -> Result<Option<Repository>, Error> {
    let folder = folder.to_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    // Said of the folder and those above it; of a link to nowhere git says `: PATH`.
    if said.contains("not a git repository (or any ") {
        Ok(None)
    } else if said.contains("dubious ownership") || said.contains("unsafe repository") {
        // Git names the folder it would have to be told to trust.
        let named = said.split_once("repository at '");
        let named = named.and_then(|(_, rest)| Some(rest.split_once("'\n")?.0.into()));
        Err(Error::Untrusted {
            folder: named.unwrap_or(folder),
        })
    } else if said.contains("must be run in a work tree") {
        Err(Error::NoWorkTree { folder })
    } else {
        Err(failed("rev-parse", output))
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn path_of(bytes: &[u8]) -> Result<PathBuf, Error> {
    use std::os::unix::ffi::OsStrExt as _;
    Ok(std::ffi::OsStr::from_bytes(bytes).into())
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> Result<PathBuf, Error> {
    let text = std::str::from_utf8(bytes).map_err(|_| odd("rev-parse"))?;
    Ok(text.into())
}
