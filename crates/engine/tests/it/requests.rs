//! What a run asks for, as facts of the simulator's log: closed windows, form versions and tokens cost what they must.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use engine::model::counter::Counter;
use engine::model::record::{Platform, Stream};
use engine::model::window::WindowLength;
use engine::monitor::{Event, Monitor};
use engine::report::TroubleKind;
use engine::settings::{SyncOptions, Tenant};
use engine::wire::secret::Secret;
use sim::{Faults, Rates, Sim, SimOptions, WorldOptions};

use crate::gateway::{Gateway, refusal};
use crate::harness::{NEVER, Rig, SEED, assert_trouble, assert_well, tiny_world};
use crate::look::{number, ranges, side};
use crate::truth;

#[tokio::test(flavor = "multi_thread")]
async fn a_rerun_over_closed_windows_sends_no_data_request_for_them() {
    let rig = Rig::tiny().await;
    let daily = |platform| {
        let start = "2024-03-27".parse().unwrap();
        let lookback = Duration::from_hours(24);
        Arc::new(Tenant { window: WindowLength::Days(1), start, lookback, page_size: 500, sweep: NEVER, ..rig.unscoped(platform) })
    };
    let tenants = [daily(Platform::Genesys), daily(Platform::Cxone)];
    rig.sync_all(&tenants).await;
    for platform in [Platform::Genesys, Platform::Cxone] {
        assert_eq!(ranges(&rig, platform, Stream::Assessments).len(), 5);
    }
    rig.sim.reset_requests();
    rig.sync_all(&tenants).await;
    // The day in which the lookback of 24 hours begins, and the day at whose 20th hour it is now.
    let open = [("2024-03-30T04:00:00.000Z", "2024-03-31T04:00:00.000Z"), ("2024-03-31T04:00:00.000Z", "2024-04-01T00:00:00.000Z")];
    let open: Vec<(String, String)> = open.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
    for platform in [Platform::Genesys, Platform::Cxone] {
        assert_eq!(ranges(&rig, platform, Stream::Assessments), open, "{platform}");
        assert_eq!(ranges(&rig, platform, Stream::Feedback), open, "{platform}");
    }
    // Two windows of each stream by creation, two of feedback by modification, and the list of form versions.
    assert_eq!(rig.sim.requests().n_data(), 2 * (2 + 2 + 2) + 1, "{:?}", rig.sim.requests().counts);
}

/// A world in which every form version that a record names exists.
fn sound_world() -> WorldOptions {
    WorldOptions { rates: Rates { odd_scores: 0.0, ..Rates::default() }, ..tiny_world(SEED) }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_rubric_is_fetched_once_over_any_number_of_runs() {
    let rig = Rig::new(sound_world()).await;
    let tenant = Arc::new(rig.unscoped(Platform::Cxone));
    for _ in 0..3 {
        rig.sync_one(&tenant).await;
        rig.sim.advance_days(3);
    }
    let n_rubrics = number(&rig, "SELECT COUNT(DISTINCT form_version_id) FROM assessment");
    assert!(n_rubrics >= 3);
    assert_eq!(rig.sim.requests().count(sim::Platform::Cxone, "forms"), n_rubrics);
}

#[tokio::test(flavor = "multi_thread")]
async fn form_versions_are_listed_once_a_run_and_only_unlisted_ones_are_asked_for_by_id() {
    let rig = Rig::with(SimOptions {
        world: sound_world(),
        faults: Faults { form_versions_unlisted: 1, ..Faults::default() },
        ..SimOptions::default()
    })
    .await;
    let tenant = Arc::new(rig.unscoped(Platform::Genesys));
    for _ in 0..3 {
        rig.sync_one(&tenant).await;
    }
    let requests = rig.sim.requests();
    let paths: Vec<&str> = requests.lines.iter().map(|line| line.path.as_str()).filter(|path| path.contains("/forms/")).collect();
    let n_listings = paths.iter().filter(|path| path.ends_with("/versions")).count();
    assert_eq!((n_listings, paths.len() - n_listings), (3, 1), "{paths:?}");
    truth::check_one(&rig, Platform::Genesys, "unlisted form version");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_sixty_seconds_cost_no_more_than_two_requests_a_minute() {
    let rig = Rig::with(SimOptions { world: tiny_world(SEED), token_life_s: 60, ..SimOptions::default() }).await;
    let tenant = Arc::new(Tenant { requests_per_minute: 12, page_size: 10, ..rig.unscoped(Platform::Genesys) });
    rig.sync_one(&tenant).await;
    let waited_s: u64 = rig.clock.sleeps().iter().map(Duration::as_secs).sum();
    let requests = rig.sim.requests();
    let (n_tokens, n_data) = (requests.count(sim::Platform::Genesys, "token"), requests.n_data());
    assert!(waited_s >= 60, "the budget made nobody wait: {waited_s} s");
    assert!((2..=waited_s / 30 + 1).contains(&n_tokens) && n_tokens * 3 < n_data, "{n_tokens} tokens, {n_data} requests, {waited_s} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_token_serves_all_requests_under_way() {
    let rig = Rig::tiny().await;
    let tenant = Arc::new(Tenant { concurrency: 16, ..rig.tenant(Platform::Cxone) });
    rig.sync_one(&tenant).await;
    assert_eq!(rig.sim.requests().count(sim::Platform::Cxone, "token"), 1);
}

/// Revokes every token after so many pages.
struct Revoking {
    n_pages_left: AtomicU32,
    sim: Weak<Sim>,
}

impl Monitor for Revoking {
    fn event(&self, event: &Event) {
        let is_page = matches!(event, Event::Page { .. });
        if is_page
            && self.n_pages_left.fetch_sub(1, Ordering::SeqCst) == 1
            && let Some(sim) = self.sim.upgrade()
        {
            sim.revoke_tokens();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_refused_on_the_way_is_renewed_once_and_the_run_goes_on() {
    for platform in [Platform::Genesys, Platform::Cxone] {
        let rig = Rig::tiny().await;
        let monitor = Arc::new(Revoking { n_pages_left: AtomicU32::new(4), sim: Arc::downgrade(&rig.sim) });
        let engine = rig.engine_of(crate::harness::Make { monitor, ..rig.make() });
        let tenants = [Arc::new(rig.tenant(platform))];
        let reports = engine.sync(&tenants, &SyncOptions::default(), "r").await;
        assert_well(&reports[0]);
        truth::check_one(&rig, platform, "revoked token");
        let requests = rig.sim.requests();
        assert_eq!(requests.count(side(platform), "token"), 2);
        assert!(requests.lines.iter().any(|line| line.status == 401));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_refused_for_good_is_a_matter_of_configuration() {
    let rig = Rig::tiny().await;
    let refusing =
        Gateway::answering(&rig.http, |outgoing| (!outgoing.url.path().ends_with("/oauth/token")).then(|| refusal(401, "unauthorized")));
    let rig = rig.over(refusing);
    let report = rig.run_one(&Arc::new(rig.unscoped(Platform::Genesys))).await;
    assert_trouble(&report, TroubleKind::Configuration);
    assert_eq!(rig.sim.requests().count(sim::Platform::Genesys, "token"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_asked_once_and_is_a_matter_of_configuration() {
    let rig = Rig::tiny().await;
    let tenant = Arc::new(Tenant { client_secret: Secret::from("wrong"), ..rig.tenant(Platform::Cxone) });
    let report = rig.run_one(&tenant).await;
    assert_trouble(&report, TroubleKind::Configuration);
    assert!(!report.troubles[0].message.contains("wrong client"), "{}", report.troubles[0].message);
    assert_eq!(rig.sim.requests().lines.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn broad_writing_and_missing_oauth_scopes_are_warned_of() {
    let rig = Rig::with(SimOptions {
        world: tiny_world(SEED),
        scopes_genesys: "quality:all".to_owned(),
        scopes_cxone: "quality:read quality:write".to_owned(),
        ..SimOptions::default()
    })
    .await;
    let tenants = [Arc::new(rig.unscoped(Platform::Genesys)), Arc::new(rig.unscoped(Platform::Cxone))];
    let reports = rig.sync_all(&tenants).await;
    assert_eq!(reports[0].warnings, ["scope `quality:all` is broader than reading needs; grant the read scopes one by one"]);
    assert_eq!(reports[1].warnings, ["scope `quality:write` may write; an extraction needs to read only"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_of_feedback_alone_needs_no_right_to_assessments() {
    let rig =
        Rig::with(SimOptions { world: tiny_world(SEED), scopes_genesys: "quality:feedback:read".to_owned(), ..SimOptions::default() })
            .await;
    let tenant = Arc::new(Tenant { streams: [Stream::Feedback].into(), ..rig.unscoped(Platform::Genesys) });
    let report = rig.sync_one(&tenant).await;
    assert_eq!(report.warnings, Vec::<String>::new());
    truth::check_part(&rig, Platform::Genesys, &truth::Expected::only(Stream::Feedback), "feedback alone");
    assert_eq!(rig.sim.requests().count(sim::Platform::Genesys, "forms"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_tell_what_was_asked() {
    let rig =
        Rig::with(SimOptions { world: tiny_world(SEED), faults: Faults { http_503: 0.3, ..Faults::default() }, ..SimOptions::default() })
            .await;
    let report = rig.sync_one(&Arc::new(rig.unscoped(Platform::Cxone))).await;
    let requests = rig.sim.requests();
    let n_tokens = requests.count(sim::Platform::Cxone, "token");
    assert_eq!(report.counters.get(Counter::Requests), requests.n_data());
    assert_eq!(report.counters.get(Counter::TokenRequests), n_tokens);
    let n_failed = requests.lines.iter().filter(|line| line.status == 503).count() as u64;
    assert_eq!(report.counters.get(Counter::Retries), n_failed);
    assert!(n_failed > 0);
}
