//! The receiver's answer to a batch of external metrics: what it took, what it refused, and where its total is another.
//! An entry that the answer does not speak of is not taken for delivered.

use std::collections::BTreeSet;

use model::number;
use serde_json::Value;

use super::external::{Batch, Entry, User};

/// Totals are decimals of five places at most; nearer than this they are the same.
const SAME: f64 = 1e-9;

/// What became of a batch. Every entry is in one of the four lists.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer<'a> {
    /// Taken; the receiver's total is what was sent.
    pub acknowledged: Vec<&'a Entry>,
    /// Not taken, with the reason.
    pub refused: Vec<Refusal<'a>>,
    /// Taken, and the receiver's total is another: an alarm.
    pub mismatched: Vec<Mismatch<'a>>,
    /// Neither; to be sent again.
    pub unanswered: Vec<&'a Entry>,
    /// Things the answer speaks of that were not sent.
    pub n_foreign: u64,
}

/// An entry that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal<'a> {
    /// Which one.
    pub entry: &'a Entry,
    /// The receiver's code.
    pub code: Option<String>,
    /// The receiver's words.
    pub message: Option<String>,
}

/// An entry whose total at the receiver is not what was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch<'a> {
    /// Which one.
    pub entry: &'a Entry,
    /// The receiver's total.
    pub total_value: Option<f64>,
    /// The receiver's count.
    pub total_count: Option<f64>,
}

/// Reads `processedEntities` and `unprocessedEntities` of an answer to the batch.
///
/// # Errors
/// The reason in one line for a body that is no such answer; nothing is then known of any entry.
pub fn read_answer<'a>(batch: &Batch<'a>, body: &str) -> Result<Answer<'a>, String> {
    let body: Value = serde_json::from_str(body).map_err(|error| format!("the answer is no JSON: {error}"))?;
    let processed = list(&body, "processedEntities")?;
    let unprocessed = list(&body, "unprocessedEntities")?;
    if processed.is_none() && unprocessed.is_none() {
        return Err("the answer has neither `processedEntities` nor `unprocessedEntities`".to_owned());
    }
    let mut answer = Answer::default();
    let mut spoken_of = BTreeSet::new();
    // A refusal goes before a receipt: what is sent once more does no harm, what is taken for delivered does.
    for told in unprocessed.into_iter().flatten() {
        let Some(place) = place(batch, told) else {
            answer.n_foreign += 1;
            continue;
        };
        if spoken_of.insert(place) {
            let word = |name: &str| told.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
            answer.refused.extend(batch.entries.get(place).map(|entry| Refusal { entry, code: word("code"), message: word("message") }));
        }
    }
    for told in processed.into_iter().flatten() {
        let Some(place) = place(batch, told) else {
            answer.n_foreign += 1;
            continue;
        };
        let Some(entry) = batch.entries.get(place).filter(|_| spoken_of.insert(place)) else { continue };
        let total = |name: &str| told.get(name).and_then(|total| number::read(total).ok().flatten());
        let (total_value, total_count) = (total("totalValue"), total("totalCount"));
        if is_same(entry, total_value, total_count) {
            answer.acknowledged.push(entry);
        } else {
            answer.mismatched.push(Mismatch { entry, total_value, total_count });
        }
    }
    let silent = batch.entries.iter().enumerate().filter(|(place, _)| !spoken_of.contains(place));
    answer.unanswered.extend(silent.map(|(_, entry)| *entry));
    Ok(answer)
}

fn list<'a>(body: &'a Value, name: &str) -> Result<Option<&'a Vec<Value>>, String> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items)),
        Some(_) => Err(format!("`{name}` of the answer is no list")),
    }
}

/// Which entry the answer speaks of. A user may be named by both id and address; the one that was sent counts.
fn place(batch: &Batch<'_>, told: &Value) -> Option<usize> {
    let word = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default();
    let (metric, day) = (word("metricId"), word("dateOccurred"));
    batch.entries.iter().position(|entry| {
        let is_user = match &entry.user {
            User::Id(id) => word("userId") == id,
            User::Email(email) => word("userEmail").to_lowercase() == email.to_lowercase(),
        };
        // A day may come back as a moment of it.
        let is_day = day.split('T').next() == Some(entry.item.business_date.as_str());
        is_user && is_day && entry.item.metric_id == metric
    })
}

/// Whether the totals are what was sent: the value once, or nothing where a value was taken back.
fn is_same(entry: &Entry, total_value: Option<f64>, total_count: Option<f64>) -> bool {
    let is = |total: Option<f64>, wanted: f64| total.is_some_and(|total| (total - wanted).abs() < SAME);
    match entry.item.value.as_deref().map(str::parse::<f64>) {
        Some(Ok(sent)) => is(total_value, sent) && is(total_count, 1.0),
        Some(Err(_)) => false,
        None => total_value.is_none() || is(total_value, 0.0) && (total_count.is_none() || is(total_count, 0.0)),
    }
}

#[cfg(test)]
mod tests;
