//! Runs: what was started, when, and how it ended; and the reconciliations that they left.
//! A run that has no end was killed.

use jiff::Timestamp;
use model::table::{RECONCILIATION, Row};
use rusqlite::{ToSql, params};

use crate::cell::Moment;
use crate::error::StoreError;
use crate::statement;
use crate::store::Store;

/// One run of one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The tenant, or `*` for a run over all.
    pub tenant: String,
    /// Its id.
    pub run_id: String,
    /// The command.
    pub command: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended; none while it lasts, or when it was killed.
    pub ended_at: Option<Timestamp>,
    /// With which exit code.
    pub exit_code: Option<i64>,
    /// Its summary as JSON text.
    pub summary: Option<String>,
}

impl Store {
    /// Notes that a run started. `tenant` is `*` for a run over all. Started again under the same id, it begins anew.
    ///
    /// # Errors
    /// Those of writing.
    pub fn start_run(&mut self, tenant: &str, run_id: &str, command: &str, now: Timestamp) -> Result<(), StoreError> {
        self.write(|writing| {
            let sql = "INSERT INTO run (tenant, run_id, command, started_at) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT DO UPDATE SET command = excluded.command, started_at = excluded.started_at,
                    ended_at = NULL, exit_code = NULL, summary = NULL";
            writing.prepare_cached(sql)?.execute(params![tenant, run_id, command, Moment(now)])?;
            Ok(())
        })
    }

    /// Notes how a run ended.
    ///
    /// # Errors
    /// Those of writing.
    pub fn end_run(&mut self, tenant: &str, run_id: &str, exit_code: i64, summary: &str, now: Timestamp) -> Result<(), StoreError> {
        self.write(|writing| {
            let sql = "UPDATE run SET ended_at = ?3, exit_code = ?4, summary = ?5 WHERE tenant = ?1 AND run_id = ?2";
            writing.prepare_cached(sql)?.execute(params![tenant, run_id, Moment(now), exit_code, summary])?;
            Ok(())
        })
    }

    /// The latest runs, the last one first, at most `limit`.
    ///
    /// # Errors
    /// Those of reading.
    pub fn runs(&self, limit: u32) -> Result<Vec<Run>, StoreError> {
        let sql = "SELECT tenant, run_id, command, started_at, ended_at, exit_code, summary FROM run
            ORDER BY started_at DESC, run_id DESC, tenant LIMIT ?1";
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Run {
                tenant: row.get(0)?,
                run_id: row.get(1)?,
                command: row.get(2)?,
                started_at: row.get::<_, Moment>(3)?.0,
                ended_at: row.get::<_, Option<Moment>>(4)?.map(|moment| moment.0),
                exit_code: row.get(5)?,
                summary: row.get(6)?,
            })
        };
        self.read(|connection| connection.prepare_cached(sql)?.query_map([limit], read)?.collect())
    }

    /// Keeps rows of `model::table::RECONCILIATION`; one with a known key is replaced.
    ///
    /// # Errors
    /// Those of writing; nothing is then kept.
    pub fn keep_reconciliation(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        self.write(|writing| {
            let sql = statement::insert(RECONCILIATION.name, &RECONCILIATION, &["change_seq"])
                + &statement::overwrite(&RECONCILIATION, &["change_seq"]);
            for row in rows {
                let seq = writing.next_seq();
                let more: [&dyn ToSql; 1] = [&seq];
                statement::run(writing, &sql, &RECONCILIATION, row, &more)?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests;
