//! What can go wrong between us and a repository.

use std::io;
use std::path::PathBuf;

/// Why a commit is not known, or its files are not there.
///
/// Repositories are named without credentials, and git's words are masked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no program `git`, or it cannot be started.
    #[error("cannot run `git`")]
    NoGit {
        /// What the operating system says.
        source: io::Error,
    },
    /// A `${VAR}` of the URL has no value.
    #[error("the variable `{variable}` in the URL of `{repository}` is not set")]
    UnsetVariable {
        /// The repository's URL.
        repository: String,
        /// The variable's name.
        variable: String,
    },
    /// The repository wants another login, or the server's key is not known.
    #[error("access to the repository `{repository}` was denied: {said}")]
    Authentication {
        /// The repository's URL.
        repository: String,
        /// What git and the server say.
        said: String,
    },
    /// There is no such repository, or none that this user may see.
    #[error("cannot find a repository at `{repository}`: {said}")]
    UnknownRepository {
        /// The repository's URL.
        repository: String,
        /// What git and the server say.
        said: String,
    },
    /// The repository has no such branch, tag or commit.
    #[error("the repository `{repository}` has no branch, tag, or commit `{revision}`")]
    UnknownRevision {
        /// The repository's URL.
        repository: String,
        /// The revision.
        revision: String,
        /// Branches and tags with similar names, nearest first.
        near: Vec<String>,
    },
    /// The repository has several things of that name.
    #[error(
        "`{revision}` is ambiguous in the repository `{repository}`: it is {}",
        .candidates.join(", ")
    )]
    AmbiguousRevision {
        /// The repository's URL.
        repository: String,
        /// The revision.
        revision: String,
        /// What it could be, in words: `` `refs/tags/v1` ``, `two commits`.
        candidates: Vec<String>,
    },
    /// The repository has nothing that a URL without a revision could mean.
    #[error("the repository `{repository}` has no default branch")]
    Empty {
        /// The repository's URL.
        repository: String,
    },
    /// The repository does not have the commit (any more).
    #[error("the repository `{repository}` has no commit `{commit}`")]
    UnknownCommit {
        /// The repository's URL.
        repository: String,
        /// The commit's hash.
        commit: String,
    },
    /// The project's folder is not in the commit.
    #[error("`{repository}` at `{commit}` {problem}: `{subdirectory}`")]
    Subdirectory {
        /// The repository's URL.
        repository: String,
        /// The commit's hash.
        commit: String,
        /// The folder that was named.
        subdirectory: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A project file is a link out of the commit's files.
    #[error(
        "`{file}` of `{repository}` at `{commit}` is a link to a file outside of the repository"
    )]
    Outside {
        /// The repository's URL.
        repository: String,
        /// The commit's hash.
        commit: String,
        /// The file, by its name.
        file: &'static str,
    },
    /// The network or the server failed; another try may succeed.
    #[error("cannot reach the repository `{repository}`: {said}")]
    Network {
        /// The repository's URL.
        repository: String,
        /// What git and the server say.
        said: String,
    },
    /// It is not in the cache, and the network may not be used.
    #[error("offline, and {what} of the repository `{repository}` is not in the cache")]
    Offline {
        /// The repository's URL.
        repository: String,
        /// What was looked for: `` `main` ``, `commit …`.
        what: String,
    },
    /// A file or a folder could not be made or read.
    #[error("cannot use `{}` for repository files", .path.display())]
    Files {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Git failed in another way, or answered what it should not.
    #[error("`git {command}` failed for the repository `{repository}`: {said}")]
    Git {
        /// The repository's URL.
        repository: String,
        /// The subcommand.
        command: String,
        /// What git says.
        said: String,
    },
}

impl Error {
    /// Whether it could not be done now, but perhaps later: the network.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Network { .. })
    }

    /// Returns what to do about it, if there is something to say.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::NoGit { .. } => {
                "install git, or name an archive or a wheel instead of a repository".to_owned()
            }
            Self::UnsetVariable { variable, .. } => {
                format!("set `{variable}` in the environment")
            }
            Self::Authentication { said, .. } if said.contains("Host key verification") => {
                "verify the server's key and add it to `known_hosts`: `ssh-keyscan HOST >> \
                 ~/.ssh/known_hosts`"
                    .to_owned()
            }
            Self::Authentication { repository, .. } if repository.starts_with("ssh:") => {
                "git runs without a terminal; use a key that `ssh` does not prompt for, from an \
                 agent or without a passphrase"
                    .to_owned()
            }
            Self::Authentication { .. } => {
                "the repository may be private or missing; git runs without a terminal, so set up \
                 a credential helper or write a token as `https://${TOKEN}@…`"
                    .to_owned()
            }
            Self::UnknownRepository { .. } => {
                "check the URL, and that this user has access to the repository".to_owned()
            }
            Self::UnknownRevision { revision, near, .. } => match &near[..] {
                [] if revision.contains('%') => {
                    "the revision is used as written; `%` is not decoded".to_owned()
                }
                [] => "name a branch, a tag, or a commit hash".to_owned(),
                near => {
                    let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
                    format!("did you mean {}?", near.join(" or "))
                }
            },
            Self::AmbiguousRevision { candidates, .. } => match &candidates[..] {
                [first, ..] if first.starts_with('`') => {
                    format!("write the full name after the `@`, such as {first}")
                }
                _ => "write more digits of the hash".to_owned(),
            },
            Self::UnknownCommit { .. } => {
                "a forced push may have removed it; name a branch or a tag to pin again".to_owned()
            }
            Self::Offline { .. } => "run once without `--offline`".to_owned(),
            Self::Network { .. } => {
                "check the network and the proxy settings, then run again".to_owned()
            }
            Self::Git { said, .. } if said.contains("dubious ownership") => {
                "if you trust the repository, add it to git's `safe.directory`".to_owned()
            }
            Self::Empty { .. } => {
                "name a branch after the URL: `@main`; a new repository has none before its first \
                 commit"
                    .to_owned()
            }
            Self::Subdirectory { .. }
            | Self::Outside { .. }
            | Self::Files { .. }
            | Self::Git { .. } => {
                return None;
            }
        })
    }
}
