//! What several tasks want is done once.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

/// Answers by question; each is found out once a run.
#[derive(Debug)]
pub(super) struct Once<K, V> {
    cells: Mutex<HashMap<K, Arc<OnceCell<V>>>>,
}

impl<K, V> Default for Once<K, V> {
    fn default() -> Self {
        Self {
            cells: Mutex::default(),
        }
    }
}

impl<K: Hash + Eq, V: Clone> Once<K, V> {
    /// Returns what `work` answered, or what it answers now if it was never asked.
    ///
    /// Should the task that does the work be dropped, one that waits does it anew.
    pub(super) async fn get(&self, key: K, work: impl Future<Output = V>) -> V {
        let cell = {
            let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
            cells.entry(key).or_default().clone()
        };
        cell.get_or_init(|| work).await.clone()
    }
}
