//! How far this publication is, kept in the target in the same transaction as its rows: the one bookmark that counts.

use std::collections::BTreeMap;

use model::time;
use postgres::types::Type;
use sink::contract::Occasion;
use sink::error::SinkError;

use crate::postgres::session::Session;
use crate::postgres::shape::{PROGRESS, quoted};

/// How far one table is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// Of which store.
    pub(super) store_id: String,
    /// Every change up to this seq is in the target.
    pub(super) seq: i64,
    /// The rows of the store when the table was last complete; none in the middle of a publication.
    pub(super) n_rows: Option<i64>,
}

/// The marks of a publication by table.
pub(super) fn read(session: &mut Session, schema: &str, name: &str) -> Result<BTreeMap<String, Mark>, SinkError> {
    let rows = session.ask(
        &format!("SELECT table_name, store_id, seq, n_rows FROM {}.{PROGRESS} WHERE name = $1", quoted(schema)),
        &[(&name, Type::TEXT)],
    )?;
    let mark = |row: &postgres::Row| {
        let mark = Mark { store_id: row.try_get(1).ok()?, seq: row.try_get(2).ok()?, n_rows: row.try_get(3).ok()? };
        Some((row.try_get(0).ok()?, mark))
    };
    Ok(rows.iter().filter_map(mark).collect())
}

/// Sets the mark of a table, in the transaction that is open.
pub(super) fn write(
    session: &mut Session,
    schema: &str,
    name: &str,
    table: &str,
    mark: &Mark,
    occasion: &Occasion,
) -> Result<(), SinkError> {
    let now = time::text(occasion.now);
    session.execute(
        &format!(
            "INSERT INTO {}.{PROGRESS} (name, table_name, store_id, seq, n_rows, run_id, published_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7::text::timestamptz) ON CONFLICT (name, table_name) DO UPDATE SET \
             store_id = EXCLUDED.store_id, seq = EXCLUDED.seq, n_rows = EXCLUDED.n_rows, run_id = EXCLUDED.run_id, \
             published_at = EXCLUDED.published_at",
            quoted(schema)
        ),
        &[
            (&name, Type::TEXT),
            (&table, Type::TEXT),
            (&mark.store_id, Type::TEXT),
            (&mark.seq, Type::INT8),
            (&mark.n_rows, Type::INT8),
            (&occasion.run_id, Type::TEXT),
            (&now, Type::TEXT),
        ],
    )?;
    Ok(())
}
