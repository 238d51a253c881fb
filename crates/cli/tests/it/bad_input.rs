//! Bad input: one clear line each, the right exit code, nothing lost.

use std::process::Command;

use sim::Platform;

use crate::bench::{Bench, Done};

#[test]
fn a_missing_configuration_is_named_with_a_way_on() {
    let bench = Bench::new();
    bench.check_refused(
        &["--config", "none.toml", "sync"],
        3,
        "error: configuration file `none.toml` cannot be read: no such file or directory\n\
         hint: `scorelake init` writes one; `scorelake demo` needs none\n",
    );
}

#[test]
fn broken_toml_is_told_with_its_line() {
    let bench = Bench::new();
    bench.write("scorelake.toml", "store = \"sqlite:s.db\"\n[[tenant]\nname = 1\n");
    let done = bench.run(&["sync"]);
    assert_eq!((done.code, done.stdout.as_str()), (3, ""));
    assert!(done.stderr.starts_with("error: scorelake.toml: line 2, column "), "{}", done.stderr);
    assert_eq!(done.stderr.lines().count(), 1);
}

#[test]
fn unknown_keys_are_all_told_with_the_nearest_known_one() {
    let bench = Bench::new();
    bench.configure("page_sise = 3\nlokback = \"1d\"\n[limit]\nx = 1\n");
    bench.check_refused(
        &["check"],
        3,
        "error: scorelake.toml: unknown key `limit`; did you mean `limits`?\n\
         error: scorelake.toml: tenant `acme-genesys`: unknown key `lokback`; did you mean `lookback`?\n\
         error: scorelake.toml: tenant `acme-genesys`: unknown key `page_sise`; did you mean `page_size`?\n",
    );
}

#[test]
fn a_missing_secret_is_named() {
    let bench = Bench::new();
    let done = bench.done(bench.command(&["sync"]).env_remove("ACME_SECRET"));
    let stderr = "error: scorelake.toml: tenant `acme-genesys`: `client_secret`: environment variable `ACME_SECRET` is not set\n";
    assert_eq!(done, Done { code: 3, stdout: String::new(), stderr: stderr.to_owned() });
}

#[test]
fn a_wrong_secret_is_told_and_never_shown() {
    let bench = Bench::new();
    let done = bench.done(bench.command(&["sync", "--format", "json"]).env("ACME_SECRET", "hunter2-wrong"));
    assert_eq!(done.code, 3, "{}", done.stderr);
    assert!(done.stderr.contains("invalid_client"), "{}", done.stderr);
    assert!(!done.stderr.contains("hunter2-wrong") && !done.stdout.contains("hunter2-wrong"));
    assert_eq!(json(&done)["exit_code"], 3);
}

#[test]
fn a_wrong_host_is_unavailable() {
    let bench = Bench::new();
    let text = bench.read("scorelake.toml").replace(&bench.sim.base_url(Platform::Genesys), "http://127.0.0.1:9");
    bench.write("scorelake.toml", &text);
    let done = bench.run(&["sync"]);
    assert_eq!(done.code, 4, "{}", done.stderr);
    assert!(done.stderr.contains("error: ") && done.stderr.contains("127.0.0.1:9"), "{}", done.stderr);
}

#[test]
fn plain_http_to_another_machine_is_refused() {
    let bench = Bench::new();
    let text = bench.read("scorelake.toml").replace(&bench.sim.base_url(Platform::Genesys), "http://api.example.org");
    bench.write("scorelake.toml", &text);
    let done = bench.run(&["sync"]);
    assert_eq!((done.code, done.stderr.lines().count()), (3, 1), "{}", done.stderr);
    assert!(done.stderr.starts_with("error: scorelake.toml: tenant `acme-genesys`: `base_url`: "), "{}", done.stderr);
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_untouched() {
    let bench = Bench::new();
    bench.fine(&["sync", "--no-publish"]);
    let path = bench.path().join("scorelake.db");
    let bytes = newer(&std::fs::read(&path).unwrap());
    std::fs::write(&path, &bytes).unwrap();
    for words in [&["sync"][..], &["query", "select 1"], &["publish"]] {
        let done = bench.run(words);
        assert_eq!((done.code, done.stdout.as_str()), (5, ""), "{words:?} {}", done.stderr);
        assert!(done.stderr.contains("scorelake.db") && done.stderr.contains("9999"), "{}", done.stderr);
    }
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

/// The schema version (`user_version`) stands in an SQLite file's header at offset 60, big-endian.
fn newer(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[60..64].copy_from_slice(&9999_u32.to_be_bytes());
    bytes
}

#[test]
fn a_file_that_is_no_store_is_refused() {
    let bench = Bench::new();
    bench.write("scorelake.db", &"no database at all\n".repeat(100));
    let done = bench.run(&["sync"]);
    assert_eq!(done.code, 5);
    assert!(done.stderr.contains("`DIR/scorelake.db` is not an SQLite database"), "{}", done.stderr);
}

#[test]
fn an_out_folder_that_cannot_be_written_is_named_and_the_extraction_is_kept() {
    let bench = Bench::new();
    bench.write("blocked", "a file where a folder should be");
    bench.configure("[[publication]]\nname = \"payload\"\nkind = \"json\"\npath = \"blocked/out\"\n");
    let done = bench.run(&["sync"]);
    assert_eq!(done.code, 5, "{}", done.stderr);
    assert!(done.stderr.contains("error: publication `payload`: ") && done.stderr.contains("DIR/blocked"), "{}", done.stderr);
    assert_ne!(bench.fine(&["query", "select count(*) as n from assessment", "--format", "csv"]), "n\n0\n");
}

#[test]
fn a_full_disk_is_told_and_the_next_run_ends_the_work() {
    let bench = Bench::new();
    bench.configure("[[publication]]\nname = \"payload\"\nkind = \"json\"\npath = \"out\"\n");
    bench.fine(&["sync", "--no-publish"]);
    // A limit on the size of files stands for the disk: writing beyond it fails, as its signal is ignored.
    let mut command = bench.command(&[]);
    let limited = limited(&command, "publish", 64);
    let done = bench.done(command_like(&mut command, limited).current_dir(bench.path()));
    assert_eq!(done.code, 5, "{}", done.stderr);
    assert!(done.stderr.contains("the disk is full"), "{}", done.stderr);
    bench.fine(&["publish"]);
    assert!(bench.read("out/qa_assessments_payload.json").ends_with("]\n"));
}

fn limited(command: &Command, words: &str, kilobytes: u32) -> String {
    // `ulimit -f` counts blocks of 512 bytes.
    format!("trap '' XFSZ; ulimit -f {}; exec '{}' {words}", kilobytes * 2, command.get_program().display())
}

fn command_like(command: &mut Command, script: String) -> &mut Command {
    let variables: Vec<_> = command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
    *command = Command::new("sh");
    command.arg("-c").arg(script).env_clear().envs(variables)
}

#[test]
fn a_full_disk_behind_stdout_is_told() {
    let bench = Bench::new();
    bench.fine(&["sync", "--no-publish"]);
    let script = format!("exec '{}' query 'select * from assessment' > /dev/full", bench.command(&[]).get_program().display());
    let mut command = bench.command(&[]);
    let done = bench.done(command_like(&mut command, script).current_dir(bench.path()));
    assert_eq!((done.code, done.stderr.as_str()), (5, "error: stdout: No space left on device (os error 28)\n"));
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let bench = Bench::new();
    bench.fine(&["sync", "--no-publish"]);
    let program = bench.command(&[]).get_program().display().to_string();
    let script = format!(
        "{{ '{program}' query 'select * from assessment a, assessment b limit 20000' --format csv; echo $? >&2; }} | head -1 >/dev/null"
    );
    let mut command = bench.command(&[]);
    let done = bench.done(command_like(&mut command, script).current_dir(bench.path()));
    assert_eq!(done.stderr, "0\n");
}

#[test]
fn totals_with_wrong_columns_are_refused() {
    let bench = Bench::new();
    bench.fine(&["sync", "--no-publish"]);
    bench.write("totals.csv", "scope,from,to,count\na,2024-01-01,2024-02-01,3\n");
    let done = bench.run(&["reconcile", "--totals", "totals.csv", "--format", "json"]);
    assert_eq!((done.code, done.stdout.as_str()), (3, "[]\n"));
    assert_eq!(
        done.stderr,
        "error: totals file `DIR/totals.csv`: column `scope_id` is missing\n\
         hint: its columns are `scope_id,date_from,date_to,stream,reported`\n"
    );
}

#[test]
fn names_that_are_not_configured_are_usage_errors() {
    let bench = Bench::new();
    bench.check_refused(
        &["sync", "--tenant", "acme-genesis"],
        2,
        "error: no tenant `acme-genesis` in the configuration; did you mean `acme-genesys`?\n",
    );
    bench.fine(&["sync", "--no-publish"]);
    bench.check_refused(&["publish", "lake"], 2, "error: no publication `lake` in the configuration\n");
    bench.check_refused(
        &["explain", "a-17"],
        2,
        "error: no record `a-17` in the store\nhint: ids are compared byte for byte; `scorelake query` finds them\n",
    );
    bench.check_refused(
        &["sync", "--from", "2024-02-01", "--to", "2024-02-01"],
        2,
        "error: `--to` is not after `--from`; the range is half-open\n",
    );
}

#[test]
fn a_database_that_cannot_be_reached_is_named_without_its_password() {
    let bench = Bench::new();
    bench.fine(&["sync", "--no-publish"]);
    let done = bench.run(&["export", "postgres", "--out", "postgres://user:hunter2@127.0.0.1:9/quality"]);
    assert_eq!((done.code, done.stdout.as_str()), (5, ""), "{}", done.stderr);
    assert!(done.stderr.contains("127.0.0.1") && !done.stderr.contains("hunter2"), "{}", done.stderr);
    bench.check_refused(&["export", "postgres", "--out", "out"], 2, "error: `--out postgres://user@host/database` is asked for\n");
}

#[test]
fn sql_that_writes_is_refused() {
    let bench = Bench::new();
    bench.fine(&["sync", "--no-publish"]);
    for sql in ["delete from assessment", "select 1; select 2", "selekt 1", "create table x (y)"] {
        let done = bench.run(&["query", sql]);
        assert_eq!((done.code, done.stdout.as_str(), done.stderr.lines().count()), (2, "", 1), "{sql}: {}", done.stderr);
    }
}

#[test]
fn a_frozen_clock_that_is_no_time_is_refused() {
    let bench = Bench::new();
    let done = bench.done(bench.command(&["sync"]).env("SCORELAKE_NOW", "today"));
    assert_eq!(
        (done.code, done.stderr.as_str()),
        (3, "error: environment variable `SCORELAKE_NOW`: `today` is not an RFC 3339 time with an offset\n")
    );
}

/// Stdout as JSON.
pub(crate) fn json(done: &Done) -> serde_json::Value {
    serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {}", done.stdout))
}
