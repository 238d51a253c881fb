//! Partitions tell every change, and scans are in order.

use std::convert::Infallible;

use model::row::Landing;
use model::table::{ASSESSMENT, FEEDBACK, FORM_QUESTION, PUBLISHED};

use super::*;
use crate::DeletedPolicy::{Archive, Exclude};
use crate::testing::{Bench, acme, assessment, day, form, id, note, note_in};
use crate::tombstone::Cause;

const BY_FORM: PartitionBy = PartitionBy::Column("form_version_id");
const BY_MONTH: PartitionBy = PartitionBy::Month("created_at");

fn on_form(name: &str, form_version_id: Option<&str>) -> Landing {
    let mut landing = assessment(name, 2, 2, None);
    landing.row[ASSESSMENT.position("form_version_id").unwrap()] = model::table::Cell::text(form_version_id);
    landing
}

fn in_month(name: &str, created_at: Option<&str>) -> Landing {
    let mut landing = note(name, None, "one", 2);
    landing.happened_at = created_at.map(|words| words.parse().unwrap());
    landing.row[FEEDBACK.position("created_at").unwrap()] = model::table::Cell::time(landing.happened_at);
    landing
}

fn partitions(bench: &Bench, table: &Table, by: PartitionBy) -> Vec<String> {
    let states = bench.store.partitions(table, by).unwrap();
    let name = |state: &PartitionState| state.partition.value.clone().unwrap_or("-".to_owned());
    states
        .iter()
        .map(|state| {
            format!("{}{} {}@{}", name(state), if state.partition.archived { " archived" } else { "" }, state.n_rows, state.seq_max)
        })
        .collect()
}

fn scan(bench: &Bench, table: &Table, filter: &Filter) -> Vec<String> {
    let mut found = Vec::new();
    let mut visit = |row: Row, seq: i64| -> Result<(), Infallible> {
        let key = table.key.iter().skip(1).map(|key| table.cell(&row, key).unwrap().to_json().to_string().replace('"', ""));
        found.push(format!("{}@{seq}", key.collect::<Vec<_>>().join("/")));
        Ok(())
    };
    bench.store.scan(table, filter, &mut visit).unwrap();
    found
}

#[test]
fn assessments_are_cut_by_form_version_and_archived_rows_are_apart() {
    let mut bench = Bench::new();
    bench.land(2, Archive, &[on_form("a-3", Some("f-2")), on_form("a-1", Some("f-1")), on_form("a-2", Some("f-1")), on_form("a-0", None)]);
    assert_eq!(partitions(&bench, &ASSESSMENT, BY_FORM), ["- 1@4", "f-1 2@3", "f-2 1@1"]);
    bench.store.bury(&acme(), Stream::Assessments, &[id("a-2")], Cause::Deleted, Archive, day(3)).unwrap();
    assert_eq!(partitions(&bench, &ASSESSMENT, BY_FORM), ["- 1@4", "f-1 1@2", "f-1 archived 1@6", "f-2 1@1"]);
    assert_eq!(partitions(&bench, &ASSESSMENT, PartitionBy::Whole), ["- 3@4", "- archived 1@6"]);
    let only = |value: Option<&str>, archived| {
        let partition = Partition { value: value.map(str::to_owned), archived };
        scan(&bench, &ASSESSMENT, &Filter { by: BY_FORM, partition: Some(partition), ..Filter::default() })
    };
    assert_eq!(only(Some("f-1"), false), ["a-1@2"]);
    assert_eq!(only(Some("f-1"), true), ["a-2@6"]);
    assert_eq!(only(None, false), ["a-0@4"]);
    assert_eq!(only(Some("f-9"), false), Vec::<String>::new());
}

#[test]
fn answers_are_counted_without_being_taken_apart() {
    let mut bench = Bench::new();
    bench.land(2, Archive, &[on_form("a-1", Some("f-1")), on_form("a-2", None), assessment("a-3", 2, 0, None)]);
    assert_eq!(partitions(&bench, &ASSESSMENT_ANSWER, BY_FORM), ["- 2@2", "f-1 2@3"]);
    assert_eq!(partitions(&bench, &ASSESSMENT_ANSWER, PartitionBy::Whole), ["- 4@3"]);
    assert_eq!(partitions(&bench, &ASSESSMENT_ANSWER, PartitionBy::Column("question_id")), ["q1 2@2", "q2 2@2"]);
    assert_eq!(scan(&bench, &ASSESSMENT_ANSWER, &Filter::default()), ["a-1/1@1", "a-1/2@1", "a-2/1@2", "a-2/2@2"]);
    let changed = Filter { changed_after: Some(1), ..Filter::default() };
    assert_eq!(scan(&bench, &ASSESSMENT_ANSWER, &changed), ["a-2/1@2", "a-2/2@2"]);
    let without_questions = Bench::new();
    assert_eq!(partitions(&without_questions, &ASSESSMENT_ANSWER, BY_FORM), Vec::<String>::new());
}

#[test]
fn feedback_is_cut_by_month() {
    let mut bench = Bench::new();
    let landings = [
        in_month("n-1", Some("2024-01-31T23:59:59.999Z")),
        in_month("n-2", Some("2024-02-01T00:00:00Z")),
        in_month("n-3", None),
        in_month("n-0", Some("2024-01-01T00:00:00Z")),
    ];
    bench.land(2, Archive, &landings);
    assert_eq!(partitions(&bench, &FEEDBACK, BY_MONTH), ["- 1@3", "2024-01 2@4", "2024-02 1@2"]);
    for (month, expected) in [(None, vec!["n-3@3"]), (Some("2024-01"), vec!["n-0@4", "n-1@1"]), (Some("2024-02"), vec!["n-2@2"])] {
        let partition = Partition { value: month.map(str::to_owned), archived: false };
        let filter = Filter { by: BY_MONTH, partition: Some(partition), ..Filter::default() };
        assert_eq!(scan(&bench, &FEEDBACK, &filter), expected);
    }
}

#[test]
fn a_scan_is_in_the_byte_order_of_the_key() {
    let mut bench = Bench::new();
    let names = ["b", "B", "a", "\u{e9}", "z", "10", "9", "a/b", "\u{1f600}"];
    bench.land(2, Archive, &names.map(|name| note(name, None, "one", 2)));
    let mut sorted = names.to_vec();
    sorted.sort_unstable();
    let seen: Vec<String> =
        scan(&bench, &FEEDBACK, &Filter::default()).iter().map(|one| one.split('@').next().unwrap().to_owned()).collect();
    assert_eq!(seen, sorted);
}

#[test]
fn changed_rows_come_in_the_order_of_their_numbers() {
    let mut bench = Bench::new();
    bench.land(2, Archive, &[note("n-3", None, "one", 2), note("n-1", None, "one", 2), note("n-2", None, "one", 2)]);
    let bookmark = bench.store.seq_now().unwrap();
    let after = |bench: &Bench| scan(bench, &FEEDBACK, &Filter { changed_after: Some(bookmark), ..Filter::default() });
    assert_eq!(after(&bench), Vec::<String>::new());
    bench.land(3, Archive, &[note("n-3", Some(3), "two", 3), note("n-1", None, "one", 3)]);
    bench.store.bury(&acme(), Stream::Feedback, &[id("n-1")], Cause::Deleted, Archive, day(3)).unwrap();
    assert_eq!(after(&bench), ["n-3@5", "n-1@7"]);
    let other = Filter { tenant: Some(TenantName::new("other")), ..Filter::default() };
    assert_eq!(scan(&bench, &FEEDBACK, &other), Vec::<String>::new());
}

#[test]
fn removals_are_told_until_the_record_is_back() {
    let mut bench = Bench::new();
    bench.land(2, Exclude, &[note("n-1", None, "one", 2), note("n-2", None, "one", 2)]);
    let bookmark = bench.store.seq_now().unwrap();
    let removed = |bench: &Bench, seq: i64| {
        let mut found = Vec::new();
        let mut visit = |tenant: TenantName, id: RecordId, _seq: i64| -> Result<(), Infallible> {
            found.push(format!("{tenant}/{id}"));
            Ok(())
        };
        bench.store.removals_after(Stream::Feedback, seq, &mut visit).unwrap();
        found
    };
    bench.store.bury(&acme(), Stream::Feedback, &[id("n-2"), id("n-1")], Cause::Deleted, Exclude, day(3)).unwrap();
    assert_eq!(removed(&bench, bookmark), ["acme/n-2", "acme/n-1"]);
    assert_eq!(removed(&bench, bench.store.seq_now().unwrap()), Vec::<String>::new());
    bench.land(4, Exclude, &[note("n-2", None, "one", 4)]);
    assert_eq!(removed(&bench, bookmark), ["acme/n-1"]);
    assert_eq!(scan(&bench, &FEEDBACK, &Filter { changed_after: Some(bookmark), ..Filter::default() }).len(), 1);
}

/// Every kind of change to a table, one after the other, and what a publication would compare.
#[test]
fn every_change_shows_in_the_state_of_its_partition() {
    let mut bench = Bench::new();
    let state = |bench: &Bench| (partitions(bench, &FEEDBACK, BY_MONTH), partitions(bench, &model::table::TOMBSTONE, PartitionBy::Whole));
    let mut states = vec![state(&bench)];
    let unnamed = |on: i8| note_in("n-2", None, "one", on, &[], Some("east"));
    let (tenant, west) = (acme(), ScopeId::new("west"));
    for step in 0..8 {
        match step {
            0 => drop(bench.land(2, Archive, &[note("n-1", Some(2), "one", 2), unnamed(2)])),
            1 => drop(bench.land(3, Archive, &[note("n-1", Some(3), "two", 3)])),
            2 => {
                let landings = [unnamed(4)];
                let page = crate::PageLanding { listed_by: Some(&west), ..crate::testing::page(&tenant, 4, Archive, &landings) };
                bench.store.land_page(&page).unwrap();
            }
            3 => drop(bench.store.bury(&tenant, Stream::Feedback, &[id("n-1")], Cause::Deleted, Archive, day(5)).unwrap()),
            4 => drop(bench.land(6, Archive, &[note("n-1", Some(3), "two", 6)])),
            5 => drop(bench.store.bury(&tenant, Stream::Feedback, &[id("n-2")], Cause::Deleted, Exclude, day(7)).unwrap()),
            6 => drop(bench.land(8, Archive, &[unnamed(8)])),
            _ => drop(bench.store.bury(&tenant, Stream::Feedback, &[id("n-1"), id("n-2")], Cause::Deleted, Exclude, day(9)).unwrap()),
        }
        let now = state(&bench);
        assert!(!states.contains(&now), "step {step}: {now:?}");
        states.push(now);
    }
    bench.land(10, Archive, &[]);
    assert_eq!(&state(&bench), states.last().unwrap());
}

#[test]
fn every_published_table_can_be_scanned_when_empty_and_when_not() {
    let mut bench = Bench::new();
    let sizes = |bench: &Bench| PUBLISHED.map(|table| bench.rows(table).len());
    assert_eq!(sizes(&bench), [0; 7]);
    for table in PUBLISHED {
        assert_eq!(bench.store.partitions(table, PartitionBy::Whole).unwrap(), []);
    }
    bench.store.keep_form_versions(&acme(), model::record::Platform::Genesys, &[form(3, 1.0)]).unwrap();
    bench.land(2, Archive, &[assessment("a-1", 2, 4, None)]);
    bench.land(2, Archive, &[note("n-1", None, "deleted", 2)]);
    assert_eq!(sizes(&bench), [1, 4, 1, 1, 3, 0, 1]);
    assert_eq!(partitions(&bench, &FORM_QUESTION, PartitionBy::Whole), ["- 3@4"]);
}

#[test]
fn a_column_that_the_table_has_not_is_refused() {
    let bench = Bench::new();
    let error = bench.store.partitions(&FEEDBACK, BY_FORM).unwrap_err();
    assert_eq!(error.to_string(), "table `feedback` has no column `form_version_id` to be cut by");
    assert_eq!(error.kind(), StoreErrorKind::Bug);
}

#[test]
fn extracted_records_are_counted_by_their_own_time_and_scope() {
    let mut bench = Bench::new();
    let landings = [
        note_in("n-1", None, "one", 2, &["east", "west"], None),
        note_in("n-2", None, "one", 2, &["east"], None),
        note_in("n-3", None, "deleted", 2, &["east"], None),
        in_month("n-4", Some("2024-01-02T00:00:00Z")),
    ];
    bench.land(2, Archive, &landings);
    let span = Span { from: day(1), to: day(2) };
    let n = |scope: Option<&str>| bench.store.n_extracted(&acme(), Stream::Feedback, scope.map(ScopeId::new).as_ref(), span).unwrap();
    assert_eq!([n(None), n(Some("east")), n(Some("west")), n(Some("%"))], [2, 2, 1, 0]);
}

#[test]
fn a_snapshot_does_not_see_what_is_written_meanwhile() {
    let mut bench = Bench::new();
    bench.land(2, Archive, &[note("n-1", None, "one", 2)]);
    let reader = crate::Store::open_read_only(&bench.path()).unwrap();
    let snapshot = reader.snapshot().unwrap();
    bench.land(3, Archive, &[note("n-2", None, "one", 3)]);
    assert_eq!(reader.seq_now().unwrap(), 1);
    assert_eq!(reader.partitions(&FEEDBACK, PartitionBy::Whole).unwrap()[0].n_rows, 1);
    drop(snapshot);
    assert_eq!(reader.seq_now().unwrap(), 2);
}
