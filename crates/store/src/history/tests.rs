//! Every version is there, in the order in which it was observed.

use super::*;
use crate::DeletedPolicy::Archive;
use crate::testing::{Bench, acme, assessment, day, id, note};
use crate::tombstone::Cause;

fn told(versions: &[Version]) -> Vec<String> {
    let content = |version: &Version| {
        let cell = version.stream.table().cell(&version.row, "content").map(|cell| cell.to_json().to_string());
        cell.unwrap_or_else(|| version.stream.to_string())
    };
    let tell = |version: &Version| {
        let cause = version.cause.map_or("-", HistoryCause::word);
        let until = version.observed_until.map_or("now".to_owned(), |until| until.strftime("%d").to_string());
        format!("{} {}..{until} {cause} {}", content(version), version.observed_from.strftime("%d"), version.is_current)
    };
    versions.iter().map(tell).collect()
}

#[test]
fn versions_are_told_from_the_first_observation_to_the_current_row() {
    let mut bench = Bench::new();
    for (on, modified, content) in [(2, 2, "one"), (4, 4, "two"), (5, 3, "between")] {
        bench.land(on, Archive, &[note("n-1", Some(modified), content, on)]);
    }
    bench.store.bury(&acme(), Stream::Feedback, &[id("n-1")], Cause::Deleted, Archive, day(6)).unwrap();
    bench.land(6, Archive, &[assessment("n-1", 6, 1, None)]);
    let versions = bench.store.history(None, &id("n-1")).unwrap();
    assert_eq!(
        told(&versions),
        [
            "assessments 06..now - true",
            "\"one\" 02..04 superseded false",
            "\"two\" 04..06 deleted false",
            "\"between\" 05..05 late false",
            "\"two\" 06..now - true",
        ]
    );
    assert_eq!(bench.store.history(Some(&acme()), &id("n-1")).unwrap(), versions);
    assert_eq!(bench.store.history(Some(&TenantName::new("other")), &id("n-1")).unwrap(), []);
    assert_eq!(bench.store.history(None, &id("n-2")).unwrap(), []);
}

#[test]
fn an_id_is_looked_up_in_every_tenant() {
    let mut bench = Bench::new();
    for name in ["one", "three", "two"] {
        let mut landing = note("n-1", Some(2), name, 2);
        landing.row[0] = model::table::Cell::Text(name.to_owned());
        let tenant = TenantName::new(name);
        bench.store.land_page(&crate::testing::page(&tenant, 2, Archive, &[landing])).unwrap();
    }
    let tenants: Vec<String> = bench.store.history(None, &id("n-1")).unwrap().iter().map(|one| one.tenant.to_string()).collect();
    assert_eq!(tenants, ["one", "three", "two"]);
    assert_eq!(bench.store.current(None, Stream::Feedback, &id("n-1")).unwrap().len(), 3);
    for tenant in [None, Some(&acme())] {
        let sql = format!("EXPLAIN QUERY PLAN SELECT content FROM feedback WHERE {} AND feedback_id = 'x'", of_tenants("feedback", tenant));
        let plan = crate::testing::query(&bench.store, &sql.replace("?1", "'acme'")).unwrap();
        assert!(plan.contains("SEARCH feedback USING INDEX sqlite_autoindex_feedback_1 (tenant=? AND feedback_id=?)"), "{plan}");
    }
}

#[test]
fn raw_source_of_every_version_is_kept() {
    let mut bench = Bench::new();
    let versions = [note("n-1", Some(2), "one", 2), note("n-1", Some(3), "two", 2), note("n-1", Some(1), "zero", 2)];
    bench.land(2, Archive, &versions);
    for version in &versions {
        let found = bench.store.source(&acme(), Stream::Feedback, &id("n-1"), &version.source_hash).unwrap();
        assert_eq!(found.as_deref(), Some(version.source.as_str()));
    }
    assert_eq!(bench.store.source(&acme(), Stream::Assessments, &id("n-1"), &versions[0].source_hash).unwrap(), None);
}
