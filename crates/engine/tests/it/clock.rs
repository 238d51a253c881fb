//! Two clocks that differ: nothing at the edge is lost, and no window is closed before both say that it is over.

use std::sync::Arc;
use std::time::Duration;

use engine::model::record::Platform;
use engine::model::window::WindowLength;
use engine::settings::Tenant;
use jiff::SignedDuration;
use sim::{Rates, WorldOptions};

use crate::gateway::Gateway;
use crate::harness::{NEVER, Rig, SEED, of_days, tiny_world};
use crate::look::sql;
use crate::truth;

/// Records come and feedback is edited; nothing happens to old assessments, which only a sweep would show.
fn world() -> WorldOptions {
    let rates = Rates { deleted: 0.0, assessment_rescored: 0.0, assessment_moves_status: 0.0, ..Rates::default() };
    of_days(WorldOptions { rates, n_feedback: 80, n_assessments: 80, ..tiny_world(SEED) }, 4)
}

fn daily(rig: &Rig) -> Arc<Tenant> {
    let lookback = Duration::from_hours(24);
    Arc::new(Tenant { window: WindowLength::Days(1), lookback, sweep: NEVER, ..rig.unscoped(Platform::Genesys) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_by_days_loses_no_record() {
    for hours in [-50, -1, 1, 75] {
        let rig = Rig::new(world()).await.off_by(SignedDuration::from_hours(hours));
        let tenant = daily(&rig);
        for step in 0..4 {
            rig.sync_one(&tenant).await;
            truth::check_one(&rig, Platform::Genesys, &format!("ours is off by {hours} hours, step {step}"));
            rig.sim.advance(SignedDuration::from_hours(9));
        }
        // Closed are windows that have been over for a day by the slower clock.
        let slower = rig.sim.now() - SignedDuration::from_hours(9) + SignedDuration::from_hours(hours.min(0));
        let last = sql(&rig, "SELECT MAX(window_to) FROM window_progress WHERE state = 'closed'");
        let limit = engine::model::time::text(slower - SignedDuration::from_hours(24));
        assert!(last[0].as_str() <= limit.as_str() || last[0] == "-", "{hours}: {last:?} {limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_tells_no_time_is_read_by_our_clock() {
    let rig = Rig::new(world()).await;
    let mute = Gateway::changing(&rig.http, |_, answer| answer.headers.retain(|(name, _)| name != "date"));
    let rig = rig.over(mute);
    let tenant = daily(&rig);
    for step in 0..3 {
        rig.sync_one(&tenant).await;
        truth::check_one(&rig, Platform::Genesys, &format!("no `Date`, step {step}"));
        rig.sim.advance(SignedDuration::from_hours(11));
    }
}
