//! The report from the outside: one file, whole or not there, with single agents only for a purpose.

use crate::numbers::{half_year, measured};

#[test]
fn the_report_is_one_file_with_every_tables_data() {
    let bench = measured();
    let done = bench.run(&["report"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stdout.starts_with("report.html: ") && done.stdout.lines().count() == 1, "{}", done.stdout);
    let page = bench.read("report.html");
    assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
    for table in ["trend_cohort", "change_split", "evaluator_leniency", "question_week", "control_point", "edit_lag", "waterfall"] {
        assert!(page.contains(table), "{table}");
    }
    assert!(page.contains("Inbound voice"), "a form of the world");
    let agent = bench.fine(&["agents", "--format", "csv"]).lines().nth(1).unwrap().split(',').nth(8).unwrap().to_owned();
    assert!(!agent.is_empty() && !page.contains(&agent), "{agent}");
    assert!(page.contains("--agent-level"), "the page says why there are no agents");
}

#[test]
fn single_agents_are_shown_for_a_purpose_only() {
    let bench = measured();
    bench.fine(&["report", "--agent-level", "coaching of new starters", "--out", "new/agents.html"]);
    let page = bench.read("new/agents.html");
    let agent = bench.fine(&["agents", "--format", "csv"]).lines().nth(1).unwrap().split(',').nth(8).unwrap().to_owned();
    assert!(page.contains(&agent) && page.contains("coaching of new starters"), "{agent}");
    assert_eq!(bench.run(&["report", "--agent-level", ""]).code, 2);
}

#[test]
fn a_report_that_cannot_be_written_leaves_the_old_one() {
    let bench = measured();
    bench.fine(&["report"]);
    let before = bench.read("report.html");
    bench.write("blocked", "a file where a folder should be");
    let done = bench.run(&["report", "--out", "blocked/report.html"]);
    assert_eq!((done.code, done.stdout.as_str()), (5, ""), "{}", done.stderr);
    assert!(done.stderr.starts_with("error: report: ") && done.stderr.contains("DIR/blocked"), "{}", done.stderr);
    assert_eq!(bench.run(&["report", "--form", "none"]).code, 2);
    assert_eq!(bench.read("report.html"), before);
    bench.fine(&["report"]);
    assert_eq!(bench.read("report.html"), before, "the same numbers give the same bytes");
}

#[test]
fn a_report_of_nothing_says_so() {
    let bench = half_year();
    bench.fine(&["sync", "--no-publish", "--stream", "feedback"]);
    let done = bench.run(&["report"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stderr.contains("there are no assessments in the store"), "{}", done.stderr);
    assert!(bench.path().join("report.html").is_file());
}
