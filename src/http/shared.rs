//! Work done once per key, for which those wait who ask while it is under way; and work
//! on a thread that may block.

use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use tokio::sync::OnceCell;

/// Results by key, made or being made.
pub struct Shared<K, V> {
    cells: Mutex<FxHashMap<K, Arc<OnceCell<V>>>>,
}

impl<K, V> Default for Shared<K, V> {
    fn default() -> Self {
        Self {
            cells: Mutex::default(),
        }
    }
}

impl<K, V> fmt::Debug for Shared<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl<K: Hash + Eq, V: Clone> Shared<K, V> {
    /// Returns the result for a key, made by `work` unless it was before.
    ///
    /// When whoever does the work gives up, another one who waits does it.
    pub async fn get(&self, key: K, work: impl Future<Output = V>) -> V {
        let cell = {
            // The map is whole even if a panic poisoned its lock: nothing in here can.
            let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(cells.entry(key).or_default())
        };
        cell.get_or_init(|| work).await.clone()
    }

    /// Forgets the results of which `keep` says so; what is being made stays.
    pub fn retain(&self, mut keep: impl FnMut(&K, &V) -> bool) {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        cells.retain(|key, cell| cell.get().is_none_or(|value| keep(key, value)));
    }
}

/// Runs work that takes time on a thread that may block.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
