//! A world that moves on between the runs, and a source in trouble of every kind that ends.

use std::sync::Arc;

use engine::model::counter::Counter;
use engine::model::record::Platform;
use engine::settings::{SyncOptions, Tenant};
use futures_util::StreamExt as _;
use sim::{Faults, Rates, SimOptions, WorldOptions};

use crate::harness::{Rig, SEED, count, tiny_world};
use crate::truth;

#[tokio::test(flavor = "multi_thread")]
async fn ten_advances_with_a_sync_after_each_equal_the_truth() {
    let rates = Rates { deleted: 0.1, restored: 0.5, ..Rates::default() };
    let rig = Rig::new(WorldOptions { rates, n_assessments: 40, n_feedback: 40, ..tiny_world(SEED) }).await;
    rig.sync().await;
    let (mut updated, mut deleted, mut resurrected) = (0, 0, 0);
    for step in 1..=10 {
        rig.sim.advance_days(step % 4 + 1);
        let reports = rig.sync().await;
        truth::check(&rig, &format!("advance {step}"));
        updated += count(&reports, Counter::Updated);
        deleted += count(&reports, Counter::Deleted);
        resurrected += count(&reports, Counter::Resurrected);
    }
    assert!(updated > 0 && deleted > 0 && resurrected > 0, "updated {updated}, deleted {deleted}, resurrected {resurrected}");
}

/// Small pages, so that there are cursors to be lost.
fn tenants(rig: &Rig) -> Vec<Arc<Tenant>> {
    let of = |platform| Arc::new(Tenant { page_size: 5, ..rig.tenant(platform) });
    vec![of(Platform::Genesys), of(Platform::Cxone)]
}

/// Faults that show in what an answer holds, and in no status.
const FAILS_NO_REQUEST: [&str; 9] = [
    "slow",
    "empty_page",
    "short_page",
    "duplicate",
    "mutating",
    "short_token_life",
    "ignore_modified_range",
    "extra_fields",
    "form_versions_unlisted",
];

async fn ends_at_the_truth(name: &'static str, faults: Faults) {
    let world = WorldOptions { n_assessments: 24, n_feedback: 20, ..tiny_world(SEED) };
    let rig = Rig::with(SimOptions { world, gzip: name == "bad_gzip", faults: faults.clone(), ..SimOptions::default() }).await;
    let tenants = tenants(&rig);
    rig.sync_all(&tenants).await;
    rig.sim.advance_days(3);
    rig.sync_all(&tenants).await;
    if faults.mutate_every_pages > 0 {
        // What changed while it was read is there after a run during which nothing does.
        rig.sim.set_faults(Faults::default());
        rig.sweep().await;
    }
    truth::check(&rig, name);
    // What fails requests did fail some.
    let n_failed = rig.sim.requests().lines.iter().filter(|line| line.fault.is_some() || line.status == 400).count();
    assert_eq!(n_failed > 0, !FAILS_NO_REQUEST.contains(&name), "{name}: {n_failed} requests failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_alone_ends_at_the_truth() {
    // Some at a time: with all of them under way, tokens that live for two seconds would die of waiting.
    let runs = futures_util::stream::iter(Faults::each()).map(|(name, faults)| tokio::spawn(ends_at_the_truth(name, faults)));
    runs.buffer_unordered(3).for_each(|run| async { run.unwrap() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_all_faults_ends_at_the_truth() {
    for seed in [11, 12, 13] {
        let rig = Rig::with(SimOptions { world: tiny_world(seed), faults: Faults::storm(seed), ..SimOptions::default() }).await;
        let tenants = tenants(&rig);
        for _ in 0..2 {
            rig.run(&tenants, &SyncOptions::default()).await;
            rig.sim.advance_days(2);
        }
        // A listing that was shown twice over while it was read may have said otherwise than it does now.
        rig.sim.set_faults(Faults::default());
        rig.sweep().await;
        truth::check(&rig, "storm");
    }
}
