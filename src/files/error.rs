//! What can go wrong with a file, and what to do about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A file that could not be read or written; its content is as it was.
///
/// The message names the path and what was tried; the source has the operating
/// system's words.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{}`", path.display())]
pub struct Error {
    /// What was tried.
    pub action: Action,
    /// The file, as the caller named it.
    pub path: PathBuf,
    /// Why it failed, as far as it matters for what to do.
    pub cause: Cause,
    source: io::Error,
}

/// What was tried with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Reading it.
    Read,
    /// Writing it anew.
    Write,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}

/// Why it failed; each cause has another remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The file, or the folder it should be in, is not there.
    Missing,
    /// The path is a folder.
    IsFolder,
    /// The user may not do this.
    Denied,
    /// The file system is mounted read-only.
    ReadOnly,
    /// The disk, or the user's share of it, is full.
    Full,
    /// The file is a mount point of its own, as in a container.
    Mounted,
    /// The program was asked to stop.
    Interrupted,
    /// The file is no longer what it was when it was read.
    Changed,
    /// The path is a pipe or a device.
    NotAFile,
    /// The file is larger than any text has reason to be.
    TooLarge,
    /// Something else.
    Other,
}

impl Error {
    /// Sorts an error of the operating system by its remedy.
    pub(super) fn new(action: Action, path: &Path, source: io::Error) -> Self {
        let cause = match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Cause::Missing,
            io::ErrorKind::IsADirectory => Cause::IsFolder,
            io::ErrorKind::PermissionDenied => Cause::Denied,
            io::ErrorKind::ReadOnlyFilesystem => Cause::ReadOnly,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Cause::Full,
            io::ErrorKind::ResourceBusy => Cause::Mounted,
            io::ErrorKind::Interrupted => Cause::Interrupted,
            _ => Cause::Other,
        };
        Self {
            action,
            path: path.to_owned(),
            cause,
            source,
        }
    }

    /// The file at `path` has been changed by somebody since it was read.
    pub(super) fn changed(path: &Path) -> Self {
        Self::with_cause(
            Action::Write,
            path,
            Cause::Changed,
            "the file has changed since it was read",
        )
    }

    /// What the operating system would do, and should not.
    pub(super) fn with_cause(action: Action, path: &Path, cause: Cause, why: &str) -> Self {
        Self {
            action,
            path: path.to_owned(),
            cause,
            source: io::Error::other(why.to_owned()),
        }
    }

    /// Returns what to do about it, if there is something to say.
    pub fn help(&self) -> Option<String> {
        let folder = self
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .map_or_else(|| ".".into(), |folder| folder.display().to_string());
        let help = match (self.action, self.cause) {
            (Action::Read, Cause::Missing) => {
                "check the spelling; paths are relative to the current directory".to_owned()
            }
            (Action::Write, Cause::Missing) => format!("create the directory `{folder}` first"),
            (Action::Read, Cause::IsFolder) => "name a file in this directory".to_owned(),
            (Action::Write, Cause::IsFolder) => format!(
                "name a file, such as `{}`",
                self.path.join("requirements.txt").display()
            ),
            (Action::Read, Cause::Denied) => {
                "allow this user to read the file, or run as a user who can".to_owned()
            }
            (Action::Write, Cause::Denied) => format!(
                "allow this user to write to the directory `{folder}`; the new file is created \
                 next to the old one"
            ),
            (Action::Write, Cause::ReadOnly) => {
                "write to another directory, or to standard output with `--output-file=-`"
                    .to_owned()
            }
            (Action::Write, Cause::Full) => {
                "free some space and run again; nothing was changed".to_owned()
            }
            (Action::Write, Cause::Mounted) => format!(
                "the file seems to be a mount point and cannot be replaced; mount its directory \
                 `{folder}` instead, or write to standard output with `--output-file=-`"
            ),
            (_, Cause::Changed) => "run again; nothing was changed".to_owned(),
            (_, Cause::NotAFile) => {
                "copy its content to a file, or pipe it to standard input with `-` as the name"
                    .to_owned()
            }
            _ => return None,
        };
        Some(help)
    }
}
