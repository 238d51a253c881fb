//! The operator's SQL reads and never writes.

use super::*;
use crate::DeletedPolicy::Archive;
use crate::testing::{Bench, note, query};

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.land(2, Archive, &[note("n-1", None, "one", 2), note("n-2", None, "two", 2)]);
    bench
}

#[track_caller]
fn check_refused(sql: &str, expected: &str) {
    let bench = bench();
    let error = query(&bench.store, sql).expect_err("the query is refused");
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.kind(), StoreErrorKind::Query);
    bench.check("SELECT COUNT(*) FROM feedback", "2");
}

#[test]
fn columns_come_first_and_values_keep_their_types() {
    let bench = bench();
    let (mut columns, mut rows) = (Vec::new(), Vec::new());
    let sql = "SELECT feedback_id, is_archived AS old, 0.5, NULL, x'01ff' FROM feedback ORDER BY 1";
    let mut visit = |values: &[QueryValue]| {
        rows.push(values.to_vec());
        false
    };
    bench.store.query(sql, &mut |names| columns = names.to_vec(), &mut visit).unwrap();
    assert_eq!(columns, ["feedback_id", "old", "0.5", "NULL", "x'01ff'"]);
    let text = QueryValue::Text("n-1".to_owned());
    assert_eq!(rows, [[text, QueryValue::Int(0), QueryValue::Real(0.5), QueryValue::Null, QueryValue::Blob(vec![1, 255])]]);
}

#[test]
fn writing_statements_are_refused() {
    let refusal = "the query would write; only statements that read are run";
    for sql in [
        "DELETE FROM feedback",
        "INSERT INTO run (run_id, command, started_at) VALUES ('r', 'c', 't')",
        "UPDATE feedback SET content = 'x' RETURNING content",
        "WITH gone AS (SELECT 1) DELETE FROM feedback",
        "DROP TABLE feedback",
        "CREATE TABLE t (x)",
        "VACUUM",
        "VACUUM INTO 'copy.db'",
        "REINDEX",
        "PRAGMA user_version = 9",
    ] {
        check_refused(sql, refusal);
    }
}

#[test]
fn other_files_cannot_be_attached() {
    check_refused("ATTACH 'other.db' AS other", "the query gives no rows; write a `SELECT`");
}

#[test]
fn several_statements_are_refused_and_comments_are_not_one() {
    check_refused("SELECT 1; SELECT 2", "the query is several statements; write one");
    check_refused("SELECT 1; DELETE FROM feedback", "the query is several statements; write one");
    bench().check("SELECT 1; -- done", "1");
}

#[test]
fn text_that_is_no_statement_is_refused_with_the_reason() {
    check_refused("SELEKT 1", "the query cannot be run: near \"SELEKT\": syntax error");
    check_refused("SELECT x FROM nowhere", "the query cannot be run: no such table: nowhere");
    check_refused("", "the query gives no rows; write a `SELECT`");
    check_refused("BEGIN", "the query gives no rows; write a `SELECT`");
    check_refused("SELECT ?", "the query cannot be run: Wrong number of parameters passed to query. Got 0, needed 1");
}
