//! Quarantine: records that could not be read, one row per distinct raw record, until somebody replays or drops them.
//! Landing the same record readably does not empty it; only `quarantine_drop` does.

use jiff::Timestamp;
use model::canonical::sha256_hex;
use model::id::{RecordId, ScopeId, TenantName};
use model::record::Stream;
use rusqlite::params;

use crate::cell::{Count, Moment};
use crate::error::{StoreError, VisitError};
use crate::progress::stream_of;
use crate::store::{Store, Writing};

/// A record that could not be read, on its way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Its id, where that much could be read.
    pub record_id: Option<RecordId>,
    /// Why it could not be read.
    pub reason: String,
    /// The raw record, after privacy.
    pub raw: String,
    /// Where it came from, without cursor or token.
    pub source_url: String,
    /// The page of the listing, from 1.
    pub page: u32,
    /// The scope whose listing it was, if it was asked by scope.
    pub scope_id: Option<ScopeId>,
    /// The dialect it was read in.
    pub dialect: String,
}

/// A record in quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineEntry {
    /// Whose record.
    pub tenant: TenantName,
    /// Of which stream.
    pub stream: Stream,
    /// Its id within tenant and stream.
    pub quarantine_id: String,
    /// The record as it came in; `reason` is the latest, the rest of the first time.
    pub record: Quarantined,
    /// When it was first read.
    pub first_seen_at: Timestamp,
    /// When it was last read.
    pub last_seen_at: Timestamp,
    /// How often it was read.
    pub n_seen: u64,
}

/// The id of a raw record in quarantine: the first 12 hex digits of its SHA-256.
pub fn quarantine_id(raw: &str) -> String {
    sha256_hex(raw.as_bytes()).chars().take(12).collect()
}

const COLUMNS: &str = "tenant, stream, quarantine_id, record_id, reason, raw, source_url, page, scope_id, dialect, first_seen_at,
    last_seen_at, n_seen";

impl Store {
    /// Visits the records in quarantine of all tenants or one, of all streams or one, in the order of their key.
    ///
    /// # Errors
    /// Those of reading, and the visitor's.
    pub fn quarantine_list<E>(
        &self,
        tenant: Option<&TenantName>,
        stream: Option<Stream>,
        visit: &mut dyn FnMut(QuarantineEntry) -> Result<(), E>,
    ) -> Result<(), VisitError<E>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM quarantine WHERE (?1 IS NULL OR tenant = ?1) AND (?2 IS NULL OR stream = ?2)
             ORDER BY tenant, stream, quarantine_id"
        );
        self.visit(&sql, [tenant.map(TenantName::as_str), stream.map(Stream::word)], entry_of, visit)
    }

    /// The records in quarantine whose id begins so, of any tenant and stream.
    ///
    /// # Errors
    /// Those of reading.
    pub fn quarantine_show(&self, id_prefix: &str) -> Result<Vec<QuarantineEntry>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM quarantine WHERE substr(quarantine_id, 1, length(?1)) = ?1 ORDER BY tenant, stream, quarantine_id"
        );
        self.read(|connection| connection.prepare_cached(&sql)?.query_map([id_prefix], entry_of)?.collect())
    }

    /// A batch for a replay: at most `limit` records from after `after_id`, in the order of their ids. Dropping some of
    /// them between two batches leaves none out.
    ///
    /// # Errors
    /// Those of reading.
    pub fn quarantine_batch(
        &self,
        tenant: &TenantName,
        stream: Stream,
        after_id: Option<&str>,
        limit: u32,
    ) -> Result<Vec<QuarantineEntry>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM quarantine WHERE tenant = ?1 AND stream = ?2 AND (?3 IS NULL OR quarantine_id > ?3)
             ORDER BY quarantine_id LIMIT ?4"
        );
        let values = params![tenant.as_str(), stream.word(), after_id, limit];
        self.read(|connection| connection.prepare_cached(&sql)?.query_map(values, entry_of)?.collect())
    }

    /// Drops one record from quarantine. Tells whether it was there.
    ///
    /// # Errors
    /// Those of writing.
    pub fn quarantine_drop(&mut self, tenant: &TenantName, stream: Stream, quarantine_id: &str) -> Result<bool, StoreError> {
        self.write(|writing| {
            let sql = "DELETE FROM quarantine WHERE tenant = ?1 AND stream = ?2 AND quarantine_id = ?3";
            Ok(writing.prepare_cached(sql)?.execute([tenant.as_str(), stream.word(), quarantine_id])? != 0)
        })
    }

    /// How many records of a stream are in quarantine.
    ///
    /// # Errors
    /// Those of reading.
    pub fn n_quarantined(&self, tenant: &TenantName, stream: Stream) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) FROM quarantine WHERE tenant = ?1 AND stream = ?2";
        let key = [tenant.as_str(), stream.word()];
        self.read(|connection| connection.prepare_cached(sql)?.query_row(key, |row| Ok(row.get::<_, Count>(0)?.0)))
    }
}

/// Puts a record into quarantine in the transaction of its page. Tells whether it was not there.
pub(crate) fn keep(
    writing: &Writing<'_>,
    tenant: &TenantName,
    stream: Stream,
    record: &Quarantined,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO quarantine (tenant, stream, quarantine_id, record_id, reason, raw, source_url, page, scope_id, dialect,
            first_seen_at, last_seen_at, n_seen)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, 1)
        ON CONFLICT DO UPDATE SET reason = excluded.reason, last_seen_at = excluded.last_seen_at, n_seen = n_seen + 1
        RETURNING n_seen";
    let values = params![
        tenant.as_str(),
        stream.word(),
        quarantine_id(&record.raw),
        record.record_id.as_ref().map(RecordId::as_str),
        record.reason,
        record.raw,
        record.source_url,
        record.page,
        record.scope_id.as_ref().map(ScopeId::as_str),
        record.dialect,
        Moment(now),
    ];
    let n_seen: i64 = writing.prepare_cached(sql)?.query_row(values, |row| row.get(0))?;
    Ok(n_seen == 1)
}

fn entry_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<QuarantineEntry> {
    Ok(QuarantineEntry {
        tenant: TenantName::new(row.get::<_, String>(0)?),
        stream: stream_of(row, 1)?,
        quarantine_id: row.get(2)?,
        record: Quarantined {
            record_id: row.get::<_, Option<String>>(3)?.map(RecordId::new),
            reason: row.get(4)?,
            raw: row.get(5)?,
            source_url: row.get(6)?,
            page: row.get(7)?,
            scope_id: row.get::<_, Option<String>>(8)?.map(ScopeId::new),
            dialect: row.get(9)?,
        },
        first_seen_at: row.get::<_, Moment>(10)?.0,
        last_seen_at: row.get::<_, Moment>(11)?.0,
        n_seen: row.get::<_, Count>(12)?.0,
    })
}

#[cfg(test)]
mod tests;
