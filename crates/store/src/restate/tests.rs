//! The feed tells differences only, and whoever applies its events from any point, in any order, as often as they like,
//! holds what is present.

use std::collections::BTreeMap;

use jiff::civil::date;
use model::id::TenantName;
use model::record::Stream;
use model::table::analytics::{AGENT_DAY, AGENT_DAY_EVENT};
use model::table::{Cell, Row, Table};
use proptest::prelude::*;

use super::*;
use crate::testing::sheet::{Sheet, sheet, version};
use crate::testing::{Bench, acme, day, id, measure_all};
use crate::{Cause, DeletedPolicy, Filter, PartitionBy, VisitError};

const EVENTS: &str = "SELECT agent_id, business_date, n, sum_normalized, revision, supersedes, op, run_id, day_state FROM agent_day_event
    ORDER BY change_seq";

/// Measures and restates as of a day of January 2024.
fn run(bench: &mut Bench, run_id: &str) -> Restated {
    run_on(bench, run_id, date(2024, 1, 20))
}

fn run_on(bench: &mut Bench, run_id: &str, today: Date) -> Restated {
    measure_all(&mut bench.store);
    let touched = bench.store.touched_tenants().unwrap();
    bench.store.restate(&touched, run_id, today).unwrap()
}

fn counts(restated: &Restated) -> [u64; 3] {
    [restated.inserted, restated.updated, restated.retracted]
}

#[test]
fn an_agent_day_is_inserted_updated_retracted_and_inserted_again() {
    let mut bench = Bench::new();
    bench.land_sheets(&[sheet("a-1", 5.0), sheet("a-2", 7.0)], &[]);
    assert_eq!(counts(&run(&mut bench, "run-1")), [1, 0, 0]);
    assert_eq!(counts(&run(&mut bench, "run-2")), [0, 0, 0]);
    bench.land_sheets(&[Sheet { edit: 1, ..sheet("a-2", 8.0) }], &[]);
    assert_eq!(counts(&run(&mut bench, "run-3")), [0, 1, 0]);
    bench.store.bury(&acme(), Stream::Assessments, &[id("a-1"), id("a-2")], Cause::Deleted, DeletedPolicy::Archive, day(21)).unwrap();
    assert_eq!(counts(&run(&mut bench, "run-4")), [0, 0, 1]);
    bench.land_sheets(&[Sheet { edit: 2, ..sheet("a-2", 8.0) }], &[]);
    assert_eq!(counts(&run(&mut bench, "run-5")), [1, 0, 0]);
    bench.check(
        EVENTS,
        "ann 2024-01-10 2 120 1 - insert run-1 open | ann 2024-01-10 2 130 2 1 update run-3 open | \
         ann 2024-01-10 0 - 3 2 retract run-4 open | ann 2024-01-10 1 80 4 3 insert run-5 open",
    );
    bench.check("SELECT n, mean_normalized, revision, op, form_id FROM agent_day", "1 80 4 insert none");
}

#[test]
fn a_retraction_names_the_form_and_holds_no_measures() {
    let mut bench = Bench::new();
    bench.land_sheets(&[sheet("a-1", 5.0)], &[]);
    run(&mut bench, "run-1");
    bench.store.bury(&acme(), Stream::Assessments, &[id("a-1")], Cause::Deleted, DeletedPolicy::Exclude, day(21)).unwrap();
    run(&mut bench, "run-2");
    bench.check(
        "SELECT form_id, n, sum_weighted_points, sum_weighted_max, sum_normalized, sum_final, mean_normalized, mean_final,
            n_failed_critical, n_disputed, applicable_share, op FROM agent_day",
        "none 0 - - - - - - - - - retract",
    );
}

#[test]
fn an_assessment_that_moves_changes_both_agent_days_in_one_run() {
    let mut bench = Bench::new();
    bench.land_sheets(&[sheet("a-1", 5.0), sheet("a-2", 7.0)], &[]);
    run(&mut bench, "run-1");
    bench.land_sheets(&[Sheet { agent: "bob", ..sheet("a-1", 5.0) }], &[]);
    assert_eq!(counts(&run(&mut bench, "run-2")), [1, 1, 0]);
    bench.check(
        "SELECT agent_id, n, sum_normalized, revision, op, run_id FROM agent_day",
        "ann 1 70 2 update run-2 | bob 1 50 1 insert run-2",
    );
}

#[test]
fn every_value_of_an_agent_day_is_what_its_assessments_give() {
    let mut bench = Bench::new();
    let forms = [version("v-1", &[("q1", 1.0, 10.0)])];
    bench.keep(&forms);
    let sheets = [
        sheet("a-1", 5.0),
        Sheet { status: "disputed", failed_critical: true, ..sheet("a-2", 7.0) },
        Sheet { answers: vec![("q1", None, 10.0)], ..sheet("a-3", 0.0) },
        Sheet { version: "v-2", ..sheet("a-4", 3.0) },
    ];
    bench.land_sheets(&sheets, &forms);
    run(&mut bench, "run-1");
    bench.check(
        "SELECT form_version_id, form_id, n, sum_weighted_points, sum_weighted_max, sum_normalized, sum_final, mean_normalized, mean_final,
            n_failed_critical, n_disputed, applicable_share FROM agent_day ORDER BY 1",
        "v-1 f 2 12 20 120 50 60 25 1 1 0.5 | v-2 none 1 3 10 30 30 30 30 0 0 -",
    );
}

#[test]
fn a_change_to_a_closed_day_is_told_but_not_the_first_feed_of_a_tenant() {
    let mut bench = Bench::new();
    let late = date(2024, 4, 20);
    bench.land_sheets(&[sheet("a-1", 5.0), Sheet { day: 11, ..sheet("a-2", 7.0) }], &[]);
    assert_eq!(run_on(&mut bench, "run-1", late).late, []);
    bench.land_sheets(&[Sheet { edit: 1, ..sheet("a-1", 6.0) }, Sheet { day: 11, edit: 1, ..sheet("a-2", 8.0) }], &[]);
    bench.land_sheets_of(&TenantName::new("other"), &[sheet("a-1", 5.0)], &[]);
    // 101 days after the 10th, 100 after the 11th.
    let restated = run_on(&mut bench, "run-2", late);
    assert_eq!(counts(&restated), [1, 2, 0]);
    let told: Vec<String> = restated
        .late
        .iter()
        .map(|change| {
            format!("{} {} {} {} {}", change.key.tenant, change.key.agent_id, change.key.business_date, change.op.word(), change.revision)
        })
        .collect();
    assert_eq!(told, ["acme ann 2024-01-10 update 2"]);
    bench.check(
        "SELECT tenant, business_date, revision, day_state FROM agent_day_event ORDER BY 1, 2, 3",
        "acme 2024-01-10 1 closed | acme 2024-01-10 2 closed | acme 2024-01-11 1 settling | acme 2024-01-11 2 settling | other 2024-01-10 1 closed",
    );
}

#[test]
fn more_agent_days_than_are_in_memory_at_a_time_are_all_restated() {
    let mut bench = Bench::new();
    let n = BATCH as usize + 3;
    let sheets: Vec<Sheet> = (0..n).map(|n| Sheet { version: format!("v-{n}").leak(), ..sheet(&format!("a-{n}"), 5.0) }).collect();
    bench.land_sheets(&sheets, &[]);
    assert_eq!(run(&mut bench, "run-1").inserted, n as u64);
    bench.check("SELECT COUNT(*) FROM agent_day_touched", "0");
}

#[test]
fn a_run_that_dies_while_restating_is_made_good_by_the_next() {
    let mut bench = Bench::new();
    bench.land_sheets(&[sheet("a-1", 5.0)], &[]);
    measure_all(&mut bench.store);
    // The store is closed without having restated anything, and opened again.
    bench.store = Store::open(&bench.path(), day(21)).unwrap();
    assert_eq!(counts(&bench.store.restate(&[acme()], "run-2", date(2024, 1, 21)).unwrap()), [1, 0, 0]);
    assert_eq!(counts(&bench.store.restate(&[acme()], "run-3", date(2024, 1, 21)).unwrap()), [0, 0, 0]);
}

fn scan(bench: &Bench, table: &Table, changed_after: Option<i64>) -> Vec<Row> {
    let mut rows = Vec::new();
    let filter = Filter { changed_after, ..Filter::default() };
    bench
        .store
        .scan(table, &filter, &mut |row, _| {
            rows.push(row);
            Ok::<(), VisitError<()>>(())
        })
        .unwrap();
    rows
}

#[test]
fn the_feed_is_read_like_any_published_table() {
    let mut bench = Bench::new();
    bench.land_sheets(&[sheet("a-1", 5.0), Sheet { day: 12, ..sheet("a-2", 5.0) }], &[]);
    run(&mut bench, "run-1");
    let before = bench.store.seq_now().unwrap();
    bench.land_sheets(&[Sheet { edit: 1, ..sheet("a-1", 6.0) }], &[]);
    run(&mut bench, "run-2");
    let words = |rows: Vec<Row>, table: &Table| -> Vec<String> {
        let cell = |row: &Row, name: &str| table.cell(row, name).unwrap().to_json().to_string();
        rows.iter().map(|row| ["business_date", "revision", "sum_normalized"].map(|name| cell(row, name)).join(" ")).collect()
    };
    assert_eq!(words(scan(&bench, &AGENT_DAY, None), &AGENT_DAY), ["\"2024-01-10\" 2 60.0", "\"2024-01-12\" 1 50.0"]);
    assert_eq!(words(scan(&bench, &AGENT_DAY, Some(before)), &AGENT_DAY), ["\"2024-01-10\" 2 60.0"]);
    assert_eq!(words(scan(&bench, &AGENT_DAY_EVENT, Some(before)), &AGENT_DAY_EVENT), ["\"2024-01-10\" 2 60.0"]);
    assert_eq!(scan(&bench, &AGENT_DAY_EVENT, None).len(), 3);
    let whole = bench.store.partitions(&AGENT_DAY_EVENT, PartitionBy::Whole).unwrap();
    assert_eq!((whole.len(), whole[0].n_rows, whole[0].partition.archived), (1, 3, false));
    let by_month = bench.store.partitions(&AGENT_DAY, PartitionBy::Month("business_date")).unwrap();
    assert_eq!((by_month.len(), by_month[0].n_rows), (1, 2));
}

/// What may happen between two runs to one of a few assessments; none buries it.
type Change = (u8, Option<(usize, i8, u8, bool)>);

fn histories() -> impl Strategy<Value = Vec<Vec<Change>>> {
    let change = (0_u8..5, proptest::option::weighted(0.8, (0_usize..2, 9_i8..11, 0_u8..5, any::<bool>())));
    proptest::collection::vec(proptest::collection::vec(change, 0..4), 1..8)
}

fn apply(bench: &mut Bench, changes: &[Change], edit: &mut i8) {
    for (n, change) in changes {
        *edit += 1;
        let name = format!("a-{n}");
        match change {
            Some((agent, day, points, failed_critical)) => {
                let agent = ["ann", "bob"][*agent];
                let sheet = Sheet { agent, day: *day, failed_critical: *failed_critical, edit: *edit, ..sheet(&name, f64::from(*points)) };
                bench.land_sheets(&[sheet], &[]);
            }
            None => {
                bench.store.bury(&acme(), Stream::Assessments, &[id(&name)], Cause::Deleted, DeletedPolicy::Archive, day(25)).unwrap();
            }
        }
    }
}

/// A receiver: rows by key, each taken if its revision is higher than the one held.
#[derive(Debug, Clone, Default, PartialEq)]
struct Receiver(BTreeMap<String, Row>);

impl Receiver {
    fn take(&mut self, row: &Row) {
        let key = AGENT_DAY.key.iter().map(|name| AGENT_DAY.cell(row, name).unwrap().to_json().to_string()).collect();
        let revision = |row: &Row| match AGENT_DAY.cell(row, "revision") {
            Some(Cell::Int(revision)) => *revision,
            other => panic!("revision {other:?}"),
        };
        let held = self.0.get(&key).map_or(0, revision);
        if held < revision(row) {
            self.0.insert(key, row.clone());
        }
    }
}

/// Every present sum, from the assessments themselves.
fn recomputed(bench: &Bench) -> String {
    let sql = "SELECT agent_id, business_date, COUNT(*), SUM(normalized_score), SUM(final_score), SUM(failed_critical)
        FROM assessment_measure WHERE left_out IS NULL GROUP BY agent_id, business_date";
    crate::testing::query(&bench.store, sql).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn events_from_any_point_in_any_order_and_repeated_give_what_is_present(
        history in histories(), point in any::<prop::sample::Index>(), seed in any::<u64>(),
    ) {
        let mut bench = Bench::new();
        let (mut edit, point) = (0, point.index(history.len()));
        let (mut receiver, mut since) = (Receiver::default(), 0);
        for (n, changes) in history.iter().enumerate() {
            apply(&mut bench, changes, &mut edit);
            run(&mut bench, &format!("run-{n}"));
            if n == point {
                scan(&bench, &AGENT_DAY, None).iter().for_each(|row| receiver.take(row));
                since = bench.store.seq_now().unwrap();
            }
        }
        let mut events = scan(&bench, &AGENT_DAY_EVENT, Some(since));
        let all = scan(&bench, &AGENT_DAY_EVENT, None);
        events.extend(events.clone());
        let mut order: Vec<(u64, Row)> = events.into_iter().zip(1_u64..).map(|(row, n)| (seed.wrapping_mul(n).rotate_left(17), row)).collect();
        order.sort_by_key(|(place, _)| *place);
        order.iter().for_each(|(_, row)| receiver.take(row));
        let mut present = Receiver::default();
        scan(&bench, &AGENT_DAY, None).iter().for_each(|row| present.take(row));
        prop_assert_eq!(&receiver, &present);
        let mut from_nothing = Receiver::default();
        all.iter().rev().for_each(|row| from_nothing.take(row));
        prop_assert_eq!(&from_nothing, &present);
        let sql = "SELECT agent_id, business_date, n, sum_normalized, sum_final, n_failed_critical FROM agent_day WHERE op <> 'retract' ORDER BY 1, 2";
        prop_assert_eq!(crate::testing::query(&bench.store, sql).unwrap(), recomputed(&bench));
        // Revisions of a key have no gap, each supersedes the one before, and no event repeats the values of the last.
        let mut last: BTreeMap<String, Row> = BTreeMap::new();
        for row in &all {
            let cell = |row: &Row, name: &str| AGENT_DAY_EVENT.cell(row, name).cloned().unwrap();
            let key = format!("{:?} {:?}", cell(row, "agent_id"), cell(row, "business_date"));
            let before = last.insert(key, row.clone());
            let expected = before.as_ref().map_or(Cell::Null, |before| cell(before, "revision"));
            prop_assert_eq!(cell(row, "supersedes"), expected);
            if let Some(before) = before {
                let values = |row: &Row| ["n", "sum_normalized", "sum_final", "n_failed_critical"].map(|name| cell(row, name));
                prop_assert_ne!(values(&before), values(row));
            }
        }
    }
}

#[test]
fn tenants_that_are_not_named_stay_touched() {
    let mut bench = Bench::new();
    let other = TenantName::new("other");
    bench.land_sheets(&[sheet("a-1", 5.0)], &[]);
    bench.land_sheets_of(&other, &[sheet("a-1", 5.0)], &[]);
    measure_all(&mut bench.store);
    assert_eq!(bench.store.touched_tenants().unwrap(), [acme(), other.clone()]);
    assert_eq!(counts(&bench.store.restate(&[acme()], "run-1", date(2024, 1, 20)).unwrap()), [1, 0, 0]);
    assert_eq!(bench.store.touched_tenants().unwrap(), [other]);
}
