//! `join` from the outside: rows to stdout or a file, the summary beside them, and listings that cannot be meant.

use sim::Platform;

use crate::bad_input::json;
use crate::bench::Bench;
use crate::numbers::measured;

fn with_interactions() -> Bench {
    let bench = measured();
    bench.write("calls.csv", &bench.sim.interactions_csv(Platform::Genesys));
    bench
}

#[test]
fn rows_go_to_stdout_and_the_summary_to_stderr() {
    let bench = with_interactions();
    let done = bench.run(&["join", "--interactions", "calls.csv", "--format", "json"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let rows = json(&done);
    let rows = rows.as_array().unwrap();
    let matched = rows.iter().filter(|row| row["join_status"] == "matched").count();
    assert!(matched * 2 > rows.len(), "{matched} of {}", rows.len());
    for words in ["acme-genesys assessments: ", " % of ", " matched", "interactions: ", "warning: "] {
        assert!(done.stderr.contains(words), "{words}\n{}", done.stderr);
    }
    assert!(bench.fine(&["join", "--interactions", "calls.csv"]).contains("join_status"));
    let csv = bench.fine(&["join", "--interactions", "calls.csv", "--format", "csv", "--stream", "feedback"]);
    assert!(csv.lines().skip(1).all(|line| line.contains(",feedback,")), "{csv}");
}

#[test]
fn the_simulators_truth_is_found_again() {
    let bench = with_interactions();
    let truth = bench.sim.truth(Platform::Genesys);
    let rows = json(&bench.run(&["join", "--interactions", "calls.csv", "--format", "json", "--stream", "assessments"]));
    let mut n_compared = 0;
    for row in rows.as_array().unwrap() {
        let expected = &truth["assessments"][row["record_id"].as_str().unwrap()]["join"];
        assert_eq!(row["join_status"], *expected, "{row:#}");
        n_compared += 1;
    }
    assert!(n_compared > 100, "{n_compared}");
}

#[test]
fn rows_go_into_a_file_and_the_summary_is_one_object() {
    let bench = with_interactions();
    let join = ["join", "--interactions", "calls.csv", "--format", "json", "--out"];
    let mut summaries = Vec::new();
    for name in ["out/j.csv", "out/j.json", "out/j.ndjson"] {
        summaries.push(json(&bench.run(&[&join[..], &[name]].concat())));
    }
    let n: u64 = summaries[0]["summaries"].as_array().unwrap().iter().map(|one| one["n"].as_u64().unwrap()).sum();
    assert!(n > 0 && summaries.iter().all(|one| *one == summaries[0]), "{summaries:#?}");
    let array: serde_json::Value = serde_json::from_str(&bench.read("out/j.json")).unwrap();
    let lines: Vec<serde_json::Value> = bench.read("out/j.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(array, serde_json::Value::from(lines));
    assert_eq!(array.as_array().unwrap().len() as u64, n);
    assert_eq!(bench.read("out/j.csv").lines().count() as u64, n + 1);
}

#[test]
fn columns_are_named_by_keys_and_the_span_is_on_the_interactions_end() {
    let bench = with_interactions();
    let renamed = bench.read("calls.csv").replacen("interaction_id", "conversationId", 1).replacen("agent_id", "userId", 1);
    bench.write("renamed.csv", &renamed);
    let keys = ["--key", "interaction_id=conversationId", "--key", "agent_id=userId", "--key", "external_reference_id"];
    let plain = bench.fine(&[
        "join",
        "--interactions",
        "calls.csv",
        "--format",
        "csv",
        "--key",
        "interaction_id",
        "--key",
        "external_reference_id",
    ]);
    assert_eq!(bench.fine(&[&["join", "--interactions", "renamed.csv", "--format", "csv"][..], &keys].concat()), plain);
    let rows = json(&bench.run(&["join", "--interactions", "calls.csv", "--format", "json", "--from", "2024-02-01", "--to", "2024-03-01"]));
    // February in New York.
    let inside = |row: &serde_json::Value| {
        let own = row["interaction_end_time"].as_str().or(row["interaction_ended_at"].as_str());
        own.is_none_or(|end| ("2024-02-01T05:00:00.000Z".."2024-03-01T05:00:00.000Z").contains(&end))
    };
    assert!(rows.as_array().is_some_and(|rows| !rows.is_empty() && rows.iter().all(inside)), "{rows:#}");
}

#[test]
fn listings_and_words_that_cannot_be_meant_are_told_in_one_line() {
    let bench = with_interactions();
    bench.write("zoneless.csv", "interaction_id,agent_id,started_at,ended_at\ni,a,2024-01-01T00:00:00,2024-01-01T00:05:00\n");
    bench.write("columns.csv", "interactionid,agent_id\ni,a\n");
    for (file, words) in [("none.csv", "none.csv"), ("zoneless.csv", "2024-01-01T00:00:00"), ("columns.csv", "interaction_id")] {
        let done = bench.run(&["join", "--interactions", file, "--key", "interaction_id", "--out", "j.csv"]);
        let errors: Vec<&str> = done.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!((done.code, errors.len()), (3, 1), "{file}: {}", done.stderr);
        assert!(errors[0].contains(words), "{}", done.stderr);
        assert!(!bench.path().join("j.csv").exists(), "{file}: nothing is left of a join that failed");
    }
    bench.check_refused(
        &["join", "--interactions", "calls.csv", "--key", "conversation=x"],
        2,
        "error: `--key`: `conversation=x`: unknown field `conversation`; known are interaction_id, external_reference_id, segment_id, \
         agent_id, started_at, ended_at, media\n",
    );
    bench.check_refused(
        &["join", "--interactions", "calls.csv", "--out", "j.xlsx"],
        2,
        "error: `--out j.xlsx`: a file that ends in `.csv`, `.json` or `.ndjson` is asked for\n",
    );
    bench.check_refused(
        &["join", "--interactions", "calls.csv", "--from", "2024-03-01", "--to", "2024-02-01"],
        2,
        "error: `--to` is not after `--from`; the range is half-open\n",
    );
}
