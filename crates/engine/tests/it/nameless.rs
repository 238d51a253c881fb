//! Records that cannot even be told apart: without a readable id, any of the known ones may be among them.

use engine::model::counter::Counter;
use engine::model::record::{Platform, Stream};
use engine::settings::SyncOptions;
use engine::store::Store;
use sim::Faults;

use crate::harness::{Rig, count, tiny_world};
use crate::truth::live_rows;

#[tokio::test(flavor = "multi_thread")]
async fn a_record_without_a_readable_id_buries_nobody() {
    let rig = Rig::new(tiny_world(21)).await;
    rig.sync().await;
    let n_live = || {
        let store = Store::open_read_only(&rig.store_path()).unwrap();
        let count = |platform, stream| live_rows(&store, platform, stream).len();
        [Platform::Genesys, Platform::Cxone].map(|platform| Stream::ALL.map(|stream| count(platform, stream)))
    };
    let before = n_live();
    rig.sim.set_faults(Faults { unreadable: 0.3, ..Faults::default() });
    let reports = rig.run(&rig.tenants(), &SyncOptions { sweep_now: true, ..SyncOptions::default() }).await;
    assert!(count(&reports, Counter::Quarantined) > 10);
    assert_eq!(count(&reports, Counter::Deleted), 0);
    assert_eq!(n_live(), before);
}
