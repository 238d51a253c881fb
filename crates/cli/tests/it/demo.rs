//! The demo: everything once, and again in the same folder.

use crate::bench::Bench;

#[test]
fn the_demo_tells_what_happened_and_leaves_a_folder_to_go_on_with() {
    let bench = Bench::new();
    let demo = ["demo", "--dir", "tour", "--scale", "0.1"];
    let text = bench.fine(&demo);
    for words in [
        "What happened",
        "Reconciliation alerts: ",
        "0 of ",
        "What the numbers say",
        "The mean fell from ",
        "joined to their interactions",
        "tour/report.html",
        "What to type next",
        "scorelake --config tour/scorelake.toml query",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    for file in [
        "report.html",
        "roster.csv",
        "genesys-interactions.csv",
        "out/payload/qa_assessments_payload.json",
        "out/ndjson/assessment.ndjson.gz",
        "out/csv/feedback.csv",
        "out/parquet/manifest.json",
        "out/planning/agent_day_event.csv",
        "out/gamification.csv",
        "out/cxone-joined.csv",
    ] {
        assert!(bench.path().join("tour").join(file).is_file(), "{file}");
    }
    check_typeable(&bench, &text);
    let config = ["--config", "tour/scorelake.toml", "query", "--format", "csv"];
    let versions = bench.fine(&[&config[..], &["select count(*) > 1 as revised from form_version"]].concat());
    assert_eq!(versions, "revised\n1\n");
    assert_eq!(bench.fine(&demo), text, "the same seed tells the same");
}

/// Runs every command that the demo shows, as it stands there. An id is for the reader to fill in.
#[track_caller]
fn check_typeable(bench: &Bench, text: &str) {
    let (_, shown) = text.split_once("What to type next\n").unwrap();
    let lines = shown.lines().map(str::trim).filter(|line| line.contains("--config"));
    let mut n_run = 0;
    for line in lines {
        let line = line.replace(" ID", &format!(" {}", first_id(bench)));
        let mut command = std::process::Command::new("sh");
        command.arg("-c").arg(&line).current_dir(bench.path()).env_clear().env("SCORELAKE_NOW", bench.sim.now().to_string());
        let done = bench.done(&mut command);
        assert_eq!(done.code, 0, "{line}\n{}", done.stderr);
        n_run += 1;
    }
    assert!(n_run >= 9, "{shown}");
}

fn first_id(bench: &Bench) -> String {
    let sql = "select assessment_id from assessment where assessment_id not like '%''%' limit 1";
    let text = bench.fine(&["--config", "tour/scorelake.toml", "query", sql, "--format", "csv"]);
    text.lines().nth(1).unwrap().to_owned()
}

#[test]
fn the_demo_keeps_out_of_folders_that_are_not_its_own() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path().join("mine")).unwrap();
    bench.write("mine/notes.txt", "x");
    bench.check_refused(
        &["demo", "--dir", "mine"],
        2,
        "error: `mine` is not empty and no folder of a demo\nhint: name another one with `--dir`\n",
    );
}
