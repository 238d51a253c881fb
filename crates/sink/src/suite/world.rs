//! The rows that the common suite publishes: two tenants, several form versions, archived rows, and every oddity of text.

use jiff::Timestamp;
use model::table::{ASSESSMENT, Cell, FEEDBACK, FORM_QUESTION, FORM_VERSION, Kind, Row, SCOPE, TOMBSTONE, Table};
use serde_json::json;

use crate::suite::fake::FakeRows;

/// Ids as sources may write them.
pub const ODD_IDS: [&str; 12] = [
    "a/b",
    "100%",
    "%2F",
    "it's \"quoted\"",
    "two\nlines\tand\\slash",
    "=formula()",
    "-1",
    "smile 😀 ü 漢",
    "nul\0inside",
    ".",
    " space ",
    "\\N",
];

/// A row with these cells; every other column has a value of its kind made from the row's number.
pub fn row(table: &Table, number: i64, cells: &[(&str, Cell)]) -> Row {
    let value = |column: &model::table::Column| {
        let given = cells.iter().find(|(name, _)| *name == column.name);
        given.map_or_else(|| some(column.kind, column.name, number), |(_, cell)| cell.clone())
    };
    table.columns.iter().map(value).collect()
}

/// A row that has nothing but its key.
pub fn bare_row(table: &Table, key: &[(&str, Cell)]) -> Row {
    let value = |column: &model::table::Column| {
        let given = key.iter().find(|(name, _)| *name == column.name);
        given.map_or(Cell::Null, |(_, cell)| cell.clone())
    };
    table.columns.iter().map(value).collect()
}

/// Text.
pub fn text(words: &str) -> Cell {
    Cell::Text(words.to_owned())
}

/// An assessment with that many questions.
pub fn assessment(tenant: &str, id: &str, form_version_id: Option<&str>, n_questions: usize, number: i64) -> Row {
    let question = |ordinal: usize| {
        json!({
            "question_id": format!("q{ordinal}"), "text": "Greeted?", "group_id": null, "ordinal": ordinal, "score": 2.5,
            "max_score": 5.0, "weight": 1.5, "payload_weight": null, "not_applicable": ordinal.is_multiple_of(3), "critical": false,
            "comments": if ordinal == 2 { "nul\0 and = \"sign\"" } else { "=1+1" },
        })
    };
    let questions: Vec<_> = (1..=n_questions).map(question).collect();
    let cells = [
        ("tenant", text(tenant)),
        ("assessment_id", text(id)),
        ("form_version_id", Cell::text(form_version_id)),
        ("is_archived", Cell::Bool(false)),
        ("archived_reason", Cell::Null),
        ("questions", Cell::Json(json!(questions).to_string())),
    ];
    row(&ASSESSMENT, number, &cells)
}

/// A feedback entry of that moment.
pub fn feedback(tenant: &str, id: &str, created_at: Option<&str>, number: i64) -> Row {
    let created_at = created_at.and_then(|words| words.parse::<Timestamp>().ok());
    let cells = [
        ("tenant", text(tenant)),
        ("feedback_id", text(id)),
        ("created_at", Cell::time(created_at)),
        ("is_archived", Cell::Bool(false)),
        ("archived_reason", Cell::Null),
    ];
    row(&FEEDBACK, number, &cells)
}

/// The same row, archived.
pub fn archived(table: &Table, row: &Row) -> Row {
    let change = |(column, cell): (&model::table::Column, &Cell)| match column.name {
        "is_archived" => Cell::Bool(true),
        "archived_reason" => text("deleted"),
        _ => cell.clone(),
    };
    table.columns.iter().zip(row).map(change).collect()
}

/// A store with rows in every table.
pub fn world() -> FakeRows {
    build("store-1", 0)
}

/// Another store: the same keys in the same partitions, landed in the same order, with other values.
pub fn other_world() -> FakeRows {
    build("store-2", 1_000)
}

fn build(store_id: &str, shift: i64) -> FakeRows {
    let mut rows = FakeRows::new(store_id);
    for (place, id) in (1..).zip(ODD_IDS) {
        let form = ["form-a", "form/b %", "007"][place % 3];
        let month = ["2024-01-31T23:59:59.999Z", "2024-02-01T00:00:00Z"][place % 2];
        rows.upsert(&ASSESSMENT, assessment("acme", id, Some(form), place % 4, place as i64 + shift));
        rows.upsert(&FEEDBACK, feedback("acme", id, Some(month), place as i64 + shift));
    }
    let long = "long ".repeat(120);
    rows.upsert(&ASSESSMENT, assessment("beta", &long, None, 3, 50 + shift));
    rows.upsert(&ASSESSMENT, archived(&ASSESSMENT, &assessment("beta", "cold", Some("form-a"), 2, 51 + shift)));
    rows.upsert(&ASSESSMENT, bare_row(&ASSESSMENT, &[("tenant", text("beta")), ("assessment_id", text("bare"))]));
    rows.upsert(&FEEDBACK, archived(&FEEDBACK, &feedback("beta", "cold", Some("2024-01-05T00:00:00Z"), 52 + shift)));
    rows.upsert(&FEEDBACK, bare_row(&FEEDBACK, &[("tenant", text("beta")), ("feedback_id", text("bare"))]));
    for (number, form) in (60 + shift..).zip(["form-a", "form/b %"]) {
        let of_form = [("tenant", text("acme")), ("form_version_id", text(form))];
        rows.upsert(&FORM_VERSION, row(&FORM_VERSION, number, &of_form));
        for question in ["q1", "q2"] {
            let key = [of_form[0].clone(), of_form[1].clone(), ("question_id", text(question))];
            rows.upsert(&FORM_QUESTION, row(&FORM_QUESTION, number, &key));
        }
    }
    rows.upsert(&SCOPE, row(&SCOPE, 70 + shift, &[("tenant", text("acme")), ("kind", text("division")), ("scope_id", text("APAC"))]));
    rows.upsert(&TOMBSTONE, tombstone("gone"));
    rows.upsert(&TOMBSTONE, tombstone("perhaps gone"));
    rows
}

/// The tombstone of a feedback entry.
pub fn tombstone(id: &str) -> Row {
    row(&TOMBSTONE, 80, &[("tenant", text("acme")), ("stream", text("feedback")), ("id", text(id)), ("resurrected_at", Cell::Null)])
}

/// The world some days later: an edit, an addition, a deletion, a return, moves between partitions, a row nobody tells of.
/// Edits come last, so that a copy that believes itself done too early lacks no row, only their values.
pub fn move_on(rows: &mut FakeRows) {
    rows.remove(&ASSESSMENT, "beta", &"long ".repeat(120));
    rows.remove(&ASSESSMENT, "acme", "=formula()");
    rows.upsert(&ASSESSMENT, assessment("acme", "=formula()", Some("form-a"), 2, 101));
    rows.upsert(&ASSESSMENT, assessment("acme", "fresh", Some("form-a"), 2, 102));
    rows.upsert(&ASSESSMENT, assessment("acme", "100%", Some("new form"), 1, 103));
    rows.upsert(&ASSESSMENT, assessment("acme", "%2F", Some("form-a"), 0, 104));
    rows.upsert(&ASSESSMENT, archived(&ASSESSMENT, &assessment("acme", "-1", Some("form-a"), 2, 105)));
    rows.upsert(&ASSESSMENT, assessment("acme", "a/b", Some("form/b %"), 5, 106));
    rows.upsert(&ASSESSMENT, assessment("acme", ".", Some("form-a"), 1, 107));
    rows.remove(&FEEDBACK, "acme", "a/b");
    rows.upsert(&FEEDBACK, feedback("acme", "100%", Some("2024-03-01T00:00:00Z"), 108));
    rows.upsert(&FEEDBACK, archived(&FEEDBACK, &feedback("acme", "it's \"quoted\"", Some("2024-02-01T00:00:00Z"), 109)));
    rows.forget(&TOMBSTONE, &tombstone("perhaps gone"));
}

fn some(kind: Kind, name: &str, number: i64) -> Cell {
    let odd = ODD_IDS.get(number as usize % ODD_IDS.len()).copied().unwrap_or_default();
    match kind {
        Kind::Text => Cell::Text(format!("{odd} {name}")),
        Kind::Real => Cell::Real(number as f64 / 3.0),
        Kind::Int => Cell::Int(-number),
        Kind::Bool => Cell::Bool(number % 2 == 0),
        Kind::Time => Cell::time(Timestamp::from_millisecond(1_706_000_000_001 + number * 86_400_000).ok()),
        Kind::TextList if number % 5 == 0 => Cell::TextList(Vec::new()),
        Kind::TextList => Cell::TextList(vec![String::new(), odd.to_owned(), "NULL".to_owned(), "{a,\"b\"}".to_owned()]),
        Kind::Json => Cell::Json(json!({"unknown": [odd, number, null, true], "deep": {"ü": -0.25}}).to_string()),
    }
}
