//! The temporary files that exist just now.
//!
//! A temporary is removed when its value is dropped, but a signal ends the program
//! without dropping anything. So each is listed here from before it exists till
//! after it is gone, and whoever handles the signal calls [`remove_temporaries`].
//! A kill that cannot be handled leaves a `.pinfold-….tmp` beside the target, never a
//! damaged target. The next run that writes there removes it: each is locked while its
//! run is alive, and the operating system gives a lock up with the process.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::{Builder, NamedTempFile, TempDir};

struct Listed {
    paths: Vec<PathBuf>,
    folders: Vec<PathBuf>,
    /// Whether one became a file.
    is_renamed: bool,
    /// Whether the program is ending, so that no temporary may be made any more.
    is_closed: bool,
}

static LISTED: Mutex<Listed> = Mutex::new(Listed {
    paths: Vec::new(),
    folders: Vec::new(),
    is_renamed: false,
    is_closed: false,
});

/// Held while files are replaced that belong together.
static TOGETHER: Mutex<()> = Mutex::new(());

fn listed() -> MutexGuard<'static, Listed> {
    // The list is whole after every statement, so a panic elsewhere does no harm.
    LISTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts off [`remove_temporaries`] until the guard is dropped.
pub(super) fn together() -> MutexGuard<'static, ()> {
    TOGETHER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes all temporary files and folders there are, and lets no new ones be made. Returns whether
/// a file was replaced before. Files that are being replaced together are waited for.
///
/// To be called once, when the program is about to end because of a signal, from
/// an ordinary thread or task (not from inside a raw signal handler: it locks).
/// Replacing a file after this fails with [`Cause::Interrupted`](super::Cause).
pub fn remove_temporaries() -> bool {
    let _together = together();
    let mut listed = listed();
    listed.is_closed = true;
    for path in listed.paths.drain(..) {
        let _ = std::fs::remove_file(path);
    }
    for folder in listed.folders.drain(..) {
        let _ = std::fs::remove_dir_all(folder);
    }
    listed.is_renamed
}

/// Lists a folder that is made, so that it goes when the program is ended by a signal.
pub(super) fn make_folder(make: impl FnOnce() -> io::Result<TempDir>) -> io::Result<TempDir> {
    let mut listed = listed();
    if listed.is_closed {
        return Err(ending());
    }
    let folder = make()?;
    listed.folders.push(folder.path().to_owned());
    Ok(folder)
}

/// Forgets a folder that is about to go.
pub(super) fn forget_folder(path: &Path) {
    listed().folders.retain(|folder| folder != path);
}

/// A temporary file that is listed while it exists.
pub(super) struct Temporary {
    /// Taken when the file gets its final name.
    file: Option<NamedTempFile>,
    path: PathBuf,
}

impl Temporary {
    /// Makes a temporary file in `folder`.
    ///
    /// The lock is held from before the file is made till it is listed: between
    /// the two no signal can overlook it.
    pub(super) fn new_in(folder: &Path, builder: &Builder<'_, '_>) -> io::Result<Self> {
        let mut listed = listed();
        if listed.is_closed {
            return Err(ending());
        }
        let file = loop {
            let file = builder.tempfile_in(folder)?;
            // Another run may have taken it for one that was left over.
            if claim(file.as_file(), file.path()) {
                break file;
            }
        };
        let path = file.path().to_owned();
        listed.paths.push(path.clone());
        Ok(Self {
            file: Some(file),
            path,
        })
    }

    /// Returns where the file is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the open file.
    pub(super) fn file(&mut self) -> &mut std::fs::File {
        self.file
            .as_mut()
            .expect("the file is taken by `rename` only, which takes `self`")
            .as_file_mut()
    }

    /// Gives the file its final name; if that fails, it is removed.
    pub(super) fn rename(mut self, target: &Path) -> io::Result<()> {
        let file = self.file.take().expect("`rename` takes `self`");
        let mut listed = listed();
        if listed.is_closed {
            return Err(ending());
        }
        file.persist(target)?;
        listed.is_renamed = true;
        Ok(())
    }
}

/// Locks what was just made; returns whether it is still there for us.
///
/// Where the file system knows no locks, nobody finds out that it is unused either.
pub(super) fn claim(file: &File, path: &Path) -> bool {
    !matches!(file.try_lock(), Err(TryLockError::WouldBlock)) && path.exists()
}

/// Returns a lock on a file or folder whose run is dead; none while it is alive.
pub(super) fn left_over(path: &Path) -> Option<File> {
    let file = File::open(path).ok()?;
    file.try_lock().ok()?;
    Some(file)
}

/// How the names of temporaries begin that replace one file each.
pub(super) const PREFIX: &str = ".pinfold-";

/// How they end.
pub(super) const SUFFIX: &str = ".tmp";

/// Removes from a folder what killed runs left there. Those of a transaction are left to
/// its journal.
pub(super) fn sweep(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let random = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
        let is_ours = random.is_some_and(|random| {
            random.len() == 6 && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let path = entry.path();
            if let Some(_lock) = left_over(&path) {
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

/// Makes temporaries outlive this process, by whatever `act` does.
///
/// Until `act` returns they are removed on any end but a kill; from then on they are
/// never removed here. No signal comes between: the lock is held.
pub(super) fn keep(
    mut temporaries: Vec<Temporary>,
    act: impl FnOnce() -> io::Result<()>,
) -> io::Result<()> {
    // Dropped before the temporaries, which lock in turn.
    let mut listed = listed();
    if listed.is_closed {
        return Err(ending());
    }
    act()?;
    listed.is_renamed = true;
    for temporary in &mut temporaries {
        if let Some(mut file) = temporary.file.take() {
            file.disable_cleanup(true);
        }
        listed.paths.retain(|path| *path != temporary.path);
    }
    Ok(())
}

fn ending() -> io::Error {
    io::Error::new(io::ErrorKind::Interrupted, "the program is ending")
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Removes the file first, if it is still there, then forgets it.
        drop(self.file.take());
        listed().paths.retain(|path| *path != self.path);
    }
}
