//! Numbers of the source: JSON numbers and numeric text are read, everything else is refused.
//! What comes out is finite; no default is ever guessed.

use serde_json::{Number, Value};

/// Reads a number that may be absent: `null` is none.
///
/// # Errors
/// The reason in words: text that is no JSON number, a boolean, an array, an object, or a number beyond a double.
pub fn read(value: &Value) -> Result<Option<f64>, String> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => finite(number).map(Some),
        Value::String(words) => {
            let number = serde_json::from_str::<Number>(words).map_err(|_| format!("text `{words}` is not a number"))?;
            finite(&number).map(Some)
        }
        Value::Bool(truth) => Err(format!("boolean `{truth}` where a number belongs")),
        Value::Array(_) => Err("an array where a number belongs".to_owned()),
        Value::Object(_) => Err("an object where a number belongs".to_owned()),
    }
}

fn finite(number: &Number) -> Result<f64, String> {
    number.as_f64().filter(|number| number.is_finite()).ok_or_else(|| format!("`{number}` is beyond the range of a number"))
}

/// The shortest decimal text that reads back as the same number: `4`, `0.1`, `-2.5`.
pub fn shortest(number: f64) -> String {
    format!("{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: &str) {
        let seen = match read(&serde_json::from_str(json).expect("test input is JSON")) {
            Ok(number) => format!("{number:?}"),
            Err(reason) => reason,
        };
        assert_eq!(seen, expected);
    }

    #[test]
    fn numbers_and_numeric_text_are_read() {
        check("4.5", "Some(4.5)");
        check("\"4.5\"", "Some(4.5)");
        check("\"-3\"", "Some(-3.0)");
        check("\"1e2\"", "Some(100.0)");
        check("null", "None");
    }

    #[test]
    fn anything_else_is_refused_with_its_text() {
        check("\"NaN\"", "text `NaN` is not a number");
        check("\"Infinity\"", "text `Infinity` is not a number");
        check("\"4,5\"", "text `4,5` is not a number");
        check("\"n/a\"", "text `n/a` is not a number");
        check("\"\"", "text `` is not a number");
        check("true", "boolean `true` where a number belongs");
        check("[1]", "an array where a number belongs");
        check("1e999", "`1e+999` is beyond the range of a number");
    }
}
