//! The ledger: the store as the tasks of a run share it. One writer at a time; whoever waits or writes gives its
//! worker thread back to the runtime meanwhile, so the network goes on. It needs tokio's multi-threaded runtime.

use std::sync::{Arc, Mutex, PoisonError};

use store::{Store, StoreError};

/// A store that many tasks use.
#[derive(Clone)]
pub struct Ledger(Arc<Mutex<Store>>);

impl Ledger {
    /// Shares a store.
    pub fn new(store: Store) -> Self {
        Self(Arc::new(Mutex::new(store)))
    }

    /// Does something with the store while nobody else does.
    ///
    /// # Errors
    /// Whatever the work returns.
    pub fn with<T>(&self, work: impl FnOnce(&mut Store) -> Result<T, StoreError>) -> Result<T, StoreError> {
        blocking(|| {
            // A panicking holder leaves the store whole: every write is one transaction.
            let mut store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut store)
        })
    }
}

/// Does work that takes the processor or the disk for a while.
pub fn blocking<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}
