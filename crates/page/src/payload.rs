//! The rows as the page carries them: JSON, a column after the other, texts once.
//! It knows nothing of HTML but that `<` must not stand in a script. A column is written the shortest of three ways:
//! its values, places in a dictionary, or places with how often each comes in a row.

use std::collections::HashMap;
use std::fmt::Write as _;

use model::table::{Cell, Row, Table};
use serde_json::{Map, Value};

use crate::{Fact, Report};

/// The JSON text that the scripts read. It holds no `<`, so it may stand in a script element.
pub(crate) fn json(report: &Report) -> String {
    let facts = |facts: &[Fact]| -> Map<String, Value> {
        facts.iter().map(|fact| (fact.name.clone(), Value::String(fact.value.clone()))).collect()
    };
    let reread: Map<String, Value> = report.reread.iter().map(|span| (span.tenant.clone(), Value::from(span.hours))).collect();
    let agent_level = match &report.agent_level {
        Ok(purpose) => serde_json::json!({ "shown": true, "words": purpose }),
        Err(reason) => serde_json::json!({ "shown": false, "words": reason }),
    };
    let mut out = String::new();
    // Writing into a string cannot fail.
    let _ = write!(
        out,
        "{{\"settings\":{},\"reread\":{},\"agent_level\":{agent_level},\"tables\":{{",
        Value::Object(facts(&report.settings)),
        Value::Object(reread)
    );
    let mut written: Vec<&str> = Vec::new();
    for (table, rows) in report.tables.iter().filter(|(table, _)| report.shows(table)) {
        if written.contains(&table.name) {
            continue;
        }
        let rows: Vec<&Row> = rows.iter().filter(|row| report.shows_row(table, row)).collect();
        let comma = if written.is_empty() { "" } else { "," };
        let _ = write!(out, "{comma}\"{}\":{}", table.name, table_json(table, &rows));
        written.push(table.name);
    }
    out.push_str("}}");
    out.replace('<', "\\u003c")
}

fn table_json(table: &Table, rows: &[&Row]) -> String {
    let mut out = format!("{{\"n\":{},\"columns\":[", rows.len());
    for (place, column) in table.columns.iter().enumerate() {
        let values: Vec<String> = rows.iter().map(|row| value(row.get(place).unwrap_or(&Cell::Null))).collect();
        let comma = if place == 0 { "" } else { "," };
        let _ = write!(out, "{comma}[\"{}\",\"{:?}\",{}]", column.name, column.kind, column_json(&values));
    }
    out.push_str("]}");
    out
}

/// The shortest of the three ways.
fn column_json(values: &[String]) -> String {
    let mut place_of: HashMap<&str, usize> = HashMap::new();
    let mut dictionary: Vec<&str> = Vec::new();
    let places: Vec<usize> = values
        .iter()
        .map(|value| {
            *place_of.entry(value).or_insert_with(|| {
                dictionary.push(value);
                dictionary.len() - 1
            })
        })
        .collect();
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for place in &places {
        match runs.last_mut() {
            Some((last, n_times)) if last == place => *n_times += 1,
            _ => runs.push((*place, 1)),
        }
    }
    let dictionary = dictionary.join(",");
    let places: Vec<String> = places.iter().map(ToString::to_string).collect();
    let runs: Vec<String> = runs.iter().map(|(place, n_times)| format!("{place},{n_times}")).collect();
    let ways = [
        format!("{{\"v\":[{}]}}", values.join(",")),
        format!("{{\"d\":[{dictionary}],\"i\":[{}]}}", places.join(",")),
        format!("{{\"d\":[{dictionary}],\"r\":[{}]}}", runs.join(",")),
    ];
    ways.into_iter().min_by_key(String::len).unwrap_or_default()
}

/// One cell as JSON text.
fn value(cell: &Cell) -> String {
    match cell {
        Cell::Real(number) => compared(*number),
        _ => cell.to_json().to_string(),
    }
}

/// Rounded half away from zero to 6 decimals, in the fewest digits; `null` if it is no number.
pub(crate) fn compared(number: f64) -> String {
    const EXACT_BELOW: f64 = 1e9;
    if !number.is_finite() {
        return "null".to_owned();
    }
    let rounded = if number.abs() < EXACT_BELOW { (number * 1e6).round() / 1e6 } else { number };
    // Adding 0 makes an end of a minus zero.
    format!("{}", rounded + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_number(number: f64, expected: &str) {
        assert_eq!(compared(number), expected);
    }

    #[test]
    fn numbers_are_rounded_half_away_from_zero_to_six_decimals() {
        check_number(82.540_540_540_5, "82.540541");
        check_number(0.007_812_5, "0.007813");
        check_number(-0.007_812_5, "-0.007813");
        check_number(84.0, "84");
        check_number(-0.000_000_1, "0");
        check_number(f64::NAN, "null");
        check_number(f64::INFINITY, "null");
        check_number(1e12, "1000000000000");
    }

    #[track_caller]
    fn check_column(values: &[&str], expected: &str) {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        assert_eq!(column_json(&values), expected);
    }

    #[test]
    fn a_column_is_written_the_shortest_way() {
        check_column(&[], r#"{"v":[]}"#);
        check_column(&["1", "2", "3"], r#"{"v":[1,2,3]}"#);
        check_column(&["\"acme\""; 40], r#"{"d":["acme"],"r":[0,40]}"#);
        let turns: Vec<&str> = ["\"2031-02-03\"", "\"2031-02-10\""].into_iter().cycle().take(6).collect();
        check_column(&turns, r#"{"d":["2031-02-03","2031-02-10"],"i":[0,1,0,1,0,1]}"#);
    }
}
