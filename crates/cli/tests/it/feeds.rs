//! Feeds from the outside: agent-days, Calabrio's file, batches of external metrics; and how runs keep them.

use serde_json::Value;
use sim::{ExternalMetric, Platform, SimOptions, WorldOptions};

use crate::bad_input::json;
use crate::bench::Bench;
use crate::numbers::half_year;

/// The forms of the world, by their ids.
fn forms(bench: &Bench) -> Vec<String> {
    let sql = "select distinct form_id from assessment_measure where left_out is null and form_id not like 'version:%' order by 1";
    bench.fine(&["query", sql, "--format", "csv"]).lines().skip(1).map(ToOwned::to_owned).collect()
}

/// A bench with all three kinds of feeds.
fn with_feeds() -> Bench {
    let bench = half_year();
    bench.fine(&["sync", "--no-publish"]);
    let measures = |each: &dyn Fn(usize) -> String| -> String {
        forms(&bench)
            .iter()
            .enumerate()
            .map(|(index, form)| format!("[[publication.measure]]\nform_id = \"{form}\"\n{}\n", each(index)))
            .collect()
    };
    let calabrio = measures(&|index| format!("name = \"Quality {index}\"\nid = \"Q{index}\""));
    let metrics = measures(&|index| format!("metric_id = \"metric-{index}\"\nprecision = 1"));
    let text = format!(
        "{}[[publication]]\nname = \"days\"\nkind = \"agent-day\"\npath = \"out/days\"\npurpose = \"planning\"\n\
         [[publication]]\nname = \"game\"\nkind = \"calabrio\"\npath = \"out/game.csv\"\npurpose = \"gamification\"\n{calabrio}\
         [[publication]]\nname = \"metrics\"\nkind = \"genesys-external-metrics\"\npath = \"out/metrics\"\ntenant = \"acme-genesys\"\npurpose = \"performance\"\n{metrics}",
        bench.read("scorelake.toml")
    );
    bench.write("scorelake.toml", &text);
    bench
}

fn one(bench: &Bench, sql: &str) -> u64 {
    bench.fine(&["query", sql, "--format", "csv"]).lines().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_sync_keeps_the_feed_and_tells_its_counters() {
    let bench = half_year();
    let summary = json(&bench.run(&["sync", "--format", "json", "--no-publish"]));
    let feed = &summary["feed"];
    assert_eq!(feed["inserted"], one(&bench, "select count(*) from agent_day where n > 0"), "{feed}");
    assert_eq!((&feed["updated"], &feed["retracted"]), (&0.into(), &0.into()));
    let again = json(&bench.run(&["sync", "--format", "json"]));
    assert_eq!((&again["feed"]["measured"], &again["feed"]["inserted"]), (&0.into(), &0.into()), "{:#}", again["feed"]);
    bench.sim.advance_days(20);
    let later = json(&bench.run(&["sync", "--format", "json", "--sweep"]));
    assert!(later["feed"]["inserted"].as_u64() > Some(0), "{:#}", later["feed"]);
    let n = later["feed"]["inserted"].as_u64().unwrap()
        + later["feed"]["updated"].as_u64().unwrap()
        + later["feed"]["retracted"].as_u64().unwrap();
    assert_eq!(n, one(&bench, "select count(*) from agent_day_event") - feed["inserted"].as_u64().unwrap());
}

#[test]
fn feeds_are_written_and_left_alone_when_nothing_is_new() {
    let bench = with_feeds();
    let done = bench.run(&["publish", "--format", "json"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let listed = json(&done);
    assert!(listed.as_array().unwrap().iter().all(|row| row["changed"] == true), "{listed:#}");
    let days = bench.read("out/days/agent_day.csv");
    assert!(days.starts_with("tenant,platform,agent_id,business_date,form_id,"), "{days}");
    assert_eq!(days.lines().count() as u64, one(&bench, "select count(*) from agent_day") + 1);
    assert!(bench.read("out/days/agent_day_event.csv").lines().count() >= days.lines().count());
    for line in bench.read("out/game.csv").lines() {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!((fields.len(), fields[0].len(), fields[6]), (8, 8, "Percent"), "{line}");
    }
    let batch: Value = serde_json::from_str(&bench.read("out/metrics/batch-0001.json")).unwrap();
    let items = batch["items"].as_array().unwrap();
    assert!(items.len() <= 100 && items.iter().all(|item| item["type"] == "Total" && item["count"] == 1), "{batch:#}");
    assert!(done.stderr.contains("have no `person_id` in the roster: "), "{}", done.stderr);
    let again = json(&bench.run(&["publish", "--format", "json"]));
    assert!(again.as_array().unwrap().iter().all(|row| row["changed"] == false), "{again:#}");
}

#[test]
fn every_kind_of_feed_is_exported_once() {
    let bench = with_feeds();
    for (format, ending) in [("csv", "csv"), ("json", "json"), ("ndjson", "ndjson")] {
        bench.fine(&["export", "agent-day", "--purpose", "planning", "--out", "one", "--rows", format]);
        assert!(bench.path().join(format!("one/agent_day.{ending}")).is_file(), "{format}");
        assert!(bench.path().join(format!("one/agent_day_event.{ending}")).is_file(), "{format}");
    }
    bench.fine(&["export", "calabrio", "--out", "one/game.csv"]);
    let listed = json(&bench.run(&["export", "genesys-external-metrics", "--out", "one/metrics", "--format", "json"]));
    let n_batches = std::fs::read_dir(bench.path().join("one/metrics")).unwrap().count();
    assert_eq!(listed[0]["files_written"], n_batches);
    bench.fine(&["publish"]);
    assert_eq!(bench.read("one/game.csv"), bench.read("out/game.csv"));
    assert_eq!(bench.read("one/metrics/batch-0001.json"), bench.read("out/metrics/batch-0001.json"));
}

#[test]
fn an_export_about_agents_needs_a_purpose_and_its_measures() {
    let bench = half_year();
    bench.fine(&["sync", "--no-publish"]);
    bench.check_refused(
        &["export", "agent-day"],
        2,
        "error: `--purpose` is missing: agent level is off unless enabled with a purpose\n\
         hint: name what the numbers are for: `--purpose \"workforce management\"`\n",
    );
    bench.check_refused(
        &["export", "calabrio"],
        2,
        "error: no publication of the kind `calabrio` in the configuration\n\
         hint: its `[[publication.measure]]` say which numbers are written; `scorelake init --schema` describes them\n",
    );
    bench.check_refused(&["export", "csv", "--purpose", "x"], 2, "error: `--purpose` and `--rows` go with agent-day only\n");
    let feeds = with_feeds();
    feeds.check_refused(
        &["export", "calabrio", "--publication", "gam"],
        2,
        "error: no publication `gam` of the kind `calabrio` in the configuration; did you mean `game`?\n",
    );
}

/// A Genesys that takes external metrics, and a publication that sends one form's.
fn with_delivery(scopes: &str) -> Bench {
    let metrics = vec![ExternalMetric { id: "quality-score".to_owned(), precision: 2 }];
    let options = SimOptions { world: WorldOptions::half_year(7, 0.1), external_metrics: metrics, ..SimOptions::default() };
    let scopes_genesys = format!("{} {scopes}", options.scopes_genesys);
    let bench = Bench::of(SimOptions { scopes_genesys, ..options });
    bench.write("roster.csv", &bench.sim.roster_csv(&[(Platform::Genesys, "acme-genesys")]));
    bench.configure("");
    bench.fine(&["sync", "--no-publish"]);
    bench.configure(&format!(
        "[analytics]\nroster = \"roster.csv\"\n[[publication]]\nname = \"metrics\"\nkind = \"genesys-external-metrics\"\n\
         tenant = \"acme-genesys\"\npurpose = \"performance\"\n[[publication.measure]]\nform_id = \"{}\"\nmetric_id = \"quality-score\"\n",
        forms(&bench)[0]
    ));
    bench
}

#[test]
fn external_metrics_are_sent_once_and_again_only_when_they_change() {
    let bench = with_delivery("employeePerformance:externalMetricData:add");
    let done = bench.run(&["publish", "--format", "json"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let sent = json(&done)[0]["rows_written"].as_u64().unwrap();
    let held = bench.sim.external_metrics();
    assert_eq!((sent, held.as_array().map(Vec::len)), (sent, usize::try_from(sent).ok()), "{}", done.stderr);
    assert!(sent > 50, "{sent}");
    let again = json(&bench.run(&["publish", "--format", "json"]));
    assert_eq!((&again[0]["changed"], &again[0]["rows_written"]), (&false.into(), &0.into()));
    bench.sim.advance_days(10);
    let summary = json(&bench.run(&["sync", "--format", "json"]));
    assert!(summary["publications"][0]["rows_written"].as_u64() > Some(0), "{summary:#}");
}

#[test]
fn a_client_that_may_not_send_is_told_and_nothing_is_lost() {
    let bench = with_delivery("");
    let done = bench.run(&["publish"]);
    assert_eq!(done.code, 3, "{}", done.stderr);
    assert!(
        done.stderr.contains("error: publication `metrics`: external metrics of `acme-genesys`, ") && done.stderr.contains("hint: "),
        "{}",
        done.stderr
    );
    let missing = bench.done(bench.command(&["publish"]).env_remove("ACME_SECRET"));
    assert_eq!(
        (missing.code, missing.stderr.as_str()),
        (3, "error: scorelake.toml: tenant `acme-genesys`: `client_secret`: environment variable `ACME_SECRET` is not set\n")
    );
}

#[test]
fn days_that_move_with_a_zone_are_restated_by_the_next_publish() {
    let bench = half_year();
    bench.fine(&["sync", "--no-publish"]);
    let before = one(&bench, "select count(*) from agent_day_event");
    bench.configure("timezone = \"Asia/Kolkata\"\n");
    let done = bench.run(&["publish", "--format", "json"]);
    assert_eq!((done.code, json(&done).as_array().map(Vec::len)), (0, Some(0)), "{}", done.stderr);
    assert!(one(&bench, "select count(*) from agent_day_event") > before);
    // Half a year back, days are closed: such changes are named, five at most.
    let warning = done.stderr.lines().find(|line| line.contains(" changes of closed days: ")).unwrap_or_else(|| panic!("{}", done.stderr));
    assert!(warning.starts_with("warning: ") && warning.contains(" of `acme-genesys` on 2024-") && warning.contains(", and "), "{warning}");
    assert_eq!(warning.matches("(").count(), 5, "{warning}");
}
