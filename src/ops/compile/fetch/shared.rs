//! What releases require, read once for all cells of a lock.
//!
//! The wheels of a release have the same requirements, whatever they are for: of eleven
//! releases with wheels for several platforms, five had metadata of other bytes on another
//! platform, and none of another meaning. So one file is read for all targets, the one that
//! suits whoever asks first; a file for each made twice as many requests.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use super::known::Known;
use crate::ops::compile::candidates::Numbers;
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
    /// What indexes have of projects, as the run that asked first judges it.
    found: Mutex<FxHashMap<ProjectName, Known>>,
    /// Releases of which each run reads the file that suits its cell.
    separate: Mutex<FxHashSet<(ProjectName, u32)>>,
    numbers: Arc<Numbers>,
}

impl SharedMetadata {
    /// Returns the numbers that all runs judge by.
    pub(in crate::ops) fn numbers(&self) -> Arc<Numbers> {
        Arc::clone(&self.numbers)
    }

    pub(super) fn found(&self, name: &ProjectName) -> Option<Known> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.get(name).cloned()
    }

    pub(super) fn keep_found(&self, name: &ProjectName, known: &Known) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.insert(name.clone(), known.clone());
    }

    /// Forgets projects whose pages do not hold.
    pub(super) fn forget(&self, is_kept: &dyn Fn(&ProjectName, &Known) -> bool) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.retain(|name, known| is_kept(name, known));
    }

    pub(super) fn get(&self, name: &ProjectName, position: u32) -> Option<Arc<ReadMetadata>> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.get(&(name.clone(), position)).cloned()
    }

    /// Lets each run read the file of a release that suits its cell; returns whether it did
    /// not before.
    pub(in crate::ops) fn separate(&self, name: &ProjectName, position: u32) -> bool {
        let key = (name.clone(), position);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.remove(&key);
        let mut separate = self.separate.lock().unwrap_or_else(PoisonError::into_inner);
        separate.insert(key)
    }

    /// Returns the releases of which each run reads a file of its own.
    pub(in crate::ops) fn separated(&self) -> Vec<(ProjectName, u32)> {
        let separate = self.separate.lock().unwrap_or_else(PoisonError::into_inner);
        separate.iter().cloned().collect()
    }

    pub(super) fn is_separate(&self, name: &ProjectName, position: u32) -> bool {
        let separate = self.separate.lock().unwrap_or_else(PoisonError::into_inner);
        !separate.is_empty() && separate.contains(&(name.clone(), position))
    }

    pub(super) fn keep(&self, name: &ProjectName, position: u32, metadata: Arc<ReadMetadata>) {
        if self.is_separate(name, position) {
            return;
        }
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.insert((name.clone(), position), metadata);
    }
}
