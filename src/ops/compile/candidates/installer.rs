//! What one target can install, by the names of wheels.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::rows::{Answers, Numbers};
use crate::python::{TagMismatch, Tags, Target};

/// What one target can install.
#[derive(Debug)]
pub(in crate::ops) struct Installer {
    /// The target, as messages name it.
    pub(in crate::ops) name: String,
    tags: Tags,
    numbers: Arc<Numbers>,
    compatible: Mutex<Answers<Result<u32, TagMismatch>>>,
}

impl Installer {
    pub(super) fn of(target: &Target, numbers: &Arc<Numbers>) -> Self {
        Self {
            name: target.platform.to_string(),
            tags: target.tags(),
            numbers: Arc::clone(numbers),
            compatible: Mutex::default(),
        }
    }

    /// How good a wheel is, by the end of its name.
    pub(super) fn compatibility(&self, tags: &str) -> Result<u32, TagMismatch> {
        self.answers().of(self.numbers.number(tags))
    }

    /// Returns what answers for many wheels.
    pub(super) fn answers(&self) -> Compatibility<'_> {
        Compatibility {
            installer: self,
            known: self
                .compatible
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        }
    }

    fn find(&self, tags: u32) -> Result<u32, TagMismatch> {
        match self.numbers.wheel(tags) {
            Some(name) => self
                .tags
                .compatibility(&name)
                .ok_or_else(|| self.tags.incompatibility(&name)),
            None => Err(TagMismatch::Platform),
        }
    }
}

/// How good wheels are, by the numbers of the ends of their names.
pub(super) struct Compatibility<'a> {
    installer: &'a Installer,
    known: MutexGuard<'a, Answers<Result<u32, TagMismatch>>>,
}

impl Compatibility<'_> {
    pub(super) fn of(&mut self, tags: u32) -> Result<u32, TagMismatch> {
        let installer = self.installer;
        let find = || installer.find(tags);
        self.known.get_or_insert_with(tags, find)
    }
}
