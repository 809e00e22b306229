//! Reads files whole, up to a limit, and without waiting for anybody.
//!
//! Only what the user names as an input may be a pipe or a device: reading those can take
//! for ever, so [`read_input`] belongs on a thread that nobody has to wait for.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::error::{Action, Cause, Error};

/// The largest file that is read for its text.
pub const MOST_BYTES: u64 = 64 << 20;

/// The largest archive that is read.
const MOST_BYTES_OF_ARCHIVES: u64 = 4 << 30;

/// Returns the content of a file. A pipe or a device is not opened.
///
/// # Errors
/// When it cannot be read, is not a file, or is larger than any text has reason to be.
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    read_whole(path, false, MOST_BYTES)
}

/// Returns the content of a file that is no text, such as a wheel.
///
/// # Errors
/// When it cannot be read, is not a file, or is larger than archives have reason to be.
pub fn read_archive(path: &Path) -> Result<Vec<u8>, Error> {
    read_whole(path, false, MOST_BYTES_OF_ARCHIVES)
}

/// Returns the content of a file, a pipe or a device, once its end is reached.
///
/// # Errors
/// When it cannot be read, or is larger than any text has reason to be.
pub fn read_input(path: &Path) -> Result<Vec<u8>, Error> {
    read_whole(path, true, MOST_BYTES)
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

fn read_whole(path: &Path, may_wait: bool, most_bytes: u64) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::new(Action::Read, path, source);
    let metadata = path.metadata().map_err(failed)?;
    // The system knows best how to refuse to read a folder.
    let is_plain = metadata.is_file() || metadata.is_dir();
    if !is_plain && !may_wait {
        return Err(Error::with_cause(
            Action::Read,
            path,
            Cause::NotAFile,
            "it is a pipe or a device",
        ));
    }
    let too_large = || {
        let why = format!("it is larger than {} MiB", most_bytes >> 20);
        Error::with_cause(Action::Read, path, Cause::TooLarge, &why)
    };
    if metadata.len() > most_bytes {
        return Err(too_large());
    }
    // One byte more, so that the end is found without growing.
    let length = usize::try_from(metadata.len()).unwrap_or_default();
    let mut bytes = Vec::with_capacity(length + 1);
    // A file may grow meanwhile, and those of `/proc` are larger than they say.
    let mut file = File::open(path).map_err(failed)?.take(most_bytes + 1);
    file.read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > most_bytes {
        return Err(too_large());
    }
    Ok(bytes)
}
