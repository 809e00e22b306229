//! Files as a deed sees them: below a folder, and some of them not yet written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::files;
use crate::http::blocking;
use crate::update::sha256;

/// Where relative paths start, and what files hold that are not written yet.
#[derive(Debug, Clone, Default)]
pub struct View {
    base: PathBuf,
    planned: BTreeMap<PathBuf, Vec<u8>>,
    /// The hashes of the files that were read, if they are noted; clones note together.
    seen: Option<Arc<Mutex<BTreeMap<PathBuf, String>>>>,
}

impl View {
    /// Returns the files below a folder, as they are.
    pub const fn at(base: PathBuf) -> Self {
        Self {
            base,
            planned: BTreeMap::new(),
            seen: None,
        }
    }

    /// Returns the files below a folder, as they are, and notes which are read.
    pub fn noting(base: PathBuf) -> Self {
        Self {
            seen: Some(Arc::default()),
            ..Self::at(base)
        }
    }

    /// Returns the files that were read so far and what they held, as SHA-256 in hex;
    /// planned content does not count.
    pub fn seen(&self) -> BTreeMap<PathBuf, String> {
        let seen = self.seen.as_ref().map(|seen| {
            let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.clone()
        });
        seen.unwrap_or_default()
    }

    /// Returns the same files, relative paths starting in a folder of them.
    #[must_use]
    pub fn seen_from(&self, folder: &str) -> Self {
        Self {
            base: self.base.join(folder),
            planned: self.planned.clone(),
            seen: self.seen.clone(),
        }
    }

    /// Returns a path as the system understands it.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.base.join(path)
    }

    /// Lets a file have another content.
    pub fn plan(&mut self, path: &Path, content: Vec<u8>) {
        self.planned.insert(normal(&self.path(path)), content);
    }

    /// Returns the content of an input. A pipe or a device is read on another thread: that
    /// can take for ever.
    pub async fn read_input(&self, path: &Path) -> Result<Vec<u8>, files::Error> {
        match self.read(path) {
            Err(error) if error.cause == files::Cause::NotAFile => {
                let path = self.path(path);
                blocking(move || files::read_input(&path)).await
            }
            read => read,
        }
    }

    /// Returns the content of a file.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>, files::Error> {
        let path = self.path(path);
        let normal = normal(&path);
        if let Some(content) = self.planned.get(&normal) {
            return Ok(content.clone());
        }
        let content = files::read(&path)?;
        if let Some(seen) = &self.seen {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.insert(normal, sha256(&content));
        }
        Ok(content)
    }
}

/// Returns a path without `.` and with `..` taken back, links not looked at.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                if !normal.pop() {
                    normal.push("..");
                }
            }
            other => normal.push(other),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planned_file_is_read_by_any_way_to_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("b.txt"), "old").unwrap();
        let mut view = View::at(folder.path().to_owned());
        assert_eq!(view.read(Path::new("b.txt")).unwrap(), b"old");
        view.plan(Path::new("b.txt"), b"new".to_vec());
        assert_eq!(view.read(Path::new("a/../b.txt")).unwrap(), b"new");
        assert_eq!(view.read(&folder.path().join("./b.txt")).unwrap(), b"new");
        assert!(view.read(Path::new("c.txt")).is_err());
    }
}
