//! Scopes: a stream a division, site or queue, one row a record, and no conclusion about what was not asked for.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use engine::model::record::{Platform, Stream};
use engine::model::window::WindowLength;
use engine::settings::{ScopeChoice, SweepSettings, SyncOptions, Tenant};
use serde_json::Value;
use sim::Faults;

use crate::harness::{Rig, assert_well};
use crate::look::{ids, landed_ids, listings, number, sql};
use crate::truth::{self, Expected};

#[tokio::test(flavor = "multi_thread")]
async fn a_record_in_a_site_and_a_queue_is_one_row_with_both() {
    let rig = Rig::tiny().await;
    let tenant = Arc::new(Tenant { queues: ScopeChoice::All, ..rig.tenant(Platform::Cxone) });
    rig.sync_one(&tenant).await;
    truth::check_one(&rig, Platform::Cxone, "sites and queues");
    let asked = listings(&rig, Platform::Cxone, Stream::Feedback);
    assert!(asked.iter().any(|asked| asked.contains_key("siteId")) && asked.iter().any(|asked| asked.contains_key("queueId")));
    for stream in Stream::ALL {
        let truth = crate::look::records(&rig, Platform::Cxone, stream);
        let (table, id) = (stream.table().name, stream.id_column());
        let mut n_in_two = 0;
        for row in sql(&rig, &format!("SELECT {id}, scope_ids FROM {table}")) {
            let (id, scopes) = row.split_once('|').unwrap();
            let scopes: BTreeSet<String> = serde_json::from_str(scopes).unwrap();
            let expected: BTreeSet<String> = serde_json::from_value(truth[id]["scope_ids"].clone()).unwrap();
            assert_eq!(scopes, expected, "{id}");
            n_in_two += u32::from(scopes.len() == 2);
        }
        assert!(n_in_two > 10);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_names_no_scope_is_found() {
    let rig = Rig::tiny().await;
    rig.sync().await;
    for platform in [Platform::Genesys, Platform::Cxone] {
        for stream in Stream::ALL {
            let homeless = ids(&rig, platform, stream, |entry| entry["scope_ids"] == Value::Array(Vec::new()) && entry["deleted"] == false);
            assert!(!homeless.is_empty());
            let landed: BTreeSet<String> = landed_ids(&rig, platform, stream, false);
            assert!(homeless.is_subset(&landed), "{platform} {stream}");
        }
    }
}

/// The division with the most records; names of divisions are mixed, sizes are not.
fn largest(rig: &Rig, platform: Platform) -> String {
    let truth = rig.sim.truth(crate::look::side(platform));
    let scopes = truth["scopes"].as_array().unwrap();
    let of_kind = |scope: &&Value| scope["kind"] != "queue" && scope["visible"] == true;
    scopes.iter().filter(of_kind).max_by_key(|scope| scope["assessments"].as_u64()).unwrap()["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_named_division_is_extracted_and_the_others_are_not_suspected() {
    let rig = Rig::tiny().await;
    let division = largest(&rig, Platform::Genesys);
    let only = ScopeChoice::Only([division.clone()].into());
    let report = rig.sync_one(&Arc::new(Tenant { divisions: only, ..rig.tenant(Platform::Genesys) })).await;
    let expected = Expected { scope: Some(division), ..Expected::default() };
    truth::check_part(&rig, Platform::Genesys, &expected, "one division");
    assert_eq!((report.silent_scopes, report.warnings), (Vec::new(), Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_division_that_is_not_listed_is_told() {
    let rig = Rig::tiny().await;
    let only = ScopeChoice::Only(["nowhere".to_owned()].into());
    let report = rig.sync_one(&Arc::new(Tenant { divisions: only, ..rig.tenant(Platform::Genesys) })).await;
    assert_eq!(report.warnings, ["division `nowhere` is configured, but the source does not list it"]);
    assert_eq!(number(&rig, "SELECT COUNT(*) FROM assessment"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn narrowing_the_divisions_buries_nothing_of_the_others() {
    for platform in [Platform::Genesys, Platform::Cxone] {
        let rig = Rig::tiny().await;
        rig.sync_one(&Arc::new(rig.tenant(platform))).await;
        let only = ScopeChoice::Only([largest(&rig, platform)].into());
        let narrow = Arc::new(Tenant { divisions: only.clone(), sites: only, ..rig.tenant(platform) });
        rig.sim.reset_requests();
        assert_well(&rig.run_one_with(&narrow, &SyncOptions { sweep_now: true, ..SyncOptions::default() }).await);
        truth::check_one(&rig, platform, "fewer divisions");
        assert!(rig.sim.requests().lines.iter().all(|line| !crate::look::is_look_up(line)), "records that were not asked for were missed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_division_of_which_nothing_is_visible_is_named() {
    let rig = Rig::tiny().await;
    let reports = rig.sync().await;
    let truth = rig.sim.truth(sim::Platform::Genesys);
    let hidden = truth["scopes"].as_array().unwrap().iter().find(|scope| scope["visible"] == false).unwrap();
    let (id, name) = (hidden["id"].as_str().unwrap(), hidden["name"].as_str().unwrap());
    assert!(reports[0].silent_scopes.contains(&id.to_owned()), "{:?}", reports[0].silent_scopes);
    let warning = format!(
        "division `{id}` ({name}) is listed, but none of its records is visible; if it should have some, the OAuth client lacks it"
    );
    assert!(reports[0].warnings.contains(&warning), "{:?}", reports[0].warnings);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_division_that_becomes_visible_late_is_read_from_its_start() {
    let rig = Rig::tiny().await;
    let hidden = largest(&rig, Platform::Genesys);
    let sweep = SweepSettings { every: Duration::from_hours(24 * 365), ..rig.tenant(Platform::Genesys).sweep };
    // Windows of a day, so that most are closed while the division looks empty.
    let tenant = Arc::new(Tenant { sweep, window: WindowLength::Days(1), ..rig.tenant(Platform::Genesys) });
    rig.sim.set_faults(Faults { hidden_scopes: vec![hidden.clone()], ..Faults::default() });
    let report = rig.sync_one(&tenant).await;
    assert!(report.silent_scopes.contains(&hidden));
    // An administrator gives the client the division.
    rig.sim.set_faults(Faults::default());
    let report = rig.sync_one(&tenant).await;
    let told = format!("scope `{hidden}` shows records for the first time; the next run reads all its windows from the start");
    assert!(report.warnings.contains(&told), "{:?}", report.warnings);
    let expected = truth::Expected::default();
    assert!(!truth::differences(&rig, Platform::Genesys, &expected).is_empty(), "closed windows hold some of its records back");
    rig.sync_one(&tenant).await;
    truth::check_one(&rig, Platform::Genesys, "a division shown late");
    let report = rig.sync_one(&tenant).await;
    assert!(!report.warnings.contains(&told));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_does_not_forget_that_a_division_became_visible() {
    let rig = Rig::tiny().await;
    let hidden = largest(&rig, Platform::Genesys);
    let sweep = SweepSettings { every: Duration::from_hours(24 * 365), ..rig.tenant(Platform::Genesys).sweep };
    // Windows of a day, so that most are closed while the division looks empty.
    let tenant = Arc::new(Tenant { sweep, window: WindowLength::Days(1), page_size: 5, ..rig.tenant(Platform::Genesys) });
    rig.sim.set_faults(Faults { hidden_scopes: vec![hidden.clone()], ..Faults::default() });
    rig.sync_one(&tenant).await;
    rig.sim.set_faults(Faults::default());
    // The run dies after the first records of the division are landed, and before it ends.
    let n_shown = || number(&rig, &format!("SELECT count(*) FROM window_progress WHERE scope_id = '{hidden}' AND n_records > 0"));
    let mut n_events = 1;
    while n_shown() == 0 {
        assert!(!crate::stop::cut_off(&rig, &[Arc::clone(&tenant)], n_events, false).await, "cut off too late");
        n_events += 1;
    }
    rig.sync_one(&tenant).await;
    rig.sync_one(&tenant).await;
    truth::check_one(&rig, Platform::Genesys, "shown late, and a crash");
}
