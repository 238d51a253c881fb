//! History: every version of a record that was ever seen, and what the source said of it.

use jiff::Timestamp;
use model::id::{RecordId, TenantName};
use model::record::Stream;
use model::table::Row;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::cell::{Moment, known, row_of};
use crate::error::StoreError;
use crate::statement;
use crate::store::Store;
use crate::verdict::HistoryCause;

/// One version of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// Whose record.
    pub tenant: TenantName,
    /// Of which stream.
    pub stream: Stream,
    /// Its row, in the columns of the stream's table.
    pub row: Row,
    /// Since when this was the current row; for a late arrival, when it arrived.
    pub observed_from: Timestamp,
    /// Until when; none for the current one.
    pub observed_until: Option<Timestamp>,
    /// Why it is current no longer.
    pub cause: Option<HistoryCause>,
    /// It is current.
    pub is_current: bool,
}

impl Store {
    /// Every version of the records with this id, of all tenants or one: assessments first, then by tenant, the oldest
    /// observation first and the current row last.
    ///
    /// # Errors
    /// Those of reading.
    pub fn history(&self, tenant: Option<&TenantName>, id: &RecordId) -> Result<Vec<Version>, StoreError> {
        self.read(|connection| {
            let mut versions = Vec::new();
            for stream in Stream::ALL {
                versions.extend(versions_of(connection, tenant, stream, id)?);
            }
            Ok(versions)
        })
    }

    /// The current rows of the records with this id, of all tenants or one.
    ///
    /// # Errors
    /// Those of reading.
    pub fn current(&self, tenant: Option<&TenantName>, stream: Stream, id: &RecordId) -> Result<Vec<Row>, StoreError> {
        let (table, column) = (stream.table(), stream.id_column());
        let (columns, of_tenants) = (statement::columns(table), of_tenants(table.name, tenant));
        let sql = format!("SELECT {columns} FROM {} WHERE {of_tenants} AND {column} = ?2 ORDER BY tenant", table.name);
        let values = params![tenant.map(TenantName::as_str), id.as_str()];
        self.read(|connection| connection.prepare_cached(&sql)?.query_map(values, |row| row_of(table, row, 0))?.collect())
    }

    /// The raw source of one version.
    ///
    /// # Errors
    /// Those of reading.
    pub fn source(&self, tenant: &TenantName, stream: Stream, id: &RecordId, source_hash: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT body FROM source WHERE tenant = ?1 AND stream = ?2 AND id = ?3 AND source_hash = ?4";
        let key = [tenant.as_str(), stream.word(), id.as_str(), source_hash];
        self.read(|connection| connection.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional())
    }
}

/// The condition on `tenant`. Without one named it steps from tenant to tenant through the key, so that an id is looked
/// up and not searched for.
fn of_tenants(table: &str, tenant: Option<&TenantName>) -> String {
    if tenant.is_some() {
        return "tenant = ?1".to_owned();
    }
    format!(
        "tenant IN (WITH RECURSIVE step (name) AS (
            SELECT min(tenant) FROM {table} UNION ALL SELECT (SELECT min(tenant) FROM {table} WHERE tenant > name) FROM step
            WHERE name IS NOT NULL
        ) SELECT name FROM step WHERE name IS NOT NULL)"
    )
}

fn versions_of(connection: &Connection, tenant: Option<&TenantName>, stream: Stream, id: &RecordId) -> rusqlite::Result<Vec<Version>> {
    let (table, history, column) = (stream.table(), stream.history_table(), stream.id_column());
    let columns = statement::columns(table);
    let of_one = |table: &str| format!("{table} WHERE {} AND {column} = ?2", of_tenants(table, tenant));
    let (past, present) = (of_one(history), of_one(table.name));
    let sql = format!(
        "SELECT {columns}, observed_from, observed_until, cause, 0 AS is_current, change_seq FROM {past}
         UNION ALL SELECT {columns}, observed_from, NULL, NULL, 1, change_seq FROM {present}
         ORDER BY tenant, is_current, observed_from, change_seq"
    );
    let n = table.columns.len();
    let read = |row: &rusqlite::Row<'_>| {
        let observed_until = row.get::<_, Option<Moment>>(n + 1)?.map(|moment| moment.0);
        let cause: Option<String> = row.get(n + 2)?;
        let read = row_of(table, row, 0)?;
        let tenant = table.cell(&read, "tenant").and_then(|cell| cell.as_text()).unwrap_or_default().to_owned();
        Ok(Version {
            tenant: TenantName::new(tenant),
            stream,
            row: read,
            observed_from: row.get::<_, Moment>(n)?.0,
            observed_until,
            cause: cause.map(|word| known(n + 2, &word, HistoryCause::from_word(&word))).transpose()?,
            is_current: row.get(n + 3)?,
        })
    };
    connection.prepare_cached(&sql)?.query_map(params![tenant.map(TenantName::as_str), id.as_str()], read)?.collect()
}

#[cfg(test)]
mod tests;
