//! Rows as the text that `COPY ... FROM STDIN` reads. PostgreSQL holds everything the tables hold but U+0000, and no
//! number in JSON beyond its own range: the first is shown as U+2400, the second stands as text.

use std::borrow::Cow;

use model::table::{Cell, Row};
use model::time;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sink::encode::{self, NUL_SHOWN};

/// Adds one line and gives the number of U+0000 it shows otherwise.
pub(super) fn push_line(out: &mut String, row: &Row) -> u64 {
    let mut n_nul = 0;
    for (place, cell) in row.iter().enumerate() {
        if 0 < place {
            out.push('\t');
        }
        n_nul += push_cell(out, cell);
    }
    out.push('\n');
    n_nul
}

fn push_cell(out: &mut String, cell: &Cell) -> u64 {
    match cell {
        Cell::Null => out.push_str("\\N"),
        Cell::Text(words) => return push_escaped(out, words),
        Cell::Real(number) if !number.is_finite() => out.push_str("\\N"),
        Cell::Real(number) => out.push_str(&encode::real(*number)),
        Cell::Int(number) => out.push_str(&number.to_string()),
        Cell::Bool(truth) => out.push(if *truth { 't' } else { 'f' }),
        Cell::Time(moment) => out.push_str(&time::text(*moment)),
        Cell::TextList(words) => return push_escaped(out, &array(words)),
        Cell::Json(words) => {
            let (json, n_nul) = json(words);
            return push_escaped(out, &json) + n_nul;
        }
    }
    0
}

fn push_escaped(out: &mut String, words: &str) -> u64 {
    let mut n_nul = 0;
    for letter in words.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\0' => {
                out.push(NUL_SHOWN);
                n_nul += 1;
            }
            letter => out.push(letter),
        }
    }
    n_nul
}

fn array(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|one| format!("\"{}\"", one.replace('\\', "\\\\").replace('"', "\\\""))).collect();
    format!("{{{}}}", quoted.join(","))
}

/// JSON that `jsonb` takes. Text that is none stands as a JSON text, as everywhere.
fn json(words: &str) -> (Cow<'_, str>, u64) {
    if is_plain(words) && serde_json::from_str::<&RawValue>(words).is_ok() {
        return (Cow::Borrowed(words), 0);
    }
    let mut n_nul = 0;
    let value = taken(Cell::Json(words.to_owned()).to_json(), &mut n_nul);
    (Cow::Owned(value.to_string()), n_nul)
}

/// Nothing in the text could be what `jsonb` refuses: no escape by number, no long exponent, no endless number.
fn is_plain(words: &str) -> bool {
    let has_long_exponent = words.as_bytes().windows(5).any(|bytes| match bytes {
        [digit, b'e' | b'E', rest @ ..] => {
            digit.is_ascii_digit() && rest.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-'))
        }
        _ => false,
    });
    words.len() < 100_000 && !words.contains("\\u") && !words.contains('\0') && !has_long_exponent
}

fn taken(value: Value, n_nul: &mut u64) -> Value {
    match value {
        Value::String(words) => Value::String(without_nul(&words, n_nul)),
        Value::Number(number) => {
            let digits = number.to_string();
            let significant = digits.split(['e', 'E']).next().unwrap_or_default();
            let is_zero = significant.bytes().all(|byte| !byte.is_ascii_digit() || byte == b'0');
            // Beyond a double there is no number anybody meant; `numeric` would refuse some of them.
            let fits = number.as_f64().is_some_and(|double| double.is_finite() && (double != 0.0 || is_zero));
            if fits && digits.len() < 1_000 { Value::Number(number) } else { Value::String(digits) }
        }
        Value::Array(list) => Value::Array(list.into_iter().map(|one| taken(one, n_nul)).collect()),
        Value::Object(fields) => {
            let kept: Map<String, Value> = fields.into_iter().map(|(name, one)| (without_nul(&name, n_nul), taken(one, n_nul))).collect();
            Value::Object(kept)
        }
        value => value,
    }
}

fn without_nul(words: &str, n_nul: &mut u64) -> String {
    *n_nul += words.matches('\0').count() as u64;
    words.replace('\0', NUL_SHOWN.encode_utf8(&mut [0; 4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cell: Cell, expected: &str, n_nul: u64) {
        let mut out = String::new();
        assert_eq!(push_cell(&mut out, &cell), n_nul);
        assert_eq!(out, expected);
    }

    #[test]
    fn text_is_escaped_and_null_is_told_from_its_letters() {
        check(Cell::Null, "\\N", 0);
        check(Cell::Text("\\N".into()), "\\\\N", 0);
        check(Cell::Text("a\tb\nc\rd".into()), "a\\tb\\nc\\rd", 0);
        check(Cell::Text(String::new()), "", 0);
    }

    #[test]
    fn a_list_is_an_array_whose_texts_are_quoted() {
        check(Cell::TextList(vec![]), "{}", 0);
        check(Cell::TextList(vec!["NULL".into(), "a\"b\\c".into(), String::new()]), r#"{"NULL","a\\"b\\\\c",""}"#, 0);
    }

    #[test]
    fn a_nul_is_shown_and_counted_wherever_it_stands() {
        check(Cell::Text("a\0".into()), "a\u{2400}", 1);
        check(Cell::TextList(vec!["\0".into(), "\0".into()]), "{\"\u{2400}\",\"\u{2400}\"}", 2);
        check(Cell::Json(r#"{"a\u0000":"\u0000 \\u0000"}"#.into()), "{\"a\u{2400}\":\"\u{2400} \\\\\\\\u0000\"}", 2);
        check(Cell::Json("no\0json".into()), "\"no\u{2400}json\"", 1);
    }

    #[test]
    fn json_keeps_its_digits_and_numbers_beyond_a_double_become_text() {
        check(Cell::Json(r#"{"b":1.50,"a":-0.25e2}"#.into()), r#"{"b":1.50,"a":-0.25e2}"#, 0);
        check(Cell::Json("[1e400,1e-400,0e999,1e20]".into()), r#"["1e+400","1e-400",0e+999,1e+20]"#, 0);
    }
}
