//! Restating: the agent-days that were touched are computed anew, and what differs from the last event becomes an event.
//! Which event is said by `model::feed`. All events of a run are written in one transaction, so an assessment that moved
//! leaves one agent-day and enters the other at once. Events and revisions are never taken back.

use std::collections::HashMap;

use jiff::civil::Date;
use model::feed::{DayKey, DayMeasures, DayState, Event, Held, Op, event};
use model::id::TenantName;
use rusqlite::{Connection, OptionalExtension as _, ToSql, params, params_from_iter};

use crate::cell::{Count, Day, known};
use crate::error::StoreError;
use crate::measure::{OF_DAY, day_params};
use crate::store::{Store, Writing};

/// Touched agent-days that are in memory at a time.
const BATCH: u32 = 500;

const KEY: &str = "tenant, platform, agent_id, business_date, form_version_id, content_hash, scored_by";
/// Of an event, after [`KEY`].
const VALUES: &str = "form_id, n, sum_weighted_points, sum_weighted_max, sum_normalized, sum_final, mean_normalized, mean_final,
    n_failed_critical, n_disputed, applicable_share, revision, supersedes, op, run_id, day_state, change_seq";

/// A change to a day that was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateChange {
    /// Which agent-day.
    pub key: DayKey,
    /// What was done to it.
    pub op: Op,
    /// The revision that did it.
    pub revision: u64,
}

/// What restating did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restated {
    /// Agent-days that hold something and held nothing.
    pub inserted: u64,
    /// Agent-days that hold something else.
    pub updated: u64,
    /// Agent-days that hold nothing any more.
    pub retracted: u64,
    /// Those among all of them whose day was closed. The first feed of a tenant changes nothing that anybody knows.
    pub late: Vec<LateChange>,
}

impl Store {
    /// The tenants with agent-days that were touched since they were last restated.
    ///
    /// # Errors
    /// Those of reading.
    pub fn touched_tenants(&self) -> Result<Vec<TenantName>, StoreError> {
        let sql = "SELECT DISTINCT tenant FROM agent_day_touched ORDER BY tenant";
        let read = |row: &rusqlite::Row<'_>| Ok(TenantName::new(row.get::<_, String>(0)?));
        self.read(|connection| connection.prepare_cached(sql)?.query_map([], read)?.collect())
    }

    /// Restates the agent-days of these tenants that were touched since this was last done. `today` tells how old a day is.
    ///
    /// # Errors
    /// Those of writing; no event is then made, and everything stays touched.
    pub fn restate(&mut self, tenants: &[TenantName], run_id: &str, today: Date) -> Result<Restated, StoreError> {
        let tenants = serde_json::Value::from(tenants.iter().map(TenantName::as_str).collect::<Vec<_>>()).to_string();
        self.write(|writing| {
            let mut restated = Restated::default();
            let mut had_feed: HashMap<String, bool> = HashMap::new();
            loop {
                let keys = touched(writing, &tenants)?;
                if keys.is_empty() {
                    return Ok(restated);
                }
                for key in keys {
                    if !had_feed.contains_key(&key.tenant) {
                        had_feed.insert(key.tenant.clone(), has_feed(writing, &key.tenant)?);
                    }
                    if let Some(event) = restate(writing, &key, run_id, today)? {
                        let is_late = event.day_state == DayState::Closed && had_feed.get(&key.tenant) == Some(&true);
                        restated.count(key, &event, is_late);
                    }
                }
            }
        })
    }
}

impl Restated {
    fn count(&mut self, key: DayKey, event: &Event, is_late: bool) {
        match event.op {
            Op::Insert => self.inserted += 1,
            Op::Update => self.updated += 1,
            Op::Retract => self.retracted += 1,
        }
        if is_late {
            self.late.push(LateChange { key, op: event.op, revision: event.revision });
        }
    }
}

fn touched(connection: &Connection, tenants: &str) -> rusqlite::Result<Vec<DayKey>> {
    let sql = format!("SELECT {KEY} FROM agent_day_touched WHERE tenant IN (SELECT value FROM json_each(?2)) ORDER BY {KEY} LIMIT ?1");
    let read = |row: &rusqlite::Row<'_>| {
        Ok(DayKey {
            tenant: row.get(0)?,
            platform: row.get(1)?,
            agent_id: row.get(2)?,
            business_date: row.get::<_, Day>(3)?.0,
            form_version_id: row.get(4)?,
            content_hash: row.get(5)?,
            scored_by: row.get(6)?,
        })
    };
    connection.prepare_cached(&sql)?.query_map(params![BATCH, tenants], read)?.collect()
}

fn has_feed(connection: &Connection, tenant: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM agent_day_event WHERE tenant = ?1)";
    connection.prepare_cached(sql)?.query_row([tenant], |row| row.get(0))
}

fn restate(writing: &mut Writing<'_>, key: &DayKey, run_id: &str, today: Date) -> rusqlite::Result<Option<Event>> {
    let (held, present) = (held(writing, key)?, present(writing, key)?);
    let age_days = today.since(key.business_date).map_or(0, |span| i64::from(span.get_days()));
    let event = event(held.as_ref(), present.as_ref(), age_days);
    if let Some(event) = &event {
        let of_event = format!("INSERT INTO agent_day_event ({KEY}, {VALUES}) VALUES ({})", places());
        let of_day = format!("INSERT OR REPLACE INTO agent_day ({KEY}, {VALUES}) VALUES ({})", places());
        for sql in [of_event, of_day] {
            let seq = writing.next_seq();
            write(writing, &sql, key, event, run_id, seq)?;
        }
    }
    let sql = format!("DELETE FROM agent_day_touched WHERE {OF_DAY}");
    writing.prepare_cached(&sql)?.execute(params_from_iter(day_params(key)))?;
    Ok(event)
}

fn places() -> String {
    let n = [KEY, VALUES].into_iter().map(|columns| columns.split(',').count()).sum::<usize>();
    (1..=n).map(|place| format!("?{place}")).collect::<Vec<_>>().join(", ")
}

fn held(connection: &Connection, key: &DayKey) -> rusqlite::Result<Option<Held>> {
    let sql = format!(
        "SELECT revision, op, form_id, n, sum_weighted_points, sum_weighted_max, sum_normalized, sum_final, n_failed_critical,
            n_disputed, applicable_share FROM agent_day WHERE {OF_DAY}"
    );
    let read = |row: &rusqlite::Row<'_>| {
        let op: String = row.get(1)?;
        let live = match known(1, &op, Op::from_word(&op))? {
            Op::Retract => None,
            Op::Insert | Op::Update => Some(measures(row, 2)?),
        };
        Ok(Held { revision: row.get::<_, Count>(0)?.0, live })
    };
    connection.prepare_cached(&sql)?.query_row(params_from_iter(day_params(key)), read).optional()
}

/// The order of the sums is fixed: a sum is the same to its last digit whatever came before. The index is named because
/// SQLite would rather go through all rows of the tenant.
fn present(connection: &Connection, key: &DayKey) -> rusqlite::Result<Option<DayMeasures>> {
    let sum = |column: &str| format!("SUM({column} ORDER BY assessment_id)");
    let sql = format!(
        "SELECT MIN(form_id), COUNT(*), {points}, {max}, {normalized}, {last}, SUM(failed_critical), SUM(disputed),
            iif(COUNT(whole_max) = COUNT(*), {max} / {whole}, NULL)
         FROM assessment_measure INDEXED BY measure_by_agent_day WHERE {OF_DAY} AND left_out IS NULL HAVING COUNT(*) > 0",
        points = sum("weighted_points"),
        max = sum("weighted_max"),
        normalized = sum("normalized_score"),
        last = sum("final_score"),
        whole = sum("whole_max"),
    );
    connection.prepare_cached(&sql)?.query_row(params_from_iter(day_params(key)), |row| measures(row, 0)).optional()
}

fn measures(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<DayMeasures> {
    Ok(DayMeasures {
        form_id: row.get(first)?,
        n: row.get::<_, Count>(first + 1)?.0,
        sum_weighted_points: row.get(first + 2)?,
        sum_weighted_max: row.get(first + 3)?,
        sum_normalized: row.get(first + 4)?,
        sum_final: row.get(first + 5)?,
        n_failed_critical: row.get::<_, Count>(first + 6)?.0,
        n_disputed: row.get::<_, Count>(first + 7)?.0,
        applicable_share: row.get(first + 8)?,
    })
}

fn write(connection: &Connection, sql: &str, key: &DayKey, event: &Event, run_id: &str, seq: i64) -> rusqlite::Result<()> {
    let measures = event.measures.as_ref();
    let number = |value: fn(&DayMeasures) -> f64| measures.map(value);
    let values: [Box<dyn ToSql + '_>; 17] = [
        Box::new(&event.form_id),
        Box::new(Count(measures.map_or(0, |measures| measures.n))),
        Box::new(number(|measures| measures.sum_weighted_points)),
        Box::new(number(|measures| measures.sum_weighted_max)),
        Box::new(number(|measures| measures.sum_normalized)),
        Box::new(number(|measures| measures.sum_final)),
        Box::new(number(DayMeasures::mean_normalized)),
        Box::new(number(DayMeasures::mean_final)),
        Box::new(measures.map(|measures| Count(measures.n_failed_critical))),
        Box::new(measures.map(|measures| Count(measures.n_disputed))),
        Box::new(measures.and_then(|measures| measures.applicable_share)),
        Box::new(Count(event.revision)),
        Box::new(event.supersedes.map(Count)),
        Box::new(event.op.word()),
        Box::new(run_id),
        Box::new(event.day_state.word()),
        Box::new(seq),
    ];
    connection.prepare_cached(sql)?.execute(params_from_iter(day_params(key).into_iter().chain(values)))?;
    Ok(())
}

#[cfg(test)]
mod tests;
