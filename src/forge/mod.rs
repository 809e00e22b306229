//! Commits in the user's git repository, by the `git` program.
//!
//! What git is asked to do is plumbing: objects are read and written, one branch is
//! moved. The work tree, the index and `HEAD` are neither read nor touched, no hook
//! runs, and the same content on the same base is the same commit, byte for byte.
//!
//! The program and not a library: it knows linked worktrees, SHA-256, shallow and
//! partial clones and whatever comes next, and it has the user's settings. Each call
//! ends by itself, asks nothing and needs no network unless a partial clone lacks an
//! object. Left out: fetching, pushing, and the hosting services.

mod commit;
mod error;
mod git;
mod objects;
mod repository;
mod seal;
mod tree;

pub use commit::{CommitRequest, Committed, FileChange};
pub use error::Error;
pub use objects::{Commit, Mode};
pub use repository::Repository;

// They make files executable and give them away.
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
