//! Rescored rows keep what the score does not touch.

use super::*;
use crate::DeletedPolicy::Archive;
use crate::testing::{Bench, acme, assessment, day, form, id};
use crate::tombstone::Cause;

const ROWS: &str =
    "SELECT assessment_id, final_score, weight_source, score_flags, extraction_timestamp, is_archived FROM assessment ORDER BY 1";

fn unverified(bench: &Bench, after: Option<&str>, limit: u32) -> Vec<String> {
    let after = after.map(RecordId::new);
    let found = bench.store.unverified(&acme(), &FormVersionId::new("f-1"), after.as_ref(), limit).unwrap();
    found.into_iter().map(|kept| format!("{} {} {:?}", kept.id, kept.source.len(), kept.listed_by)).collect()
}

#[test]
fn assessments_scored_without_their_form_version_are_found_in_batches() {
    let mut bench = Bench::new();
    let landings: Vec<_> = ["a-1", "a-2", "a-3"].map(|name| assessment(name, 2, 1, None)).into();
    bench.land(2, Archive, &landings);
    bench.land(2, Archive, &[assessment("a-4", 2, 1, Some(&form(1, 1.0)))]);
    let len = landings[0].source.len();
    assert_eq!(unverified(&bench, None, 2), [format!("a-1 {len} None"), format!("a-2 {len} None")]);
    assert_eq!(unverified(&bench, Some("a-2"), 2), [format!("a-3 {len} None")]);
    assert_eq!(bench.store.unverified_form_versions(&acme()).unwrap(), [FormVersionId::new("f-1")]);
}

#[test]
fn only_unverified_rows_are_read_to_find_them() {
    assert!(UNVERIFIED.contains(&format!("\"{}\"", model::flag::Flag::UnverifiedFormVersion.word())));
    let bench = Bench::new();
    for (select, index) in [
        ("DISTINCT form_version_id FROM assessment WHERE tenant = 'acme'", "INDEX assessment_unverified (tenant=?)"),
        (
            "questions FROM assessment WHERE tenant = 'acme' AND form_version_id = 'f' AND assessment_id > 'a'",
            "INDEX assessment_unverified (tenant=? AND form_version_id=? AND assessment_id>?)",
        ),
    ] {
        let plan = crate::testing::query(&bench.store, &format!("EXPLAIN QUERY PLAN SELECT {select} AND {UNVERIFIED}")).unwrap();
        assert!(plan.ends_with(&format!("SEARCH assessment USING {index}")), "{plan}");
    }
}

#[test]
fn scope_that_listed_the_record_is_given_with_it() {
    let mut bench = Bench::new();
    let mut landing = assessment("a-1", 2, 1, None);
    landing.names_its_scopes = false;
    bench.land(2, Archive, &[landing.clone()]);
    assert_eq!(unverified(&bench, None, 9), [format!("a-1 {} Some(ScopeId(\"east\"))", landing.source.len())]);
}

#[test]
fn rescored_row_replaces_the_old_one_and_keeps_its_moment_of_extraction() {
    let mut bench = Bench::new();
    bench.land(2, Archive, &[assessment("a-1", 2, 3, None)]);
    bench.check(ROWS, r#"a-1 80 payload ["unverified_form_version"] 2024-01-02 0"#);
    let rescored = [assessment("a-1", 5, 3, Some(&form(3, 2.0)))];
    let rescored = [Landing { source_hash: rescored[0].source_hash.clone(), ..rescored[0].clone() }];
    assert_eq!(bench.store.land_rescored(&acme(), &rescored, day(5)).unwrap(), 1);
    bench.check(ROWS, r#"a-1 80 form_version ["weight_mismatch"] 2024-01-02 0"#);
    bench.check(
        "SELECT cause, observed_from, observed_until, weight_source FROM assessment_history",
        "rescored 2024-01-02 2024-01-05 payload",
    );
    let seq = bench.store.seq_now().unwrap();
    assert_eq!(bench.store.land_rescored(&acme(), &rescored, day(6)).unwrap(), 0);
    assert_eq!(bench.store.seq_now().unwrap(), seq);
    assert_eq!(unverified(&bench, None, 9), Vec::<String>::new());
}

#[test]
fn archived_row_is_rescored_and_stays_archived() {
    let mut bench = Bench::new();
    bench.land(2, Archive, &[assessment("a-1", 2, 1, None)]);
    bench.store.bury(&acme(), Stream::Assessments, &[id("a-1")], Cause::Deleted, Archive, day(3)).unwrap();
    assert_eq!(bench.store.land_rescored(&acme(), &[assessment("a-1", 2, 1, Some(&form(1, 1.0)))], day(5)).unwrap(), 1);
    bench.check(ROWS, "a-1 80 form_version [] 2024-01-02 1");
}

#[test]
fn record_that_moved_on_or_is_unknown_is_left_alone() {
    let mut bench = Bench::new();
    bench.land(2, Archive, &[assessment("a-1", 2, 1, None)]);
    let other = [assessment("a-1", 2, 2, Some(&form(2, 1.0))), assessment("a-2", 2, 1, Some(&form(1, 1.0)))];
    assert_eq!(bench.store.land_rescored(&acme(), &other, day(5)).unwrap(), 0);
    bench.check("SELECT COUNT(*) FROM assessment_history", "0");
}
