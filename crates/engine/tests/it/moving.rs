//! A world that moves on between the runs.

use engine::model::counter::Counter;
use sim::Faults;

use crate::harness::{Rig, count, small_world, tiny_world};
use crate::truth;

#[tokio::test(flavor = "multi_thread")]
async fn ten_advances_with_a_sync_after_each_equal_the_truth() {
    let rig = Rig::new(small_world(2)).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_alone_ends_at_the_truth() {
    for (name, faults) in Faults::each() {
        let rig = Rig::new(tiny_world(3)).await;
        rig.sim.set_faults(faults);
        rig.sync().await;
        rig.sim.advance_days(3);
        rig.sync().await;
        // What was changed, or shown otherwise, while it was read is there after a sweep without the fault.
        rig.sim.set_faults(Faults::default());
        rig.sweep().await;
        truth::check(&rig, name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_all_faults_ends_at_the_truth() {
    for seed in [11, 12, 13] {
        let rig = Rig::new(tiny_world(seed)).await;
        rig.sim.set_faults(Faults::storm(seed));
        for _ in 0..3 {
            rig.run(&rig.tenants(), &engine::settings::SyncOptions::default()).await;
            rig.sim.advance_days(2);
        }
        rig.sim.set_faults(Faults::default());
        rig.sweep().await;
        truth::check(&rig, "storm");
    }
}
