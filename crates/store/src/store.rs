//! The open store: one connection to one file, and the two ways of using it, `read` and `write`.
//! It holds no rows and no state of its own besides the connection; a second process may have the same file open.
//! Every write is one transaction, and every row written in it gets a number from one counter that only grows.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior};

use crate::error::{StoreError, StoreErrorKind};
use crate::schema;

/// Another tenant's page takes milliseconds; whoever waits longer than this waits for something broken.
const BUSY_PATIENCE: Duration = Duration::from_secs(30);

/// The embedded ground truth.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    connection: Connection,
}

/// All reads while it lives see the store as it was when it was taken, whatever other processes write.
#[derive(Debug)]
pub struct Snapshot<'store> {
    _transaction: Transaction<'store>,
}

/// A transaction that writes.
pub(crate) struct Writing<'store> {
    transaction: Transaction<'store>,
    seq: i64,
}

impl Store {
    /// Opens the store, makes it if the file does not exist, and migrates it if an earlier program wrote it.
    ///
    /// # Errors
    /// `Missing` when its folder does not exist, `Unwritable`, `Foreign` for a file that is no store, `Version` for a store
    /// of a later program, `Full`, `Busy`.
    pub fn open(path: &Path, now: Timestamp) -> Result<Self, StoreError> {
        check_folder(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut store = Self { path: path.to_owned(), connection: connect(path, flags)? };
        schema::refuse_foreign(path, &store.connection)?;
        prepare_for_writing(&store.connection).map_err(|error| store.trouble(error))?;
        schema::migrate(path, &mut store.connection, now)?;
        Ok(store)
    }

    /// Opens a store that exists, for reading. Everything that writes is then refused.
    ///
    /// # Errors
    /// `Missing`, `Unwritable` when the file cannot be read, `Foreign`, `Version` for a store of a later or an earlier program.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        check_folder(path)?;
        if !path.exists() {
            return Err(StoreError::new(StoreErrorKind::Missing, format!("store `{}` does not exist", path.display()))
                .with_hint("`scorelake sync` makes it"));
        }
        let store = Self { path: path.to_owned(), connection: connect_read_only(path)? };
        schema::refuse_foreign(path, &store.connection)?;
        schema::refuse_earlier(path, &store.connection)?;
        Ok(store)
    }

    /// Where the store lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The store's own id: random, made with the store, never changed.
    ///
    /// # Errors
    /// Those of reading.
    pub fn store_id(&self) -> Result<String, StoreError> {
        self.read(|connection| meta(connection, "store_id"))
    }

    /// The number of the last row that was written; 0 in a fresh store.
    ///
    /// # Errors
    /// Those of reading.
    pub fn seq_now(&self) -> Result<i64, StoreError> {
        self.read(|connection| meta(connection, "change_seq"))
    }

    /// Keeps all reads at this moment until the snapshot is dropped. One at a time.
    ///
    /// # Errors
    /// Those of reading.
    pub fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        let begin = || {
            let transaction = self.connection.unchecked_transaction()?;
            // The moment is fixed by the first read, not by `BEGIN`.
            meta::<i64>(&transaction, "change_seq")?;
            Ok(Snapshot { _transaction: transaction })
        };
        begin().map_err(|error| self.trouble(error))
    }

    /// Makes SQLite refuse to grow the file beyond so many pages, as a full disk would. For tests.
    ///
    /// # Errors
    /// Those of reading.
    #[doc(hidden)]
    pub fn limit_pages(&self, n_pages: u32) -> Result<(), StoreError> {
        self.read(|connection| connection.pragma_update(None, "max_page_count", n_pages))
    }

    /// Reads, with the path added to what goes wrong.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        work(&self.connection).map_err(|error| self.trouble(error))
    }

    /// Runs the work in one transaction that is undone if it fails.
    pub(crate) fn write<T>(&mut self, work: impl FnOnce(&mut Writing<'_>) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let path = &self.path;
        let connection = &mut self.connection;
        let run = || {
            // Immediate: a transaction that reads first and writes later could find that another process wrote in between.
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let seq = meta(&transaction, "change_seq")?;
            let mut writing = Writing { transaction, seq };
            let done = work(&mut writing)?;
            writing.commit(seq)?;
            Ok(done)
        };
        run().map_err(|error| StoreError::from_sqlite(path, error))
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn trouble(&self, error: rusqlite::Error) -> StoreError {
        StoreError::from_sqlite(&self.path, error)
    }
}

impl Writing<'_> {
    /// The number of the next row to be written.
    pub(crate) fn next_seq(&mut self) -> i64 {
        self.seq += 1;
        self.seq
    }

    fn commit(self, seq_before: i64) -> rusqlite::Result<()> {
        if self.seq != seq_before {
            self.transaction.prepare_cached("UPDATE meta SET value = ?1 WHERE name = 'change_seq'")?.execute([self.seq])?;
        }
        self.transaction.commit()
    }
}

impl std::ops::Deref for Writing<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.transaction
    }
}

/// One value of `meta`.
pub(crate) fn meta<T: rusqlite::types::FromSql>(connection: &Connection, name: &str) -> rusqlite::Result<T> {
    let found = connection.prepare_cached("SELECT value FROM meta WHERE name = ?1")?.query_row([name], |row| row.get(0)).optional()?;
    found.ok_or_else(|| crate::cell::damage(0, format!("`meta` has no `{name}`")))
}

fn check_folder(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let refuse = |kind, words: &str| StoreError::new(kind, format!("store `{}`: {words}", path.display()));
    if !folder.exists() {
        let words = format!("folder `{}` does not exist", folder.display());
        return Err(refuse(StoreErrorKind::Missing, &words).with_hint(format!("create it: `mkdir -p {}`", folder.display())));
    }
    if !folder.is_dir() {
        return Err(refuse(StoreErrorKind::Unwritable, &format!("`{}` is not a folder", folder.display())));
    }
    if path.is_dir() {
        return Err(refuse(StoreErrorKind::Foreign, "it is a folder, not a file"));
    }
    Ok(())
}

/// A connection of its own that cannot write.
pub(crate) fn connect_read_only(path: &Path) -> Result<Connection, StoreError> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    // SQLite reads `file:...` as a URI and `:memory:` as no file at all; a path with a folder is always a path.
    let plain = if path.is_relative() { Path::new(".").join(path) } else { path.to_owned() };
    let open = || {
        let connection = Connection::open_with_flags(&plain, flags)?;
        connection.busy_timeout(BUSY_PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(128);
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "cache_size", -16_000)?;
        Ok(connection)
    };
    open().map_err(|error| StoreError::from_sqlite(path, error))
}

/// `synchronous = FULL`: a publication may be ahead of a store that lost its last transactions with the power, and the
/// numbers that its bookmark holds would then be given out again for other rows. One sync a page buys that off.
fn prepare_for_writing(connection: &Connection) -> rusqlite::Result<()> {
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode != "wal" {
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0))?;
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    connection.pragma_update_and_check(None, "journal_size_limit", 64 << 20, |row| row.get::<_, i64>(0))?;
    Ok(())
}
