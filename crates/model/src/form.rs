//! Form versions and rubrics: the immutable ruler that an assessment was measured with.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::canonical::sha256_hex;
use crate::id::FormVersionId;
use crate::number::shortest;

/// What a form version says of one question.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FormQuestion {
    /// Its weight.
    pub weight: Option<f64>,
    /// Its points possible, where the platform tells.
    pub max_score: Option<f64>,
    /// Missing it fails the assessment, where the platform tells.
    pub critical: Option<bool>,
}

/// One immutable version of a form; on CXone a rubric.
#[derive(Debug, Clone, PartialEq)]
pub struct FormVersion {
    /// The id of this version; on CXone the rubric id.
    pub id: FormVersionId,
    /// The form whose version it is; CXone does not tell.
    pub form_id: Option<String>,
    /// The form's name.
    pub name: Option<String>,
    /// The version's number, as the source writes it.
    pub version: Option<String>,
    /// When it was published.
    pub published_at: Option<Timestamp>,
    /// In use today; the only thing about a version that may change.
    pub active: Option<bool>,
    /// The sum of its questions' maxima, as the platform has it.
    pub max_possible_score: Option<f64>,
    /// Its questions by id.
    pub questions: BTreeMap<String, FormQuestion>,
    /// Fields of the source that have no name here.
    pub extra: Map<String, Value>,
}

impl FormVersion {
    /// First 16 hex digits of SHA-256 over one line per question, sorted by id: id, maximum, weight, critical 0/1,
    /// fatal 0/1, option values; fields separated by tabs, numbers in shortest form, empty where unknown.
    /// Two versions that measure alike have the same hash whatever their names.
    pub fn content_hash(&self) -> String {
        let lines: Vec<String> = self
            .questions
            .iter()
            .map(|(id, question)| {
                let max = question.max_score.map(shortest).unwrap_or_default();
                let weight = question.weight.map(shortest).unwrap_or_default();
                let critical = u8::from(question.critical.unwrap_or(false));
                format!("{id}\t{max}\t{weight}\t{critical}\t0\t")
            })
            .collect();
        sha256_hex(lines.join("\n").as_bytes()).chars().take(16).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(questions: &[(&str, f64, Option<f64>)]) -> FormVersion {
        FormVersion {
            id: FormVersionId::new("f-1"),
            form_id: None,
            name: None,
            version: None,
            published_at: None,
            active: None,
            max_possible_score: None,
            questions: questions
                .iter()
                .map(|(id, weight, max_score)| {
                    ((*id).to_owned(), FormQuestion { weight: Some(*weight), max_score: *max_score, critical: None })
                })
                .collect(),
            extra: Map::new(),
        }
    }

    #[test]
    fn content_hash_follows_weights_and_not_names() {
        let mut one = version(&[("a", 1.0, Some(5.0)), ("b", 2.0, None)]);
        let hash = one.content_hash();
        one.name = Some("another name".to_owned());
        assert_eq!(one.content_hash(), hash);
        assert_eq!(hash.len(), 16);
        assert_ne!(version(&[("a", 1.5, Some(5.0)), ("b", 2.0, None)]).content_hash(), hash);
    }
}
