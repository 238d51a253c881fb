//! Manners under trouble: told waits are kept, endless listings end, and what fails leaves everything else complete.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use engine::model::counter::Counter;
use engine::model::record::{Platform, Stream};
use engine::model::window::WindowLength;
use engine::report::TroubleKind;
use engine::settings::{Retry, Tenant};
use engine::store::Lease;
use engine::wire::http::{Answer, HttpService, Outgoing};
use engine::wire::secret::Secret;
use engine::wire::testing::json_answer;
use serde_json::json;
use sim::{Faults, Target};

use crate::gateway::{Gateway, edit_token, lists, param, refusal};
use crate::harness::{NEVER, Rig, assert_trouble, assert_well};
use crate::look::{number, side, sql};
use crate::truth::{self, Expected};

#[tokio::test(flavor = "multi_thread")]
async fn a_told_wait_is_kept_to_the_second_in_both_of_its_forms() {
    let told = |faults: Faults| Faults { retry_after_s: 7, max_per_key: 1, only_paths: vec!["/assessments".to_owned()], ..faults };
    for faults in [
        Faults { http_429: 1.0, ..Faults::default() },
        Faults { http_429_date: 1.0, ..Faults::default() },
        Faults { http_503_retry_after: 1.0, ..Faults::default() },
    ] {
        let rig = Rig::tiny().await;
        rig.sim.set_faults(told(faults));
        let tenant = Arc::new(Tenant { concurrency: 1, ..rig.unscoped(Platform::Genesys) });
        rig.sync_one(&tenant).await;
        truth::check_one(&rig, Platform::Genesys, "told to wait");
        let n_refused = rig.sim.requests().lines.iter().filter(|line| line.status >= 400).count();
        assert!(n_refused > 1);
        assert_eq!(rig.clock.sleeps(), vec![Duration::from_secs(7); n_refused]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_of_waiting_end_the_run_with_the_time_named_and_the_next_run_goes_on() {
    let rig = Rig::tiny().await;
    let tenant = Arc::new(Tenant { page_size: 10, ..rig.tenant(Platform::Cxone) });
    rig.sim.set_faults(Faults { blocked_after_requests: Some(15), blocked_retry_after_s: 7200, ..Faults::default() });
    let report = rig.run_one(&tenant).await;
    assert_trouble(&report, TroubleKind::Source);
    assert!(report.troubles[0].message.contains("told to wait until `2024-04-01T02:00:00.000Z`"), "{:?}", report.troubles);
    assert_eq!(report.troubles[0].hint.as_deref(), Some("run again after 2024-04-01T02:00:00.000Z"));
    assert!(report.counters.get(Counter::Inserted) > 0 && rig.clock.sleeps().is_empty());
    // Whoever was under way was told too; nobody asked after that.
    let n_told = rig.sim.requests().lines.iter().filter(|line| line.status == 429).count();
    assert!((1..=tenant.concurrency).contains(&n_told), "{n_told}");
    rig.sim.set_faults(Faults::default());
    rig.sync_one(&tenant).await;
    truth::check_one(&rig, Platform::Cxone, "after the wait");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_budget_that_the_source_tells_is_kept_to() {
    for platform in [Platform::Genesys, Platform::Cxone] {
        let rig = Rig::tiny().await;
        rig.sim.set_faults(Faults { requests_per_minute_max: Some(12), ..Faults::default() });
        let tenant = Arc::new(Tenant { page_size: 10, ..rig.unscoped(platform) });
        let report = rig.sync_one(&tenant).await;
        assert_eq!(report.counters.get(Counter::RateLimited), 0, "{platform}");
        assert!(report.counters.get(Counter::WaitedMs) > 0);
        truth::check_one(&rig, platform, "told budget");
    }
}

/// A gateway that spoils one window of assessments: the one that begins then.
fn spoiling(behind: &Arc<dyn HttpService>, how: &'static str) -> Arc<Gateway> {
    let n_pages = AtomicU32::new(0);
    let is_spoilt =
        |outgoing: &Outgoing| lists(outgoing, "assessments") && param(outgoing, "dateFrom").as_deref() == Some("2024-03-28T04:00:00.000Z");
    let page = |token: &str| json_answer(200, &json!({"entities": [], "nextPageToken": token}));
    let answer = move |outgoing: &Outgoing| -> Option<Answer> {
        if !is_spoilt(outgoing) {
            return None;
        }
        let has_token = param(outgoing, "nextPageToken").is_some();
        match how {
            "a circle" => Some(page("same")),
            "empty pages" => Some(page(&n_pages.fetch_add(1, Ordering::SeqCst).to_string())),
            "no cursor is good" => has_token.then(|| refusal(400, "cursor.expired")),
            "no answer" => Some(refusal(500, "broken")),
            "an invalid cursor" => has_token.then(|| refusal(400, "invalid.cursor")),
            _ => Some(json_answer(200, &json!({"items": []}))),
        }
    };
    Gateway::new(behind, answer, move |outgoing, answer| {
        if is_spoilt(outgoing) && answer.status == 200 && how != "a circle" {
            edit_token(answer, "next");
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_without_a_good_end_fails_alone_and_its_window_stays_open() {
    for how in ["a circle", "empty pages", "no answer", "no cursor is good", "an invalid cursor", "no page"] {
        let rig = Rig::tiny().await;
        let live = Arc::clone(&rig.http);
        let rig = rig.over(spoiling(&live, how));
        let start = "2024-03-26".parse().unwrap();
        let streams = [Stream::Assessments].into();
        let daily = Tenant { window: WindowLength::Days(1), start, streams, sweep: NEVER, ..rig.unscoped(Platform::Cxone) };
        let tenant = Arc::new(daily);
        assert_trouble(&rig.run_one(&tenant).await, TroubleKind::Source);
        let read = "SELECT substr(window_from, 1, 10) FROM window_progress WHERE read_until IS NOT NULL ORDER BY 1";
        assert_eq!(sql(&rig, read), ["2024-03-26", "2024-03-27", "2024-03-29", "2024-03-30", "2024-03-31"], "{how}");
        let rig = rig.over(live);
        rig.sync_one(&tenant).await;
        assert_eq!(sql(&rig, read).len(), 6, "{how}");
        let whole = rig.beside();
        whole.sync_one(&tenant).await;
        let rows = "SELECT assessment_id, source_hash FROM assessment ORDER BY 1";
        assert_eq!(sql(&rig, rows), sql(&whole, rows), "{how}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_without_ends_is_a_trouble_of_the_source_and_no_spin() {
    for faults in [
        Faults { token_loop: true, ..Faults::default() },
        Faults { cursor_expired_always: true, ..Faults::default() },
        Faults { empty_pages_endless: true, ..Faults::default() },
    ] {
        let rig = Rig::tiny().await;
        let tenant = Arc::new(Tenant { page_size: 10, ..rig.tenant(Platform::Genesys) });
        rig.sim.set_faults(faults);
        assert_trouble(&rig.run_one(&tenant).await, TroubleKind::Source);
        let open = "SELECT COUNT(*) FROM window_progress WHERE scope_id = '*' AND read_until IS NOT NULL";
        assert_eq!(number(&rig, open), 0);
        rig.sim.set_faults(Faults::default());
        rig.sync_one(&tenant).await;
        truth::check_one(&rig, Platform::Genesys, "ends again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_cursor_begins_its_window_again() {
    let rig = Rig::tiny().await;
    rig.sim.set_faults(Faults { cursor_expired: 1.0, ..Faults::default() });
    let report = rig.sync_one(&Arc::new(Tenant { page_size: 10, ..rig.unscoped(Platform::Genesys) })).await;
    assert!(report.counters.get(Counter::CursorsExpired) >= 2);
    truth::check_one(&rig, Platform::Genesys, "expired cursors");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_refused_or_down_leaves_the_other_complete() {
    for (platform, stream, other) in
        [(Platform::Genesys, Stream::Assessments, Stream::Feedback), (Platform::Cxone, Stream::Feedback, Stream::Assessments)]
    {
        let target = vec![Target::stream(stream.word())];
        for (faults, kind) in [
            (Faults { forbidden: target.clone(), ..Faults::default() }, TroubleKind::Configuration),
            (Faults { failing: target, ..Faults::default() }, TroubleKind::Source),
        ] {
            let rig = Rig::tiny().await;
            rig.sim.set_faults(faults);
            let tenant = Arc::new(rig.tenant(platform));
            let report = rig.run_one(&tenant).await;
            assert_trouble(&report, kind);
            assert!(report.troubles.iter().all(|trouble| trouble.message.contains("correlation id")), "{:?}", report.troubles);
            truth::check_part(&rig, platform, &Expected::only(other), "the other stream");
            rig.sim.set_faults(Faults::default());
            rig.sync_one(&tenant).await;
            truth::check_one(&rig, platform, "both streams");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_always_fails_leaves_the_others_complete() {
    let rig = Rig::tiny().await;
    let platform = Platform::Genesys;
    let division = rig.sim.truth(side(platform))["scopes"][1]["id"].as_str().unwrap().to_owned();
    rig.sim.set_faults(Faults { failing: vec![Target::scope(&division)], ..Faults::default() });
    let retry = Retry { attempts: 3, ..rig.tenant(platform).retry };
    let tenant = Arc::new(Tenant { window: WindowLength::Days(2), concurrency: 1, retry, ..rig.tenant(platform) });
    assert_trouble(&rig.run_one(&tenant).await, TroubleKind::Source);
    let unread: BTreeSet<String> =
        sql(&rig, "SELECT scope_id FROM scope WHERE scope_id NOT IN (SELECT scope_id FROM window_progress)").into_iter().collect();
    assert_eq!(unread, BTreeSet::from([division]));
    assert_eq!(number(&rig, "SELECT COUNT(*) FROM window_progress WHERE read_until IS NULL"), 0);
    // Three windows of each stream were tried as often as may be, and no other of that scope.
    let n_failed = rig.sim.requests().lines.iter().filter(|line| line.status == 500).count();
    assert_eq!(n_failed, 2 * 3 * 3);
    // The listing of everything has shown its records too.
    truth::check_one(&rig, platform, "one division failing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trouble_of_one_tenant_does_not_stop_the_other() {
    let rig = Rig::tiny().await;
    let wrong = Tenant { client_secret: Secret::from("wrong"), ..rig.unscoped(Platform::Genesys) };
    let reports = rig.run(&[Arc::new(wrong), Arc::new(rig.unscoped(Platform::Cxone))], &Default::default()).await;
    assert_trouble(&reports[0], TroubleKind::Configuration);
    assert_well(&reports[1]);
    truth::check_one(&rig, Platform::Cxone, "beside a tenant in trouble");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_another_run_holds_is_left_alone() {
    let rig = Rig::tiny().await;
    let tenants = [Arc::new(rig.unscoped(Platform::Genesys)), Arc::new(rig.unscoped(Platform::Cxone))];
    let lease = Lease::take(&rig.store_path(), &tenants[0].name).unwrap();
    let reports = rig.run(&tenants, &Default::default()).await;
    assert_trouble(&reports[0], TroubleKind::Held);
    assert_eq!(reports[0].troubles[0].kind.exit_code(), 8);
    assert_well(&reports[1]);
    assert!(rig.sim.requests().lines.iter().all(|line| line.platform == sim::Platform::Cxone));
    drop(lease);
    rig.sync_all(&tenants).await;
    truth::check(&rig, "after the other run");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_begins_anew_for_ever_is_given_up() {
    let rig = Rig::tiny().await;
    let n_pages = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&n_pages);
    // The same record over and over, each time with another cursor.
    let endless = Gateway::answering(&rig.http, move |outgoing| {
        let page = || counted.fetch_add(1, Ordering::SeqCst).to_string();
        lists(outgoing, "feedback")
            .then(|| json_answer(200, &json!({"entities": [{"id": "a", "createdAt": "2024-03-30T12:00:00Z"}], "nextPageToken": page()})))
    });
    let rig = rig.over(endless);
    let report = rig.run_one(&Arc::new(rig.unscoped(Platform::Cxone))).await;
    assert_trouble(&report, TroubleKind::Source);
    assert!(report.troubles[0].message.ends_with("no end after 10000 pages"), "{:?}", report.troubles);
    assert_eq!(n_pages.load(Ordering::SeqCst), 10_000);
    truth::check_part(&rig, Platform::Cxone, &Expected::only(Stream::Assessments), "the other stream");
}
