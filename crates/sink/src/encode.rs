//! Rows as text: a JSON object a row, or an RFC 4180 line a row. The same rows always give the same bytes.
//! It knows no file; where the text goes is a writer.

use std::io::{self, Write};
use std::path::Path;

use model::table::{Cell, Row, Table};
use model::time;
use serde_json::value::RawValue;

use crate::contract::{Rows, Wanted};
use crate::error::SinkError;

/// Stands where a copy cannot hold U+0000.
pub const NUL_SHOWN: char = '\u{2400}';

/// How rows stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One array, a line a record. Indented the payload would be three times as long; so it can be read by line, by
    /// `diff`, and by any JSON reader.
    JsonArray,
    /// A JSON object a line.
    Ndjson,
    /// A header and a line a row, as RFC 4180 has it: CRLF, quotes where needed. Null is empty, empty text is `""`.
    Csv,
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows.
    pub n_rows: u64,
    /// Characters U+0000 that were replaced.
    pub n_nul: u64,
}

/// Writes the wanted rows of a table, holding one row at a time. `path` is where `out` leads, for messages.
///
/// # Errors
/// [`SinkError`] of the rows or of the writer.
pub fn write_table(
    rows: &dyn Rows,
    table: &'static Table,
    wanted: &Wanted,
    format: Format,
    out: &mut dyn Write,
    path: &Path,
) -> Result<Written, SinkError> {
    let wrong = |error: io::Error| SinkError::of_io(path, &error);
    let mut written = Written::default();
    let mut line = Vec::new();
    write_head(table, format, &mut line);
    rows.scan(table, wanted, &mut |row, _| {
        match format {
            Format::JsonArray => {
                line.extend_from_slice(if written.n_rows == 0 { b"\n" } else { b",\n" });
                push_object(&mut line, table, row);
            }
            Format::Ndjson => {
                push_object(&mut line, table, row);
                line.push(b'\n');
            }
            Format::Csv => written.n_nul += push_record(&mut line, table, row),
        }
        written.n_rows += 1;
        out.write_all(&line).map_err(wrong)?;
        line.clear();
        Ok(())
    })?;
    if format == Format::JsonArray {
        line.extend_from_slice(b"\n]\n");
    }
    out.write_all(&line).map_err(wrong)?;
    Ok(written)
}

/// A cell as JSON text, the way `Cell::to_json` shows it, in one line. Valid JSON text keeps its own digits and order.
pub fn push_json(out: &mut Vec<u8>, cell: &Cell) {
    match cell {
        Cell::Null => out.extend_from_slice(b"null"),
        Cell::Text(words) => push_json_text(out, words),
        Cell::Real(number) if number.is_finite() => out.extend_from_slice(real(*number).as_bytes()),
        Cell::Real(_) => out.extend_from_slice(b"null"),
        Cell::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Cell::Bool(truth) => out.extend_from_slice(if *truth { b"true" } else { b"false" }),
        Cell::Time(moment) => push_json_text(out, &time::text(*moment)),
        Cell::TextList(words) => {
            out.push(b'[');
            for (place, one) in words.iter().enumerate() {
                if 0 < place {
                    out.push(b',');
                }
                push_json_text(out, one);
            }
            out.push(b']');
        }
        Cell::Json(words) => push_json_value(out, words),
    }
}

/// A double as JSON writes it: the shortest digits that read back to it.
pub fn real(number: f64) -> String {
    serde_json::Number::from_f64(number).map_or_else(|| "null".to_owned(), |number| number.to_string())
}

fn write_head(table: &Table, format: Format, line: &mut Vec<u8>) {
    match format {
        Format::JsonArray => line.push(b'['),
        Format::Ndjson => {}
        Format::Csv => {
            let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
            line.extend_from_slice(names.join(",").as_bytes());
            line.extend_from_slice(b"\r\n");
        }
    }
}

fn push_object(out: &mut Vec<u8>, table: &Table, row: &Row) {
    out.push(b'{');
    for (place, (column, cell)) in table.columns.iter().zip(row).enumerate() {
        if 0 < place {
            out.push(b',');
        }
        push_json_text(out, column.name);
        out.push(b':');
        push_json(out, cell);
    }
    out.push(b'}');
}

fn push_json_text(out: &mut Vec<u8>, words: &str) {
    // Writing text into memory cannot fail.
    let _ = serde_json::to_writer(out, words);
}

fn push_json_value(out: &mut Vec<u8>, words: &str) {
    let is_plain = !words.contains(['\n', '\r']) && !words.contains("\\u");
    match serde_json::from_str::<&RawValue>(words) {
        Ok(raw) if is_plain => out.extend_from_slice(raw.get().as_bytes()),
        _ => out.extend_from_slice(Cell::Json(words.to_owned()).to_json().to_string().as_bytes()),
    }
}

/// Adds one CSV line and gives the number of replaced U+0000.
fn push_record(out: &mut Vec<u8>, table: &Table, row: &Row) -> u64 {
    let mut n_nul = 0;
    for (place, (_, cell)) in table.columns.iter().zip(row).enumerate() {
        if 0 < place {
            out.push(b',');
        }
        match cell {
            Cell::Null => {}
            Cell::Text(words) => {
                n_nul += words.matches('\0').count() as u64;
                push_field(out, &guarded(words).replace('\0', NUL_SHOWN.encode_utf8(&mut [0; 4])));
            }
            Cell::Time(moment) => push_field(out, &time::text(*moment)),
            Cell::TextList(_) | Cell::Json(_) => {
                let mut json = Vec::new();
                push_json(&mut json, cell);
                push_field(out, &String::from_utf8_lossy(&json));
            }
            Cell::Real(number) if !number.is_finite() => {}
            Cell::Real(_) | Cell::Int(_) | Cell::Bool(_) => push_json(out, cell),
        }
    }
    out.extend_from_slice(b"\r\n");
    n_nul
}

/// Text that a spreadsheet would take for a formula gets one `'` in front. Text that looks guarded already gets one more, so that
/// taking one away always gives the text back.
fn guarded(words: &str) -> String {
    match words.trim_start_matches('\'').chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{words}"),
        _ => words.to_owned(),
    }
}

fn push_field(out: &mut Vec<u8>, words: &str) {
    if words.is_empty() || words.contains(['"', ',', '\r', '\n']) {
        out.push(b'"');
        out.extend_from_slice(words.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(words.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_csv(cell: Cell, expected: &str) {
        let table = &model::table::SCOPE;
        let mut row: Row = table.columns.iter().map(|_| Cell::Null).collect();
        row[4] = cell;
        let mut out = Vec::new();
        push_record(&mut out, table, &row);
        assert_eq!(String::from_utf8(out).unwrap(), format!(",,,,{expected},\r\n"));
    }

    #[track_caller]
    fn check_json(cell: &Cell, expected: &str) {
        let mut out = Vec::new();
        push_json(&mut out, cell);
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out, expected);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&out).unwrap(), cell.to_json());
    }

    fn text(words: &str) -> Cell {
        Cell::Text(words.to_owned())
    }

    #[test]
    fn null_is_empty_and_empty_text_is_quoted() {
        check_csv(Cell::Null, "");
        check_csv(text(""), "\"\"");
    }

    #[test]
    fn fields_are_quoted_as_rfc_4180_has_it() {
        check_csv(text("a,b"), "\"a,b\"");
        check_csv(text("say \"no\""), "\"say \"\"no\"\"\"");
        check_csv(text("two\nlines"), "\"two\nlines\"");
        check_csv(text(" plain "), " plain ");
        check_csv(Cell::TextList(vec!["a".into(), "b\"".into()]), r#""[""a"",""b\""""]""#);
    }

    #[test]
    fn text_that_a_spreadsheet_would_run_is_guarded() {
        check_csv(text("=1+1"), "'=1+1");
        check_csv(text("+49 30"), "'+49 30");
        check_csv(text("-x"), "'-x");
        check_csv(text("@a"), "'@a");
        check_csv(text("\ta"), "'\ta");
        check_csv(text("\ra"), "\"'\ra\"");
        check_csv(text("a=1"), "a=1");
    }

    #[test]
    fn a_guard_can_always_be_taken_away() {
        check_csv(text("'=1"), "''=1");
        check_csv(text("'quoted'"), "'quoted'");
    }

    #[test]
    fn numbers_and_json_are_never_guarded() {
        check_csv(Cell::Real(-1.5), "-1.5");
        check_csv(Cell::Int(-7), "-7");
        check_csv(Cell::Json("-7".into()), "-7");
    }

    #[test]
    fn a_nul_is_shown_and_counted_in_csv() {
        let mut out = Vec::new();
        assert_eq!(push_record(&mut out, &model::table::SCOPE, &vec![text("a\0b\0")]), 2);
        assert_eq!(String::from_utf8(out).unwrap(), "a\u{2400}b\u{2400}\r\n");
    }

    #[test]
    fn cells_stand_as_json_in_one_line() {
        check_json(&Cell::Null, "null");
        check_json(&text("a\"\n\0ü"), "\"a\\\"\\n\\u0000ü\"");
        check_json(&Cell::Real(100.0), "100.0");
        check_json(&Cell::Bool(false), "false");
        check_json(&Cell::Time("2024-01-31T23:59:59.999Z".parse().unwrap()), "\"2024-01-31T23:59:59.999Z\"");
        check_json(&Cell::TextList(vec![]), "[]");
        check_json(&Cell::Json("{\"b\":1.50,\"a\":[]}".into()), "{\"b\":1.50,\"a\":[]}");
        check_json(&Cell::Json("{\n \"a\": 1\n}".into()), "{\"a\":1}");
        check_json(&Cell::Json("no json".into()), "\"no json\"");
    }
}
