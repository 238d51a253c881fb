//! A store in memory, as publications see it. It keeps the promises of [`Rows`] and can fail in the middle of a scan.
//! Like the real one it shows the answers as a view over the assessments' questions.

use std::cell::Cell as Counter;
use std::collections::BTreeMap;

use model::table::{ASSESSMENT, ASSESSMENT_ANSWER, Cell, Partition, Row, Table};
use model::time;
use serde_json::Value;

use crate::contract::{PartitionBy, PartitionState, Rows, RowsError, SinkError, Wanted};

/// The rows of one store.
#[derive(Debug, Clone)]
pub struct FakeRows {
    store_id: String,
    seq: i64,
    tables: BTreeMap<&'static str, BTreeMap<Vec<KeyPart>, (Row, i64)>>,
    removals: Vec<(&'static str, String, String, i64)>,
    visits_left: Counter<Option<u64>>,
    n_visits: Counter<u64>,
}

/// Numbers in a key stand in the order of numbers, text in the order of bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum KeyPart {
    Number(i64),
    Words(String),
}

impl FakeRows {
    /// An empty store.
    pub fn new(store_id: &str) -> Self {
        Self {
            store_id: store_id.to_owned(),
            seq: 0,
            tables: BTreeMap::new(),
            removals: Vec::new(),
            visits_left: Counter::new(None),
            n_visits: Counter::new(0),
        }
    }

    /// The same rows, whose next scans fail for good after that many rows.
    #[must_use]
    pub fn failing_after(&self, n_rows: u64) -> Self {
        Self { visits_left: Counter::new(Some(n_rows)), ..self.clone() }
    }

    /// Puts a row in place of the one with its key.
    pub fn upsert(&mut self, table: &'static Table, row: Row) {
        self.seq += 1;
        if table.name == ASSESSMENT.name {
            let owner = key(table, &row);
            self.drop_answers(&owner);
            for answer in answers(&row) {
                self.put(&ASSESSMENT_ANSWER, answer);
            }
        }
        self.put(table, row);
    }

    /// Takes a record out, as a deletion does: the removal is told.
    pub fn remove(&mut self, table: &'static Table, tenant: &str, id: &str) {
        self.seq += 1;
        let owner = vec![KeyPart::Words(tenant.to_owned()), KeyPart::Words(id.to_owned())];
        self.tables.entry(table.name).or_default().remove(&owner);
        if table.name == ASSESSMENT.name {
            self.drop_answers(&owner);
        }
        self.removals.push((table.name, tenant.to_owned(), id.to_owned(), self.seq));
    }

    /// Takes out a row of a table for which nobody is told, such as an unconfirmed tombstone.
    pub fn forget(&mut self, table: &'static Table, row: &Row) {
        self.tables.entry(table.name).or_default().remove(&key(table, row));
    }

    /// The rows of a table in the order of its key.
    pub fn rows(&self, table: &'static Table) -> Vec<Row> {
        self.tables.get(table.name).map(|rows| rows.values().map(|(row, _)| row.clone()).collect()).unwrap_or_default()
    }

    /// How many rows and removals were shown up to here.
    pub fn n_visits(&self) -> u64 {
        self.n_visits.get()
    }

    fn put(&mut self, table: &'static Table, row: Row) {
        let seq = self.seq;
        self.tables.entry(table.name).or_default().insert(key(table, &row), (row, seq));
    }

    fn drop_answers(&mut self, owner: &[KeyPart]) {
        self.tables.entry(ASSESSMENT_ANSWER.name).or_default().retain(|key, _| !key.starts_with(owner));
    }

    fn visit(&self) -> Result<(), SinkError> {
        self.n_visits.set(self.n_visits.get() + 1);
        match self.visits_left.get() {
            Some(0) => Err(RowsError::new("the store went away").into()),
            Some(left) => {
                self.visits_left.set(Some(left - 1));
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Rows for FakeRows {
    fn store_id(&self) -> Result<String, RowsError> {
        Ok(self.store_id.clone())
    }

    fn partitions(&self, table: &'static Table, by: PartitionBy) -> Result<Vec<PartitionState>, RowsError> {
        let mut states: BTreeMap<Partition, (u64, i64)> = BTreeMap::new();
        for (row, seq) in self.tables.get(table.name).into_iter().flat_map(BTreeMap::values) {
            let state = states.entry(partition(table, by, row)).or_default();
            *state = (state.0 + 1, state.1.max(*seq));
        }
        Ok(states.into_iter().map(|(partition, (n_rows, seq_max))| PartitionState { partition, n_rows, seq_max }).collect())
    }

    fn scan(
        &self,
        table: &'static Table,
        wanted: &Wanted,
        visit: &mut dyn FnMut(&Row, i64) -> Result<(), SinkError>,
    ) -> Result<(), SinkError> {
        let all = self.tables.get(table.name).into_iter().flat_map(BTreeMap::values);
        let of_partition = |row: &Row| wanted.partition.as_ref().is_none_or(|wants| *wants == partition(table, wanted.by, row));
        let mut shown: Vec<&(Row, i64)> =
            all.filter(|(row, seq)| of_partition(row) && wanted.changed_after.is_none_or(|after| after < *seq)).collect();
        if wanted.changed_after.is_some() {
            shown.sort_by_key(|(_, seq)| *seq);
        }
        for (row, seq) in shown {
            self.visit()?;
            visit(row, *seq)?;
        }
        Ok(())
    }

    fn removed_after(
        &self,
        table: &'static Table,
        seq: i64,
        visit: &mut dyn FnMut(&str, &str, i64) -> Result<(), SinkError>,
    ) -> Result<(), SinkError> {
        for (name, tenant, id, removed) in &self.removals {
            if *name == table.name && seq < *removed {
                self.visit()?;
                visit(tenant, id, *removed)?;
            }
        }
        Ok(())
    }

    fn seq_now(&self) -> Result<i64, RowsError> {
        Ok(self.seq)
    }
}

fn key(table: &Table, row: &Row) -> Vec<KeyPart> {
    let part = |column: &&str| match table.cell(row, column) {
        Some(Cell::Int(number)) => KeyPart::Number(*number),
        Some(Cell::Text(words)) => KeyPart::Words(words.clone()),
        _ => KeyPart::Words(String::new()),
    };
    table.key.iter().map(part).collect()
}

fn partition(table: &Table, by: PartitionBy, row: &Row) -> Partition {
    let value = match by {
        PartitionBy::Whole => None,
        PartitionBy::Column(column) => table.cell(row, column).and_then(Cell::as_text).map(str::to_owned),
        PartitionBy::Month(column) => match table.cell(row, column) {
            Some(Cell::Time(moment)) => time::text(*moment).get(..7).map(str::to_owned),
            _ => None,
        },
    };
    Partition { value, archived: table.cell(row, "is_archived") == Some(&Cell::Bool(true)) }
}

/// The answer rows of an assessment, in the order of `table::ASSESSMENT_ANSWER`.
fn answers(assessment: &Row) -> Vec<Row> {
    let of_assessment = |column: &str| ASSESSMENT.cell(assessment, column).cloned().unwrap_or(Cell::Null);
    let Cell::Json(questions) = of_assessment("questions") else { return Vec::new() };
    let questions: Vec<Value> = serde_json::from_str(&questions).unwrap_or_default();
    let answer = |question: &Value| {
        let text = |name: &str| Cell::text(question.get(name).and_then(Value::as_str));
        let real = |name: &str| Cell::real(question.get(name).and_then(Value::as_f64));
        let truth = |name: &str| Cell::truth(question.get(name).and_then(Value::as_bool));
        vec![
            of_assessment("tenant"),
            of_assessment("assessment_id"),
            of_assessment("form_version_id"),
            text("question_id"),
            text("group_id"),
            question.get("ordinal").and_then(Value::as_i64).map_or(Cell::Null, Cell::Int),
            real("score"),
            real("max_score"),
            real("weight"),
            truth("not_applicable"),
            truth("critical"),
            text("comments"),
            text("text"),
        ]
    };
    questions.iter().map(answer).collect()
}
