//! What can go wrong between us and git.

use std::io;
use std::path::PathBuf;

use crate::text::shell_word;

/// Why git did not do what it was asked to; no branch was moved.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no program `git`, or it cannot be started.
    #[error("cannot run `git`")]
    NoGit {
        /// What the operating system says.
        source: io::Error,
    },
    /// The repository belongs to somebody else, and git does not trust it.
    #[error("git does not trust the repository `{}`: it belongs to another user", .folder.display())]
    Untrusted {
        /// The folder at the top of the repository.
        folder: PathBuf,
    },
    /// The folder is in a repository without a work tree, or in its `.git`.
    #[error("`{}` is in a git repository, but not in a work tree", .folder.display())]
    NoWorkTree {
        /// The folder that was asked about.
        folder: PathBuf,
    },
    /// The name is none that a branch can have.
    #[error("`{branch}` is not a valid branch name")]
    BadBranch {
        /// The name.
        branch: String,
    },
    /// The branch stands for another one, which would be moved in its place.
    #[error("the branch `{branch}` is a symbolic reference to `{target}`")]
    SymbolicBranch {
        /// The name of the branch.
        branch: String,
        /// What it stands for.
        target: String,
    },
    /// The branch is checked out: moving it would leave its work tree behind.
    #[error("the branch `{branch}` is checked out in `{}`", .folder.display())]
    CheckedOut {
        /// The branch.
        branch: String,
        /// The work tree.
        folder: PathBuf,
    },
    /// The path cannot be committed.
    #[error("cannot commit `{path}`: {problem}")]
    BadPath {
        /// The path in the repository.
        path: String,
        /// Why not.
        problem: String,
    },
    /// Somebody moved the branch at the same time, twice.
    #[error("the branch `{branch}` was moved by another program at the same time")]
    Raced {
        /// The branch.
        branch: String,
    },
    /// Git failed, or answered what it should not.
    #[error("`git {command}` {problem}")]
    Git {
        /// The subcommand.
        command: String,
        /// What happened, in git's own words where it has some.
        problem: String,
    },
}

impl Error {
    /// Returns what to do about it, if there is something to say.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::NoGit { .. } => "install git, or run without committing".to_owned(),
            Self::Untrusted { folder } => format!(
                "if you trust it, run `git config --global --add safe.directory {}`; in a \
                 container, make the current user own the files",
                shell_word(&folder.to_string_lossy())
            ),
            Self::NoWorkTree { .. } => "name a directory in a work tree".to_owned(),
            Self::BadBranch { .. } => {
                "use a name like `pinfold/update`, without spaces, `..`, and the characters \
                 `~^:?*[\\`"
                    .to_owned()
            }
            Self::SymbolicBranch { .. } => "use another branch".to_owned(),
            Self::CheckedOut { .. } => {
                "switch that work tree to another branch, or use another branch here".to_owned()
            }
            Self::Raced { .. } => "run again".to_owned(),
            Self::BadPath { .. } | Self::Git { .. } => return None,
        })
    }
}
