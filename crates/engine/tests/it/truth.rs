//! The store held against the simulator's own truth: every live row, its content by hash, its scores by value.

use std::collections::{BTreeMap, BTreeSet};

use engine::model::canonical::source_hash;
use engine::model::record::{Platform, Stream};
use engine::model::table::{Cell, Row};
use engine::store::{Filter, Store, VisitError};
use serde_json::Value;

use crate::harness::Rig;
use crate::look::records;

/// Which records of the truth a store must hold.
#[derive(Clone)]
pub struct Expected {
    pub streams: Vec<Stream>,
    /// Wanted statuses of assessments; empty means all.
    pub statuses: BTreeSet<String>,
    /// Only records with these scopes; none means all.
    pub scope: Option<String>,
}

impl Default for Expected {
    fn default() -> Self {
        Self { streams: Stream::ALL.into(), statuses: BTreeSet::from(["submitted".to_owned()]), scope: None }
    }
}

impl Expected {
    pub fn only(stream: Stream) -> Self {
        Self { streams: vec![stream], ..Self::default() }
    }

    fn wants(&self, stream: Stream, entry: &Value) -> bool {
        let wanted_status = stream == Stream::Feedback
            || self.statuses.is_empty()
            || entry["status"].as_str().is_none_or(|status| self.statuses.contains(status));
        let wanted_scope =
            self.scope.as_ref().is_none_or(|scope| entry["scope_ids"].as_array().unwrap().iter().any(|one| one == scope.as_str()));
        entry["visible"] == true && entry["deleted"] == false && entry["unreadable"].is_null() && wanted_status && wanted_scope
    }
}

/// Everything that differs between the live rows of a tenant and the truth, a line each.
pub fn differences(rig: &Rig, platform: Platform, expected: &Expected) -> Vec<String> {
    let store = rig.store();
    let mut found = Vec::new();
    for stream in &expected.streams {
        let truth = records(rig, platform, *stream);
        let rows = live_rows(&store, platform, *stream);
        let wanted: BTreeMap<&String, &Value> = truth.iter().filter(|(_, entry)| expected.wants(*stream, entry)).collect();
        for (id, entry) in &wanted {
            match rows.get(*id) {
                None => found.push(format!("{platform} {stream} `{id}`: not in the store: {}", short(entry))),
                Some(row) => compare(platform, *stream, id, row, entry, &mut found),
            }
        }
        for id in rows.keys().filter(|id| !wanted.contains_key(id)) {
            found.push(format!(
                "{platform} {stream} `{id}`: in the store, not in the truth: {}",
                truth.get(id).map_or_else(String::new, short)
            ));
        }
    }
    found
}

/// The store equals the truth of both platforms.
#[track_caller]
pub fn check(rig: &Rig, what: &str) {
    for platform in [Platform::Genesys, Platform::Cxone] {
        check_part(rig, platform, &Expected::default(), what);
    }
}

/// The store equals the truth of one platform.
#[track_caller]
pub fn check_one(rig: &Rig, platform: Platform, what: &str) {
    check_part(rig, platform, &Expected::default(), what);
}

/// The store equals a part of the truth of one platform.
#[track_caller]
pub fn check_part(rig: &Rig, platform: Platform, expected: &Expected, what: &str) {
    let found = differences(rig, platform, expected);
    assert!(
        found.is_empty(),
        "{what}, seed {}: {} differences, the first:\n{}",
        rig.sim.options().world.seed,
        found.len(),
        found[..found.len().min(5)].join("\n")
    );
}

/// As much of a record as fits on a line.
fn short(entry: &Value) -> String {
    entry.to_string().chars().take(300).collect()
}

pub fn live_rows(store: &Store, platform: Platform, stream: Stream) -> BTreeMap<String, Row> {
    let mut rows = BTreeMap::new();
    let table = stream.table();
    let mut visit = |row: Row, _seq: i64| {
        let archived = table.cell(&row, "is_archived") == Some(&Cell::Bool(true));
        if !archived && table.cell(&row, "tenant").and_then(Cell::as_text) == Some(platform.word()) {
            let id = table.cell(&row, stream.id_column()).and_then(Cell::as_text).unwrap().to_owned();
            assert!(rows.insert(id, row).is_none(), "a doubled row");
        }
        Ok::<(), VisitError<()>>(())
    };
    store.scan(table, &Filter::default(), &mut visit).unwrap();
    rows
}

fn compare(platform: Platform, stream: Stream, id: &str, row: &Row, entry: &Value, found: &mut Vec<String>) {
    let cell = |column: &str| stream.table().cell(row, column).unwrap().to_json();
    let mut differ = |what: &str, ours: &Value, theirs: &Value| {
        found.push(format!("{platform} {stream} `{id}`: {what} is {ours}, should be {theirs}"));
    };
    let hash = Value::String(source_hash(&entry["record"]));
    if cell("source_hash") != hash {
        found.push(format!("{platform} {stream} `{id}`: another version than {}", short(entry)));
        return;
    }
    if stream == Stream::Feedback {
        return;
    }
    let expected = &entry["expected"];
    for column in ["raw_score", "normalized_score", "final_score", "applicable_share"] {
        let (ours, theirs) = (cell(column), &expected[column]);
        let same = match (ours.as_f64(), theirs.as_f64()) {
            (Some(ours), Some(theirs)) => (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0),
            (None, None) => true,
            _ => false,
        };
        if !same {
            differ(column, &ours, theirs);
        }
    }
    for column in ["na_questions", "failed_critical", "score_flags", "weight_source"] {
        if cell(column) != expected[column] {
            differ(column, &cell(column), &expected[column]);
        }
    }
}
