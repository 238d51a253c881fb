//! Rescoring: assessments whose form version became known after they had been landed get the score it gives them.
//! The source has said nothing new, so the source hash and the moment of extraction stay as they are.

use jiff::Timestamp;
use model::id::{FormVersionId, RecordId, ScopeId, TenantName};
use model::record::Stream;
use model::row::Landing;
use model::table::{Row, Table};
use rusqlite::{OptionalExtension as _, params};

use crate::cell::{Moment, damage, list, row_of};
use crate::current::retire;
use crate::error::StoreError;
use crate::statement;
use crate::store::{Store, Writing};
use crate::verdict::HistoryCause;

/// The condition of the index `assessment_unverified`, word for word, or the index is of no use.
const UNVERIFIED: &str = "instr(score_flags, '\"unverified_form_version\"') > 0";

/// What a rescored row takes over from the one it replaces: what landing and burial wrote, and no score touches.
const KEPT: [&str; 4] = ["extraction_timestamp", "scope_ids", "is_archived", "archived_reason"];

/// An assessment that was scored without its form version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unverified {
    /// Its id.
    pub id: RecordId,
    /// Its raw source, as privacy left it.
    pub source: String,
    /// The scope that listed it, if it names none itself.
    pub listed_by: Option<ScopeId>,
    /// The hash of the source as it came.
    pub source_hash: String,
}

impl Store {
    /// Assessments of a form version that were scored without it, in the order of their ids from after `after_id`, at
    /// most `limit`.
    ///
    /// # Errors
    /// Those of reading.
    pub fn unverified(
        &self,
        tenant: &TenantName,
        form_version_id: &FormVersionId,
        after_id: Option<&RecordId>,
        limit: u32,
    ) -> Result<Vec<Unverified>, StoreError> {
        let sql = format!(
            "SELECT assessment_id, body, scope_ids, scopes_listed, assessment.source_hash FROM assessment JOIN source
                ON source.tenant = assessment.tenant AND source.stream = ?5 AND source.id = assessment_id
                AND source.source_hash = assessment.source_hash
            WHERE assessment.tenant = ?1 AND form_version_id = ?2 AND assessment_id > ?3 AND {UNVERIFIED}
            ORDER BY assessment_id LIMIT ?4"
        );
        // Ids are not empty, so all of them come after the empty text.
        let after = after_id.map_or("", RecordId::as_str);
        let values = params![tenant.as_str(), form_version_id.as_str(), after, limit, Stream::Assessments.word()];
        let read = |row: &rusqlite::Row<'_>| {
            let scopes = list(row.get_ref(2)?.as_str()?).map_err(|reason| damage(2, reason))?;
            let listed_by = if row.get(3)? { scopes.into_iter().next().map(ScopeId::new) } else { None };
            Ok(Unverified { id: RecordId::new(row.get::<_, String>(0)?), source: row.get(1)?, listed_by, source_hash: row.get(4)? })
        };
        self.read(|connection| connection.prepare_cached(&sql)?.query_map(values, read)?.collect())
    }

    /// The form versions that current assessments were scored without.
    ///
    /// # Errors
    /// Those of reading.
    pub fn unverified_form_versions(&self, tenant: &TenantName) -> Result<Vec<FormVersionId>, StoreError> {
        let sql = format!(
            "SELECT DISTINCT form_version_id FROM assessment WHERE tenant = ?1 AND form_version_id IS NOT NULL AND {UNVERIFIED}
             ORDER BY form_version_id"
        );
        let values = [tenant.as_str()];
        let read = |row: &rusqlite::Row<'_>| Ok(FormVersionId::new(row.get::<_, String>(0)?));
        self.read(|connection| connection.prepare_cached(&sql)?.query_map(values, read)?.collect())
    }

    /// Puts rows that were computed again from the same source, in one transaction. A record that is no longer current
    /// with that source hash is left alone, and so is one whose row comes out the same. Gives the number that changed.
    ///
    /// # Errors
    /// Those of writing; nothing is then changed.
    pub fn land_rescored(&mut self, tenant: &TenantName, landings: &[Landing], now: Timestamp) -> Result<u64, StoreError> {
        self.write(|writing| {
            let mut n_changed = 0;
            for landing in landings {
                n_changed += u64::from(rescore(writing, tenant, landing, now)?);
            }
            Ok(n_changed)
        })
    }
}

fn rescore(writing: &mut Writing<'_>, tenant: &TenantName, landing: &Landing, now: Timestamp) -> rusqlite::Result<bool> {
    let (table, statements) = (landing.stream.table(), statement::of(landing.stream));
    let key = [tenant.as_str(), landing.id.as_str()];
    let current = writing.prepare_cached(&statements.current)?.query_row(key, |row| row_of(table, row, 0)).optional()?;
    let Some(current) = current else { return Ok(false) };
    let hash = table.cell(&current, "source_hash").and_then(|cell| cell.as_text());
    if hash != Some(landing.source_hash.as_str()) {
        return Ok(false);
    }
    let row = with_kept(table, &landing.row, &current);
    if row == current {
        return Ok(false);
    }
    retire(writing, tenant, landing.stream, &landing.id, now, HistoryCause::Rescored)?;
    let seq = writing.next_seq();
    let more: [&dyn rusqlite::ToSql; 3] = [&seq, &Moment(now), &!landing.names_its_scopes];
    statement::run(writing, &statements.put, table, &row, &more)?;
    Ok(true)
}

fn with_kept(table: &Table, row: &Row, current: &Row) -> Row {
    let mut row = row.clone();
    for column in KEPT {
        if let Some(position) = table.position(column)
            && let (Some(cell), Some(kept)) = (row.get_mut(position), current.get(position))
        {
            *cell = kept.clone();
        }
    }
    row
}

#[cfg(test)]
mod tests;
