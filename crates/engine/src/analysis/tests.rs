//! Derived rows over stores made by hand: the odd cases, each a few assessments.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::form::{FormQuestion, FormVersion};
use model::id::{FormVersionId, RecordId, ScopeId};
use model::record::{Assessment, Platform, Question, Record};
use model::row::{Landing, Origin, landing};
use model::score::score;
use model::table::Cell;
use model::table::analytics::AGENT_SCORE;
use serde_json::Map;
use store::{DeletedPolicy, PageLanding};

use super::*;
use crate::measure::{BusinessDay, MeasureSettings, TenantDays, measure};

const BEGIN: &str = "2024-01-01T12:00:00Z";

fn at(day: i64) -> Timestamp {
    BEGIN.parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(24 * day)
}

/// A version of form `f` with questions of weight 1 and maximum 10.
fn version(id: &str, questions: &[&str]) -> FormVersion {
    let question = FormQuestion { weight: Some(1.0), max_score: Some(10.0), critical: None };
    FormVersion {
        id: FormVersionId::new(id),
        form_id: Some("f".to_owned()),
        name: Some("Form".to_owned()),
        version: None,
        published_at: None,
        active: None,
        max_possible_score: None,
        questions: questions.iter().map(|key| ((*key).to_owned(), question.clone())).collect(),
        extra: Map::new(),
    }
}

/// One assessment, in words: the day of January it is of, whom, by whom, on which version, with which points of 10.
#[derive(Clone)]
struct Sheet {
    day: i64,
    agent: &'static str,
    evaluator: &'static str,
    version: &'static str,
    scored_by: Option<&'static str>,
    scope: Option<&'static str>,
    points: Vec<(&'static str, f64)>,
}

fn sheet(day: i64, agent: &'static str, points: f64) -> Sheet {
    Sheet { day, agent, evaluator: "eve", version: "v-1", scored_by: None, scope: None, points: vec![("q", points)] }
}

struct Bench {
    _folder: tempfile::TempDir,
    store: Store,
}

/// Lands and measures sheets; who is in which team stands in `teams`.
fn bench(forms: &[FormVersion], sheets: &[Sheet], teams: &[(&str, &str)]) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("store.db"), at(0)).unwrap();
    let tenant = TenantName::new("acme");
    store.keep_form_versions(&tenant, Platform::Genesys, forms).unwrap();
    let landings: Vec<Landing> = sheets.iter().enumerate().map(|(nth, sheet)| landed(nth, sheet, forms)).collect();
    let page = PageLanding {
        tenant: &tenant,
        stream: model::record::Stream::Assessments,
        landings: &landings,
        quarantined: &[],
        sweep_id: None,
        progress: None,
        policy: DeletedPolicy::Archive,
        listed_by: None,
        observed_at: at(400),
    };
    store.land_page(&page).unwrap();
    let day = BusinessDay { zone_defaulted: false, ..BusinessDay::default() };
    let settings = MeasureSettings {
        tenants: [(tenant.clone(), TenantDays { day, scopes: BTreeMap::new() })].into(),
        teams: teams.iter().map(|(agent, team)| ((tenant.clone(), (*agent).to_owned()), (*team).to_owned())).collect(),
        ..MeasureSettings::default()
    };
    store.begin_measuring(&settings.hash()).unwrap();
    store.measure_some(&settings.hash(), 100_000, &|input| measure(input, &settings)).unwrap();
    Bench { _folder: folder, store }
}

fn landed(nth: usize, sheet: &Sheet, forms: &[FormVersion]) -> Landing {
    let question = |(key, points): &(&str, f64)| Question {
        id: (*key).to_owned(),
        score: Some(*points),
        max_score: Some(10.0),
        payload_weight: Some(1.0),
        ..Question::default()
    };
    let assessment = Assessment {
        id: RecordId::new(format!("a-{nth:05}")),
        form_version_id: Some(FormVersionId::new(sheet.version)),
        status: Some("submitted".to_owned()),
        agent_id: Some(sheet.agent.to_owned()),
        evaluator_id: Some(sheet.evaluator.to_owned()),
        scope_ids: sheet.scope.iter().map(|scope| ScopeId::new(*scope)).collect(),
        interaction_id: None,
        external_reference_id: None,
        interaction_end_time: Some(at(sheet.day)),
        submitted_at: Some(at(sheet.day)),
        modified_at: None,
        scored_by: sheet.scored_by.map(ToOwned::to_owned),
        raw_score: None,
        failed_critical: false,
        comments: None,
        questions: sheet.points.iter().map(question).collect(),
        extra: Map::new(),
    };
    let form = forms.iter().find(|form| form.id.as_str() == sheet.version);
    let scored = score(&assessment, form);
    let origin = Origin { tenant: TenantName::new("acme"), platform: Platform::Genesys, dialect: "guide", observed_at: at(400) };
    landing(&origin, &Record::Assessment(assessment), Some((&scored, form)), None, format!("hash-{nth}"), "{}".to_owned())
}

/// The named cells of each row, joined by blanks; null is `-`, numbers have one decimal.
fn words(derived: &Derived, table: &'static Table, kind: &str, columns: &[&str]) -> Vec<String> {
    let kind_column = if table.name == AGENT_SCORE.name { "pool_kind" } else { "scope_kind" };
    let word = |cell: &Cell| match cell {
        Cell::Null => "-".to_owned(),
        Cell::Real(number) => format!("{number:.1}"),
        Cell::TextList(words) => words.join(","),
        other => other.to_json().to_string().trim_matches('"').to_owned(),
    };
    derived
        .rows(table)
        .iter()
        .filter(|row| table.cell(row, kind_column).and_then(Cell::as_text) == Some(kind))
        .map(|row| columns.iter().map(|column| word(table.cell(row, column).unwrap())).collect::<Vec<_>>().join(" "))
        .collect()
}

fn everything_of(bench: &Bench) -> Derived {
    everything(&bench.store, &Analytics::default(), &Look::default()).unwrap()
}

#[test]
fn an_empty_store_gives_no_rows_and_says_so() {
    let derived = everything_of(&bench(&[], &[], &[]));
    assert!(derived.tables.iter().all(|(_, rows)| rows.is_empty()));
    let trends = trends(&bench(&[], &[], &[]).store, &Analytics::default(), &Look::default()).unwrap();
    assert_eq!(trends.notes, [NOTHING]);
}

#[test]
fn one_and_two_assessments_have_a_mean_and_a_reason() {
    let form = [version("v-1", &["q"])];
    let columns = ["n", "mean", "low", "provisional", "reason"];
    let check = |sheets: &[Sheet], expected: &str| {
        assert_eq!(words(&everything_of(&bench(&form, sheets, &[])), &TREND_COHORT, "tenant", &columns), [expected]);
    };
    check(&[sheet(0, "ann", 8.0)], "1 80.0 - true one_agent");
    check(&[sheet(0, "ann", 8.0), sheet(1, "ann", 6.0)], "2 70.0 - true one_agent");
    // Two agents: Var = 2 * (5 + 5), t(1) = 12.7, 70 less 127.
    check(&[sheet(0, "ann", 8.0), sheet(1, "bob", 6.0)], "2 70.0 -57.1 true -");
    let two = everything_of(&bench(&form, &[sheet(0, "ann", 8.0), sheet(1, "bob", 6.0)], &[]));
    assert_eq!(
        words(&two, &AGENT_SCORE, "tenant", &["agent_id", "mean", "score", "reason"]),
        ["ann 80.0 - n_too_small", "bob 60.0 - n_too_small"]
    );
    assert_eq!(words(&two, &TREND_VERDICT, "tenant", &["n_points", "slope", "verdict"]), ["1 - too_short"]);
    assert_eq!(words(&two, &CONTROL_POINT, "tenant", &["chart", "value", "reason"]), ["p 0.0 n_too_small", "xmr 70.0 n_too_small"]);
}

#[test]
fn a_division_of_one_agent_has_no_interval_while_the_tenant_has_one() {
    let form = [version("v-1", &["q"])];
    let east = |agent, points| Sheet { scope: Some("east"), ..sheet(0, agent, points) };
    let west = |points| Sheet { scope: Some("west"), ..sheet(0, "cid", points) };
    let derived = everything_of(&bench(&form, &[east("ann", 8.0), east("bob", 6.0), west(9.0), west(7.0)], &[]));
    let columns = ["scope_id", "n", "n_agents", "mean", "reason"];
    assert_eq!(words(&derived, &COHORT, "division", &columns), ["east 2 2 70.0 -", "west 2 1 80.0 one_agent"]);
    assert_eq!(words(&derived, &COHORT, "tenant", &columns), ["* 4 3 75.0 -"]);
}

#[test]
fn people_machines_and_the_unknown_are_cohorts_of_their_own() {
    let form = [version("v-1", &["q"])];
    let by = |scored_by, points| Sheet { scored_by, ..sheet(0, "ann", points) };
    let sheets = [by(Some("human"), 8.0), by(Some("ai"), 6.0), by(Some("ai_edited"), 5.0), by(None, 4.0)];
    let derived = everything_of(&bench(&form, &sheets, &[]));
    let expected = ["ai 1 60.0", "ai_edited 1 50.0", "human 1 80.0", "unknown 1 40.0"];
    assert_eq!(words(&derived, &TREND_COHORT, "tenant", &["scored_by", "n", "mean"]), expected);
    assert!(derived.rows(&CHANGE_SPLIT).is_empty(), "another scorer is no change of form");
}

#[test]
fn weeks_without_assessments_are_no_points() {
    let form = [version("v-1", &["q"])];
    let derived = everything_of(&bench(&form, &[sheet(0, "ann", 8.0), sheet(21, "bob", 6.0)], &[]));
    assert_eq!(words(&derived, &TREND_COHORT, "tenant", &["week_start", "n"]), ["2024-01-01 1", "2024-01-22 1"]);
}

/// Forty assessments of four agents on each side of the day 60, all with these points.
fn two_versions(before: &[(&'static str, f64)], after: &[(&'static str, f64)]) -> Vec<Sheet> {
    let agents = ["ann", "bob", "cid", "dee"];
    let side = |version, first: i64, points: &[(&'static str, f64)]| {
        let points = points.to_vec();
        (0..40).map(move |nth| Sheet {
            version,
            points: points.clone(),
            evaluator: if nth % 2 == 0 { "eve" } else { "fay" },
            ..sheet(first + nth / 2, agents[usize::try_from(nth % 4).unwrap()], 0.0)
        })
    };
    side("v-1", 30, before).chain(side("v-2", 60, after)).collect()
}

#[test]
fn a_change_that_is_the_forms_alone_is_told_as_the_forms() {
    let forms = [version("v-1", &["a", "b"]), version("v-2", &["a", "b", "hard"])];
    let sheets = two_versions(&[("a", 9.0), ("b", 9.0)], &[("a", 9.0), ("b", 9.0), ("hard", 3.0)]);
    let derived = everything_of(&bench(&forms, &sheets, &[]));
    let columns =
        ["boundary_date", "mean_from", "mean_to", "performance", "reweighting", "removed", "added", "na_mix", "bridge", "index_to"];
    assert_eq!(words(&derived, &CHANGE_SPLIT, "tenant", &columns), ["2024-03-01 90.0 70.0 0.0 0.0 0.0 -20.0 0.0 published 90.0"]);
    let sentence = &words(&derived, &CHANGE_SPLIT, "tenant", &["sentence"])[0];
    assert!(sentence.starts_with("The mean fell from 90.0 to 70.0, by 20.0 points; of these, 20.0 are the new form"), "{sentence}");
    assert_eq!(derived.rows(&ALARM).len(), 0, "a step at a boundary is no alarm");
}

#[test]
fn versions_without_a_common_question_are_withheld_and_the_chain_begins_anew() {
    let forms = [version("v-1", &["a"]), version("v-2", &["z"])];
    let derived = everything_of(&bench(&forms, &two_versions(&[("a", 9.0)], &[("z", 6.0)]), &[]));
    let columns = ["change", "performance", "bridge", "reasons", "chain_id_to", "index_to"];
    assert_eq!(words(&derived, &CHANGE_SPLIT, "tenant", &columns), ["-30.0 - none few_common 2 60.0"]);
}

#[test]
fn another_hash_under_one_id_would_be_another_cohort_and_its_change_is_split() {
    let forms = [version("v-1", &["a", "b"]), version("v-2", &["a", "b"])];
    let derived = everything_of(&bench(&forms, &two_versions(&[("a", 9.0), ("b", 7.0)], &[("a", 9.0), ("b", 8.0)]), &[]));
    let columns = ["change", "performance", "performance_low", "performance_high", "na_sensitive", "bridge"];
    // No agent differs from another, so the interval is a point.
    assert_eq!(words(&derived, &CHANGE_SPLIT, "tenant", &columns), ["5.0 5.0 5.0 5.0 false published"]);
}

#[test]
fn small_teams_are_hidden_and_the_next_smallest_with_a_single_one() {
    let form = [version("v-1", &["q"])];
    let names: Vec<&'static str> = vec!["a1", "a2", "a3", "a4", "a5", "a6", "a7", "b1", "b2", "b3", "b4", "b5", "b6", "c1", "c2", "c3"];
    let sheets: Vec<Sheet> = names.iter().map(|agent| sheet(0, agent, 8.0)).collect();
    let teams: Vec<(&str, &str)> = names.iter().map(|agent| (*agent, &agent[..1])).collect();
    let derived = everything_of(&bench(&form, &sheets, &teams));
    let expected = ["a 7 -", "b - k_anonymity", "c - k_anonymity"];
    assert_eq!(words(&derived, &TREND_COHORT, "team", &["scope_id", "n", "reason"]), expected);
    assert_eq!(words(&derived, &COHORT, "team", &["scope_id", "n", "reason"]), expected);
}

#[test]
fn a_team_cannot_be_had_by_taking_the_others_from_their_division() {
    let form = [version("v-1", &["q"])];
    // East: teams of 6, 5 and 2. West: teams of 7 and 8. Among all of them a single one is too small.
    let teams = [("a", 6, "east"), ("b", 5, "east"), ("c", 2, "east"), ("d", 7, "west"), ("e", 8, "west")];
    let mut sheets = Vec::new();
    let mut roster = Vec::new();
    for (team, n, scope) in teams {
        for nth in 0..n {
            let agent: &'static str = format!("{team}{nth}").leak();
            sheets.push(Sheet { scope: Some(scope), ..sheet(0, agent, 8.0) });
            roster.push((agent, team));
        }
    }
    let found = bench(&form, &sheets, &roster);
    let expected = ["a 6 -", "b - k_anonymity", "c - k_anonymity", "d 7 -", "e 8 -"];
    assert_eq!(words(&everything_of(&found), &COHORT, "team", &["scope_id", "n", "reason"]), expected);
    // A division of small teams hides two of its own, whatever is hidden elsewhere.
    let apart = [("a", 6, "east"), ("b", 2, "east"), ("c", 9, "west"), ("d", 3, "west")];
    let (mut sheets, mut roster) = (Vec::new(), Vec::new());
    for (team, n, scope) in apart {
        for nth in 0..n {
            let agent: &'static str = format!("{team}{nth}").leak();
            sheets.push(Sheet { scope: Some(scope), ..sheet(0, agent, 8.0) });
            roster.push((agent, team));
        }
    }
    let found = bench(&form, &sheets, &roster);
    let expected = ["a - k_anonymity", "b - k_anonymity", "c - k_anonymity", "d - k_anonymity"];
    assert_eq!(words(&everything_of(&found), &TREND_COHORT, "team", &["scope_id", "n", "reason"]), expected);
    // Asking for one of them alone does not help.
    let alone = Look { scope: Some("a".to_owned()), ..Look::default() };
    let derived = everything(&found.store, &Analytics::default(), &alone).unwrap();
    assert_eq!(words(&derived, &TREND_COHORT, "team", &["scope_id", "n", "reason"]), ["a - k_anonymity"]);
    assert_eq!(words(&derived, &COHORT, "team", &["scope_id", "n", "reason"]), ["a - k_anonymity"]);
    assert_eq!(words(&derived, &CONTROL_POINT, "team", &["n"]), [""; 0]);
    assert!(derived.rows(&QUESTION_WEEK).is_empty(), "questions of a team are not shown");
}

#[test]
fn questions_of_a_division_are_not_told_as_those_of_the_tenant() {
    let form = [version("v-1", &["q"])];
    let sheets: Vec<Sheet> =
        (0..8).map(|nth| Sheet { scope: Some(if nth < 6 { "east" } else { "west" }), ..sheet(0, "ann", 8.0) }).collect();
    let found = bench(&form, &sheets, &[]);
    let look = Look { scope: Some("east".to_owned()), ..Look::default() };
    let derived = everything(&found.store, &Analytics::default(), &look).unwrap();
    assert_eq!(words(&derived, &QUESTION_WEEK, "division", &["scope_id", "n", "attainment"]), ["east 6 80.0"]);
    assert_eq!(words(&derived, &QUESTION_WEEK, "tenant", &["n"]), [""; 0]);
    assert_eq!(words(&everything_of(&found), &QUESTION_WEEK, "tenant", &["n", "attainment"]), ["8 80.0"]);
}

#[test]
fn a_machine_needs_the_least_effect_for_every_alarm() {
    let form = [version("v-1", &["q"])];
    // Nine steady weeks and one that is off by less than two points, of twelve assessments each.
    let weeks = |scored_by| {
        (0..10).flat_map(move |week| {
            (0..12).map(move |nth| {
                let base = if week % 2 == 0 { 8.00 } else { 8.01 };
                let points = if week == 9 { 8.15 } else { base };
                Sheet { scored_by: Some(scored_by), ..sheet(7 * week, ["ann", "bob", "cid"][nth % 3], points) }
            })
        })
    };
    let alarms_of = |scored_by| {
        let sheets: Vec<Sheet> = weeks(scored_by).collect();
        words(&everything_of(&bench(&form, &sheets, &[])), &ALARM, "tenant", &["test", "at"])
    };
    assert_eq!(alarms_of("human"), ["xmr_outside 2024-03-04", "xmr_range 2024-03-04"]);
    assert_eq!(alarms_of("ai"), [""; 0]);
}
