//! What is printed about the program itself, and the file it writes for a newcomer.

use crate::bench::Bench;

#[test]
fn init_writes_a_file_that_loads_and_never_overwrites() {
    let bench = Bench::new();
    for platform in ["genesys", "cxone"] {
        let name = format!("{platform}.toml");
        let done = bench.run(&["--config", &name, "init", "--platform", platform]);
        assert_eq!((done.code, done.stdout.as_str()), (0, ""));
        let check = bench.done(
            bench
                .command(&["--config", &name, "check", "--online=false", "--format", "csv"])
                .env("ACME_CLIENT_ID", "i")
                .env("ACME_CLIENT_SECRET", "s"),
        );
        assert_eq!(
            (check.code, check.stdout.as_str()),
            (0, "tenant,subject,result,detail\nacme,configuration,ok,complete\n"),
            "{}",
            check.stderr
        );
    }
    bench.check_refused(
        &["--config", "genesys.toml", "init"],
        3,
        "error: `genesys.toml` exists and is not overwritten\nhint: move it away, or name another file with `--config`\n",
    );
}

#[test]
fn the_schema_is_json_with_every_table() {
    let schema: serde_json::Value = serde_json::from_str(&Bench::new().fine(&["init", "--schema"])).unwrap();
    for key in ["store", "tenant", "privacy", "limits", "analytics", "publication"] {
        assert!(schema["properties"][key].is_object(), "{key}");
    }
}

#[test]
fn the_manual_has_every_command_and_exit_code() {
    let bench = Bench::new();
    let page = bench.fine(&["man"]);
    for word in ["scorelake", "reconcile", "quarantine", "SCORELAKE_NOW", "rate\\-limited", "143"] {
        assert!(page.contains(word), "{word}\n{page}");
    }
    assert!(bench.fine(&["man", "sync"]).contains("skip\\-if\\-empty"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(bench.fine(&["completions", shell]).contains("reconcile"), "{shell}");
    }
    assert!(bench.fine(&["--version"]).starts_with("scorelake "));
}
