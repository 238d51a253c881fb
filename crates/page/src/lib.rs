//! The report: one HTML file with its charts, its tables and everything they need.
//! It computes no number: rows come in, and are drawn, listed and explained. It opens no file and asks for no time.
//! What is not allowed to be seen is not in the file at all, and the same report always gives the same bytes.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod assets;
mod definitions;
mod document;
mod payload;

use jiff::Timestamp;
use model::table::analytics::{
    AGENT_RECENT, AGENT_SCORE, ALARM, CHANGE_SPLIT, CHANGE_SPLIT_QUESTION, COHORT, CONTROL_POINT, EDIT_LAG, EVALUATOR_LENIENCY,
    QUESTION_WEEK, TREND_COHORT, TREND_VERDICT, WATERFALL,
};
use model::table::{RECONCILIATION, Row, SCOPE, Table};

pub use crate::definitions::{is_reason, reasons};

/// The tables that the report shows. Others are left out of the file; `scope` gives names only.
pub static SHOWN: [&Table; 15] = [
    &TREND_COHORT,
    &COHORT,
    &TREND_VERDICT,
    &CHANGE_SPLIT,
    &CHANGE_SPLIT_QUESTION,
    &EVALUATOR_LENIENCY,
    &QUESTION_WEEK,
    &AGENT_SCORE,
    &AGENT_RECENT,
    &RECONCILIATION,
    &WATERFALL,
    &CONTROL_POINT,
    &ALARM,
    &EDIT_LAG,
    &SCOPE,
];

/// The words of `alarm.test` that speak of no single agent. A row with any other word is of the agent level.
pub const TESTS_WITHOUT_AGENTS: [&str; 6] = ["xmr_outside", "xmr_range", "xmr_run", "p_chart", "level_shift", "version_weights"];

/// Everything that the report says.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The heading.
    pub title: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// What it was made of: the store, its tenants, the last run.
    pub facts: Vec<Fact>,
    /// Sentences that belong at the top: what the numbers say, and what they cannot say.
    pub notes: Vec<String>,
    /// The house rules in force, keys of `[analytics]` and `reconcile.alert_below_percent`, last part only.
    pub settings: Vec<Fact>,
    /// How far back each tenant's records are read again.
    pub reread: Vec<Reread>,
    /// The purpose for which single agents may be seen, or why they may not.
    pub agent_level: Result<String, String>,
    /// Rows by table. A table that comes twice counts once, the first time.
    pub tables: Vec<(&'static Table, Vec<Row>)>,
}

/// A name and its value, both shown as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// What it is worth.
    pub value: String,
}

/// The span of a tenant within which an edit is certain to be seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Reread {
    /// The tenant.
    pub tenant: String,
    /// Hours.
    pub hours: f64,
}

impl Report {
    /// Whether rows of that table may be in the file.
    fn shows(&self, table: &Table) -> bool {
        let is_of_agents = [&AGENT_SCORE, &AGENT_RECENT].iter().any(|one| one.name == table.name);
        SHOWN.iter().any(|one| one.name == table.name) && (self.agent_level.is_ok() || !is_of_agents)
    }

    /// Whether a row of a shown table may be in the file.
    fn shows_row(&self, table: &Table, row: &Row) -> bool {
        if self.agent_level.is_ok() || table.name != ALARM.name {
            return true;
        }
        let test = table.cell(row, "test").and_then(model::table::Cell::as_text).unwrap_or_default();
        TESTS_WITHOUT_AGENTS.contains(&test)
    }
}

/// The report as one HTML file.
///
/// It holds all rows of the tables in [`SHOWN`], those of single agents only when `agent_level` says for what purpose.
/// Numbers are rounded half away from zero to 6 decimals; a number that is not finite is shown as no value. A row that is
/// shorter than its table is filled up with no values.
pub fn render(report: &Report) -> String {
    document::html(report)
}
