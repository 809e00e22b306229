//! Work done once per key: who asks while it is under way waits for it.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use tokio::sync::OnceCell;

/// Results by key, made or being made.
pub(super) struct Shared<K, V> {
    cells: Mutex<FxHashMap<K, Arc<OnceCell<V>>>>,
}

impl<K: Hash + Eq, V: Clone> Shared<K, V> {
    pub(super) fn new() -> Self {
        Self {
            cells: Mutex::new(FxHashMap::default()),
        }
    }

    /// Returns the result for a key, made by `work` unless it was before.
    ///
    /// When whoever does the work gives up, another one who waits does it.
    pub(super) async fn get(&self, key: K, work: impl Future<Output = V>) -> V {
        let cell = {
            // The map is whole even if a panic poisoned its lock: nothing in here can.
            let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(cells.entry(key).or_default())
        };
        cell.get_or_init(|| work).await.clone()
    }
}
