//! Reconciliation through the engine: extracted against reported counts, with the likely cause of what differs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use engine::model::record::{Platform, Stream};
use engine::reconcile::{Reconciled, Verdict};
use engine::report::TroubleKind;
use engine::settings::{ReconcileSettings, ScopeChoice, SyncOptions, Tenant};
use jiff::tz::TimeZone;
use serde_json::Value;
use sim::{Faults, Target};

use crate::harness::{Rig, assert_well};
use crate::look::{number, side, sql};

/// The simulator's console counts by days of UTC.
fn utc(rig: &Rig, platform: Platform) -> Tenant {
    Tenant { timezone: TimeZone::UTC, ..rig.tenant(platform) }
}

fn write(rig: &Rig, text: &str) -> PathBuf {
    let path = rig.folder.path().join("totals.csv");
    std::fs::write(&path, text).unwrap();
    path
}

/// What the console reports of the whole span of the world.
fn reported(rig: &Rig, platform: Platform) -> String {
    rig.sim.totals_csv(side(platform), "2024-03-20".parse().unwrap(), "2024-04-02".parse().unwrap())
}

#[track_caller]
fn reconcile(rig: &Rig, tenant: &Arc<Tenant>, totals: &str) -> Reconciled {
    rig.engine().reconcile(tenant, Some(&write(rig, totals)), "run")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_division_is_found_and_its_cause_named() {
    let rig = Rig::tiny().await;
    let tenant = Arc::new(utc(&rig, Platform::Genesys));
    rig.sync_one(&tenant).await;
    let truth = rig.sim.truth(sim::Platform::Genesys);
    let hidden = truth["scopes"].as_array().unwrap().iter().find(|scope| scope["visible"] == false).unwrap();
    let hidden = hidden["id"].as_str().unwrap();
    rig.sim.reset_requests();
    let found = reconcile(&rig, &tenant, &reported(&rig, Platform::Genesys));
    assert_eq!(rig.sim.requests().lines.len(), 0, "a reconciliation asked the source");
    let alerts: Vec<_> = found.rows.iter().filter(|row| row.verdict != Verdict::Ok && row.scope_id != "*").collect();
    assert!(!alerts.is_empty());
    let cause = format!("scope `{hidden}` is listed but none of its records is visible: the OAuth client lacks it");
    for row in alerts {
        assert_eq!((row.scope_id.as_str(), row.extracted, row.verdict), (hidden, 0, Verdict::Alert));
        assert_eq!(row.cause.as_ref(), Some(&cause));
    }
    let kinds: Vec<TroubleKind> = found.troubles.iter().map(|trouble| trouble.kind).collect();
    assert_eq!(kinds, [TroubleKind::Reconciliation]);
    assert_eq!(kinds[0].exit_code(), 6);
    // The totals of both streams are the sums of their rows, and everything is kept under the run.
    let kept = "SELECT stream, extracted, reported FROM reconciliation WHERE run_id = 'run' AND scope_id = '*' ORDER BY 1";
    let sums = "SELECT stream, SUM(extracted), SUM(reported) FROM reconciliation WHERE scope_id <> '*' GROUP BY 1 ORDER BY 1";
    assert_eq!(sql(&rig, kept), sql(&rig, sums));
    assert_eq!(number(&rig, "SELECT COUNT(*) FROM reconciliation"), found.rows.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_extracted_whole_reconciles_to_the_last_record() {
    let rig = Rig::tiny().await;
    let tenant = Arc::new(utc(&rig, Platform::Cxone));
    rig.sync_one(&tenant).await;
    let found = reconcile(&rig, &tenant, &reported(&rig, Platform::Cxone));
    assert_eq!(found.troubles, []);
    assert!(found.rows.iter().all(|row| row.verdict == Verdict::Ok && Some(row.extracted) == row.reported));
    assert!(found.rows.iter().map(|row| row.extracted).sum::<u64>() > 50);
}

/// How many records of each site are here.
fn extracted(rig: &Rig, stream: Stream) -> BTreeMap<String, u64> {
    let table = stream.table().name;
    let rows = sql(rig, &format!("SELECT value, COUNT(*) FROM {table}, json_each(scope_ids) WHERE NOT is_archived GROUP BY 1"));
    let count = |row: &String| row.rsplit_once('|').map(|(scope, n)| (scope.to_owned(), n.parse().unwrap())).unwrap();
    rows.iter().map(count).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn verdicts_follow_the_threshold_to_the_unit() {
    let rig = Rig::tiny().await;
    let queues = ScopeChoice::None;
    let with = |alert_below_percent| {
        let reconcile = ReconcileSettings { totals: None, alert_below_percent };
        Arc::new(Tenant { reconcile, queues: queues.clone(), streams: [Stream::Feedback].into(), ..utc(&rig, Platform::Cxone) })
    };
    rig.sync_one(&with(95)).await;
    let site = rig.sim.truth(sim::Platform::Cxone)["scopes"][0]["id"].as_str().unwrap().to_owned();
    let n = extracted(&rig, Stream::Feedback)[&site];
    assert!(n >= 9);
    let of = |reported: &str| format!("scope_id,date_from,date_to,stream,reported\n{site},2024-01-01,2025-01-01,feedback,{reported}\n");
    for (reported, percent, verdict, trouble) in [
        (n.to_string(), 100, Verdict::Ok, false),
        ((n + 1).to_string(), 100, Verdict::Alert, true),
        ((2 * n).to_string(), 50, Verdict::Ok, false),
        ((2 * n + 1).to_string(), 50, Verdict::Alert, true),
        ((n - 1).to_string(), 95, Verdict::Excess, true),
        (String::new(), 95, Verdict::Unverified, false),
    ] {
        let found = reconcile(&rig, &with(percent), &of(&reported));
        assert_eq!(found.rows.iter().map(|row| row.verdict).collect::<Vec<_>>(), [verdict; 2], "{reported} at {percent} %");
        assert_eq!(!found.troubles.is_empty(), trouble, "{reported} at {percent} %: {:?}", found.troubles);
        assert_eq!(verdict == Verdict::Unverified, found.warnings.iter().any(|line| line.ends_with("have no total to compare with")));
    }
    // Without any totals everything is unverified, which is a warning.
    let found = rig.engine().reconcile(&with(95), None, "run");
    assert!(found.troubles.is_empty() && found.rows.iter().all(|row| row.verdict == Verdict::Unverified));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cause_is_what_was_not_read_or_could_not_be_read() {
    let mut rig = Rig::tiny().await;
    rig.limits.quarantine_percent = 100.0;
    let streams = [Stream::Assessments];
    let tenant = Arc::new(Tenant { streams: streams.into(), ..utc(&rig, Platform::Cxone) });
    let site = rig.sim.truth(sim::Platform::Cxone)["scopes"][0]["id"].as_str().unwrap().to_owned();
    let totals = format!("scope_id,date_from,date_to,stream,reported\n{site},2024-01-01,2025-01-01,assessments,1000\n");
    let cause = |rig: &Rig| reconcile(rig, &tenant, &totals).rows[0].cause.clone().unwrap();

    rig.sim.set_faults(Faults { cursor_expired_always: true, ..Faults::default() });
    let options = SyncOptions::default();
    let small = Arc::new(Tenant { page_size: 5, streams: streams.into(), ..utc(&rig, Platform::Cxone) });
    rig.run_one_with(&small, &options).await;
    assert_eq!(cause(&rig), "2 windows of the range were not read to their end");

    rig.sim.set_faults(Faults { unreadable: 0.3, ..Faults::default() });
    rig.sync_one(&tenant).await;
    let n_quarantined = number(&rig, "SELECT COUNT(*) FROM quarantine WHERE stream = 'assessments'");
    assert_eq!(cause(&rig), format!("{n_quarantined} records of the stream are in quarantine"));

    rig.engine()
        .ledger()
        .with(|store| {
            for entry in store.quarantine_show("")? {
                store.quarantine_drop(&entry.tenant, entry.stream, &entry.quarantine_id)?;
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(cause(&rig), "records outside the wanted statuses, deleted since, or not visible to the OAuth client");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_probe_finds_records_that_name_no_listed_scope() {
    let rig = Rig::tiny().await;
    let tenant = Arc::new(utc(&rig, Platform::Genesys));
    rig.sync_one(&tenant).await;
    let found = rig.engine().reconcile(&tenant, None, "run");
    let homeless = |stream: Stream| {
        let truth = crate::look::records(&rig, Platform::Genesys, stream);
        let is_homeless = |entry: &&Value| {
            entry["scope_ids"].as_array().unwrap().is_empty() && (stream == Stream::Feedback || entry["status"] == "submitted")
        };
        truth.values().filter(is_homeless).count()
    };
    let expected: Vec<String> = Stream::ALL
        .into_iter()
        .filter(|stream| homeless(*stream) > 0)
        .map(|stream| {
            let n = homeless(stream);
            format!("{stream}: the listing of everything shows {n} records more than all divisions together; they name no division that is listed")
        })
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(found.warnings[..expected.len()], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_that_cannot_be_read_are_a_matter_of_configuration() {
    let rig = Rig::tiny().await;
    let tenant = Arc::new(utc(&rig, Platform::Cxone));
    for totals in ["scope_id,date_from,date_to,stream\n", "scope_id,date_from,date_to,stream,reported\na,b,c,d,e\n"] {
        let found = reconcile(&rig, &tenant, totals);
        assert_eq!(found.troubles.iter().map(|trouble| trouble.kind).collect::<Vec<_>>(), [TroubleKind::Configuration]);
        assert_eq!(found.rows, []);
    }
    let missing = rig.engine().reconcile(&tenant, Some(&rig.folder.path().join("nowhere.csv")), "run");
    assert_eq!(missing.troubles[0].kind, TroubleKind::Configuration);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_failed_half_way_says_so_and_the_next_run_reconciles() {
    let rig = Rig::tiny().await;
    let tenant = Arc::new(utc(&rig, Platform::Cxone));
    rig.sim.set_faults(Faults { failing: vec![Target::stream("assessments")], ..Faults::default() });
    rig.run_one(&tenant).await;
    let found = reconcile(&rig, &tenant, &reported(&rig, Platform::Cxone));
    assert_eq!(found.troubles.len(), 1);
    rig.sim.set_faults(Faults::default());
    assert_well(&rig.run_one(&tenant).await);
    assert_eq!(reconcile(&rig, &tenant, &reported(&rig, Platform::Cxone)).troubles, []);
}
