//! Windows: local days of the tenant, half-open, up to the present; closed ones stay closed until somebody asks.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use engine::model::counter::Counter;
use engine::model::record::{Platform, Stream};
use engine::model::window::WindowLength;
use engine::report::TroubleKind;
use engine::settings::{SweepSettings, SyncOptions, Tenant};
use jiff::{SignedDuration, Timestamp};
use sim::{Faults, Rates, Target, WorldOptions};

use crate::harness::{NEVER, Rig, SEED, assert_trouble, assert_well, of_days, tiny_world};
use crate::look::{ids, landed_ids, listings, number, ranges, records, sql};
use crate::truth::{self, Expected};

fn at(words: &str) -> Timestamp {
    words.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_are_local_days_half_open_and_end_at_the_present() {
    let world = WorldOptions { end: at("2024-03-12T15:30:00Z"), ..tiny_world(SEED) };
    let rig = Rig::new(of_days(world, 3)).await;
    let tenant = Tenant { window: WindowLength::Days(1), ..rig.unscoped(Platform::Genesys) };
    rig.sync_one(&Arc::new(tenant)).await;
    let shown: Vec<String> = ranges(&rig, Platform::Genesys, Stream::Assessments).iter().map(|(from, to)| format!("{from} {to}")).collect();
    // On 10 March 2024 the clocks of New York went forward.
    let expected = [
        "2024-03-08T05:00:00.000Z 2024-03-09T05:00:00.000Z",
        "2024-03-09T05:00:00.000Z 2024-03-10T05:00:00.000Z",
        "2024-03-10T05:00:00.000Z 2024-03-11T04:00:00.000Z",
        "2024-03-11T04:00:00.000Z 2024-03-12T04:00:00.000Z",
        "2024-03-12T04:00:00.000Z 2024-03-12T15:30:00.000Z",
    ];
    assert_eq!(shown, expected);
    truth::check_one(&rig, Platform::Genesys, "local days");
}

/// Windows of a day that are closed when they have been over for a day; no sweep.
fn daily(rig: &Rig, platform: Platform) -> Tenant {
    Tenant { window: WindowLength::Days(1), lookback: Duration::from_hours(24), sweep: NEVER, ..rig.unscoped(platform) }
}

/// A world in which everything changes within its first days and nothing is deleted.
fn lively_world() -> WorldOptions {
    let rates = Rates { assessment_rescored: 1.0, assessment_moves_status: 0.0, feedback_edited: 1.0, deleted: 0.0, ..Rates::default() };
    of_days(WorldOptions { rates, ..tiny_world(SEED) }, 5)
}

fn marks_and_windows(rig: &Rig) -> Vec<String> {
    let mut rows = sql(rig, "SELECT stream, name, value FROM stream_mark ORDER BY 1, 2");
    rows.extend(sql(rig, "SELECT stream, pass, window_from, window_to, state, read_until FROM window_progress ORDER BY 1, 2, 3, 4"));
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_reads_closed_windows_again_and_moves_no_mark() {
    let rig = Rig::new(lively_world()).await;
    let tenant = Arc::new(daily(&rig, Platform::Genesys));
    rig.sync_one(&tenant).await;
    rig.sim.advance_days(6);
    rig.sync_one(&tenant).await;
    let expected = Expected::default();
    let stale = truth::differences(&rig, Platform::Genesys, &expected);
    assert!(stale.iter().any(|line| line.contains("assessments")), "no assessment was rescored after its window had closed");
    assert!(stale.iter().all(|line| line.contains("assessments")), "{stale:?}");
    let before = marks_and_windows(&rig);

    rig.sim.reset_requests();
    let (from, to) = (at("2024-03-26T04:00:00Z"), at("2024-04-04T04:00:00Z"));
    let report = rig.run_one_with(&tenant, &SyncOptions { range: Some((from, to)), ..SyncOptions::default() }).await;
    assert_well(&report);
    truth::check_part(&rig, Platform::Genesys, &expected, "backfill");
    assert_eq!(marks_and_windows(&rig), before);
    let asked = ranges(&rig, Platform::Genesys, Stream::Assessments);
    assert_eq!(asked.len(), 9);
    assert_eq!((asked[0].0.as_str(), asked[8].1.as_str()), ("2024-03-26T04:00:00.000Z", "2024-04-04T04:00:00.000Z"));
    assert!(listings(&rig, Platform::Genesys, Stream::Feedback).iter().all(|asked| asked.contains_key("dateFrom")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_that_keeps_to_hours_asks_for_these_only_and_leaves_no_window_behind() {
    let rig = Rig::new(lively_world()).await;
    let tenant = Arc::new(daily(&rig, Platform::Genesys));
    rig.sync_one(&tenant).await;
    let before = marks_and_windows(&rig);
    let range = Some((at("2024-03-28T10:00:00Z"), at("2024-03-28T14:30:00Z")));
    let options = SyncOptions { range, ..SyncOptions::default() };
    rig.sim.reset_requests();
    assert_well(&rig.run_one_with(&tenant, &options).await);
    let asked = ("2024-03-28T10:00:00.000Z".to_owned(), "2024-03-28T14:30:00.000Z".to_owned());
    assert_eq!(ranges(&rig, Platform::Genesys, Stream::Feedback), [asked]);
    assert_eq!(marks_and_windows(&rig), before);

    // One that fails leaves no window that nobody will ever close.
    rig.sim.set_faults(Faults { failing: vec![Target::stream("feedback")], ..Faults::default() });
    assert_trouble(&rig.run_one_with(&tenant, &options).await, TroubleKind::Source);
    assert_eq!(marks_and_windows(&rig), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_statuses_open_the_windows_of_assessments_again() {
    let rates = Rates { assessment_moves_status: 0.9, deleted: 0.0, ..Rates::default() };
    let rig = Rig::new(WorldOptions { rates, ..tiny_world(SEED) }).await;
    let platform = Platform::Genesys;
    let with = |statuses: &[&str]| {
        let statuses: BTreeSet<String> = statuses.iter().map(|status| (*status).to_owned()).collect();
        (Arc::new(Tenant { statuses: statuses.clone(), ..daily(&rig, platform) }), Expected { statuses, ..Expected::default() })
    };
    let (tenant, expected) = with(&["submitted"]);
    rig.sync_one(&tenant).await;
    truth::check_part(&rig, platform, &expected, "one status");
    let n_windows = ranges(&rig, platform, Stream::Assessments).len();
    assert!(listings(&rig, platform, Stream::Assessments).iter().all(|asked| asked["status"] == "submitted"));

    let (tenant, expected) = with(&["submitted", "released"]);
    rig.sim.reset_requests();
    let report = rig.sync_one(&tenant).await;
    truth::check_part(&rig, platform, &expected, "two statuses");
    assert_eq!(ranges(&rig, platform, Stream::Assessments).len(), n_windows);
    assert!(ranges(&rig, platform, Stream::Feedback).len() < 4, "windows of feedback were opened");
    assert_eq!(report.warnings, ["`statuses` changed since the last run; every window of assessments is read again"]);
    assert!(!ids(&rig, platform, Stream::Assessments, |entry| entry["status"] == "released").is_empty());

    let (tenant, expected) = with(&[]);
    rig.sync_one(&tenant).await;
    truth::check_part(&rig, platform, &expected, "all statuses");

    // What is no longer wanted leaves the live rows with the next sweep, whose listings show every status.
    let (tenant, expected) = with(&["submitted"]);
    assert_well(&rig.run_one_with(&tenant, &SyncOptions { sweep_now: true, ..SyncOptions::default() }).await);
    truth::check_part(&rig, platform, &expected, "one status again");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_before_start_are_not_landed_but_one_that_is_known_is_kept_up_to_date() {
    let rig = Rig::new(WorldOptions { n_feedback: 250, ..lively_world() }).await;
    let platform = Platform::Cxone;
    let start: jiff::civil::Date = "2024-03-30".parse().unwrap();
    let tenant = Arc::new(Tenant { start, ..daily(&rig, platform) });
    let first = "2024-03-30T04:00:00.000Z";
    rig.sync_one(&tenant).await;
    rig.sim.advance_days(1);
    let report = rig.sync_one(&tenant).await;
    assert!(report.counters.get(Counter::NotWanted) > 0, "no old entry was edited");
    assert_eq!(number(&rig, &format!("SELECT COUNT(*) FROM feedback WHERE created_at < '{first}'")), 0);

    // A backfill makes some older ones known; later edits of these are then taken in.
    let range = Some((at("2024-03-28T04:00:00Z"), at("2024-03-30T04:00:00Z")));
    assert_well(&rig.run_one_with(&tenant, &SyncOptions { range, ..SyncOptions::default() }).await);
    rig.sim.advance_days(20);
    rig.sync_one(&tenant).await;
    let truth = records(&rig, platform, Stream::Feedback);
    let old = sql(&rig, &format!("SELECT feedback_id, modified_at FROM feedback WHERE created_at < '{first}'"));
    assert!(!old.is_empty());
    let expected: Vec<String> = old
        .iter()
        .map(|row| row.split_once('|').unwrap().0)
        .map(|id| format!("{id}|{}", truth[id]["record"]["updatedAt"].as_str().unwrap()))
        .collect();
    assert_eq!(old, expected);
    assert!(old.iter().any(|row| row.split_once('|').unwrap().1 > "2024-04-02"), "none was edited after the backfill");
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_of_any_length_give_the_same_store() {
    let rig = Rig::new(of_days(tiny_world(SEED), 5)).await;
    let mut dumps = Vec::new();
    for words in ["1d", "6h", "7d"] {
        let other = rig.beside();
        let tenant = Arc::new(Tenant { window: WindowLength::read(words).unwrap(), ..other.unscoped(Platform::Cxone) });
        other.sync_one(&tenant).await;
        truth::check_one(&other, Platform::Cxone, words);
        let tables = ["assessment", "feedback", "form_version", "tombstone"];
        dumps.push(tables.map(|table| {
            sql(&other, &format!("SELECT * FROM {table} ORDER BY 1, 2, 3")).iter().map(|row| without_seq(row)).collect::<Vec<_>>()
        }));
    }
    assert!(dumps[0] == dumps[1] && dumps[0] == dumps[2]);
}

/// The store's own numbers of rows follow the order of reading.
fn without_seq(row: &str) -> String {
    row.split('|').filter(|value| value.parse::<i64>().is_err()).collect::<Vec<_>>().join("|")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_in_a_second_ago_is_there_and_what_comes_next_is_read_by_the_next_run() {
    let rig = Rig::new(of_days(tiny_world(SEED), 5)).await;
    let tenant = Arc::new(daily(&rig, Platform::Genesys));
    for step in 0..6 {
        rig.sync_one(&tenant).await;
        let now = rig.sim.now();
        let known = landed_ids(&rig, Platform::Genesys, Stream::Feedback, false);
        let born = ids(&rig, Platform::Genesys, Stream::Feedback, |entry| entry["visible"] == true && entry["deleted"] == false);
        assert_eq!(known, born, "step {step}, {now}");
        rig.sim.advance(SignedDuration::from_mins(90));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_is_due_when_its_time_has_come_and_finds_what_no_filter_shows() {
    let rig = Rig::new(lively_world()).await;
    let sweep = SweepSettings { every: Duration::from_hours(48), ..NEVER };
    let tenant = Arc::new(Tenant { sweep, ..daily(&rig, Platform::Cxone) });
    let is_stale = || !truth::differences(&rig, Platform::Cxone, &Expected::default()).is_empty();
    rig.sync_one(&tenant).await;
    rig.sim.advance(SignedDuration::from_hours(47));
    rig.sync_one(&tenant).await;
    assert!(is_stale(), "no assessment was rescored after its window had closed");
    rig.sim.advance(SignedDuration::from_hours(1));
    rig.sim.reset_requests();
    rig.sync_one(&tenant).await;
    truth::check_one(&rig, Platform::Cxone, "swept");
    // A sweep reads every window, and every status.
    assert_eq!(ranges(&rig, Platform::Cxone, Stream::Assessments)[0].0, "2024-03-26T04:00:00.000Z");
    assert!(listings(&rig, Platform::Cxone, Stream::Assessments).iter().all(|asked| !asked.contains_key("status")));
    let swept = "SELECT value FROM stream_mark WHERE name = 'swept_at'";
    assert_eq!(sql(&rig, swept), ["2024-04-03T00:00:00.000Z"; 2]);
    rig.sim.advance(SignedDuration::from_hours(47));
    rig.sync_one(&tenant).await;
    assert_eq!(sql(&rig, swept), ["2024-04-03T00:00:00.000Z"; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_fails_opens_no_closed_window_and_is_due_again() {
    let rig = Rig::new(lively_world()).await;
    let tenant = Arc::new(Tenant { page_size: 3, ..daily(&rig, Platform::Genesys) });
    rig.sync_one(&tenant).await;
    let before = marks_and_windows(&rig);
    rig.sim.set_faults(Faults { cursor_expired_always: true, ..Faults::default() });
    let report = rig.run_one_with(&tenant, &SyncOptions { sweep_now: true, ..SyncOptions::default() }).await;
    assert_trouble(&report, TroubleKind::Source);
    assert_eq!(marks_and_windows(&rig), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_start_reads_what_is_missing_and_no_more() {
    let rig = Rig::new(of_days(tiny_world(SEED), 6)).await;
    let from = |start: &str| Arc::new(Tenant { start: start.parse().unwrap(), ..daily(&rig, Platform::Genesys) });
    rig.sync_one(&from("2024-03-29")).await;
    rig.sim.reset_requests();
    rig.sync_one(&from("2024-03-25")).await;
    truth::check_one(&rig, Platform::Genesys, "earlier start");
    let days: Vec<String> = ranges(&rig, Platform::Genesys, Stream::Assessments).iter().map(|(from, _)| from[..10].to_owned()).collect();
    // 29 March was closed; the last two days are open anyway.
    assert_eq!(days, ["2024-03-25", "2024-03-26", "2024-03-27", "2024-03-28", "2024-03-30", "2024-03-31"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_over_one_stream_leaves_the_other_alone() {
    let rig = Rig::new(of_days(tiny_world(SEED), 3)).await;
    let tenant = Arc::new(daily(&rig, Platform::Cxone));
    let options = SyncOptions { streams: [Stream::Feedback].into(), ..SyncOptions::default() };
    assert_well(&rig.run_one_with(&tenant, &options).await);
    truth::check_part(&rig, Platform::Cxone, &Expected::only(Stream::Feedback), "feedback alone");
    assert_eq!(ranges(&rig, Platform::Cxone, Stream::Assessments), []);
    assert_eq!(sql(&rig, "SELECT DISTINCT stream FROM window_progress"), ["feedback"]);
    rig.sync_one(&tenant).await;
    truth::check_one(&rig, Platform::Cxone, "both");
}
