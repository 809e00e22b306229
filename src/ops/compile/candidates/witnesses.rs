//! Platforms on which everything has to be installable, on each Python of a range.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::ops::compile::candidates::installer::Installer;
use crate::ops::compile::candidates::rows::Numbers;
use crate::python::{Environment, Platform, PythonVersion, Target};

/// Platforms that the user names beside a range.
#[derive(Debug, Default)]
pub(in crate::ops) struct Witnesses {
    pub(in crate::ops) platforms: Vec<Platform>,
    /// The minor version of the lowest Python.
    pub(in crate::ops) lowest: u16,
    known: Mutex<FxHashMap<(usize, u16), Arc<Witness>>>,
}

/// One of the platforms with a Python.
#[derive(Debug)]
pub(super) struct Witness {
    pub(super) installer: Installer,
    pub(super) environment: Environment,
}

impl Witnesses {
    pub(in crate::ops) fn new(platforms: Vec<Platform>, lowest: &PythonVersion) -> Self {
        Self {
            platforms,
            lowest: lowest.minor(),
            known: Mutex::default(),
        }
    }

    /// Returns what a platform, by its number, can install on a Python 3.
    pub(super) fn of(
        &self,
        platform: usize,
        minor: u16,
        numbers: &Arc<Numbers>,
    ) -> Option<Arc<Witness>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(witness) = known.get(&(platform, minor)) {
            return Some(Arc::clone(witness));
        }
        let python = PythonVersion::parse(&format!("3.{minor}")).ok()?;
        let target = Target::new(python, *self.platforms.get(platform)?);
        let witness = Arc::new(Witness {
            installer: Installer::of(&target, numbers),
            environment: target.environment(),
        });
        known.insert((platform, minor), Arc::clone(&witness));
        Some(witness)
    }
}
