//! Checks and plans: what a tenant would be like to extract, found out without extracting it.

use std::sync::Arc;
use std::time::Duration;

use engine::check::{Checked, Mark};
use engine::model::record::{Platform, Stream};
use engine::model::window::WindowLength;
use engine::report::TroubleKind;
use engine::settings::{SyncOptions, Tenant};
use jiff::SignedDuration;
use sim::{Faults, SimOptions, Target};

use crate::harness::{NEVER, Rig, SEED, tiny_world};
use crate::look::{listings, number, ranges};

fn marks(checked: &Checked) -> Vec<(&str, Mark)> {
    checked.findings.iter().map(|finding| (finding.subject.as_str(), finding.mark)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_asks_for_one_record_a_listing_and_lands_none() {
    for platform in [Platform::Genesys, Platform::Cxone] {
        let rig = Rig::tiny().await;
        let tenant = Arc::new(rig.tenant(platform));
        let checked = rig.engine().check(&tenant).await;
        assert_eq!(checked.troubles, []);
        let ok = ["login", "permissions", "scopes", "assessments", "feedback", "clock", "budget"].map(|subject| (subject, Mark::Ok));
        assert_eq!(marks(&checked), ok);
        let n_listings = 1 + number(&rig, "SELECT COUNT(*) FROM scope");
        for stream in Stream::ALL {
            let asked = listings(&rig, platform, stream);
            assert_eq!(asked.len() as u64, n_listings);
            assert!(asked.iter().all(|asked| asked["pageSize"] == "1"));
        }
        assert_eq!(number(&rig, "SELECT (SELECT COUNT(*) FROM assessment) + (SELECT COUNT(*) FROM feedback)"), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_tells_a_missing_permission_a_wrong_clock_and_a_small_budget() {
    let options = SimOptions { world: tiny_world(SEED), scopes_cxone: "quality:read quality:all".to_owned(), ..SimOptions::default() };
    let rig = Rig::with(options).await.off_by(SignedDuration::from_mins(5));
    let forbidden = vec![Target::stream("feedback")];
    rig.sim.set_faults(Faults { forbidden, requests_per_minute_max: Some(200), ..Faults::default() });
    let tenant = Arc::new(Tenant { requests_per_minute: 300, ..rig.unscoped(Platform::Cxone) });
    let checked = rig.engine().check(&tenant).await;
    let expected = [
        ("login", Mark::Ok),
        ("permissions", Mark::Warning),
        ("scopes", Mark::Ok),
        ("assessments", Mark::Ok),
        ("feedback", Mark::Failed),
        ("clock", Mark::Warning),
        ("budget", Mark::Warning),
    ];
    assert_eq!(marks(&checked), expected);
    assert_eq!(checked.troubles.iter().map(|trouble| trouble.kind).collect::<Vec<_>>(), [TroubleKind::Configuration]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_names_the_windows_that_the_sync_then_reads_and_touches_no_data() {
    let rig = Rig::tiny().await;
    let lookback = Duration::from_hours(24);
    let tenant = Arc::new(Tenant { window: WindowLength::Days(1), lookback, sweep: NEVER, ..rig.unscoped(Platform::Genesys) });
    for step in 0..2 {
        rig.sim.reset_requests();
        let plan = rig.engine().plan(&tenant, &SyncOptions::default()).await.unwrap();
        assert!(Stream::ALL.iter().all(|stream| listings(&rig, Platform::Genesys, *stream).is_empty()));
        rig.sync_one(&tenant).await;
        let n_windows = |stream| plan.lines.iter().filter(|line| line.stream == stream).map(|line| line.n_windows).sum::<u64>();
        let n_read = ranges(&rig, Platform::Genesys, Stream::Assessments).len() as u64;
        assert_eq!(n_windows(Stream::Assessments), n_read, "step {step}");
        // Feedback is read by modification as well, from the second run on.
        let asked = listings(&rig, Platform::Genesys, Stream::Feedback);
        assert_eq!(n_windows(Stream::Feedback), asked.iter().filter(|asked| !asked.contains_key("nextPageToken")).count() as u64);
        assert_eq!(plan.requests, plan.lines.iter().map(|line| line.requests).sum::<u64>());
        rig.sim.advance_days(2);
    }
}
