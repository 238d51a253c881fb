//! Every exit code once.

use std::process::{Child, Command, Stdio};

use sim::{Faults, Platform};

use crate::bad_input::json;
use crate::bench::{Bench, SECRET};

#[test]
fn a_run_that_is_done_leaves_with_0() {
    let bench = Bench::new();
    bench.fine(&["sync"]);
}

#[test]
fn words_that_make_no_command_leave_with_2() {
    let bench = Bench::new();
    for words in [&["synk"][..], &[], &["sync", "--from", "2024-01-01"], &["trend"], &["query"], &["-q", "-v", "sync"]] {
        assert_eq!(bench.run(words).code, 2, "{words:?}");
    }
}

#[test]
fn a_permission_that_is_missing_leaves_with_3() {
    let bench = Bench::new();
    bench.faults(Faults { forbidden: vec![sim::Target::stream("feedback")], ..Faults::default() });
    let done = bench.run(&["sync"]);
    assert_eq!(done.code, 3, "{}", done.stderr);
    assert!(done.stderr.contains("hint: "), "{}", done.stderr);
}

#[test]
fn a_source_that_fails_leaves_with_4_and_progress_is_kept() {
    let bench = Bench::new();
    bench.faults(Faults { failing: vec![sim::Target::stream("feedback")], ..Faults::default() });
    let done = bench.run(&["sync"]);
    assert_eq!(done.code, 4, "{}", done.stderr);
    assert_ne!(bench.fine(&["query", "select count(*) n from assessment", "--format", "csv"]), "n\n0\n");
    bench.faults(Faults::default());
    bench.fine(&["sync"]);
}

#[test]
fn a_store_in_a_missing_folder_leaves_with_5() {
    let bench = Bench::new();
    let done = bench.done(bench.command(&["sync"]).env("SCORELAKE__STORE", "sqlite:none/s.db"));
    assert_eq!(done.code, 5);
    assert_eq!(done.stderr, "error: store `DIR/none/s.db`: folder `DIR/none` does not exist\nhint: create it: `mkdir -p DIR/none`\n");
}

#[test]
fn a_hidden_division_leaves_with_6() {
    let bench = Bench::new();
    bench.fine(&["sync"]);
    let totals = bench.sim.totals_csv(Platform::Genesys, jiff::civil::date(2024, 1, 1), jiff::civil::date(2024, 4, 1));
    bench.write("totals.csv", &totals);
    let done = bench.run(&["reconcile", "--totals", "totals.csv", "--format", "json"]);
    assert_eq!(done.code, 6, "{}", done.stderr);
    let rows = json(&done);
    let alerts: Vec<&serde_json::Value> = rows.as_array().unwrap().iter().filter(|row| row["verdict"] == "alert").collect();
    assert!(alerts.iter().any(|row| row["extracted"] == 0 && row["scope_id"] != "*"), "{rows:#}");
}

#[test]
fn too_many_unreadable_records_leave_with_7() {
    let bench = Bench::new();
    bench.faults(Faults { unreadable: 0.2, ..Faults::default() });
    let done = bench.run(&["sync"]);
    assert_eq!(done.code, 7, "{}", done.stderr);
    assert!(done.stderr.contains("`quarantine_percent`"), "{}", done.stderr);
}

#[test]
fn a_tenant_that_is_held_leaves_with_8() {
    let bench = Bench::new();
    bench.fine(&["sync"]);
    let lock = std::fs::File::options().write(true).open(bench.path().join("scorelake.db.acme-genesys.lock")).unwrap();
    lock.lock().unwrap();
    let done = bench.run(&["sync", "--no-publish"]);
    assert_eq!(done.code, 8, "{}", done.stderr);
    assert_eq!(bench.run(&["state", "reset", "--tenant", "acme-genesys"]).code, 8);
    drop(lock);
    bench.fine(&["sync"]);
}

#[test]
fn nothing_new_leaves_with_99_when_asked() {
    let bench = Bench::new();
    assert_eq!(bench.run(&["sync", "--skip-if-empty"]).code, 0);
    let done = bench.run(&["sync", "--skip-if-empty", "--format", "json"]);
    assert_eq!(done.code, 99, "{}", done.stderr);
    assert_eq!(json(&done)["exit_code"], 99);
    bench.fine(&["sync"]);
}

#[test]
fn a_signal_leaves_with_130_or_143_after_the_page() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let bench = Bench::new();
        bench.faults(Faults { slow: 1.0, delay_ms: 300, max_per_key: 1_000_000, ..Faults::default() });
        let child = bench.command(&["sync", "--format", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for_requests(&bench);
        send(&child, signal);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&summary["stopped"], &summary["exit_code"]), (&true.into(), &code.into()));
        assert!(stderr.contains("stopping: "), "{stderr}");
        bench.faults(Faults::default());
        bench.fine(&["sync"]);
    }
}

/// Until the run has asked for its first records.
fn wait_for_requests(bench: &Bench) {
    for _ in 0..3_000 {
        if bench.sim.requests().count(Platform::Genesys, "assessments") > 0 {
            return;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
    panic!("no request came");
}

fn send(child: &Child, signal: &str) {
    assert!(Command::new("kill").arg(format!("-{signal}")).arg(child.id().to_string()).status().unwrap().success());
}

#[test]
fn the_simulator_serves_until_a_signal_ends_it() {
    use std::io::{BufRead as _, BufReader};

    let bench = Bench::new();
    let mut child = bench.command(&["simulate", "--scale", "0.02", "--seed", "3"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut config = String::new();
    while config.matches("requests_per_minute").count() < 2 {
        config += &lines.next().unwrap();
        config.push('\n');
    }
    let config = config.replace("requests_per_minute", "window = \"30d\"\nrequests_per_minute");
    bench.write("simulated.toml", &config);
    let done = bench.done(bench.command(&["--config", "simulated.toml", "sync"]).env("SIMULATOR_SECRET", SECRET));
    assert_eq!(done.code, 0, "{config}\n{}", done.stderr);
    send(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
}
