//! Files are found by name, read whole and replaced atomically, one or several at once.
//!
//! A reader of a replaced file sees the old content or the new, never a mixture,
//! whatever happens to this process or the disk. What is kept of the old file: its
//! permissions, its owner where we may, and that it is reached through a symbolic
//! link. What is not: hard links, access control lists, extended attributes.

mod error;
mod find;
mod folder;
mod lock;
mod read;
mod replace;
mod stream;
mod temporaries;
mod transaction;

pub use error::{Action, Cause, Error};
pub use find::{BadPattern, Exclude, Found, find};
pub use folder::TemporaryFolder;
pub use lock::{Lock, LockError, lock};
pub use read::{MOST_BYTES, if_there, read, read_archive, read_if_there, read_input};
pub use replace::{replace, replace_unchanged};
pub use stream::is_stream;
pub use temporaries::remove_temporaries;
pub use transaction::{Recovered, Replacement, recover, replace_all};

use std::path::Path;

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
