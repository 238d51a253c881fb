//! How a row of a derived table looks to people: which columns, how many decimals, and why there is no number.

use engine::insight::show;
use engine::model::table::analytics::{
    AGENT_SCORE, ALARM, CHANGE_SPLIT, CHANGE_SPLIT_QUESTION, COHORT, CONTROL_POINT, EVALUATOR_LENIENCY, TREND_COHORT, TREND_VERDICT,
};
use engine::model::table::{Cell, Kind, Row, Table};
use serde_json::Value;

/// A table, what it holds in a few words, and the columns that people see.
struct Face {
    table: &'static Table,
    words: &'static str,
    columns: &'static [&'static str],
}

static FACES: [Face; 9] = [
    Face {
        table: &TREND_COHORT,
        words: "mean scores by week; the lines of two form versions are never joined",
        columns: &[
            "week_start",
            "tenant",
            "form_version_id",
            "scored_by",
            "scope_id",
            "n",
            "n_agents",
            "mean",
            "low",
            "high",
            "provisional",
        ],
    },
    Face {
        table: &COHORT,
        words: "one line a form version and scope, over its whole life",
        columns: &[
            "tenant",
            "form_name",
            "form_version_id",
            "scored_by",
            "scope_id",
            "first_date",
            "last_date",
            "n",
            "mean",
            "low",
            "high",
            "failed_critical_rate",
            "version_alarm",
            "chain_id",
            "index",
        ],
    },
    Face {
        table: &TREND_VERDICT,
        words: "whether scores rise or fall within the versions of a form, points a week",
        columns: &["tenant", "form_id", "scored_by", "scope_id", "n_points", "n_strata", "slope", "low", "high", "p", "verdict"],
    },
    Face {
        table: &CHANGE_SPLIT,
        words: "what a change of form did to the mean, in points; the parts add up to the change",
        columns: &[
            "tenant",
            "from_version_id",
            "to_version_id",
            "scope_id",
            "boundary_date",
            "mean_from",
            "mean_to",
            "change",
            "performance",
            "performance_low",
            "performance_high",
            "reweighting",
            "removed",
            "added",
            "na_mix",
            "bridge",
        ],
    },
    Face {
        table: &CHANGE_SPLIT_QUESTION,
        words: "the same by question; attainment is points of 100",
        columns: &[
            "tenant",
            "to_version_id",
            "scope_id",
            "question_key",
            "state",
            "attainment_from",
            "attainment_to",
            "share_from",
            "share_to",
            "performance",
            "reweighting",
        ],
    },
    Face {
        table: &AGENT_SCORE,
        words: "agents within one form version and pool; `score` is pulled to the mean of the pool because of n",
        columns: &[
            "tenant",
            "form_version_id",
            "pool_id",
            "agent_id",
            "agent_name",
            "n",
            "mean",
            "score",
            "low",
            "high",
            "reliability",
            "rank",
            "rank_low",
            "rank_high",
            "named",
        ],
    },
    Face {
        table: &EVALUATOR_LENIENCY,
        words: "points by which an evaluator scores higher (lenient) or lower; islands are not comparable with each other",
        columns: &[
            "tenant",
            "form_id",
            "evaluator_id",
            "n",
            "n_agents",
            "raw_deviation",
            "leniency",
            "standard_error",
            "low",
            "high",
            "island_id",
        ],
    },
    Face {
        table: &ALARM,
        words: "what stands out within a form version",
        columns: &["at", "tenant", "test", "subject", "scope_id", "form_version_id", "value", "expected", "low", "high", "sentence"],
    },
    Face {
        table: &CONTROL_POINT,
        words: "the points of the control charts with their limits",
        columns: &["week_start", "tenant", "chart", "form_version_id", "scope_id", "n", "value", "centre", "low", "high", "signals"],
    },
];

/// Numbers between 0 and 1, and slopes: a tenth would be too coarse.
const FINE: [&str; 12] = [
    "p",
    "p_adjusted",
    "reliability",
    "pass_rate",
    "pass_low",
    "pass_high",
    "failed_critical_rate",
    "failed_critical_low",
    "failed_critical_high",
    "share_from",
    "share_to",
    "slope",
];
/// What is a rate in a table whose other rows are points.
const CHARTED: [&str; 6] = ["value", "expected", "centre", "low", "high", "effect"];

fn face(table: &Table) -> Option<&'static Face> {
    FACES.iter().find(|face| face.table.name == table.name)
}

/// The line above a table.
pub(super) fn title(table: &Table, n_rows: usize) -> String {
    let words = face(table).map_or("", |face| face.words);
    let rows = if n_rows == 1 { "row" } else { "rows" };
    format!("{}: {words} ({n_rows} {rows})", table.name)
}

/// The columns that people see.
pub(super) fn columns(table: &'static Table) -> Vec<&'static str> {
    match face(table) {
        Some(face) => face.columns.to_vec(),
        None => table.columns.iter().map(|column| column.name).collect(),
    }
}

/// Whether a row is of the whole tenant; rows of tables that know no scope are.
pub(super) fn is_whole_tenant(table: &Table, row: &Row) -> bool {
    table.cell(row, "scope_kind").is_none_or(|kind| kind.as_text() == Some("tenant"))
}

/// A cell as people read it: rounded, or why there is no number.
pub(super) fn cell(table: &Table, row: &Row, column: &str) -> Value {
    let kind = table.position(column).and_then(|place| table.columns.get(place)).map(|column| column.kind);
    match table.cell(row, column) {
        Some(Cell::Real(number)) => rounded(table, row, column, *number),
        Some(Cell::Bool(truth)) => Value::from(if *truth { "yes" } else { "no" }),
        Some(Cell::TextList(words)) => Value::from(words.join(", ")),
        Some(Cell::Text(word)) if column == "bridge" => Value::from(with_reasons(word, table, row)),
        Some(Cell::Null) if matches!(kind, Some(Kind::Real | Kind::Int)) => {
            let reason = reason(table, row, column).filter(|(_, source)| is_first(table, row, column, source));
            reason.map_or(Value::Null, |(word, _)| Value::from(format!("[{word}]")))
        }
        Some(cell) => cell.to_json(),
        None => Value::Null,
    }
}

/// A number rounded half up, with its trailing zero.
fn rounded(table: &Table, row: &Row, column: &str, number: f64) -> Value {
    let is_fine = FINE.contains(&column) || (CHARTED.contains(&column) && is_rate(table, row));
    let words = if is_fine { thousandths(number) } else { show::shown(number) };
    // A JSON number keeps the digits it is written with.
    serde_json::from_str(&words).unwrap_or(Value::from(words))
}

fn thousandths(number: f64) -> String {
    let Some(thousandths) = show::tenths(number * 100.0) else { return String::new() };
    let (sign, size) = (if thousandths < 0 { "-" } else { "" }, thousandths.unsigned_abs());
    format!("{sign}{}.{:03}", size / 1000, size % 1000)
}

/// Whether the numbers of a row are between 0 and 1: failed critical questions, pass rates.
fn is_rate(table: &Table, row: &Row) -> bool {
    let word = ["chart", "test"].iter().find_map(|column| table.cell(row, column).and_then(Cell::as_text));
    (table.name == TREND_VERDICT.name) || word.is_some_and(|word| word.starts_with("p_chart") || word.contains("rate"))
}

/// Whether no column before it that people see says the same reason of the same row: once is enough.
fn is_first(table: &Table, row: &Row, column: &str, source: &str) -> bool {
    let before = face(table).into_iter().flat_map(|face| face.columns.iter()).take_while(|other| **other != column);
    let is_number = |name: &str| {
        let kind = table.position(name).and_then(|place| table.columns.get(place)).map(|column| column.kind);
        matches!(kind, Some(Kind::Real | Kind::Int))
    };
    let withheld = |other: &&&str| is_number(other) && matches!(table.cell(row, other), Some(Cell::Null));
    before.filter(withheld).all(|other| reason(table, row, other).is_none_or(|(_, said)| said != source))
}

/// Why a number of that column is not there, and which column says so.
fn reason<'a>(table: &Table, row: &'a Row, column: &str) -> Option<(&'a str, &'static str)> {
    let own = match column {
        "rank" | "rank_low" | "rank_high" => Some("rank_reason"),
        "n_passed" | "pass_rate" | "pass_low" | "pass_high" => Some("pass_reason"),
        _ => None,
    };
    let said = |source: &'static str| table.cell(row, source).and_then(Cell::as_text).map(|word| (word, source));
    [own, Some("reason")].into_iter().flatten().find_map(said)
}

/// `none` of a bridge with every reason.
fn with_reasons(word: &str, table: &Table, row: &Row) -> String {
    match table.cell(row, "reasons") {
        Some(Cell::TextList(reasons)) if !reasons.is_empty() => format!("{word} [{}]", reasons.join(", ")),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(table: &Table, cells: &[(&str, Cell)]) -> Row {
        let of = |name: &str| cells.iter().find(|(column, _)| *column == name).map_or(Cell::Null, |(_, cell)| cell.clone());
        table.columns.iter().map(|column| of(column.name)).collect()
    }

    #[track_caller]
    fn check(table: &Table, cells: &[(&str, Cell)], column: &str, expected: &str) {
        assert_eq!(crate::output::plain(&cell(table, &row(table, cells), column)), expected, "{column}");
    }

    #[test]
    fn every_column_that_people_see_is_a_column() {
        for face in &FACES {
            assert!(face.columns.iter().all(|column| face.table.position(column).is_some()), "{}", face.table.name);
        }
    }

    #[test]
    fn scores_have_one_decimal_and_rates_three() {
        check(&TREND_COHORT, &[("mean", Cell::Real(82.25))], "mean", "82.3");
        check(&TREND_COHORT, &[("mean", Cell::Real(82.0))], "mean", "82.0");
        check(&AGENT_SCORE, &[("reliability", Cell::Real(0.8245))], "reliability", "0.825");
        check(&CONTROL_POINT, &[("chart", Cell::Text("p_chart".to_owned())), ("value", Cell::Real(0.12))], "value", "0.120");
        check(&CONTROL_POINT, &[("chart", Cell::Text("xmr".to_owned())), ("value", Cell::Real(84.44))], "value", "84.4");
        check(&TREND_VERDICT, &[("slope", Cell::Real(-0.4)), ("low", Cell::Real(-0.697))], "low", "-0.697");
    }

    #[test]
    fn a_number_that_is_withheld_says_why() {
        let cells =
            [("n", Cell::Int(3)), ("n_agents", Cell::Int(1)), ("mean", Cell::Real(80.0)), ("reason", Cell::Text("one_agent".to_owned()))];
        check(&TREND_COHORT, &cells, "low", "[one_agent]");
        check(&TREND_COHORT, &cells, "high", "");
        check(&TREND_COHORT, &cells, "scope_id", "");
        let cells = [("rank_reason", Cell::Text("low_reliability".to_owned())), ("score", Cell::Real(81.0))];
        check(&AGENT_SCORE, &cells, "rank", "[low_reliability]");
        let reasons = Cell::TextList(vec!["few_common".to_owned(), "anchor_drift".to_owned()]);
        check(
            &CHANGE_SPLIT,
            &[("bridge", Cell::Text("none".to_owned())), ("reasons", reasons)],
            "bridge",
            "none [few_common, anchor_drift]",
        );
    }
}
