//! The words of the report: what every column, reason and word means, out of `assets/definitions.json`.
//! The numbers of the house rules are not here; the report's settings have them.

use std::sync::LazyLock;

use serde_json::Value;

pub(crate) const TEXT: &str = include_str!("../assets/definitions.json");

static REASONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let all: Value = serde_json::from_str(TEXT).unwrap_or_default();
    all.get("reasons").and_then(Value::as_object).map(|reasons| reasons.keys().cloned().collect()).unwrap_or_default()
});

/// The words of reasons that the report can put into a sentence. It shows an unknown one as it is.
pub fn reasons() -> &'static [String] {
    &REASONS
}

/// Whether the report can put that reason into a sentence.
pub fn is_reason(word: &str) -> bool {
    reasons().iter().any(|known| known == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Value {
        serde_json::from_str(TEXT).expect("the definitions are JSON")
    }

    fn text<'a>(entry: &'a Value, key: &str) -> &'a str {
        entry.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    #[test]
    fn every_column_of_every_shown_table_is_defined() {
        let all = all();
        let columns = all["columns"].as_object().unwrap();
        for table in crate::SHOWN {
            for column in table.columns {
                let own = columns.get(&format!("{}.{}", table.name, column.name)).or_else(|| columns.get(column.name));
                let entry = own.unwrap_or_else(|| panic!("{}.{} is not defined", table.name, column.name));
                assert!(!text(entry, "title").is_empty() && text(entry, "text").ends_with('.'), "{}.{}", table.name, column.name);
            }
        }
    }

    #[test]
    fn every_definition_is_of_a_column() {
        for key in all()["columns"].as_object().unwrap().keys() {
            let is_column = crate::SHOWN
                .iter()
                .any(|table| table.columns.iter().any(|column| *key == column.name || *key == format!("{}.{}", table.name, column.name)));
            assert!(is_column, "`{key}` is no column");
        }
    }

    #[test]
    fn every_reason_has_a_sentence() {
        for (word, sentence) in all()["reasons"].as_object().unwrap() {
            assert!(sentence.as_str().is_some_and(|sentence| sentence.len() > 20 && !sentence.ends_with('.')), "{word}");
        }
        for word in ["n_too_small", "one_agent", "k_anonymity", "few_common", "few_assessments", "evaluators_changed", "anchor_drift"] {
            assert!(is_reason(word), "{word}");
        }
        assert!(!is_reason("because"));
    }
}
