//! What the store knows of an id, for callers that decide whether a record is wanted at all.

use model::id::{RecordId, ScopeId, TenantName};
use model::record::Stream;
use rusqlite::params;

use crate::error::StoreError;
use crate::store::Store;

impl Store {
    /// Whether the record was ever landed: it has a current row, or a tombstone of one that had.
    ///
    /// # Errors
    /// Those of reading.
    pub fn knows(&self, tenant: &TenantName, stream: Stream, id: &RecordId) -> Result<bool, StoreError> {
        let (table, column) = (stream.table().name, stream.id_column());
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM {table} WHERE tenant = ?1 AND {column} = ?2)
                OR EXISTS (SELECT 1 FROM tombstone WHERE tenant = ?1 AND id = ?2 AND stream = ?3)"
        );
        let key = params![tenant.as_str(), id.as_str(), stream.word()];
        self.read(|connection| connection.prepare_cached(&sql)?.query_row(key, |row| row.get(0)))
    }

    /// Whether the record has a current row that is not archived.
    ///
    /// # Errors
    /// Those of reading.
    pub fn is_live(&self, tenant: &TenantName, stream: Stream, id: &RecordId) -> Result<bool, StoreError> {
        let (table, column) = (stream.table().name, stream.id_column());
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE tenant = ?1 AND {column} = ?2 AND is_archived = 0)");
        let key = params![tenant.as_str(), id.as_str()];
        self.read(|connection| connection.prepare_cached(&sql)?.query_row(key, |row| row.get(0)))
    }

    /// The scopes whose windows were read and held not one record, in any stream; the listing of everything aside.
    ///
    /// # Errors
    /// Those of reading.
    pub fn silent_scopes(&self, tenant: &TenantName) -> Result<Vec<ScopeId>, StoreError> {
        let sql = "SELECT scope_id FROM window_progress WHERE tenant = ?1 AND scope_id <> '*'
            GROUP BY scope_id HAVING max(n_records) = 0 ORDER BY scope_id";
        let read = |row: &rusqlite::Row<'_>| Ok(ScopeId::new(row.get::<_, String>(0)?));
        self.read(|connection| connection.prepare_cached(sql)?.query_map([tenant.as_str()], read)?.collect())
    }

    /// Opens every window of a scope again, in all streams; marks and records stay.
    ///
    /// # Errors
    /// Those of writing; nothing is then changed.
    pub fn reset_scope_windows(&mut self, tenant: &TenantName, scope: &ScopeId) -> Result<(), StoreError> {
        self.write(|writing| {
            writing.execute("DELETE FROM window_progress WHERE tenant = ?1 AND scope_id = ?2", params![tenant.as_str(), scope.as_str()])?;
            Ok(())
        })
    }

    /// Opens every window of a stream again; marks and records stay.
    ///
    /// # Errors
    /// Those of writing; nothing is then changed.
    pub fn reset_windows(&mut self, tenant: &TenantName, stream: Stream) -> Result<(), StoreError> {
        self.write(|writing| {
            writing.execute("DELETE FROM window_progress WHERE tenant = ?1 AND stream = ?2", params![tenant.as_str(), stream.word()])?;
            Ok(())
        })
    }
}
