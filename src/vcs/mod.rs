//! Requirements that name a git repository: which commit is meant, and its files.
//!
//! The form is pip's and PEP 508's, `git+https://host/path@revision#subdirectory=…`.
//! Pinned, the revision is the commit's full hash and nothing else moves. The work is
//! the `git` program's: logins, proxies, certificates and `insteadOf` are the user's
//! settings. It asks nothing at a terminal, and runs no hook and no template of theirs.
//!
//! What was fetched stays in the cache folder, a bare repository per URL, and serves
//! all processes; each caller gets work files of its own, for builds write into them.
//! Left out: Mercurial, Subversion, Bazaar; expressions of git (`main~2`); the APIs of
//! hosting services, which could answer faster for some repositories.

mod checkout;
mod error;
mod git;
mod history;
mod program;
mod refs;
mod said;
mod store;
mod url;

pub use checkout::Checkout;
pub use error::Error;
pub use git::{Git, Settings};
pub use url::{GitUrl, GitUrlError};

// They use scripts and signals of Unix.
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
