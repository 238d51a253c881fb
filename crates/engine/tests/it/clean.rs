//! A source without faults.

use engine::model::counter::Counter;

use crate::harness::{Rig, count, small_world};
use crate::truth;

#[tokio::test(flavor = "multi_thread")]
async fn a_first_sync_equals_the_truth_and_a_second_changes_nothing() {
    let rig = Rig::new(small_world(1)).await;
    let first = rig.sync().await;
    truth::check(&rig, "first sync");
    assert!(count(&first, Counter::Inserted) > 400);

    let second = rig.sync().await;
    truth::check(&rig, "second sync");
    let changed = [Counter::Inserted, Counter::Updated, Counter::Deleted, Counter::Resurrected, Counter::LateArrivals];
    assert_eq!(changed.map(|counter| count(&second, counter)), [0; 5]);
}
