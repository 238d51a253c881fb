//! Quarantine: what cannot be read is kept raw with its reason, once, and the rest of its page goes on.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::model::canonical;
use engine::model::counter::Counter;
use engine::model::id::{RecordId, TenantName};
use engine::model::record::{Platform, Stream};
use engine::report::TroubleKind;
use engine::settings::Tenant;
use engine::store::{DeletedPolicy, PageLanding, Quarantined, Store};
use serde_json::{Value, json};
use sim::{Faults, Rates, WorldOptions};

use crate::harness::{NEVER, Rig, SEED, assert_trouble, assert_well, tiny_world};
use crate::look::{number, records, sql};
use crate::truth;

/// The canonical texts of the records that nobody can read and that listings show.
fn unreadable(rig: &Rig, platform: Platform, stream: Stream) -> BTreeSet<String> {
    let is_shown = |entry: &&Value| {
        let is_listed = platform == Platform::Genesys || entry["deleted"] == false;
        let is_wanted = stream == Stream::Feedback || entry["status"] == "submitted";
        !entry["unreadable"].is_null() && entry["visible"] == true && is_listed && is_wanted
    };
    records(rig, platform, stream).values().filter(is_shown).map(|entry| canonical::text(&entry["record"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_records_are_kept_raw_once_and_the_rest_of_the_page_goes_on() {
    for platform in [Platform::Genesys, Platform::Cxone] {
        let mut rig = Rig::tiny().await;
        rig.limits.quarantine_percent = 100.0;
        rig.sim.set_faults(Faults { unreadable: 0.3, ..Faults::default() });
        let tenant = Arc::new(Tenant { page_size: 10, sweep: NEVER, ..rig.tenant(platform) });
        let first = rig.sync_one(&tenant).await;
        truth::check_one(&rig, platform, "unreadable records");
        let mut n_kept = 0;
        for stream in Stream::ALL {
            let raw = sql(&rig, &format!("SELECT raw FROM quarantine WHERE stream = '{stream}'"));
            n_kept += raw.len() as u64;
            assert_eq!(raw.into_iter().collect::<BTreeSet<String>>(), unreadable(&rig, platform, stream), "{platform} {stream}");
        }
        assert!(n_kept > 20);
        assert_eq!((first.counters.get(Counter::Quarantined), number(&rig, "SELECT COUNT(*) FROM quarantine")), (n_kept, n_kept));
        let second = rig.sync_one(&tenant).await;
        assert_eq!((second.counters.get(Counter::Quarantined), number(&rig, "SELECT COUNT(*) FROM quarantine")), (0, n_kept));
        assert_eq!(number(&rig, "SELECT COUNT(*) FROM quarantine WHERE n_seen < 2 OR reason = ''"), 0);
        // Where it came from, without the cursor and without a token.
        let urls = sql(&rig, "SELECT DISTINCT source_url FROM quarantine");
        assert!(
            urls.iter().all(|url| url.starts_with("/api/v2/") && url.contains("dateFrom=") && !url.contains("nextPageToken")),
            "{urls:?}"
        );
        assert!(number(&rig, "SELECT MAX(page) FROM quarantine") > 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_unreadable_records_than_the_limit_are_a_trouble_and_fewer_are_none() {
    let mut rig = Rig::tiny().await;
    rig.sim.set_faults(Faults { unreadable: 0.2, ..Faults::default() });
    let tenant = Arc::new(rig.unscoped(Platform::Cxone));
    rig.limits.quarantine_percent = 5.0;
    let report = rig.run_one(&tenant).await;
    assert_trouble(&report, TroubleKind::Quarantine);
    assert_eq!(report.troubles[0].kind.exit_code(), 7);
    rig.limits.quarantine_percent = 60.0;
    assert_well(&rig.run_one(&tenant).await);
}

/// Puts an object into quarantine as a page of that stream would.
fn keep(rig: &Rig, tenant: &Tenant, stream: Stream, source: &Value) {
    let raw = canonical::text(source);
    let quarantined = Quarantined {
        record_id: source["id"].as_str().map(RecordId::new),
        reason: "an earlier program could not read it".to_owned(),
        raw,
        source_url: "/api/v2/x?dateFrom=2024-03-20T00%3A00%3A00.000Z".to_owned(),
        page: 1,
        scope_id: None,
        dialect: "guide".to_owned(),
    };
    let mut store = Store::open(&rig.store_path(), rig.sim.now()).unwrap();
    store
        .land_page(&PageLanding {
            tenant: &TenantName::new(tenant.name.as_str()),
            stream,
            listed_by: None,
            observed_at: rig.sim.now(),
            sweep_id: None,
            policy: DeletedPolicy::Archive,
            landings: &[],
            quarantined: std::slice::from_ref(&quarantined),
            progress: None,
        })
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_lands_what_can_be_read_by_now_and_keeps_the_rest() {
    for platform in [Platform::Genesys, Platform::Cxone] {
        let rates = Rates { assessment_moves_status: 0.5, ..Rates::default() };
        let rig = Rig::new(WorldOptions { rates, ..tiny_world(SEED) }).await;
        let tenant = Arc::new(rig.unscoped(platform));
        let one = |stream: Stream, is_submitted: bool| {
            let fits =
                |entry: &&Value| entry["deleted"] == false && entry["visible"] == true && (entry["status"] == "submitted") == is_submitted;
            records(&rig, platform, stream).values().find(fits).unwrap()["record"].clone()
        };
        keep(&rig, &tenant, Stream::Feedback, &one(Stream::Feedback, false));
        keep(&rig, &tenant, Stream::Assessments, &one(Stream::Assessments, true));
        // One that can be read and is not wanted, and one that still cannot be read.
        keep(&rig, &tenant, Stream::Assessments, &one(Stream::Assessments, false));
        keep(&rig, &tenant, Stream::Assessments, &json!({"id": "a", "questions": 7}));
        let engine = rig.engine();
        let (report, replayed) = engine.replay(&tenant, None, "replay").await;
        assert_well(&report);
        assert_eq!((replayed.n_landed, replayed.n_kept), (3, 1), "{platform}");
        assert_eq!(sql(&rig, "SELECT record_id FROM quarantine"), ["a"]);
        assert_eq!(sql(&rig, "SELECT (SELECT COUNT(*) FROM assessment), (SELECT COUNT(*) FROM feedback)"), ["1|1"]);
        // Landed as a page would have landed it: the listing that shows it changes nothing.
        let report = rig.run_one(&tenant).await;
        assert_eq!(report.counters.get(Counter::Updated), 0, "{platform}");
        truth::check_one(&rig, platform, "replayed");
    }
}
