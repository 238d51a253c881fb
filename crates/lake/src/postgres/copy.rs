//! One table brought up to date: removals, then changed rows in batches, then a count that finds what nobody told of.
//! Every batch is one transaction with its mark; wherever it stops, the next publication goes on from the last mark.

use model::table::{ASSESSMENT, ASSESSMENT_ANSWER, Cell, FEEDBACK, Row, Table};
use postgres::types::Type;
use sink::contract::{Occasion, PartitionBy, Rows, Wanted};
use sink::error::{SinkError, SinkErrorKind};

use crate::postgres::copy_text;
use crate::postgres::progress::{self, Mark};
use crate::postgres::session::Session;
use crate::postgres::shape::{Names, REMOVAL, STAGE};

/// What a key's columns may have together: more than that the index of PostgreSQL may refuse.
pub(super) const KEY_BYTES_MAX: usize = 2_600;
/// Text that is gathered at most, whatever the number of rows.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// What is the same for every table of one publication.
pub(super) struct Publication<'a> {
    /// The rows.
    pub(super) rows: &'a dyn Rows,
    /// The schema of the target.
    pub(super) schema: &'a str,
    /// The publication.
    pub(super) name: &'a str,
    /// The store.
    pub(super) store_id: String,
    /// Every change up to this seq will be in the target.
    pub(super) seq_now: i64,
    /// The tenants whose rows this publication may remove.
    pub(super) tenants: Vec<String>,
    /// Rows in a batch.
    pub(super) batch_rows: usize,
    /// The run.
    pub(super) occasion: &'a Occasion,
}

/// What was done.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Rows that the database changed.
    pub(super) n_rows: u64,
    /// U+0000 shown otherwise.
    pub(super) n_nul: u64,
}

/// Rows gathered for one transaction.
#[derive(Default)]
struct Batch {
    text: String,
    n_rows: usize,
    last_seq: i64,
    n_nul: u64,
}

impl Publication<'_> {
    /// Brings a table up to date.
    pub(super) fn publish(
        &self,
        session: &mut Session,
        table: &'static Table,
        mark: Option<&Mark>,
        done: &mut Done,
    ) -> Result<(), SinkError> {
        let states = self.rows.partitions(table, PartitionBy::Whole)?;
        let n_rows = states.iter().map(|state| state.n_rows as i64).sum::<i64>();
        let seq_max = states.iter().map(|state| state.seq_max).max().unwrap_or(0);
        // A store that was put back to an earlier state counts like another one.
        let mark = mark.filter(|mark| mark.store_id == self.store_id && mark.seq <= self.seq_now);
        if mark.is_some_and(|mark| mark.n_rows == Some(n_rows) && seq_max <= mark.seq) {
            return Ok(());
        }
        let start = mark.map_or(0, |mark| mark.seq);
        let names = Names::of(self.schema, table);
        session.run(&names.create_stage())?;
        if 0 < start {
            self.remove_told(session, &names, start, done)?;
        }
        self.upsert(session, &names, start, done)?;
        if self.n_rows_of_target(session, &names)? != n_rows && self.remove_untold(session, &names, done)? {
            // Somebody took rows out of the target.
            self.upsert(session, &names, 0, done)?;
        }
        session.run("BEGIN")?;
        self.set_mark(session, &names, self.seq_now, Some(n_rows))?;
        session.run(&format!("DROP TABLE {STAGE}, {REMOVAL}; COMMIT"))
    }

    /// Removes what the store tells it removed.
    fn remove_told(&self, session: &mut Session, names: &Names, start: i64, done: &mut Done) -> Result<(), SinkError> {
        let (of, id) = match names.table.name {
            "assessment" | "assessment_answer" => (&ASSESSMENT, "assessment_id"),
            "feedback" => (&FEEDBACK, "feedback_id"),
            _ => return Ok(()),
        };
        let mut batch = Batch::default();
        let delete = format!("DELETE FROM {} t USING {REMOVAL} s WHERE t.tenant = s.tenant AND t.{id} = s.id", names.full);
        let mut flush = |session: &mut Session, batch: &mut Batch| {
            session.run("BEGIN")?;
            session.copy(&format!("COPY {REMOVAL} FROM STDIN"), batch.text.as_bytes())?;
            done.n_rows += session.execute(&delete, &[])?;
            *batch = Batch::default();
            session.run("COMMIT")
        };
        self.rows.removed_after(of, start, &mut |tenant, id, _| {
            batch.push(&vec![Cell::Text(tenant.to_owned()), Cell::Text(id.to_owned())], 0);
            if batch.is_full(self.batch_rows) { flush(session, &mut batch) } else { Ok(()) }
        })?;
        if batch.n_rows == 0 { Ok(()) } else { flush(session, &mut batch) }
    }

    /// Puts in the rows changed after `start`.
    fn upsert(&self, session: &mut Session, names: &Names, start: i64, done: &mut Done) -> Result<(), SinkError> {
        let mut batch = Batch::default();
        self.rows.scan(names.table, &Wanted::changed_after(start), &mut |row, seq| {
            check_key(names.table, row)?;
            // Rows of one seq stay together: the answers of an assessment come and go as one.
            if batch.is_full(self.batch_rows) && batch.last_seq != seq {
                self.flush(session, names, &mut batch, done)?;
            }
            batch.push(row, seq);
            Ok(())
        })?;
        if batch.n_rows == 0 { Ok(()) } else { self.flush(session, names, &mut batch, done) }
    }

    /// One transaction: the batch, the answers that its assessments have no more, the mark.
    fn flush(&self, session: &mut Session, names: &Names, batch: &mut Batch, done: &mut Done) -> Result<(), SinkError> {
        session.run("BEGIN")?;
        session.copy(&format!("COPY {STAGE} ({}) FROM STDIN", names.columns), batch.text.as_bytes())?;
        done.n_rows += session.execute(&names.upsert(), &[])?;
        if *names.table == ASSESSMENT_ANSWER {
            done.n_rows += session.execute(
                &format!(
                    "DELETE FROM {full} t USING (SELECT DISTINCT tenant, assessment_id FROM {STAGE}) s WHERE t.tenant = s.tenant \
                     AND t.assessment_id = s.assessment_id AND NOT EXISTS (SELECT FROM {STAGE} k WHERE {same})",
                    full = names.full,
                    same = names.same_key("k", "t"),
                ),
                &[],
            )?;
        }
        // All rows of the last seq are in; changes that came up during this publication are left to the next one.
        self.set_mark(session, names, batch.last_seq.min(self.seq_now), None)?;
        session.run("COMMIT")?;
        done.n_nul += batch.n_nul;
        *batch = Batch::default();
        Ok(())
    }

    fn n_rows_of_target(&self, session: &mut Session, names: &Names) -> Result<i64, SinkError> {
        let rows =
            session.ask(&format!("SELECT count(*) FROM {} WHERE tenant = ANY($1)", names.full), &[(&self.tenants, Type::TEXT_ARRAY)])?;
        Ok(rows.first().and_then(|row| row.try_get(0).ok()).unwrap_or_default())
    }

    /// Removes the rows of this publication's tenants that the store does not have; true if the target lacks some that it has.
    fn remove_untold(&self, session: &mut Session, names: &Names, done: &mut Done) -> Result<bool, SinkError> {
        let keys = "pg_temp.scorelake_keys";
        session.run(&format!(
            "BEGIN; CREATE TEMPORARY TABLE scorelake_keys ON COMMIT DROP AS SELECT {} FROM {STAGE} WITH NO DATA",
            names.key()
        ))?;
        let places: Vec<usize> = names.table.key.iter().filter_map(|key| names.table.position(key)).collect();
        let copy = format!("COPY {keys} FROM STDIN");
        let mut batch = Batch::default();
        self.rows.scan(names.table, &Wanted::all(), &mut |row, seq| {
            batch.push(&places.iter().filter_map(|place| row.get(*place).cloned()).collect(), seq);
            if batch.is_full(self.batch_rows) {
                session.copy(&copy, batch.text.as_bytes())?;
                batch = Batch::default();
            }
            Ok(())
        })?;
        session.copy(&copy, batch.text.as_bytes())?;
        session.run(&format!("ANALYZE {keys}"))?;
        let same = names.same_key("k", "t");
        done.n_rows += session.execute(
            &format!("DELETE FROM {} t WHERE t.tenant = ANY($1) AND NOT EXISTS (SELECT FROM {keys} k WHERE {same})", names.full),
            &[(&self.tenants, Type::TEXT_ARRAY)],
        )?;
        let lacking =
            session.ask(&format!("SELECT 1 FROM {keys} k WHERE NOT EXISTS (SELECT FROM {} t WHERE {same}) LIMIT 1", names.full), &[])?;
        session.run("COMMIT")?;
        Ok(!lacking.is_empty())
    }

    fn set_mark(&self, session: &mut Session, names: &Names, seq: i64, n_rows: Option<i64>) -> Result<(), SinkError> {
        let mark = Mark { store_id: self.store_id.clone(), seq, n_rows };
        progress::write(session, self.schema, self.name, names.table.name, &mark, self.occasion)
    }
}

impl Batch {
    fn push(&mut self, row: &Row, seq: i64) {
        self.n_nul += copy_text::push_line(&mut self.text, row);
        self.n_rows += 1;
        self.last_seq = seq;
    }

    const fn is_full(&self, batch_rows: usize) -> bool {
        batch_rows <= self.n_rows || BATCH_BYTES <= self.text.len()
    }
}

fn check_key(table: &Table, row: &Row) -> Result<(), SinkError> {
    let parts: Vec<&str> = table.key.iter().filter_map(|key| table.cell(row, key).and_then(Cell::as_text)).collect();
    let n_bytes = parts.iter().map(|part| part.len()).sum::<usize>();
    if n_bytes <= KEY_BYTES_MAX {
        return Ok(());
    }
    let key: String = parts.join(" ").chars().take(60).collect();
    let message = format!("{} `{key}...`: its key has {n_bytes} bytes; an index of PostgreSQL takes {KEY_BYTES_MAX}", table.name);
    Err(SinkError::new(SinkErrorKind::Contract, message))
}
