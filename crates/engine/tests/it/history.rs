//! History: every version that was seen, when it was seen, and its raw source.

use std::sync::Arc;

use engine::model::canonical::sha256_hex;
use engine::model::id::{RecordId, TenantName};
use engine::model::record::{Platform, Stream};
use engine::model::table::Cell;
use engine::store::{HistoryCause, Version};
use sim::{Rates, WorldOptions};

use crate::harness::{Rig, SEED, tiny_world};
use crate::look::sql;

fn text(version: &Version, column: &str) -> Option<String> {
    version.stream.table().cell(&version.row, column).and_then(Cell::as_text).map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_changes_keeps_every_version_with_the_time_it_was_seen() {
    let rates = Rates { feedback_edited: 1.0, assessment_rescored: 1.0, deleted: 0.0, ..Rates::default() };
    let rig = Rig::new(WorldOptions { rates, n_feedback: 200, ..tiny_world(SEED) }).await;
    let tenant = Arc::new(rig.unscoped(Platform::Genesys));
    let mut moments = Vec::new();
    for _ in 0..3 {
        moments.push(rig.sim.now());
        rig.sync_one(&tenant).await;
        rig.sim.advance(jiff::SignedDuration::from_hours(16));
    }
    let store = rig.store();
    for stream in Stream::ALL {
        let (history, id) = (stream.history_table(), stream.id_column());
        let changed = sql(&rig, &format!("SELECT DISTINCT {id} FROM {history} WHERE cause = 'superseded'"));
        assert!(!changed.is_empty(), "{stream}");
        for id in changed {
            let id = RecordId::new(id);
            let versions = store.history(None, &id).unwrap();
            let (current, past) = versions.split_last().unwrap();
            assert!(current.is_current && past.iter().all(|version| version.cause == Some(HistoryCause::Superseded)));
            for pair in versions.windows(2) {
                // Each was current until the next one was seen, and is older by the source's own time.
                assert_eq!(pair[0].observed_until, Some(pair[1].observed_from));
                assert!(text(&pair[0], "source_hash") != text(&pair[1], "source_hash"));
            }
            for version in &versions {
                assert!(moments.contains(&version.observed_from));
                let hash = text(version, "source_hash").unwrap();
                let raw = store.source(&TenantName::new("genesys"), stream, &id, &hash).unwrap().unwrap();
                assert_eq!(sha256_hex(raw.as_bytes()), hash);
            }
        }
    }
}
