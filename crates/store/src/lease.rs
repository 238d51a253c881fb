//! The lease: one process at a time extracts a tenant into a store. The operating system holds it, as a lock on a file
//! beside the store, and lets go of it when the process dies, however it dies.
//! The file itself stays; it means nothing when nobody holds it.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use model::id::TenantName;

/// Why there is no lease.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Another run has it.
    #[error("tenant `{tenant}` of store `{store}` is held by another run")]
    Held {
        /// Whose lease.
        tenant: String,
        /// Of which store.
        store: String,
    },
    /// The lock file cannot be made or locked.
    #[error("lock file `{path}` cannot be used ({source})")]
    Unusable {
        /// The lock file.
        path: String,
        /// What the operating system says.
        source: io::Error,
    },
}

/// The right to extract a tenant into a store, until it is dropped.
#[derive(Debug)]
pub struct Lease {
    _file: File,
}

impl Lease {
    /// Takes the lease, or finds it taken; never waits.
    ///
    /// # Errors
    /// `Held` when another run has it, in this process or another; `Unusable` when the lock file cannot be made.
    pub fn take(store_path: &Path, tenant: &TenantName) -> Result<Self, LeaseError> {
        let path = lock_path(store_path, tenant);
        let unusable = |source| LeaseError::Unusable { path: path.display().to_string(), source };
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LeaseError::Held { tenant: tenant.to_string(), store: store_path.display().to_string() }),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }
}

fn lock_path(store_path: &Path, tenant: &TenantName) -> PathBuf {
    let mut name = store_path.as_os_str().to_owned();
    name.push(format!(".{tenant}.lock"));
    PathBuf::from(name)
}

#[cfg(test)]
mod tests;
