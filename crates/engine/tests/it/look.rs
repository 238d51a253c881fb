//! Looking at what a run left and at what it asked: the store by SQL, the simulator's log by parameters.

use std::collections::{BTreeMap, BTreeSet};

use engine::model::record::{Platform, Stream};
use engine::store::QueryValue;
use serde_json::Value;
use sim::RequestLine;

use crate::harness::Rig;

/// The rows of a query, the values of each joined by `|`; null is `-`.
pub fn sql(rig: &Rig, query: &str) -> Vec<String> {
    let mut rows = Vec::new();
    let mut visit = |values: &[QueryValue]| {
        let words: Vec<String> = values.iter().map(words).collect();
        rows.push(words.join("|"));
        true
    };
    rig.store().query(query, &mut |_| {}, &mut visit).unwrap();
    rows
}

/// The one number that a query gives.
pub fn number(rig: &Rig, query: &str) -> u64 {
    sql(rig, query)[0].parse().unwrap()
}

fn words(value: &QueryValue) -> String {
    match value {
        QueryValue::Null => "-".to_owned(),
        QueryValue::Int(number) => number.to_string(),
        QueryValue::Real(number) => number.to_string(),
        QueryValue::Text(words) => words.clone(),
        QueryValue::Blob(_) => "blob".to_owned(),
    }
}

pub fn side(platform: Platform) -> sim::Platform {
    match platform {
        Platform::Genesys => sim::Platform::Genesys,
        Platform::Cxone => sim::Platform::Cxone,
    }
}

/// One entry of the truth for each record of a stream.
pub fn records(rig: &Rig, platform: Platform, stream: Stream) -> BTreeMap<String, Value> {
    let truth = rig.sim.truth(side(platform));
    truth[stream.word()].as_object().unwrap().iter().map(|(id, entry)| (id.clone(), entry.clone())).collect()
}

/// The ids of the records of which that holds.
pub fn ids(rig: &Rig, platform: Platform, stream: Stream, holds: impl Fn(&Value) -> bool) -> BTreeSet<String> {
    records(rig, platform, stream).into_iter().filter(|(_, entry)| holds(entry)).map(|(id, _)| id).collect()
}

/// The ids of the rows of a stream, archived ones apart.
pub fn landed_ids(rig: &Rig, platform: Platform, stream: Stream, archived: bool) -> BTreeSet<String> {
    let (table, id) = (stream.table().name, stream.id_column());
    sql(rig, &format!("SELECT {id} FROM {table} WHERE tenant = '{platform}' AND is_archived = {}", u8::from(archived)))
        .into_iter()
        .collect()
}

/// The requests for pages of records of a stream, and what they asked for.
pub fn listings(rig: &Rig, platform: Platform, stream: Stream) -> Vec<BTreeMap<String, String>> {
    let wanted = |line: &&RequestLine| line.platform == side(platform) && line.path.ends_with(&format!("/{}", stream.word()));
    rig.sim.requests().lines.iter().filter(wanted).map(|line| params(&line.query)).collect()
}

/// The half-open ranges of creation or submission that were asked for, each once, in order.
pub fn ranges(rig: &Rig, platform: Platform, stream: Stream) -> Vec<(String, String)> {
    let asked = listings(rig, platform, stream);
    let ranges: BTreeSet<_> = asked.iter().filter_map(|asked| asked.get("dateFrom").cloned().zip(asked.get("dateTo").cloned())).collect();
    ranges.into_iter().collect()
}

fn params(query: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// Whether one CXone feedback entry was asked for by id.
pub fn is_look_up(line: &RequestLine) -> bool {
    line.path.contains("/agent-performance/feedback/")
}
