//! Files that were read whole to learn something, until a build wants them.

use bytes::Bytes;
use rustc_hash::FxHashMap;

use crate::index::File;

/// How many bytes are held for builds that may come.
const MOST_HELD: usize = 512 << 20;

/// Files by their URL, until somebody wants them.
#[derive(Default)]
pub(super) struct Stash {
    files: FxHashMap<String, Bytes>,
    size: usize,
}

impl Stash {
    /// Holds a file, unless there is too much already.
    pub(super) fn put(&mut self, file: &File, bytes: Bytes) {
        if self.size + bytes.len() <= MOST_HELD {
            self.size += bytes.len();
            self.files.insert(file.url.clone(), bytes);
        }
    }

    pub(super) fn take(&mut self, file: &File) -> Option<Bytes> {
        let bytes = self.files.remove(&file.url)?;
        self.size -= bytes.len();
        Some(bytes)
    }
}
