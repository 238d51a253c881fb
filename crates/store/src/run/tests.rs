//! Runs and reconciliations are kept by their keys.

use model::table::Cell;

use super::*;
use crate::testing::{Bench, day};

#[test]
fn a_run_that_was_killed_has_no_end() {
    let mut bench = Bench::new();
    bench.store.start_run("*", "run-1", "sync", day(2)).unwrap();
    bench.store.start_run("*", "run-2", "publish", day(3)).unwrap();
    bench.store.end_run("*", "run-2", 6, "{\"requests\":3}", day(4)).unwrap();
    let runs = bench.store.runs(10).unwrap();
    let last = Run {
        tenant: "*".to_owned(),
        run_id: "run-2".to_owned(),
        command: "publish".to_owned(),
        started_at: day(3),
        ended_at: Some(day(4)),
        exit_code: Some(6),
        summary: Some("{\"requests\":3}".to_owned()),
    };
    assert_eq!(runs[0], last);
    assert_eq!((runs[1].run_id.as_str(), runs[1].ended_at), ("run-1", None));
    assert_eq!(bench.store.runs(1).unwrap(), [last]);
}

#[test]
fn reconciliation_of_the_same_key_is_replaced() {
    let mut bench = Bench::new();
    let row = |extracted: i64| -> Row {
        let text = |words: &str| Cell::Text(words.to_owned());
        vec![
            text("run-1"),
            text("acme"),
            text("feedback"),
            text("*"),
            text("2024-01-01"),
            text("2024-02-01"),
            Cell::Int(extracted),
            Cell::Int(100),
            Cell::Real(94.5),
            text("alert"),
            Cell::Null,
        ]
    };
    bench.store.keep_reconciliation(&[row(94)]).unwrap();
    bench.store.keep_reconciliation(&[row(95)]).unwrap();
    assert_eq!(bench.rows(&RECONCILIATION), [r#""run-1" "acme" "feedback" "*" "2024-01-01" "2024-02-01" 95 100 94.5 "alert" null"#]);
}
