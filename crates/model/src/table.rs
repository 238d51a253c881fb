//! The published tables: one list of columns each, from which the store, the files and the databases are all built.
//! A column's name is a promise to users (`docs/tables.md`); columns are added, never renamed.

pub mod analytics;
pub mod joined;

use jiff::Timestamp;

use crate::time;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A double.
    Real,
    /// A whole number.
    Int,
    /// True or false.
    Bool,
    /// A UTC moment with milliseconds.
    Time,
    /// A list of texts: JSON text in SQLite and CSV, an array elsewhere.
    TextList,
    /// A JSON value as text; real JSON in JSON files.
    Json,
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// One table: a name, its columns in order, and how many of the first make the key.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns in the order of every publication.
    pub columns: &'static [Column],
    /// The columns of the primary key, `tenant` first.
    pub key: &'static [&'static str],
}

impl Table {
    /// The place of a column.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|one| one.name == column)
    }

    /// The cell of a named column in a row of this table.
    pub fn cell<'a>(&self, row: &'a [Cell], column: &str) -> Option<&'a Cell> {
        self.position(column).and_then(|position| row.get(position))
    }
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// Text.
    Text(String),
    /// A finite double.
    Real(f64),
    /// A whole number.
    Int(i64),
    /// True or false.
    Bool(bool),
    /// A UTC moment.
    Time(Timestamp),
    /// A list of texts.
    TextList(Vec<String>),
    /// JSON as text.
    Json(String),
}

/// One row: a cell a column, in the table's order.
pub type Row = Vec<Cell>;

impl Cell {
    /// Text, or null.
    pub fn text(words: Option<impl Into<String>>) -> Self {
        words.map_or(Self::Null, |words| Self::Text(words.into()))
    }

    /// A double, or null.
    pub fn real(number: Option<f64>) -> Self {
        number.map_or(Self::Null, Self::Real)
    }

    /// A boolean, or null.
    pub fn truth(truth: Option<bool>) -> Self {
        truth.map_or(Self::Null, Self::Bool)
    }

    /// A moment, or null.
    pub fn time(moment: Option<Timestamp>) -> Self {
        moment.map_or(Self::Null, Self::Time)
    }

    /// The text of a text cell.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(words) => Some(words),
            _ => None,
        }
    }

    /// As a JSON value, the way JSON files show it. JSON text that does not parse is shown as text.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Self::Null => Value::Null,
            Self::Text(words) => Value::String(words.clone()),
            Self::Real(number) => serde_json::Number::from_f64(*number).map_or(Value::Null, Value::Number),
            Self::Int(number) => Value::from(*number),
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Time(moment) => Value::String(time::text(*moment)),
            Self::TextList(words) => Value::from(words.clone()),
            Self::Json(words) => serde_json::from_str(words).unwrap_or_else(|_| Value::String(words.clone())),
        }
    }
}

/// The values of one partition key column, or whether rows are archived: how a table is cut for publication.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition {
    /// The value of the partition column; none for rows without one.
    pub value: Option<String>,
    /// Rows of the cold partition.
    pub archived: bool,
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

/// Current assessments.
pub static ASSESSMENT: Table = Table {
    name: "assessment",
    key: &["tenant", "assessment_id"],
    columns: &[
        column("tenant", Kind::Text),
        column("platform", Kind::Text),
        column("assessment_id", Kind::Text),
        column("form_id", Kind::Text),
        column("form_version_id", Kind::Text),
        column("status", Kind::Text),
        column("agent_id", Kind::Text),
        column("evaluator_id", Kind::Text),
        column("scope_ids", Kind::TextList),
        column("interaction_id", Kind::Text),
        column("external_reference_id", Kind::Text),
        column("interaction_end_time", Kind::Time),
        column("submitted_at", Kind::Time),
        column("modified_at", Kind::Time),
        column("scored_by", Kind::Text),
        column("raw_score", Kind::Real),
        column("normalized_score", Kind::Real),
        column("final_score", Kind::Real),
        column("applicable_share", Kind::Real),
        column("na_questions", Kind::Int),
        column("failed_critical", Kind::Bool),
        column("score_flags", Kind::TextList),
        column("score_version_locked", Kind::Bool),
        column("weight_source", Kind::Text),
        column("comments", Kind::Text),
        column("questions", Kind::Json),
        column("is_archived", Kind::Bool),
        column("archived_reason", Kind::Text),
        column("extraction_timestamp", Kind::Time),
        column("source_hash", Kind::Text),
        column("extra", Kind::Json),
        column("dialect", Kind::Text),
    ],
};

/// Current feedback entries.
pub static FEEDBACK: Table = Table {
    name: "feedback",
    key: &["tenant", "feedback_id"],
    columns: &[
        column("tenant", Kind::Text),
        column("platform", Kind::Text),
        column("feedback_id", Kind::Text),
        column("agent_id", Kind::Text),
        column("author_id", Kind::Text),
        column("scope_ids", Kind::TextList),
        column("interaction_id", Kind::Text),
        column("created_at", Kind::Time),
        column("modified_at", Kind::Time),
        column("content", Kind::Text),
        column("tags", Kind::TextList),
        column("category", Kind::Text),
        column("status", Kind::Text),
        column("is_archived", Kind::Bool),
        column("archived_reason", Kind::Text),
        column("extraction_timestamp", Kind::Time),
        column("source_hash", Kind::Text),
        column("extra", Kind::Json),
        column("dialect", Kind::Text),
    ],
};

/// A row a question; in the store a view over `assessment.questions`.
pub static ASSESSMENT_ANSWER: Table = Table {
    name: "assessment_answer",
    key: &["tenant", "assessment_id", "ordinal"],
    columns: &[
        column("tenant", Kind::Text),
        column("assessment_id", Kind::Text),
        column("form_version_id", Kind::Text),
        column("question_id", Kind::Text),
        column("group_id", Kind::Text),
        column("ordinal", Kind::Int),
        column("score", Kind::Real),
        column("max_score", Kind::Real),
        column("weight", Kind::Real),
        column("not_applicable", Kind::Bool),
        column("critical", Kind::Bool),
        column("comments", Kind::Text),
        column("text", Kind::Text),
    ],
};

/// Form versions and rubrics.
pub static FORM_VERSION: Table = Table {
    name: "form_version",
    key: &["tenant", "form_version_id"],
    columns: &[
        column("tenant", Kind::Text),
        column("platform", Kind::Text),
        column("form_version_id", Kind::Text),
        column("form_id", Kind::Text),
        column("name", Kind::Text),
        column("version", Kind::Text),
        column("published_at", Kind::Time),
        column("active", Kind::Bool),
        column("max_possible_score", Kind::Real),
        column("content_hash", Kind::Text),
        column("extra", Kind::Json),
    ],
};

/// The questions of form versions.
pub static FORM_QUESTION: Table = Table {
    name: "form_question",
    key: &["tenant", "form_version_id", "question_id"],
    columns: &[
        column("tenant", Kind::Text),
        column("form_version_id", Kind::Text),
        column("question_id", Kind::Text),
        column("weight", Kind::Real),
        column("max_score", Kind::Real),
        column("critical", Kind::Bool),
    ],
};

/// Divisions, sites and queues.
pub static SCOPE: Table = Table {
    name: "scope",
    key: &["tenant", "kind", "scope_id"],
    columns: &[
        column("tenant", Kind::Text),
        column("platform", Kind::Text),
        column("kind", Kind::Text),
        column("scope_id", Kind::Text),
        column("name", Kind::Text),
        column("extra", Kind::Json),
    ],
};

/// Records that the source no longer has.
pub static TOMBSTONE: Table = Table {
    name: "tombstone",
    key: &["tenant", "stream", "id"],
    columns: &[
        column("tenant", Kind::Text),
        column("stream", Kind::Text),
        column("id", Kind::Text),
        column("first_missed_at", Kind::Time),
        column("confirmed_at", Kind::Time),
        column("cause", Kind::Text),
        column("resurrected_at", Kind::Time),
    ],
};

/// Extracted against reported counts.
pub static RECONCILIATION: Table = Table {
    name: "reconciliation",
    key: &["run_id", "tenant", "stream", "scope_id", "date_from", "date_to"],
    columns: &[
        column("run_id", Kind::Text),
        column("tenant", Kind::Text),
        column("stream", Kind::Text),
        column("scope_id", Kind::Text),
        column("date_from", Kind::Text),
        column("date_to", Kind::Text),
        column("extracted", Kind::Int),
        column("reported", Kind::Int),
        column("percent", Kind::Real),
        column("verdict", Kind::Text),
        column("cause", Kind::Text),
    ],
};

/// Every table that publications may write, in their order.
pub static PUBLISHED: [&Table; 7] = [&ASSESSMENT, &ASSESSMENT_ANSWER, &FEEDBACK, &FORM_VERSION, &FORM_QUESTION, &SCOPE, &TOMBSTONE];

/// The published table of that name.
pub fn published(name: &str) -> Option<&'static Table> {
    PUBLISHED.into_iter().find(|table| table.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_column_is_a_column_and_tenant_is_in_every_key() {
        for table in PUBLISHED.into_iter().chain([&RECONCILIATION]) {
            assert!(table.key.contains(&"tenant"), "{}", table.name);
            assert!(table.key.iter().all(|key| table.position(key).is_some()), "{}", table.name);
        }
    }
}
