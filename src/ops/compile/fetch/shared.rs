//! What releases require, read once for all cells of a lock.
//!
//! The wheels of a release have the same requirements, whatever they are for: of eleven
//! releases with wheels for several platforms, five had metadata of other bytes on another
//! platform, and none of another meaning. So one file is read for all targets, the one that
//! suits whoever asks first; a file for each made twice as many requests.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::python::ProjectName;
use crate::resolve::{Metadata, Reason};

/// What was read of a release's metadata.
#[derive(Debug)]
pub(super) struct ReadMetadata {
    pub(super) requires_python: Option<String>,
    pub(super) metadata: Result<Metadata, Reason>,
}

/// What releases require, by project and position.
#[derive(Debug, Default)]
pub(in crate::ops) struct SharedMetadata {
    read: Mutex<FxHashMap<(ProjectName, u32), Arc<ReadMetadata>>>,
}

impl SharedMetadata {
    pub(super) fn get(&self, name: &ProjectName, position: u32) -> Option<Arc<ReadMetadata>> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.get(&(name.clone(), position)).cloned()
    }

    pub(super) fn keep(&self, name: &ProjectName, position: u32, metadata: Arc<ReadMetadata>) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.insert((name.clone(), position), metadata);
    }
}
