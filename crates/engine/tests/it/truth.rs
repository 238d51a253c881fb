//! The store held against the simulator's own truth: every live row, its content by hash, its scores by value.

use std::collections::{BTreeMap, BTreeSet};

use engine::model::canonical::source_hash;
use engine::model::record::{Platform, Stream};
use engine::model::table::{Cell, Row};
use engine::store::{Filter, Store, VisitError};
use serde_json::Value;

use crate::harness::Rig;

/// Everything that differs between the live rows of a tenant and the truth, a line each.
pub fn differences(rig: &Rig, platform: Platform, statuses: &BTreeSet<String>) -> Vec<String> {
    let truth = rig.sim.truth(match platform {
        Platform::Genesys => sim::Platform::Genesys,
        Platform::Cxone => sim::Platform::Cxone,
    });
    let store = Store::open_read_only(&rig.store_path()).unwrap();
    let mut found = Vec::new();
    for stream in Stream::ALL {
        let rows = live_rows(&store, platform, stream);
        let mut expected = BTreeMap::new();
        for (id, entry) in truth[stream.word()].as_object().unwrap() {
            let wanted = stream == Stream::Feedback
                || statuses.is_empty()
                || entry["status"].as_str().is_none_or(|status| statuses.contains(status));
            if entry["visible"] == true && entry["deleted"] == false && entry["unreadable"].is_null() && wanted {
                expected.insert(id.clone(), entry);
            }
        }
        for (id, entry) in &expected {
            match rows.get(id) {
                None => found.push(format!("{platform} {stream} `{id}`: not in the store: {entry}")),
                Some(row) => compare(platform, stream, id, row, entry, &mut found),
            }
        }
        for id in rows.keys().filter(|id| !expected.contains_key(*id)) {
            let entry = &truth[stream.word()][id];
            found.push(format!("{platform} {stream} `{id}`: in the store, not in the truth: {entry}"));
        }
    }
    found
}

/// The store equals the truth of both platforms.
#[track_caller]
pub fn check(rig: &Rig, what: &str) {
    for platform in [Platform::Genesys, Platform::Cxone] {
        let statuses = BTreeSet::from(["submitted".to_owned()]);
        let found = differences(rig, platform, &statuses);
        assert!(
            found.is_empty(),
            "{what}, seed {}: {} differences, the first:\n{}",
            rig.sim.options().world.seed,
            found.len(),
            found[..found.len().min(5)].join("\n")
        );
    }
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
        differ("source_hash", &cell("source_hash"), &entry["record"]);
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
