//! Derived numbers from the outside: `trends`, `agents`, `evaluators`, `alarms`, each as a table, as JSON and as CSV.

use serde_json::Value;
use sim::{Platform, SimOptions, WorldOptions};

use crate::bad_input::json;
use crate::bench::Bench;

/// Each command with its tables.
const COMMANDS: [(&str, &[&str]); 4] = [
    ("trends", &["trend_cohort", "cohort", "trend_verdict", "change_split", "change_split_question"]),
    ("agents", &["agent_score"]),
    ("evaluators", &["evaluator_leniency"]),
    ("alarms", &["alarm", "control_point"]),
];

/// Half a year of one Genesys tenant with a roster, not extracted yet.
pub(crate) fn half_year() -> Bench {
    let bench = Bench::of(SimOptions { world: WorldOptions::half_year(7, 0.2), ..SimOptions::default() });
    bench.write("roster.csv", &bench.sim.roster_csv(&[(Platform::Genesys, "acme-genesys")]));
    bench.configure("timezone = \"America/New_York\"\n[analytics]\nroster = \"roster.csv\"\n");
    bench
}

/// The same, extracted.
pub(crate) fn measured() -> Bench {
    let bench = half_year();
    bench.fine(&["sync", "--no-publish"]);
    bench
}

fn rows<'a>(object: &'a Value, table: &str) -> &'a [Value] {
    object[table].as_array().unwrap_or_else(|| panic!("no `{table}` in {object:#}"))
}

#[test]
fn every_table_is_the_same_for_people_as_json_and_as_csv() {
    let bench = measured();
    for (command, tables) in COMMANDS {
        let object = json(&bench.run(&[command, "--format", "json"]));
        assert!(object["notes"].as_array().is_some_and(|notes| !notes.is_empty()), "{command}");
        let text = bench.fine(&[command]);
        let note = object["notes"][0].as_str().unwrap();
        assert!(text.starts_with(note), "{command}: sentences come first\n{text}");
        for table in tables {
            assert!(text.contains(&format!("\n{table}: ")), "{table}\n{text}");
            let n_rows = rows(&object, table).len();
            let one = json(&bench.run(&[command, "--table", table, "--format", "json"]));
            assert_eq!((rows(&one, table).len(), one.as_object().unwrap().len()), (n_rows, 2), "{table}");
            let text = bench.fine(&[command, "--table", table, "--format", "csv"]);
            let mut csv = csv::Reader::from_reader(text.as_bytes());
            assert_eq!(csv.records().map(Result::unwrap).count(), n_rows, "{table}");
            assert!(bench.fine(&[command, "--table", table]).contains(&format!("({n_rows} row")), "{table}");
        }
        let first = bench.fine(&[command, "--format", "csv"]);
        assert_eq!(first, bench.fine(&[command, "--table", tables[0], "--format", "csv"]), "{command}: csv is the first table");
    }
}

#[test]
fn a_change_of_form_is_taken_apart_to_the_last_digit() {
    let bench = measured();
    let object = json(&bench.run(&["trends", "--format", "json"]));
    let splits = rows(&object, "change_split");
    assert!(!splits.is_empty());
    for split in splits.iter().filter(|split| split["performance"].is_number()) {
        let part = |name: &str| split[name].as_f64().unwrap();
        let sum: f64 = ["performance", "reweighting", "removed", "added", "na_mix"].map(part).iter().sum();
        assert!((sum - part("change")).abs() < 1e-9, "{split:#}");
        assert!((part("mean_to") - part("mean_from") - part("change")).abs() < 1e-9, "{split:#}");
        assert!(split["sentence"].as_str().is_some_and(|words| !words.is_empty()));
    }
}

#[test]
fn people_see_rounded_numbers_and_programs_do_not() {
    let bench = measured();
    let object = json(&bench.run(&["evaluators", "--format", "json"]));
    let effect = rows(&object, "evaluator_leniency").iter().find_map(|row| row["leniency"].as_f64()).unwrap();
    assert!((effect * 10.0).fract().abs() > 1e-9, "{effect}");
    let text = bench.fine(&["evaluators"]);
    let withheld = rows(&object, "evaluator_leniency").iter().find_map(|row| row["reason"].as_str());
    if let Some(reason) = withheld {
        assert!(text.contains(&format!("[{reason}]")), "{text}");
    }
    assert!(!text.contains(&effect.to_string()), "{text}");
}

#[test]
fn what_is_looked_at_can_be_chosen() {
    let bench = measured();
    let trends = |words: &[&str]| json(&bench.run(&[&["trends", "--format", "json"], words].concat()));
    let all = trends(&[]);
    let cohort = rows(&all, "cohort").iter().find(|row| row["scope_kind"] == "division").unwrap();
    let (division, form) = (cohort["scope_id"].as_str().unwrap(), cohort["form_id"].as_str().unwrap());
    for (words, column, expected) in [(["--division", division], "scope_id", division), (["--form", form], "form_id", form)] {
        let some = trends(&words);
        assert!(!rows(&some, "cohort").is_empty(), "{words:?}");
        assert!(rows(&some, "cohort").iter().all(|row| row[column] == expected), "{words:?} {some:#}");
    }
    let name = rows(&all, "cohort").iter().find_map(|row| row["form_name"].as_str()).unwrap();
    assert!(rows(&trends(&["--form", name]), "cohort").iter().all(|row| row["form_name"] == name));
    let some = trends(&["--from", "2024-02-01", "--to", "2024-03-01"]);
    let weeks: Vec<&str> = rows(&some, "trend_cohort").iter().map(|row| row["week_start"].as_str().unwrap()).collect();
    assert!(weeks.iter().all(|week| ("2024-01-29".."2024-03-01").contains(week)), "{weeks:?}");
    assert!(rows(&trends(&["--platform", "cxone"]), "cohort").is_empty());
}

#[test]
fn what_matches_nothing_is_named_with_what_is_known() {
    let bench = measured();
    for (words, expected) in [
        (["--division", "nowhere"], "error: no division, site, queue or team `nowhere` among scored assessments"),
        (["--form", "nothing"], "error: no form `nothing` among scored assessments"),
    ] {
        let done = bench.run(&[&["trends"][..], &words].concat());
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{}", done.stderr);
        assert!(done.stderr.starts_with(expected) && done.stderr.contains("\nhint: known are `"), "{}", done.stderr);
    }
    bench.check_refused(
        &["trends", "--tenant", "acme-genesis"],
        2,
        "error: no tenant `acme-genesis` in the configuration; did you mean `acme-genesys`?\n",
    );
    bench.check_refused(
        &["alarms", "--table", "alarms"],
        2,
        "error: unknown table `alarms`; did you mean `alarm`?\nhint: the tables of this command: `alarm`, `control_point`\n",
    );
    bench.check_refused(
        &["agents", "--from", "2024-02-01", "--to", "2024-02-01"],
        2,
        "error: `--to` is not after `--from`; the range is half-open\n",
    );
    assert_eq!(bench.run(&["agents", "--from", "yesterday"]).code, 2);
    let done = bench.run(&["agents", "--from", "2030-01-01", "--format", "csv"]);
    assert_eq!((done.code, done.stdout.lines().count()), (0, 1), "{}", done.stderr);
    assert!(done.stderr.starts_with("note: nothing to show for what was asked; business dates go from 202"), "{}", done.stderr);
}

#[test]
fn a_store_without_assessments_shows_empty_tables_and_says_what_to_do() {
    let bench = half_year();
    bench.fine(&["sync", "--no-publish", "--stream", "feedback"]);
    for (command, tables) in COMMANDS {
        let done = bench.run(&[command, "--format", "json"]);
        assert_eq!(
            (done.code, done.stderr.as_str()),
            (0, "note: there are no assessments in the store: `scorelake sync` extracts them\n"),
            "{command}"
        );
        assert!(tables.iter().all(|table| rows(&json(&done), table).is_empty()), "{command}");
    }
    let done = bench.run(&["trends", "--form", "f"]);
    assert_eq!(
        (done.code, done.stderr.as_str()),
        (2, "error: no form `f` among scored assessments\nhint: there are none: `scorelake sync` extracts them\n")
    );
}

#[test]
fn a_store_that_is_not_there_and_a_roster_that_cannot_be_read_are_told() {
    let bench = half_year();
    assert_eq!(bench.run(&["trends"]).code, 5);
    bench.write("roster.csv", "tenant,agent\nacme-genesys,a\n");
    for words in [&["trends"][..], &["sync"], &["check", "--online=false"], &["report"]] {
        let done = bench.run(words);
        assert_eq!((done.code, done.stderr.lines().count()), (3, 1), "{words:?} {}", done.stderr);
        assert!(done.stderr.starts_with("error: roster `DIR/roster.csv`: unknown column `agent`; known are tenant, "), "{}", done.stderr);
    }
    assert!(!bench.path().join("scorelake.db").exists());
}

#[test]
fn a_changed_zone_and_roster_are_followed_without_a_sync() {
    let bench = measured();
    let n = |sql: &str| bench.fine(&["query", sql, "--format", "csv"]);
    let zones = "select distinct zone from assessment_measure order by 1";
    assert_eq!(n(zones), "zone\nAmerica/New_York\n");
    let teams = |bench: &Bench| {
        let object = json(&bench.run(&["trends", "--table", "cohort", "--format", "json"]));
        rows(&object, "cohort").iter().filter(|row| row["scope_kind"] == "team").count()
    };
    assert!(teams(&bench) > 0);
    bench.configure("timezone = \"Asia/Kolkata\"\nday_start = \"04:00\"\n");
    assert_eq!(teams(&bench), 0);
    assert_eq!(n(zones), "zone\nAsia/Kolkata\n");
}

#[test]
fn names_that_nothing_goes_by_are_told() {
    let bench = measured();
    assert!(!bench.run(&["agents"]).stderr.contains("warning"), "a roster that fits is quiet");
    bench.write("roster.csv", "tenant,agent_id\nacme-genisys,a\n");
    bench.configure("[tenant.zones.\"nobody\"]\ntimezone = \"Asia/Kolkata\"\n[analytics]\nroster = \"roster.csv\"\n");
    let done = bench.run(&["agents"]);
    assert_eq!(done.code, 0);
    assert_eq!(
        done.stderr,
        "warning: the roster speaks of the tenant `acme-genisys`, which is not configured\n\
         warning: tenant `acme-genesys`: `zones` names `nobody`, which the platform does not list and no assessment names\n"
    );
}

#[test]
fn a_score_is_explained_with_what_it_counts_for() {
    let bench = measured();
    let ids = bench.fine(&["query", "select assessment_id from assessment_measure where left_out is null limit 1", "--format", "csv"]);
    let id = ids.lines().nth(1).unwrap();
    let explained = json(&bench.run(&["explain", id, "--format", "json"]));
    let measure = &explained[0]["measure"];
    assert_eq!((&measure["counted"], &measure["date_source"]), (&true.into(), &"interaction_end".into()), "{measure:#}");
    assert_eq!(measure["weighted_points"], explained[0]["sums"]["points"]);
    let text = bench.fine(&["explain", id]);
    for words in [
        "in sums              yes",
        "critical score",
        "applicable share",
        "parity",
        " in America/New_York, by the end of the interaction",
        "cohort ",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}
