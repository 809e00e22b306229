//! One run at a time in a folder.
//!
//! The operating system holds the lock and gives it up when the process ends,
//! however it ends: no lock is ever left over. The file stays; removing it would let
//! two runs hold locks on two files of the same name. On network file systems the
//! lock is as good as theirs.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::error::{Action, Error};

/// The name of the file in the folder.
const NAME: &str = "lock";

/// Holds a folder for this process; dropping it gives the folder free.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why a folder could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("another run{} is using `{}`", .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(), .path.display())]
    Held {
        /// The file that is locked.
        path: PathBuf,
        /// The process, if it could be read.
        pid: Option<u32>,
    },
    /// The file could not be made or locked.
    #[error(transparent)]
    File(#[from] Error),
}

impl LockError {
    /// Returns what to do about it, if there is something to say.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Held { .. } => Some("wait for it to finish, then run again".to_owned()),
            Self::File(error) => error.help(),
        }
    }
}

/// Locks a folder, which is made if it is not there; does not wait.
///
/// # Errors
/// When another process holds it, or the folder cannot be written to.
pub fn lock(folder: &Path) -> Result<Lock, LockError> {
    let path = folder.join(NAME);
    let failed = |source| Error::new(Action::Write, &path, source);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let read = file.read_to_string(&mut text);
            // It may be about to write its number.
            let pid = read.ok().and_then(|_| text.trim().parse().ok());
            return Err(LockError::Held { path, pid });
        }
        Err(TryLockError::Error(source)) => return Err(failed(source).into()),
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(failed)?;
    Ok(Lock { _file: file })
}
