//! Publications from the engine's own store: idle ones touch nothing, and a record that did not change keeps its moment.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use engine::model::record::{Platform, Stream};
use engine::publish::Publication;
use engine::settings::Tenant;
use engine::sink::files::Files;
use engine::store::DeletedPolicy;
use serde_json::Value;
use sim::{Rates, WorldOptions};

use crate::harness::{Rig, SEED, tiny_world};
use crate::look::landed_ids;

fn publications(rig: &Rig) -> Vec<Publication> {
    let folder = |name: &str| rig.folder.path().join(name).display().to_string();
    let one = |name: &str, sink: Files| Publication { name: name.to_owned(), sink: Box::new(sink) };
    vec![
        one("payload", Files::payload(&folder("payload"))),
        one("ndjson", Files::ndjson(&folder("ndjson")).unwrap()),
        one("csv", Files::csv(&folder("csv")).unwrap()),
    ]
}

/// Publishes everything; tells whether anything changed.
fn publish(rig: &Rig) -> bool {
    let reports = rig.engine().publish(&mut publications(rig), "run");
    reports.into_iter().map(|report| report.outcome.unwrap()).fold(false, |changed, published| changed | published.changed)
}

const PAYLOAD: [&str; 2] = ["qa_assessments_payload.json", "agent_feedback_payload.json"];

/// The bytes of the JSON payload of a store.
pub fn payload(rig: &Rig) -> [Vec<u8>; 2] {
    publish(rig);
    PAYLOAD.map(|name| std::fs::read(rig.folder.path().join("payload").join(name)).unwrap())
}

/// The records of the payload by id.
fn published(rig: &Rig) -> [BTreeMap<String, Value>; 2] {
    let mut ids = ["assessment_id", "feedback_id"].into_iter();
    payload(rig).map(|bytes| {
        let id = ids.next().unwrap();
        let records: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
        records.into_iter().map(|record| (record[id].as_str().unwrap().to_owned(), record)).collect()
    })
}

/// Every file with what tells whether it was touched.
fn files(folder: &Path) -> BTreeMap<String, (u64, SystemTime, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for name in ["payload", "ndjson", "csv"] {
        for entry in std::fs::read_dir(folder.join(name)).unwrap() {
            let path = entry.unwrap().path();
            let about = path.metadata().unwrap();
            found.insert(path.display().to_string(), (about.ino(), about.modified().unwrap(), std::fs::read(&path).unwrap()));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn publishing_again_with_nothing_new_touches_no_file_and_asks_nobody() {
    let rig = Rig::tiny().await;
    let tenants = [Arc::new(rig.unscoped(Platform::Genesys)), Arc::new(rig.unscoped(Platform::Cxone))];
    rig.sync_all(&tenants).await;
    assert!(publish(&rig));
    let before = files(rig.folder.path());
    assert!(before.len() > 15);
    // Everything is read again, and is as it was.
    rig.sync_all(&tenants).await;
    rig.sim.reset_requests();
    assert!(!publish(&rig));
    assert!(files(rig.folder.path()) == before);
    assert_eq!(rig.sim.requests().lines.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_did_not_change_keeps_its_moment_of_extraction_and_its_bytes() {
    let rates = Rates { feedback_edited: 1.0, assessment_rescored: 0.5, deleted: 0.1, ..Rates::default() };
    let rig = Rig::new(WorldOptions { rates, ..tiny_world(SEED) }).await;
    let tenants = [Arc::new(rig.unscoped(Platform::Genesys)), Arc::new(rig.unscoped(Platform::Cxone))];
    rig.sync_all(&tenants).await;
    let before = published(&rig);
    rig.sim.advance_days(2);
    rig.sync_all(&tenants).await;
    let after = published(&rig);
    for (before, after) in before.iter().zip(&after) {
        let (mut n_kept, mut n_changed) = (0, 0);
        for (id, record) in after {
            let same = before.get(id).filter(|old| old["source_hash"] == record["source_hash"]);
            if let Some(old) = same {
                // Only its burial may have been added.
                assert_eq!(old["extraction_timestamp"], record["extraction_timestamp"]);
                assert!(old == record || record["is_archived"] == true);
                n_kept += 1;
            } else {
                assert_eq!(record["extraction_timestamp"], "2024-04-03T00:00:00.000Z");
                n_changed += 1;
            }
        }
        assert!(n_kept > 10 && n_changed > 3, "{n_kept} {n_changed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_published_record_carries_what_the_contract_names() {
    let rig = Rig::tiny().await;
    rig.sync_all(&[Arc::new(rig.unscoped(Platform::Genesys)), Arc::new(rig.unscoped(Platform::Cxone))]).await;
    let [assessments, feedback] = published(&rig);
    let common = ["platform", "tenant", "extraction_timestamp", "is_archived", "source_hash", "extra"];
    let scored = ["raw_score", "normalized_score", "final_score", "form_version_id", "score_version_locked", "score_flags"];
    for record in assessments.values() {
        assert!(common.iter().chain(&scored).all(|name| record.get(*name).is_some()), "{record}");
        assert_eq!(record["score_version_locked"], true);
    }
    assert!(feedback.values().all(|record| common.iter().all(|name| record.get(*name).is_some())));
    // Unknown fields of the source are there verbatim, down to the digits.
    let calibrated = assessments.values().find(|record| !record["extra"]["calibration"].is_null()).unwrap();
    assert!(calibrated["extra"]["calibration"]["score"].to_string().starts_with("1.250e"), "{calibrated}");
    assert_eq!(calibrated["extra"]["calibration"]["geprüft"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn archived_records_are_published_as_such_and_excluded_ones_are_not() {
    for policy in [DeletedPolicy::Archive, DeletedPolicy::Exclude] {
        let rates = Rates { deleted: 0.5, restored: 0.0, ..Rates::default() };
        let rig = Rig::new(WorldOptions { rates, ..tiny_world(SEED) }).await;
        let tenant = Arc::new(Tenant { deleted: policy, ..rig.unscoped(Platform::Genesys) });
        rig.sync_one(&tenant).await;
        published(&rig);
        rig.sim.advance_days(3);
        rig.sync_one(&tenant).await;
        let [_, feedback] = published(&rig);
        let archived: Vec<&String> = feedback.iter().filter(|(_, record)| record["is_archived"] == true).map(|(id, _)| id).collect();
        assert_eq!(archived.is_empty(), policy == DeletedPolicy::Exclude);
        assert!(archived.iter().all(|id| feedback[*id]["archived_reason"] == "deleted"));
        let live = landed_ids(&rig, Platform::Genesys, Stream::Feedback, false);
        assert!(feedback.keys().filter(|id| !archived.contains(id)).eq(live.iter()), "{policy:?}");
    }
}
