//! A range of environments to resolve for, and how it is shared among versions.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use super::fork::ForkStrategy;
use crate::python::{ProjectName, Version, WorldSet, Worlds};

/// The environments that are resolved for.
#[derive(Debug, Clone)]
pub struct Range {
    /// Who knows what sets of environments mean.
    pub worlds: SharedWorlds,
    /// All of them.
    pub all: WorldSet,
    /// How versions are shared.
    pub strategy: ForkStrategy,
    /// Versions to try first, and where: those of a lock, in its order.
    pub preferences: FxHashMap<ProjectName, Vec<(Version, WorldSet)>>,
}

/// The one place that knows what sets of environments mean.
#[derive(Debug, Clone, Default)]
pub struct SharedWorlds(Arc<Mutex<Worlds>>);

impl SharedWorlds {
    /// Returns it for a question or a few.
    pub fn lock(&self) -> MutexGuard<'_, Worlds> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
