//! Files are found by name, read whole and replaced atomically, one or several at once.
//!
//! A reader of a replaced file sees the old content or the new, never a mixture,
//! whatever happens to this process or the disk. What is kept of the old file: its
//! permissions, its owner where we may, and that it is reached through a symbolic
//! link. What is not: hard links, access control lists, extended attributes.

mod error;
mod find;
mod lock;
mod replace;
mod temporaries;
mod transaction;

pub use error::{Action, Cause, Error};
pub use find::{BadPattern, Exclude, Found, find};
pub use lock::{Lock, LockError, lock};
pub use replace::{replace, replace_if_changed};
pub use temporaries::remove_temporaries;
pub use transaction::{Recovered, Replacement, recover, replace_all};

use std::path::Path;

/// Returns the content of a file.
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::new(Action::Read, path, source))
}

/// Makes a folder, with those it is in, unless it is there.
pub fn create_folder(path: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(path).map_err(|source| Error::new(Action::Write, path, source))
}

// They mount, give away and fill what only Linux lets them.
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
