//! The world without a server: its shapes, its determinism, its changes.

use serde_json::Value;

use super::*;
use crate::stamp::{DAY_MS, HOUR_MS};

fn small(seed: u64) -> WorldOptions {
    WorldOptions { seed, n_assessments: 1200, n_feedback: 800, ..WorldOptions::default() }
}

fn bodies(world: &World) -> Vec<String> {
    let of = |platform| Stream::ALL.into_iter().flat_map(move |stream| world.tenant(platform).shelf(stream).iter());
    Platform::ALL.into_iter().flat_map(of).map(|record| record.body.to_string()).collect()
}

#[test]
fn advancing_twice_by_one_day_is_advancing_once_by_two() {
    let mut once = World::new(small(5));
    let mut twice = World::new(small(5));
    once.advance_to(once.now_ms() + 2 * DAY_MS);
    twice.advance_to(twice.now_ms() + 7 * HOUR_MS);
    twice.advance_to(twice.now_ms() + 2 * DAY_MS - 7 * HOUR_MS);
    assert_eq!(once.now_ms(), twice.now_ms());
    assert_eq!(bodies(&once), bodies(&twice));
}

#[test]
fn every_record_is_valid_json_and_older_than_now() {
    let mut world = World::new(small(6));
    world.advance_to(world.now_ms() + 10 * DAY_MS);
    for platform in Platform::ALL {
        for stream in Stream::ALL {
            for record in world.tenant(platform).shelf(stream).iter() {
                let value: Value = serde_json::from_str(&record.body).unwrap();
                assert_eq!(value["id"], *record.id);
                assert!(record.making.time_ms < world.now_ms() && record.modified_ms() < world.now_ms());
            }
        }
    }
}

#[test]
fn world_has_the_size_that_was_asked_for() {
    let world = World::new(small(7));
    for platform in Platform::ALL {
        assert_eq!(world.tenant(platform).assessments.len(), 1200);
        assert_eq!(world.tenant(platform).feedback.len(), 800);
    }
}

#[test]
fn world_has_the_shapes_that_real_ones_have() {
    let world = World::new(WorldOptions::scaled(8, 1.0));
    for platform in Platform::ALL {
        let tenant = world.tenant(platform);
        let n_assessments = tenant.assessments.len() as f64;
        let records: Vec<Value> = tenant.assessments.iter().map(|record| serde_json::from_str(&record.body).unwrap()).collect();
        let score = words(platform).score;
        let read = |value: &Value| value.as_f64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
        let perfect = records.iter().filter(|record| read(&record[score]) == Some(100.0)).count() as f64 / n_assessments;
        assert!((0.10..0.20).contains(&perfect), "{platform:?}: {perfect} at 100");
        let edited = tenant.feedback.iter().filter(|record| record.making.n_edits > 0).count() as f64;
        let edited = edited / tenant.feedback.len() as f64;
        assert!((0.13..0.20).contains(&edited), "{platform:?}: {edited} edited");
        let deleted = tenant.feedback.iter().filter(|record| record.is_deleted()).count() as f64;
        assert!((5.0..60.0).contains(&deleted), "{platform:?}: {deleted} deleted");
        assert!(tenant.forms.versions.len() > tenant.forms.ids.len(), "{platform:?}: no form was revised");
        for version in &tenant.forms.versions {
            assert!((15..=20).contains(&version.questions.len()));
        }
    }
    let divisions = &world.tenant(Platform::Genesys).people.scopes;
    assert!((5..=12).contains(&divisions.len()));
    assert_eq!(divisions.iter().filter(|scope| !scope.visible).count(), 1);
}

#[test]
fn ten_days_bring_every_kind_of_change() {
    let mut world = World::new(WorldOptions::scaled(10, 1.0));
    let before: Vec<Record> = world.tenant(Platform::Genesys).feedback.iter().cloned().collect();
    let n_versions = world.tenant(Platform::Genesys).forms.versions.len();
    let n_assessments = world.tenant(Platform::Genesys).assessments.len();
    world.advance_to(world.now_ms() + 10 * DAY_MS);
    let tenant = world.tenant(Platform::Genesys);
    let pairs = || before.iter().zip(tenant.feedback.iter());
    assert!(tenant.assessments.len() > n_assessments);
    assert!(tenant.forms.versions.len() > n_versions);
    assert!(pairs().any(|(old, new)| new.making.n_edits > old.making.n_edits), "no edit");
    assert!(pairs().any(|(old, new)| !old.is_deleted() && new.is_deleted()), "no deletion");
    assert!(pairs().any(|(old, new)| old.is_deleted() && !new.is_deleted()), "no restoration");
}

#[test]
fn mutation_moves_the_clock_and_one_record() {
    let mut world = World::new(small(11));
    let (now_ms, before) = (world.now_ms(), bodies(&world));
    for _ in 0..4 {
        world.mutate(Platform::Cxone);
    }
    assert_eq!(world.now_ms(), now_ms + 4000);
    assert_ne!(before, bodies(&world));
}
