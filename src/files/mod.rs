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

/// Returns the content of a file; none if it is not there.
pub fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    if_there(read(path))
}

/// Returns what was read; none if the file is not there.
pub fn if_there<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.cause == Cause::Missing => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns a path from the folder `root` on, with `/` between its names; none if it is
/// not below, or is not text.
pub fn relative(root: &Path, path: &Path) -> Option<String> {
    let names: Option<Vec<&str>> = path
        .strip_prefix(root)
        .ok()?
        .iter()
        .map(std::ffi::OsStr::to_str)
        .collect();
    Some(names?.join("/"))
}

/// Makes a folder, with those it is in, unless it is there.
pub fn create_folder(path: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(path).map_err(|source| Error::new(Action::Write, path, source))
}

// They mount, give away and fill what only Linux lets them.
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
