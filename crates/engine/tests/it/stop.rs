//! A run that is stopped or cut off: what was landed stays, and the next run ends where an undisturbed one would.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use engine::model::counter::Counter;
use engine::model::record::Platform;
use engine::model::window::WindowLength;
use engine::monitor::{Event, Monitor, Stop};
use engine::report::TroubleKind;
use engine::settings::{SyncOptions, Tenant};
use tokio::sync::Notify;

use crate::gateway::Gateway;
use crate::harness::{Make, NEVER, Rig, assert_trouble};
use crate::look::number;
use crate::publications::payload;
use crate::truth;

/// Asks the run to stop after so many pages.
struct StopAfter {
    n_pages_left: AtomicU32,
    stop: Arc<Stop>,
}

impl Monitor for StopAfter {
    fn event(&self, event: &Event) {
        if matches!(event, Event::Page { .. }) && self.n_pages_left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.stop.ask();
        }
    }
}

fn small_pages(rig: &Rig) -> [Arc<Tenant>; 2] {
    [Platform::Genesys, Platform::Cxone].map(|platform| Arc::new(Tenant { page_size: 10, ..rig.unscoped(platform) }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_asked_to_stop_keeps_its_pages_and_the_next_goes_on() {
    for n_pages in [1, 4, 9] {
        let rig = Rig::tiny().await;
        let tenants = small_pages(&rig);
        let stop = Arc::new(Stop::default());
        let monitor = Arc::new(StopAfter { n_pages_left: AtomicU32::new(n_pages), stop: Arc::clone(&stop) });
        let engine = rig.engine_of(Make { monitor, stop, ..rig.make() });
        let reports = engine.sync(&tenants, &SyncOptions::default(), "stopped").await;
        assert!(reports.iter().all(|report| report.stopped && report.troubles.is_empty()), "{reports:?}");
        let n_landed = reports.iter().map(|report| report.counters.get(Counter::Inserted)).sum::<u64>();
        let n_rows = number(&rig, "SELECT (SELECT COUNT(*) FROM assessment) + (SELECT COUNT(*) FROM feedback)");
        assert!(n_landed > 0 && n_landed <= n_rows, "{n_landed} of {n_rows}");
        // Those that were under way with the last page may be landed, and no other is begun.
        let n_pages_read = reports.iter().map(|report| report.counters.get(Counter::Pages)).sum::<u64>();
        assert!(n_pages_read <= u64::from(n_pages) + 8, "{n_pages_read}");
        rig.sync_all(&tenants).await;
        truth::check(&rig, "after a stop");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_asked_to_stop_before_it_begins_reads_no_page() {
    let rig = Rig::tiny().await;
    let stop = Arc::new(Stop::default());
    stop.ask();
    let engine = rig.engine_of(Make { stop, ..rig.make() });
    let reports = engine.sync(&[Arc::new(rig.unscoped(Platform::Cxone))], &SyncOptions::default(), "stopped").await;
    assert!(reports[0].stopped && reports[0].troubles.is_empty());
    assert_eq!(rig.sim.requests().n_data(), 0);
}

/// Rings after so many requests, or after so many events.
struct Knife {
    n_left: AtomicU32,
    bell: Arc<Notify>,
}

impl Knife {
    fn count(&self) {
        if self.n_left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.bell.notify_one();
        }
    }
}

impl Monitor for Knife {
    fn event(&self, _event: &Event) {
        self.count();
    }
}

/// Begins a run and drops it in the middle, as a crash would. Tells whether the run was quicker.
pub async fn cut_off(rig: &Rig, tenants: &[Arc<Tenant>], n: u32, at_requests: bool) -> bool {
    let bell = Arc::new(Notify::new());
    let knife = Arc::new(Knife { n_left: AtomicU32::new(n), bell: Arc::clone(&bell) });
    let mut make = rig.make();
    if at_requests {
        make.http = Gateway::answering(&rig.http, move |_| {
            knife.count();
            None
        });
    } else {
        make.monitor = knife;
    }
    let (engine, options) = (rig.engine_of(make), SyncOptions::default());
    tokio::select! {
        biased;
        () = bell.notified() => false,
        _ = engine.sync(tenants, &options, "cut") => true,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_a_trouble_of_storage_and_what_was_landed_stays() {
    let rig = Rig::tiny().await;
    let tenant = Arc::new(rig.unscoped(Platform::Genesys));
    let engine = rig.engine();
    engine.ledger().with(|store| store.limit_pages(90)).unwrap();
    let report = engine.sync(&[Arc::clone(&tenant)], &SyncOptions::default(), "full").await.remove(0);
    assert_trouble(&report, TroubleKind::Storage);
    drop(engine);
    rig.sync_one(&tenant).await;
    truth::check_one(&rig, Platform::Genesys, "room again");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_cut_off_anywhere_leave_the_same_payload_as_a_run_that_was_not() {
    let rig = Rig::tiny().await;
    // Windows that close, and no sweep that would make good what a crash had lost.
    let daily = |platform| Arc::new(Tenant { page_size: 4, window: WindowLength::Days(3), sweep: NEVER, ..rig.unscoped(platform) });
    let tenants = [daily(Platform::Genesys), daily(Platform::Cxone)];
    let whole = rig.beside();
    // Any numbers will do, as long as they are the same every time.
    let mut seed = 7_u32;
    let mut n_cut = 0;
    for round in 0..2 {
        whole.sync_all(&tenants).await;
        for step in 0..6 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let was_quicker = cut_off(&rig, &tenants, 1 + (seed >> 16) % 40, step % 2 == 0).await;
            n_cut += u32::from(!was_quicker);
        }
        rig.sync_all(&tenants).await;
        assert!(payload(&rig) == payload(&whole), "round {round}");
        rig.sim.advance_days(2);
    }
    assert!(n_cut >= 8, "{n_cut}");
    rig.sweep().await;
    truth::check(&rig, "cut off");
}
