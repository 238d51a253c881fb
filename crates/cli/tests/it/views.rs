//! Commands over the store: history, explain, state, quarantine, export, publish.

use sim::{Faults, Platform};

use crate::bad_input::json;
use crate::bench::Bench;

fn synced() -> Bench {
    let bench = Bench::new();
    bench.fine(&["sync", "--no-publish"]);
    bench
}

fn one(bench: &Bench, sql: &str) -> String {
    let text = bench.fine(&["query", sql, "--format", "csv"]);
    text.lines().nth(1).unwrap_or_else(|| panic!("no row: {sql}")).to_owned()
}

#[test]
fn every_score_is_explained_by_a_computation_that_agrees() {
    let bench = synced();
    let ids = bench.fine(&[
        "query",
        "select assessment_id from assessment order by length(score_flags) desc, assessment_id limit 12",
        "--format",
        "json",
    ]);
    let ids: serde_json::Value = serde_json::from_str(&ids).unwrap();
    for row in ids.as_array().unwrap() {
        let id = row["assessment_id"].as_str().unwrap();
        let explained = json(&bench.run(&["explain", id, "--format", "json"]));
        assert_eq!(explained[0]["sums"]["agrees"], true, "{explained:#}");
        assert!(explained[0]["form_version"]["content_hash"].is_string());
        let table = bench.fine(&["explain", id]);
        for word in ["raw score", "normalized score", "final score", "form version", "sha256", "adds_points"] {
            assert!(table.contains(word), "{word}\n{table}");
        }
        assert!(bench.fine(&["explain", id, "--format", "csv"]).starts_with("tenant,assessment_id,ordinal,question_id,"));
    }
}

#[test]
fn history_shows_every_version_and_the_one_of_a_moment() {
    let bench = synced();
    let before = bench.sim.now();
    bench.sim.advance_days(10);
    bench.fine(&["sync", "--no-publish"]);
    let id = one(&bench, "select feedback_id from feedback_history where cause = 'superseded' order by 1 limit 1");
    let versions = json(&bench.run(&["history", &id, "--format", "json"]));
    let versions = versions.as_array().unwrap();
    assert!(versions.len() >= 2, "{versions:?}");
    assert_eq!(versions.last().unwrap()["current"], true);
    assert_eq!(versions[0]["cause"], "superseded");
    let then = json(&bench.run(&["history", &id, "--as-of", &before.to_string(), "--format", "json"]));
    assert_eq!(then.as_array().unwrap().len(), 1, "{then:#}");
    assert_eq!(then[0]["source_hash"], versions[0]["source_hash"]);
    assert_eq!(bench.fine(&["history", &id, "--as-of", "2024-01-01", "--format", "csv"]).lines().count(), 1);
}

#[test]
fn state_is_listed_set_and_reset() {
    let bench = synced();
    let listed = json(&bench.run(&["state", "list", "--format", "json"]));
    let listed = listed.as_array().unwrap();
    assert!(listed.iter().any(|row| row["kind"] == "windows" && row["closed"].as_u64() > Some(0)), "{listed:?}");
    let mark = listed.iter().find(|row| row["name"] == "modified_until" && row["stream"] == "feedback").unwrap();
    let get = ["state", "get", "acme-genesys", "feedback", "modified_until"];
    assert_eq!(bench.fine(&get), format!("{}\n", mark["value"].as_str().unwrap()));
    bench.fine(&["state", "set", "acme-genesys", "feedback", "modified_until", "2024-03-01T01:00:00+01:00"]);
    assert_eq!(bench.fine(&get), "2024-03-01T00:00:00.000Z\n");
    assert_eq!(bench.run(&["state", "set", "acme-genesys", "feedback", "modified_until", "soon"]).code, 2);
    assert_eq!(bench.run(&["state", "get", "acme-genesys", "feedback", "none"]).code, 2);
    bench.fine(&["state", "reset", "--tenant", "acme-genesys"]);
    assert_eq!(bench.fine(&["state", "list", "--format", "json"]), "[]\n");
    let again = json(&bench.run(&["sync", "--format", "json"]));
    assert_eq!(again["counters"]["inserted"], 0, "{again:#}");
}

#[test]
fn unreadable_records_are_listed_shown_and_dropped() {
    let bench = Bench::new();
    bench.faults(Faults { unreadable: 0.2, ..Faults::default() });
    assert_eq!(bench.run(&["sync", "--no-publish"]).code, 7);
    let listed = json(&bench.run(&["quarantine", "list", "--format", "json"]));
    let n = listed.as_array().unwrap().len();
    assert!(n > 1, "{listed:#}");
    let id = listed[0]["quarantine_id"].as_str().unwrap();
    let stream = listed[0]["stream"].as_str().unwrap();
    let shown: serde_json::Value = serde_json::from_str(&bench.fine(&["quarantine", "show", id, "--stream", stream])).unwrap();
    assert_eq!(shown["reason"], listed[0]["reason"]);
    assert!(!shown["raw"].as_str().unwrap().is_empty());
    assert!(!shown["source_url"].as_str().unwrap().contains("nextPageToken"));
    bench.fine(&["quarantine", "drop", id, "--stream", stream]);
    assert_eq!(json(&bench.run(&["quarantine", "list", "--format", "json"])).as_array().unwrap().len(), n - 1);
    bench.fine(&["quarantine", "drop", "--all"]);
    assert_eq!(bench.fine(&["quarantine", "list", "--format", "json"]), "[]\n");
    assert_eq!(bench.run(&["quarantine", "show", id]).code, 2);
}

#[test]
fn exports_write_what_the_publications_would() {
    let bench = synced();
    for (kind, file) in [
        ("json", "out/qa_assessments_payload.json"),
        ("ndjson", "out/assessment.ndjson"),
        ("csv", "out/assessment.csv"),
        ("parquet", "out/scope/data.parquet"),
    ] {
        bench.fine(&["export", kind, "--out", "out"]);
        assert!(bench.path().join(file).is_file(), "{file}");
    }
    bench.fine(&["export", "csv", "--table", "feedback", "--out", "one/feedback.csv"]);
    assert!(bench.read("one/feedback.csv").starts_with("tenant,platform,feedback_id,"));
    bench.fine(&["export", "csv", "--out", "packed/{table}.csv.gz"]);
    assert!(bench.path().join("packed/form_version.csv.gz").is_file());
    assert_eq!(bench.run(&["export", "csv", "--table", "feedbak"]).stderr, "error: unknown table `feedbak`; did you mean `feedback`?\n");
    assert_eq!(bench.run(&["export", "delta"]).code, 2);
    assert_eq!(bench.fine(&["query", "select count(*) n from publication_progress", "--format", "csv"]), "n\n0\n");
}

#[test]
fn publish_writes_what_is_configured() {
    let bench = synced();
    bench.configure("[[publication]]\nname = \"payload\"\nkind = \"json\"\npath = \"out/\"\n[[publication]]\nname = \"tables\"\nkind = \"csv\"\npath = \"out/\"\n");
    let listed = json(&bench.run(&["publish", "payload", "--format", "json"]));
    assert_eq!((&listed[0]["name"], &listed[0]["changed"], listed.as_array().unwrap().len()), (&"payload".into(), &true.into(), 1));
    assert!(!bench.path().join("out/assessment.csv").exists());
    let listed = json(&bench.run(&["publish", "--format", "json"]));
    assert_eq!((&listed[0]["changed"], &listed[1]["changed"]), (&false.into(), &true.into()));
    let payload: serde_json::Value = serde_json::from_str(&bench.read("out/qa_assessments_payload.json")).unwrap();
    let n = one(&bench, "select count(*) from assessment");
    assert_eq!(payload.as_array().unwrap().len().to_string(), n);
}

#[test]
fn commands_over_the_store_need_no_secret_and_no_source() {
    let bench = synced();
    let text = bench.read("scorelake.toml").replace(&bench.sim.base_url(Platform::Genesys), "https://gone.invalid");
    bench.write("scorelake.toml", &text);
    for words in [&["query", "select 1"][..], &["state", "list"], &["quarantine", "list"], &["export", "json"], &["publish"]] {
        let done = bench.done(bench.command(words).env_remove("ACME_SECRET"));
        assert_eq!(done.code, 0, "{words:?} {}", done.stderr);
    }
}
