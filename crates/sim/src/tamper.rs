//! What faults do to the text of single records: unknown fields, and damage that makes a record unreadable.
//! Which record is damaged and how follows from the faults' seed and the record's id, so the truth can tell.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::faults::Faults;
use crate::platform::Platform;
use crate::rng::{hash_text, share_of};
use crate::world::{Record, Stream, words};

/// A record's text as it is sent.
pub(crate) struct Served {
    pub(crate) body: Arc<str>,
    /// Why nobody can read it, if so.
    pub(crate) unreadable: Option<&'static str>,
}

/// The text of a record under these faults. `body` is its present or an earlier text.
pub(crate) fn served(record: &Record, body: &Arc<str>, platform: Platform, stream: Stream, faults: &Faults) -> Served {
    if faults.unreadable > 0.0 && share_of(hash_text(faults.seed, &format!("unreadable {}", record.id))) < faults.unreadable {
        let kind = hash_text(faults.seed, &format!("damage {}", record.id));
        let (value, reason) = damaged(&record.id, body, platform, stream, kind);
        return Served { body: value.to_string().into(), unreadable: Some(reason) };
    }
    let extended = faults.extra_fields > 0.0 && share_of(hash_text(faults.seed, &format!("extra {}", record.id))) < faults.extra_fields;
    let plain = Served { body: Arc::clone(body), unreadable: None };
    match body.strip_suffix('}') {
        Some(open) if extended => Served { body: format!("{open},\"xGateway\":{{\"hop\":3,\"größe\":[1,2.50,null]}}}}").into(), ..plain },
        _ => plain,
    }
}

fn damaged(id: &str, body: &str, platform: Platform, stream: Stream, kind: u64) -> (Value, &'static str) {
    let words = words(platform);
    let mut value: Value = serde_json::from_str(body).unwrap_or(Value::Null);
    if kind.is_multiple_of(2) && stream == Stream::Feedback || kind % 8 == 1 {
        return (json!([id, "unreadable"]), "not an object");
    }
    let has_questions = value.get("questions").and_then(Value::as_array).is_some_and(|questions| !questions.is_empty());
    if stream == Stream::Assessments {
        match kind % 8 {
            2 => return (with(value, words.score, json!("4,5")), "number as text"),
            3 => return (with(value, words.score, json!(true)), "boolean as a score"),
            4 => return (with(value, "questions", json!({"q1": 5})), "questions is not an array"),
            5 if has_questions => return (with_question(value, "score", json!("NaN")), "number as text"),
            6 if has_questions => return (with_question(value, "maxScore", json!("n/a")), "number as text"),
            7 if has_questions => return (with_question(value, "score", json!(false)), "boolean as a score"),
            _ => {}
        }
    }
    if let Some(object) = value.as_object_mut() {
        object.remove("id");
        object.insert("externalReferenceId".to_owned(), json!(format!("lost {id}")));
    }
    (value, "no id")
}

fn with(mut value: Value, name: &str, damage: Value) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.insert(name.to_owned(), damage);
    }
    value
}

fn with_question(mut value: Value, name: &str, damage: Value) -> Value {
    let questions = value.get_mut("questions").and_then(Value::as_array_mut).map_or(&mut [][..], Vec::as_mut_slice);
    let place = questions.iter().position(|question| !question["score"].is_null()).unwrap_or(0);
    if let Some(question) = questions.get_mut(place).and_then(Value::as_object_mut) {
        question.insert(name.to_owned(), damage);
    }
    value
}
