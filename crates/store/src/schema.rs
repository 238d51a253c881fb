//! The schema and its versions: a list of steps, each SQL that takes a store from one version to the next.
//! A step that was released is never edited. All missing steps run in one transaction.
//! `PRAGMA user_version` is the version; `PRAGMA application_id` tells a store from any other SQLite file.

use std::path::Path;

use jiff::Timestamp;
use model::time::text;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::error::{StoreError, StoreErrorKind};

/// Each step takes a store from the version of its place to the next.
const STEPS: [&str; 2] = [include_str!("v1.sql"), include_str!("v2.sql")];

/// The version that this program writes.
pub const SCHEMA_VERSION: i64 = STEPS.len() as i64;

/// `scor` in ASCII.
const APPLICATION_ID: i64 = 0x7363_6f72;

/// What a file says of itself.
struct Marks {
    version: i64,
    application: i64,
    n_tables: i64,
}

fn marks(connection: &Connection) -> rusqlite::Result<Marks> {
    Ok(Marks {
        version: connection.pragma_query_value(None, "user_version", |row| row.get(0))?,
        application: connection.pragma_query_value(None, "application_id", |row| row.get(0))?,
        n_tables: connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0))?,
    })
}

/// Refuses a file that is no store, or a store that a later program wrote.
pub(crate) fn refuse_foreign(path: &Path, connection: &Connection) -> Result<(), StoreError> {
    let marks = marks(connection).map_err(|error| StoreError::from_sqlite(path, error))?;
    let name = path.display();
    if marks.application != APPLICATION_ID && marks.n_tables != 0 {
        let words = format!("`{name}` is an SQLite database of another program, so it is no store");
        return Err(StoreError::new(StoreErrorKind::Foreign, words).with_hint("name another file in `store`"));
    }
    if SCHEMA_VERSION < marks.version {
        let words = format!("store `{name}` has schema version {}, this program knows versions up to {SCHEMA_VERSION}", marks.version);
        return Err(StoreError::new(StoreErrorKind::Version, words).with_hint("use the scorelake that wrote it, or a later one"));
    }
    Ok(())
}

/// Refuses a store that would have to be migrated first.
pub(crate) fn refuse_earlier(path: &Path, connection: &Connection) -> Result<(), StoreError> {
    let marks = marks(connection).map_err(|error| StoreError::from_sqlite(path, error))?;
    if marks.version < SCHEMA_VERSION {
        let words = format!("store `{}` has schema version {}, this program reads version {SCHEMA_VERSION}", path.display(), marks.version);
        return Err(StoreError::new(StoreErrorKind::Version, words).with_hint("`scorelake sync` brings it up to date"));
    }
    Ok(())
}

/// Takes the store to [`SCHEMA_VERSION`], from nothing if need be.
pub(crate) fn migrate(path: &Path, connection: &mut Connection, now: Timestamp) -> Result<(), StoreError> {
    run(connection, &STEPS, now).map_err(|error| StoreError::from_sqlite(path, error))
}

fn run(connection: &mut Connection, steps: &[&str], now: Timestamp) -> rusqlite::Result<()> {
    let n_steps = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    if n_steps <= marks(connection)?.version {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Asked again under the lock: another process may have been quicker.
    let version = marks(&transaction)?.version;
    for step in steps.iter().skip(usize::try_from(version).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    if version == 0 {
        found(&transaction, now)?;
    }
    if version < n_steps {
        transaction.execute("UPDATE meta SET value = ?1 WHERE name = 'schema_version'", [n_steps])?;
        transaction.pragma_update(None, "user_version", n_steps)?;
    }
    transaction.commit()
}

/// Writes what a store knows of itself from its first moment on.
fn found(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.execute(
        "INSERT INTO meta (name, value) VALUES
            ('store_id', lower(hex(randomblob(4)) || '-' || hex(randomblob(4)) || '-' || hex(randomblob(8)))),
            ('created_at', ?1), ('schema_version', 0), ('change_seq', 0), ('sweep_id', 0)",
        params![text(now)],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests;
