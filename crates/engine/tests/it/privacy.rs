//! Privacy: what is to be taken out is in no byte of the store, and unchanged records are recognised all the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::model::counter::Counter;
use engine::model::privacy::Privacy;
use engine::model::record::{Platform, Stream};
use engine::report::TenantReport;
use engine::settings::{SyncOptions, Tenant};
use engine::store::Store;
use sim::Faults;

use crate::harness::{Make, Rig, assert_well};
use crate::look::{number, records, sql};

fn strict() -> Privacy {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let pseudonyms = words(&["agent_id", "evaluator_id", "author_id"]);
    Privacy::new(&words(&["comments", "content", "message"]), &pseudonyms, Some(b"a key")).unwrap()
}

async fn sync(rig: &Rig, tenants: &[Arc<Tenant>]) -> Vec<TenantReport> {
    let engine = rig.engine_of(Make { privacy: strict(), ..rig.make() });
    let reports = engine.sync(tenants, &SyncOptions::default(), "private").await;
    reports.iter().for_each(assert_well);
    reports
}

/// Everything of the source that must not be kept: texts of comments, and ids of people long enough to be no chance.
fn secrets(rig: &Rig) -> BTreeSet<String> {
    let mut secrets: BTreeSet<String> = ["4111 1111 1111 1111", "supervisor@example.com", "202 555 0143"].map(str::to_owned).into();
    for platform in [Platform::Genesys, Platform::Cxone] {
        for stream in Stream::ALL {
            for entry in records(rig, platform, stream).values() {
                let people = ["agentId", "evaluatorId", "authorId"].iter().filter_map(|name| entry["record"][*name].as_str());
                secrets.extend(people.filter(|id| id.len() > 12).map(str::to_owned));
            }
        }
    }
    secrets
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_what_is_taken_out_is_in_the_store_not_even_in_quarantine() {
    let mut rig = Rig::tiny().await;
    rig.limits.quarantine_percent = 100.0;
    rig.sim.set_faults(Faults { unreadable: 0.2, ..Faults::default() });
    let tenants = [Arc::new(rig.unscoped(Platform::Genesys)), Arc::new(rig.unscoped(Platform::Cxone))];
    sync(&rig, &tenants).await;
    assert!(number(&rig, "SELECT COUNT(*) FROM quarantine") > 10);
    let secrets = secrets(&rig);
    assert!(secrets.len() > 20);
    let open = Store::open_read_only(&rig.store_path()).unwrap();
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(rig.folder.path()).unwrap() {
        bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    drop(open);
    // A long text is not in one piece in the file, so the rows are looked at as well.
    let tables = sql(&rig, "SELECT name FROM sqlite_schema WHERE type = 'table'");
    let rows: String = tables.iter().flat_map(|table| sql(&rig, &format!("SELECT * FROM {table}"))).collect();
    let bytes = String::from_utf8_lossy(&bytes);
    for secret in &secrets {
        assert!(!bytes.contains(secret) && !rows.contains(secret), "`{secret}` is in the store");
    }
    for mark in ["[card]", "[email]", "[phone]"] {
        assert!(rows.contains(mark), "{mark}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unchanged_records_are_recognised_and_one_person_stays_one_person() {
    let rig = Rig::tiny().await;
    let tenants = [Arc::new(rig.unscoped(Platform::Genesys)), Arc::new(rig.unscoped(Platform::Cxone))];
    let first = sync(&rig, &tenants).await;
    let second = sync(&rig, &tenants).await;
    for (first, second) in first.iter().zip(&second) {
        assert!(first.counters.get(Counter::Inserted) > 50);
        assert_eq!((second.counters.get(Counter::Updated), second.counters.get(Counter::Inserted)), (0, 0));
    }
    let agents: BTreeSet<String> = records(&rig, Platform::Genesys, Stream::Feedback)
        .values()
        .filter(|entry| entry["visible"] == true && entry["deleted"] == false)
        .map(|entry| entry["record"]["agentId"].as_str().unwrap().to_owned())
        .collect();
    let pseudonyms = "SELECT COUNT(DISTINCT agent_id) FROM feedback WHERE tenant = 'genesys' AND NOT is_archived";
    assert_eq!(number(&rig, pseudonyms), agents.len() as u64);
    assert_eq!(number(&rig, "SELECT COUNT(*) FROM feedback WHERE agent_id NOT LIKE 'p-%'"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn scoring_anew_changes_no_pseudonym() {
    let rig = Rig::tiny().await;
    let tenants = [Arc::new(rig.unscoped(Platform::Genesys)), Arc::new(rig.unscoped(Platform::Cxone))];
    rig.sim.set_faults(Faults { form_versions_missing: 10, ..Faults::default() });
    sync(&rig, &tenants).await;
    let people = "SELECT tenant, assessment_id, agent_id, evaluator_id, comments, source_hash FROM assessment ORDER BY 1, 2";
    let before = sql(&rig, people);
    rig.sim.set_faults(Faults::default());
    let reports = sync(&rig, &tenants).await;
    assert!(reports.iter().all(|report| report.counters.get(Counter::Rescored) > 20));
    assert_eq!(sql(&rig, people), before);
}
