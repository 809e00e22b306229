//! Folders for a while, in the system's folder for such things.
//!
//! Each goes when its value is dropped, or when a signal ends the run. A run that is killed
//! leaves its own behind; the next run that needs one removes it. Whether a run is still
//! alive is told by a lock on the folder, which the operating system gives up with the
//! process.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Once;

use tempfile::{Builder, TempDir};

use super::temporaries::{claim, forget_folder, left_over, make_folder};

/// How the names of all of them begin.
const PREFIX: &str = "pinfold-run-";

/// A folder that is removed with all it holds when this is dropped.
#[derive(Debug)]
pub struct TemporaryFolder {
    folder: TempDir,
    _lock: Option<File>,
}

impl TemporaryFolder {
    /// Makes a folder; `kind` is a part of its name.
    pub fn new(kind: &str) -> io::Result<Self> {
        Self::new_in(&std::env::temp_dir(), kind)
    }

    fn new_in(parent: &Path, kind: &str) -> io::Result<Self> {
        static SWEPT: Once = Once::new();
        SWEPT.call_once(|| sweep(parent));
        let prefix = format!("{PREFIX}{kind}-");
        loop {
            let folder = make_folder(|| Builder::new().prefix(&prefix).tempdir_in(parent))?;
            let lock = File::open(folder.path()).ok();
            // Another run may have taken it for one that was left over.
            let is_ours = lock.as_ref().is_none_or(|lock| claim(lock, folder.path()));
            let folder = Self {
                folder,
                _lock: lock,
            };
            if is_ours {
                return Ok(folder);
            }
        }
    }

    /// Returns where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // The folder itself goes after this.
        forget_folder(self.folder.path());
    }
}

/// Removes folders whose runs were killed.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let is_folder = || entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_ours && is_folder() {
            let path = entry.path();
            if let Some(_lock) = left_over(&path) {
                let _ = fs::remove_dir_all(&path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_uses_is_swept() {
        let parent = tempfile::tempdir().unwrap();
        let left = parent.path().join("pinfold-run-sdist-abcdef");
        fs::create_dir_all(left.join("deep")).unwrap();
        fs::write(left.join("deep/file"), "").unwrap();
        fs::create_dir(parent.path().join("pinfold-cache")).unwrap();
        let used = TemporaryFolder::new_in(parent.path(), "sdist").unwrap();
        fs::write(used.path().join("file"), "").unwrap();
        sweep(parent.path());
        let mut names: Vec<_> = fs::read_dir(parent.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        names.sort();
        assert_eq!(names, [&parent.path().join("pinfold-cache"), used.path()]);
        assert!(used.path().join("file").exists());
    }
}
