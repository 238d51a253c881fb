//! Feedback, dual cursor: one pass by creation, one by modification, merged by id with the newest state winning.

use std::sync::Arc;
use std::time::Duration;

use engine::model::counter::Counter;
use engine::model::record::{Platform, Stream};
use engine::model::window::WindowLength;
use engine::report::TroubleKind;
use engine::settings::Tenant;
use serde_json::json;
use sim::{Faults, Rates, Target, WorldOptions};

use crate::gateway::{Gateway, edit_page, param};
use crate::harness::{NEVER, Rig, SEED, assert_trouble, tiny_world};
use crate::look::{listings, number, ranges, records, sql};
use crate::truth::{self, Expected};

/// Every entry is edited, some of them weeks later, and none is deleted.
fn edited_world() -> WorldOptions {
    let rates = Rates { feedback_edited: 1.0, deleted: 0.0, ..Rates::default() };
    WorldOptions { rates, n_assessments: 10, n_feedback: 250, ..tiny_world(SEED) }
}

/// Feedback by days that are closed a day later, never swept.
fn daily(rig: &Rig, platform: Platform) -> Arc<Tenant> {
    let lookback = Duration::from_hours(24);
    let streams = [Stream::Feedback].into();
    Arc::new(Tenant { window: WindowLength::Days(1), lookback, streams, sweep: NEVER, ..rig.unscoped(platform) })
}

fn check(rig: &Rig, platform: Platform, what: &str) {
    truth::check_part(rig, platform, &Expected::only(Stream::Feedback), what);
}

/// Entries that were created in closed windows and edited after the first run.
fn old_edits(rig: &Rig, platform: Platform) -> usize {
    let field = if platform == Platform::Genesys { ("dateCreated", "dateModified") } else { ("createdAt", "updatedAt") };
    let is_old = |record: &serde_json::Value| {
        record[field.0].as_str().unwrap() < "2024-03-30" && record[field.1].as_str().is_some_and(|changed| changed > "2024-04-01")
    };
    records(rig, platform, Stream::Feedback).values().filter(|entry| is_old(&entry["record"])).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_far_older_than_the_lookback_is_found_by_its_modification() {
    let rig = Rig::new(edited_world()).await;
    let tenants = [daily(&rig, Platform::Genesys), daily(&rig, Platform::Cxone)];
    rig.sync_all(&tenants).await;
    rig.sim.advance_days(8);
    rig.sim.reset_requests();
    rig.sync_all(&tenants).await;
    for (platform, modified) in
        [(Platform::Genesys, ["dateModifiedFrom", "dateModifiedTo"]), (Platform::Cxone, ["updatedFrom", "updatedTo"])]
    {
        assert!(old_edits(&rig, platform) > 2);
        check(&rig, platform, "old edits");
        let created = ranges(&rig, platform, Stream::Feedback);
        assert_eq!(created[0].0, "2024-03-30T04:00:00.000Z", "a closed window was read");
        // By modification: since the first run, less the lookback, without a gap.
        let asked = listings(&rig, platform, Stream::Feedback);
        let mut spans: Vec<(&str, &str)> =
            asked.iter().filter_map(|asked| Some((asked.get(modified[0])?.as_str(), asked.get(modified[1])?.as_str()))).collect();
        spans.sort_unstable();
        spans.dedup();
        assert_eq!(spans[0].0, "2024-03-31T00:00:00.000Z");
        assert_eq!(spans[spans.len() - 1].1, "2024-04-09T00:00:00.000Z");
        assert!(spans.windows(2).all(|pair| pair[0].1 == pair[1].0), "{spans:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_failed_moves_no_watermark_and_the_next_finds_the_edits() {
    for platform in [Platform::Genesys, Platform::Cxone] {
        let rig = Rig::new(edited_world()).await;
        let tenant = daily(&rig, platform);
        rig.sync_one(&tenant).await;
        rig.sim.advance_days(4);
        rig.sim.set_faults(Faults { failing: vec![Target::stream("feedback")], ..Faults::default() });
        assert_trouble(&rig.run_one(&tenant).await, TroubleKind::Source);
        let mark = "SELECT value FROM stream_mark WHERE name = 'modified_until'";
        assert_eq!(sql(&rig, mark), ["2024-04-01T00:00:00.000Z"]);
        rig.sim.set_faults(Faults::default());
        rig.sim.advance_days(4);
        rig.sync_one(&tenant).await;
        check(&rig, platform, "after a failed run");
        assert_eq!(sql(&rig, mark), ["2024-04-09T00:00:00.000Z"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ignores_the_modified_range_is_warned_of_once_a_run() {
    let rig = Rig::new(edited_world()).await;
    rig.sim.set_faults(Faults { ignore_modified_range: true, ..Faults::default() });
    let tenants = [daily(&rig, Platform::Genesys), daily(&rig, Platform::Cxone)];
    rig.sync_all(&tenants).await;
    rig.sim.advance_days(2);
    let reports = rig.sync_all(&tenants).await;
    for (report, platform) in reports.iter().zip([Platform::Genesys, Platform::Cxone]) {
        assert_eq!(report.warnings.len(), 1, "{:?}", report.warnings);
        assert!(report.warnings[0].starts_with("feedback: the server ignores the range of modification"), "{:?}", report.warnings);
        check(&rig, platform, "range ignored");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_modified_range_is_ignored_a_trailing_window_is_read_by_creation() {
    let rig = Rig::new(edited_world()).await;
    // The gateway gives an old entry to whoever asks for modifications, whatever the range, and nothing else.
    let old = json!({"id": "old", "dateCreated": "2023-01-01T00:00:00Z", "dateModified": "2023-01-01T00:00:00Z"});
    let ignoring = Gateway::changing(&rig.http, move |outgoing, answer| {
        if param(outgoing, "dateModifiedFrom").is_some() {
            edit_page(answer, |entities| *entities = vec![old.clone()]);
        }
    });
    let rig = rig.over(ignoring);
    let all_that_is_old = Duration::from_hours(24 * 22);
    let platform = Platform::Genesys;
    let tenant = Arc::new(Tenant { modified_fallback: all_that_is_old, ..Arc::into_inner(daily(&rig, platform)).unwrap() });
    rig.sync_one(&tenant).await;
    rig.sim.advance_days(8);
    let windows = "SELECT COUNT(*) FROM window_progress";
    let n_windows = number(&rig, windows);
    let report = rig.sync_one(&tenant).await;
    assert!(old_edits(&rig, platform) > 2 && report.warnings.len() == 1);
    check(&rig, platform, "trailing window");
    // Eight days more, and no row for the spans that were only read once more.
    assert_eq!(number(&rig, windows), n_windows + 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_state_that_comes_later_is_kept_in_history_and_never_wins() {
    let rig = Rig::new(edited_world()).await;
    rig.sim.set_faults(Faults { duplicate: 1.0, ..Faults::default() });
    let platform = Platform::Cxone;
    let tenant = Arc::new(Tenant { page_size: 8, ..Arc::into_inner(daily(&rig, platform)).unwrap() });
    let report = rig.sync_one(&tenant).await;
    check(&rig, platform, "older states");
    let n_late = report.counters.get(Counter::LateArrivals);
    assert!(n_late > 0);
    let late = sql(
        &rig,
        "SELECT late.modified_at < now.modified_at AND late.observed_from = late.observed_until
         FROM feedback_history AS late JOIN feedback AS now USING (tenant, feedback_id) WHERE late.cause = 'late'",
    );
    assert_eq!(late, vec!["1"; usize::try_from(n_late).unwrap()]);
}
