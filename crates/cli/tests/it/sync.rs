//! The main job from the outside: summaries, publications, plans, checks.

use sim::Platform;

use crate::bad_input::json;
use crate::bench::Bench;

fn both(bench: &Bench) {
    let more = "[[publication]]\nname = \"payload\"\nkind = \"json\"\npath = \"out/\"\n";
    let text = format!("{}{}{more}", bench.tenant(Platform::Genesys), bench.tenant(Platform::Cxone));
    bench.write("scorelake.toml", &text);
}

#[test]
fn the_summary_is_one_object_with_every_counter() {
    let bench = Bench::new();
    both(&bench);
    let summary = json(&bench.run(&["sync", "--format", "json"]));
    assert_eq!(summary["exit_code"], 0);
    assert_eq!(summary["tenants"].as_array().unwrap().len(), 2);
    for counter in ["requests", "inserted", "updated", "unchanged", "quarantined", "windows_closed", "rows_published"] {
        assert!(summary["counters"][counter].is_u64(), "{counter} {summary:#}");
    }
    // What the source calls deleted is landed as archived and counted as deleted.
    let count = |counter: &str| summary["counters"][counter].as_u64().unwrap();
    let inserted = count("inserted") + count("deleted");
    let landed =
        bench.fine(&["query", "select (select count(*) from assessment) + (select count(*) from feedback) as n", "--format", "csv"]);
    assert_eq!(landed, format!("n\n{inserted}\n"));
    let kept = bench.fine(&["query", "select command, exit_code from run", "--format", "json"]);
    assert_eq!(kept, "[\n  {\"command\": \"sync\", \"exit_code\": 0}\n]\n");
}

#[test]
fn a_rerun_with_nothing_new_leaves_every_published_byte() {
    let bench = Bench::new();
    both(&bench);
    bench.fine(&["sync"]);
    let files = ["out/qa_assessments_payload.json", "out/agent_feedback_payload.json", "out/manifest.json"];
    let before: Vec<String> = files.iter().map(|file| bench.read(file)).collect();
    let summary = json(&bench.run(&["sync", "--format", "json"]));
    assert_eq!(summary["publications"][0]["changed"], false, "{summary:#}");
    assert_eq!(summary["counters"]["rows_published"], 0);
    assert_eq!(files.iter().map(|file| bench.read(file)).collect::<Vec<_>>(), before);
}

#[test]
fn one_tenants_trouble_does_not_stop_the_others() {
    let bench = Bench::new();
    both(&bench);
    let done = bench.done(bench.command(&["sync", "--format", "json"]).env("SCORELAKE__TENANT__ACME_CXONE__CLIENT_SECRET", "wrong"));
    let summary = json(&done);
    assert_eq!((done.code, &summary["exit_code"]), (3, &3.into()), "{}", done.stderr);
    assert_eq!(summary["tenants"][0]["troubles"], serde_json::json!([]));
    assert!(summary["tenants"][0]["counters"]["inserted"].as_u64().unwrap() > 0);
    assert_eq!(summary["tenants"][1]["counters"]["inserted"], 0);
}

#[test]
fn a_table_shows_a_counter_a_line() {
    let bench = Bench::new();
    let text = bench.fine(&["sync"]);
    assert!(text.lines().next().unwrap().contains("acme-genesys"), "{text}");
    assert!(text.lines().any(|line| line.trim_start().starts_with("inserted ")), "{text}");
    let csv = bench.fine(&["sync", "--format", "csv"]);
    assert!(csv.starts_with("tenant,requests,") && csv.lines().count() == 2, "{csv}");
}

#[test]
fn plan_and_check_land_nothing() {
    let bench = Bench::new();
    let plan = bench.run(&["plan", "--format", "csv"]);
    assert_eq!(plan.code, 0, "{}", plan.stderr);
    assert!(
        plan.stdout.starts_with("tenant,stream,scope_id,windows,from,to,requests,minutes,budget_share_percent\nacme-genesys,assessments,"),
        "{}",
        plan.stdout
    );
    assert!(plan.stderr.contains("acme-genesys: ") && plan.stderr.contains(" requests, about "), "{}", plan.stderr);
    // A clock that stands still is not held against the source's.
    let check = bench.done(bench.command(&["check", "--format", "json"]).env_remove("SCORELAKE_NOW"));
    assert_eq!(check.code, 0, "{}", check.stderr);
    let subjects: Vec<String> = json(&check).as_array().unwrap().iter().map(|row| row["subject"].as_str().unwrap().to_owned()).collect();
    for subject in ["login", "permissions", "scopes", "assessments", "feedback", "clock", "budget"] {
        assert!(subjects.iter().any(|one| one == subject), "{subject} {subjects:?}");
    }
    assert_eq!(bench.fine(&["query", "select count(*) n from assessment", "--format", "csv"]), "n\n0\n");
}

#[test]
fn plan_names_the_next_time_of_the_schedule() {
    let bench = Bench::new();
    bench.configure("timezone = \"America/New_York\"\nschedule = \"0 2 * * *\"\n");
    let plan = bench.run(&["plan"]);
    assert!(plan.stderr.contains("acme-genesys: next due by its schedule: 2024-04-01T02:00:00-04:00[America/New_York]"), "{}", plan.stderr);
}

#[test]
fn a_backfill_takes_dates_of_the_tenants_zone() {
    let bench = Bench::new();
    bench.configure("timezone = \"America/New_York\"\nstatuses = []\n");
    bench.fine(&["sync", "--from", "2024-02-01", "--to", "2024-02-08", "--stream", "assessments"]);
    let span = bench.fine(&["query", "select min(submitted_at) >= '2024-02-01T05:00:00.000Z' and max(submitted_at) < '2024-02-08T05:00:00.000Z' as kept, count(*) > 0 as some from assessment", "--format", "csv"]);
    assert_eq!(span, "kept,some\n1,1\n");
    assert_eq!(bench.fine(&["query", "select count(*) n from feedback", "--format", "csv"]), "n\n0\n");
}

#[test]
fn json_logs_are_json_to_the_last_line() {
    let bench = Bench::new();
    let done = bench.run(&["--log-format", "json", "-vv", "sync", "--tenant", "none"]);
    assert_eq!(done.code, 2);
    let done_well = bench.run(&["--log-format", "json", "-vv", "sync"]);
    assert_eq!(done_well.code, 0);
    for line in done.stderr.lines().chain(done_well.stderr.lines()) {
        let object: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(object["level"].is_string() && object["message"].is_string(), "{line}");
    }
}

#[test]
fn a_summary_is_printed_even_when_nothing_could_be_started() {
    let bench = Bench::new();
    bench.configure("page_sise = 3\n");
    let done = bench.run(&["sync", "--format", "json"]);
    let summary = json(&done);
    assert_eq!((done.code, &summary["exit_code"], &summary["counters"]["requests"]), (3, &3.into(), &0.into()));
    assert!(summary["troubles"][0]["message"].as_str().unwrap().contains("`page_sise`"), "{summary:#}");
}

#[test]
fn quiet_says_errors_only() {
    let bench = Bench::new();
    assert_eq!(bench.run(&["-q", "sync"]).stderr, "");
    assert_eq!(bench.run(&["-q", "sync", "--tenant", "x"]).stderr.lines().count(), 1);
}

#[test]
fn bars_are_not_drawn_where_there_is_no_terminal() {
    let bench = Bench::new();
    let stderr = bench.run(&["sync"]).stderr;
    assert!(stderr.contains("acme-genesys assessments: ") && !stderr.contains('\u{1b}') && !stderr.contains('\r'), "{stderr}");
}
