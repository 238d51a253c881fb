//! From the first miss to the burial, and what is left alone.

use std::convert::Infallible;

use super::*;
use crate::DeletedPolicy::{Archive, Exclude};
use crate::testing::{Bench, acme, assessment, day, id, note, page};

const TOMBSTONES: &str = "SELECT id, cause, first_missed_at, confirmed_at, resurrected_at, missed_again_at FROM tombstone ORDER BY 1";

fn with_notes(names: &[&str]) -> Bench {
    let mut bench = Bench::new();
    let landings: Vec<_> = names.iter().map(|name| note(name, Some(2), "one", 2)).collect();
    bench.land(2, Archive, &landings);
    bench
}

fn missing(bench: &Bench, span: Span, sweep_id: i64) -> String {
    let mut names = Vec::new();
    let mut visit = |id: RecordId| -> Result<(), Infallible> {
        names.push(id.to_string());
        Ok(())
    };
    bench.store.missing(&acme(), Stream::Assessments, span, sweep_id, &mut visit).unwrap();
    names.join(" ")
}

#[test]
fn missing_are_the_live_unseen_records_of_the_span() {
    let mut bench = Bench::new();
    let landings: Vec<_> =
        [("a-1", 2), ("a-2", 3), ("a-3", 4), ("a-4", 3), ("a-5", 3)].map(|(name, on)| assessment(name, on, 1, None)).into();
    bench.land(5, Archive, &landings);
    let stream = Stream::Assessments;
    bench.store.bury(&acme(), stream, &[id("a-5")], Cause::Hidden, Archive, day(5)).unwrap();
    let first = bench.store.new_sweep_id().unwrap();
    let second = bench.store.new_sweep_id().unwrap();
    assert_eq!((first, second), (1, 2));
    let tenant = acme();
    let seen = crate::PageLanding { sweep_id: Some(second), ..page(&tenant, 6, Archive, &landings[3..4]) };
    bench.store.land_page(&seen).unwrap();
    let span = Span { from: day(2), to: day(4) };
    assert_eq!(missing(&bench, span, first), "a-1 a-2 a-4");
    assert_eq!(missing(&bench, span, second), "a-1 a-2");
    assert_eq!(missing(&bench, Span { from: day(3), to: day(5) }, second), "a-2 a-3");
    assert_eq!(bench.store.n_live(&tenant, stream, span).unwrap(), 3);
    bench.store.clear_sightings(&tenant, stream).unwrap();
    assert_eq!(missing(&bench, span, second), "a-1 a-2 a-4");
}

#[test]
fn a_visitor_can_stop_the_visit() {
    let bench = with_notes(&["n-1", "n-2"]);
    let mut n_visited = 0;
    let mut visit = |_: RecordId| {
        n_visited += 1;
        Err("enough")
    };
    let span = Span { from: day(1), to: day(2) };
    let stopped = bench.store.missing(&acme(), Stream::Feedback, span, 0, &mut visit).unwrap_err();
    assert_eq!(stopped.or(|_| "the store"), "enough");
    assert_eq!(n_visited, 1);
}

#[test]
fn a_miss_is_noted_with_its_first_time_and_concludes_nothing() {
    let mut bench = with_notes(&["n-1"]);
    bench.store.note_missed(&acme(), Stream::Feedback, &[id("n-1")], day(3)).unwrap();
    bench.store.note_missed(&acme(), Stream::Feedback, &[id("n-1")], day(4)).unwrap();
    bench.check(TOMBSTONES, "n-1 - 2024-01-03 - - -");
    bench.check("SELECT is_archived FROM feedback", "0");
    assert_eq!(bench.rows(&model::table::TOMBSTONE).len(), 0);
    bench.store.bury(&acme(), Stream::Feedback, &[id("n-1")], Cause::Deleted, Archive, day(5)).unwrap();
    bench.check(TOMBSTONES, "n-1 deleted 2024-01-03 2024-01-05 - -");
    assert_eq!(bench.rows(&model::table::TOMBSTONE).len(), 1);
    bench.store.note_missed(&acme(), Stream::Feedback, &[id("n-1")], day(6)).unwrap();
    bench.check(TOMBSTONES, "n-1 deleted 2024-01-03 2024-01-05 - -");
}

#[test]
fn archived_row_stays_with_its_reason_and_its_moment_of_extraction() {
    let mut bench = with_notes(&["n-1"]);
    assert_eq!(bench.store.bury(&acme(), Stream::Feedback, &[id("n-1")], Cause::AgedOut, Archive, day(5)).unwrap(), 1);
    bench.check("SELECT is_archived, archived_reason, extraction_timestamp FROM feedback", "1 aged_out 2024-01-02");
    bench.check("SELECT is_archived, cause, observed_from, observed_until FROM feedback_history", "0 deleted 2024-01-02 2024-01-05");
    bench.check("SELECT COUNT(*) FROM removal", "0");
    let tombstone = bench.store.tombstone(&acme(), Stream::Feedback, &id("n-1")).unwrap().unwrap();
    assert!(tombstone.is_dead());
    assert_eq!((tombstone.cause, tombstone.source_modified_at), (Some(Cause::AgedOut), Some(day(2))));
}

#[test]
fn excluded_row_goes_to_history_and_is_removed() {
    let mut bench = with_notes(&["n-1", "n-2"]);
    assert_eq!(bench.store.bury(&acme(), Stream::Feedback, &[id("n-1")], Cause::Deleted, Exclude, day(5)).unwrap(), 1);
    bench.check("SELECT feedback_id FROM feedback", "n-2");
    bench.check("SELECT feedback_id, cause FROM feedback_history", "n-1 deleted");
    bench.check("SELECT tenant, stream, id FROM removal", "acme feedback n-1");
    assert_eq!(bench.store.tombstone(&acme(), Stream::Feedback, &id("n-2")).unwrap(), None);
}

#[test]
fn only_the_living_are_buried() {
    let mut bench = with_notes(&["n-1", "n-2"]);
    let everyone = [id("n-1"), id("n-2"), id("stranger")];
    assert_eq!(bench.store.bury(&acme(), Stream::Feedback, &everyone[..1], Cause::Deleted, Archive, day(3)).unwrap(), 1);
    assert_eq!(bench.store.bury(&acme(), Stream::Feedback, &everyone, Cause::Hidden, Exclude, day(4)).unwrap(), 1);
    assert_eq!(bench.store.bury(&acme(), Stream::Feedback, &everyone, Cause::Hidden, Exclude, day(5)).unwrap(), 0);
    bench.check(TOMBSTONES, "n-1 deleted 2024-01-03 2024-01-03 - - | n-2 hidden 2024-01-04 2024-01-04 - -");
}

#[test]
fn a_buried_record_is_known_and_no_longer_live() {
    let mut bench = with_notes(&["n-1", "n-2", "n-3"]);
    bench.store.bury(&acme(), Stream::Feedback, &[id("n-1")], Cause::Deleted, Archive, day(3)).unwrap();
    bench.store.bury(&acme(), Stream::Feedback, &[id("n-2")], Cause::Deleted, Exclude, day(3)).unwrap();
    let told =
        |stream, name| (bench.store.knows(&acme(), stream, &id(name)).unwrap(), bench.store.is_live(&acme(), stream, &id(name)).unwrap());
    assert_eq!(told(Stream::Feedback, "n-1"), (true, false));
    assert_eq!(told(Stream::Feedback, "n-2"), (true, false));
    assert_eq!(told(Stream::Feedback, "n-3"), (true, true));
    assert_eq!(told(Stream::Feedback, "n-4"), (false, false));
    assert_eq!(told(Stream::Assessments, "n-2"), (false, false));
}

#[test]
fn record_missed_again_after_it_came_back_keeps_its_tombstone() {
    let mut bench = with_notes(&["n-1"]);
    let (stream, ids) = (Stream::Feedback, [id("n-1")]);
    bench.store.bury(&acme(), stream, &ids, Cause::Deleted, Archive, day(3)).unwrap();
    bench.land(4, Archive, &[note("n-1", Some(2), "one", 4)]);
    bench.store.note_missed(&acme(), stream, &ids, day(5)).unwrap();
    bench.store.note_missed(&acme(), stream, &ids, day(6)).unwrap();
    bench.check(TOMBSTONES, "n-1 deleted 2024-01-03 2024-01-03 2024-01-04 2024-01-05");
    bench.land(7, Archive, &[note("n-1", Some(2), "one", 7)]);
    bench.check(TOMBSTONES, "n-1 deleted 2024-01-03 2024-01-03 2024-01-04 -");
    bench.store.note_missed(&acme(), stream, &ids, day(8)).unwrap();
    bench.store.bury(&acme(), stream, &ids, Cause::Hidden, Archive, day(9)).unwrap();
    bench.check(TOMBSTONES, "n-1 hidden 2024-01-08 2024-01-09 - -");
}
