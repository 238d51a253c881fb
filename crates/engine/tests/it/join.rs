//! The join with the simulator's listing of interactions, held against what the simulator says it must come to.

use std::collections::{BTreeMap, BTreeSet};

use engine::join::{JoinOptions, JoinReport};
use engine::model::id::TenantName;
use engine::model::interaction::Interaction;
use engine::model::record::{Platform, Stream};
use engine::model::table::joined::JOINED;
use engine::model::table::{Cell, Row};
use engine::report::Trouble;
use sim::{Rates, SimOptions, WorldOptions};

use crate::harness::{Rig, SEED, small_world};
use crate::look::{number, records, side};

/// The listing as a reader of files would give it.
fn listing(rig: &Rig, platform: Platform) -> Vec<Result<Interaction, Trouble>> {
    let text = rig.sim.interactions_csv(side(platform));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.deserialize::<BTreeMap<String, String>>();
    let interaction = |row: BTreeMap<String, String>| Interaction {
        interaction_id: Some(row["interaction_id"].clone()),
        external_reference_id: Some(row["external_reference_id"].clone()),
        segment_id: Some(row["segment_id"].clone()),
        agent_id: Some(row["agent_id"].clone()),
        started_at: Some(row["started_at"].parse().unwrap()),
        ended_at: Some(row["ended_at"].parse().unwrap()),
        media: Some(row["media"].clone()),
    };
    rows.map(|row| Ok(interaction(row.unwrap()))).collect()
}

fn joined(rig: &Rig, platform: Platform, options: &JoinOptions) -> (Vec<Row>, JoinReport) {
    let options = JoinOptions { tenants: BTreeSet::from([TenantName::new(platform.word())]), ..options.clone() };
    let mut rows = Vec::new();
    let mut visit = |row: Row| {
        rows.push(row);
        Ok(())
    };
    let report = rig.engine().join(listing(rig, platform), &options, &mut visit).unwrap();
    (rows, report)
}

fn word<'a>(row: &'a Row, column: &str) -> &'a str {
    JOINED.cell(row, column).and_then(Cell::as_text).unwrap_or_default()
}

/// Imperfect enough that every reason occurs.
fn world() -> WorldOptions {
    let rates = Rates { interactions_missing: 0.1, interactions_of_others: 0.1, interactions_late: 0.1, ..Rates::default() };
    WorldOptions { rates, ..small_world(SEED) }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_record_is_joined_as_the_world_says() {
    let rig = Rig::with(SimOptions { world: world(), gzip: false, ..SimOptions::default() }).await;
    rig.sync().await;
    let mut statuses = BTreeSet::new();
    for platform in [Platform::Genesys, Platform::Cxone] {
        let (rows, report) = joined(&rig, platform, &JoinOptions::default());
        for stream in Stream::ALL {
            let truth = records(&rig, platform, stream);
            let of_stream: Vec<&Row> = rows.iter().filter(|row| word(row, "stream") == stream.word()).collect();
            let live = format!("SELECT COUNT(*) FROM {} WHERE tenant = '{platform}' AND is_archived = 0", stream.table().name);
            assert_eq!(of_stream.len() as u64, number(&rig, &live), "seed {SEED}");
            for row in of_stream {
                let id = word(row, "record_id");
                assert_eq!(truth[id]["join"], word(row, "join_status"), "seed {SEED}: {platform} {stream} `{id}`: {row:?}");
                statuses.insert(word(row, "join_status").to_owned());
            }
        }
        let counted: u64 = report.summaries.iter().map(|one| one.n).sum();
        assert_eq!(counted, rows.len() as u64);
        let reasons = |one: &engine::join::JoinSummary| one.n_no_interaction + one.n_agent_not_on_interaction + one.n_time_mismatch;
        assert!(report.summaries.iter().all(|one| one.n_matched + reasons(one) == one.n));
        assert!(report.n_unassessed.unwrap() < report.n_interactions && 0 < report.n_unassessed.unwrap());
    }
    assert_eq!(statuses.len(), 4, "seed {SEED}: {statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_side_by_side_give_every_dated_record_once() {
    let rig = Rig::with(SimOptions { world: world(), gzip: false, ..SimOptions::default() }).await;
    rig.sync().await;
    let middle = Some("2024-03-15T12:00:00Z".parse().unwrap());
    for platform in [Platform::Genesys, Platform::Cxone] {
        let ids = |options: &JoinOptions| {
            let (rows, report) = joined(&rig, platform, options);
            let n_undated: u64 = report.summaries.iter().map(|one| one.n_undated).sum();
            (rows.iter().map(|row| format!("{} {}", word(row, "stream"), word(row, "record_id"))).collect::<Vec<_>>(), n_undated)
        };
        let (all, _) = ids(&JoinOptions::default());
        let (before, n_undated) = ids(&JoinOptions { to: middle, ..JoinOptions::default() });
        let (after, n_undated_after) = ids(&JoinOptions { from: middle, ..JoinOptions::default() });
        assert!(!before.is_empty() && !after.is_empty(), "seed {SEED}");
        assert_eq!(n_undated, n_undated_after, "seed {SEED}");
        let both: BTreeSet<&String> = before.iter().chain(&after).collect();
        assert_eq!(both.len(), before.len() + after.len(), "seed {SEED}: {platform}: a record stands in both windows");
        assert_eq!(both.len() as u64 + n_undated, all.len() as u64, "seed {SEED}: {platform}");
    }
}
