//! Derived numbers over the simulator's world, held against a plain recomputation from the landed rows: no SQL sums, no cohorts
//! of the store, one loop over assessments.

use std::collections::{BTreeMap, BTreeSet};

use engine::analysis::settings::{Analytics, Look};
use engine::analysis::{self, Derived};
use engine::measure::{BusinessDay, MeasureSettings, TenantDays};
use engine::model::day::{business_date, week_start};
use engine::model::id::TenantName;
use engine::model::table::analytics::{AGENT_DAY, CHANGE_SPLIT, CHANGE_SPLIT_QUESTION, COHORT, DERIVED, TREND_COHORT, WATERFALL};
use engine::model::table::{Cell, Row, Table};
use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde_json::Value;
use sim::WorldOptions;

use crate::harness::{Rig, of_days};
use crate::look::sql;

const ZONE: &str = "Asia/Kolkata";

fn measuring() -> MeasureSettings {
    let day = BusinessDay { zone: TimeZone::get(ZONE).unwrap(), day_start: Time::constant(4, 0, 0, 0), zone_defaulted: false };
    let days = TenantDays { day, scopes: BTreeMap::new() };
    let tenants = ["genesys", "cxone"].map(|name| (TenantName::new(name), days.clone()));
    MeasureSettings { tenants: tenants.into(), ..MeasureSettings::default() }
}

/// Three months of both platforms, read once and measured.
async fn measured(seed: u64) -> Rig {
    let world = WorldOptions { seed, n_assessments: 900, n_feedback: 30, ..WorldOptions::default() };
    let rig = Rig::new(of_days(world, 90)).await;
    rig.sync().await;
    keep(&rig).await;
    rig
}

async fn keep(rig: &Rig) {
    let engine = rig.engine();
    engine.keep_feed(&measuring(), &engine.new_run_id()).unwrap();
}

/// Sides may be small here.
fn settings() -> Analytics {
    Analytics { side_assessments: 5, ..Analytics::default() }
}

fn everything(rig: &Rig) -> Derived {
    analysis::everything(&rig.store(), &settings(), &Look::default()).unwrap()
}

fn text<'a>(table: &Table, row: &'a Row, column: &str) -> &'a str {
    table.cell(row, column).and_then(Cell::as_text).unwrap_or("")
}

fn number(table: &Table, row: &Row, column: &str) -> Option<f64> {
    match table.cell(row, column).unwrap() {
        Cell::Real(number) => Some(*number),
        Cell::Int(number) => Some(*number as f64),
        _ => None,
    }
}

/// An assessment as it was landed, with what the contract says of it.
struct Plain {
    tenant: String,
    version: String,
    date: Date,
    score: f64,
    questions: Vec<Value>,
}

fn plain(rig: &Rig) -> Vec<Plain> {
    let rows = sql(
        rig,
        "SELECT tenant, form_version_id, interaction_end_time, normalized_score, replace(questions, '|', '') FROM assessment
         WHERE is_archived = 0 AND normalized_score IS NOT NULL AND interaction_end_time IS NOT NULL AND agent_id IS NOT NULL
           AND form_version_id IS NOT NULL",
    );
    let zone = TimeZone::get(ZONE).unwrap();
    let read = |row: &String| {
        let fields: Vec<&str> = row.splitn(5, '|').collect();
        let end: Timestamp = fields[2].parse().unwrap();
        Plain {
            tenant: fields[0].to_owned(),
            version: fields[1].to_owned(),
            date: business_date(end, &zone, Time::constant(4, 0, 0, 0)),
            score: fields[3].parse().unwrap(),
            questions: serde_json::from_str(fields[4]).unwrap(),
        }
    };
    rows.iter().map(read).collect()
}

fn mean(scores: &[f64]) -> f64 {
    scores.iter().sum::<f64>() / scores.len() as f64
}

#[track_caller]
fn assert_near(found: Option<f64>, expected: f64, what: &str) {
    assert!(found.is_some_and(|found| (found - expected).abs() < 1e-9), "{what}: {found:?}, by hand {expected}");
}

#[tokio::test(flavor = "multi_thread")]
async fn weekly_means_are_those_of_the_landed_rows() {
    let rig = measured(31).await;
    let mut by_hand: BTreeMap<(String, String, Date), Vec<f64>> = BTreeMap::new();
    for one in plain(&rig) {
        by_hand.entry((one.tenant, one.version, week_start(one.date))).or_default().push(one.score);
    }
    let derived = everything(&rig);
    let rows = derived.rows(&TREND_COHORT).iter().filter(|row| text(&TREND_COHORT, row, "scope_kind") == "tenant");
    let mut seen = BTreeSet::new();
    for row in rows {
        let get = |column| text(&TREND_COHORT, row, column);
        let key = (get("tenant").to_owned(), get("form_version_id").to_owned(), get("week_start").parse::<Date>().unwrap());
        let scores = &by_hand[&key];
        assert_eq!(number(&TREND_COHORT, row, "n"), Some(scores.len() as f64), "{key:?}");
        assert_near(number(&TREND_COHORT, row, "mean"), mean(scores), &format!("{key:?}"));
        assert!(seen.insert(key));
    }
    assert_eq!(seen.len(), by_hand.len());
    assert!(20 < seen.len(), "{} weeks prove little", seen.len());
}

/// Attainment of every question on one side, by hand.
fn attainment(side: &[&Plain]) -> BTreeMap<String, f64> {
    let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for question in side.iter().flat_map(|one| &one.questions) {
        let (Some(score), Some(max), false) =
            (question["score"].as_f64(), question["max_score"].as_f64(), question["not_applicable"].as_bool().unwrap())
        else {
            continue;
        };
        let sum = sums.entry(question["question_id"].as_str().unwrap().to_owned()).or_default();
        sum.0 += score;
        sum.1 += max;
    }
    sums.into_iter().map(|(key, (score, max))| (key, 100.0 * score / max)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn change_split_is_that_of_the_landed_rows_and_adds_up() {
    let rig = measured(31).await;
    let all = plain(&rig);
    let derived = everything(&rig);
    let rows: Vec<&Row> = derived.rows(&CHANGE_SPLIT).iter().filter(|row| text(&CHANGE_SPLIT, row, "scope_kind") == "tenant").collect();
    assert!(!rows.is_empty(), "no form changed in this world");
    for row in rows {
        let get = |column| text(&CHANGE_SPLIT, row, column);
        let figure = |column| number(&CHANGE_SPLIT, row, column);
        let boundary: Date = get("boundary_date").parse().unwrap();
        let side = |version: &str| -> Vec<&Plain> {
            let near = |one: &&Plain| {
                one.tenant == get("tenant") && one.version == version && boundary.since(one.date).unwrap().get_days().abs() <= 90
            };
            all.iter().filter(near).collect()
        };
        let (a, b) = (side(get("from_version_id")), side(get("to_version_id")));
        let means = [&a, &b].map(|side| mean(&side.iter().map(|one| one.score).collect::<Vec<_>>()));
        assert_near(figure("mean_from"), means[0], "mean before");
        assert_near(figure("mean_to"), means[1], "mean after");
        assert_eq!(b.iter().map(|one| one.date).min(), Some(boundary));
        let parts = ["performance", "reweighting", "removed", "added", "na_mix"].map(|part| figure(part).unwrap());
        assert_near(figure("change"), parts.iter().sum(), "the parts");
        let (p_a, p_b) = (attainment(&a), attainment(&b));
        for question in derived.rows(&CHANGE_SPLIT_QUESTION) {
            let of = |column| text(&CHANGE_SPLIT_QUESTION, question, column);
            let is_ours = ["tenant", "scope_kind", "from_version_id", "to_version_id"].iter().all(|column| of(column) == get(column));
            if !is_ours {
                continue;
            }
            let key = of("question_key");
            for (column, by_hand) in [("attainment_from", &p_a), ("attainment_to", &p_b)] {
                let found = number(&CHANGE_SPLIT_QUESTION, question, column);
                match by_hand.get(key) {
                    Some(by_hand) => assert_near(found, *by_hand, &format!("{column} of {key}")),
                    None => assert_eq!(found, None, "{column} of {key}"),
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_live_assessment_is_in_the_sums_or_has_its_reason() {
    let rig = measured(32).await;
    let derived = everything(&rig);
    for tenant in ["genesys", "cxone"] {
        let of_tenant = |table: &'static Table, row: &Row| text(table, row, "tenant") == tenant;
        let live: f64 =
            sql(&rig, &format!("SELECT COUNT(*) FROM assessment WHERE is_archived = 0 AND tenant = '{tenant}'"))[0].parse().unwrap();
        let steps: Vec<&Row> = derived.rows(&WATERFALL).iter().filter(|row| of_tenant(&WATERFALL, row)).collect();
        let step = |word: &str| {
            let found = steps.iter().find(|row| text(&WATERFALL, row, "step") == word).unwrap();
            number(&WATERFALL, found, "n").unwrap()
        };
        let lost: f64 = steps
            .iter()
            .filter(|row| text(&WATERFALL, row, "step") == "left_out")
            .map(|row| number(&WATERFALL, row, "n_lost").unwrap())
            .sum();
        assert_eq!(step("accepted"), live);
        assert_eq!(step("scored"), live - lost);
        let cohorts = derived.rows(&COHORT).iter().filter(|row| of_tenant(&COHORT, row) && text(&COHORT, row, "scope_kind") == "tenant");
        assert_eq!(cohorts.map(|row| number(&COHORT, row, "n").unwrap()).sum::<f64>(), step("scored"));
        let fed = sql(&rig, &format!("SELECT SUM(n) FROM {} WHERE tenant = '{tenant}'", AGENT_DAY.name));
        assert_eq!(fed[0].parse::<f64>().unwrap(), step("scored"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn derived_rows_are_the_same_every_time_and_grown_night_by_night_as_at_once() {
    let rig = measured(33).await;
    let first = everything(&rig);
    assert_eq!(everything(&rig), first);
    rig.sim.advance(jiff::SignedDuration::from_hours(24 * 5));
    rig.sweep().await;
    keep(&rig).await;
    let beside = rig.beside();
    beside.sync().await;
    keep(&beside).await;
    let (grown, fresh) = (everything(&rig), everything(&beside));
    assert_ne!(grown.rows(&TREND_COHORT), first.rows(&TREND_COHORT));
    for table in DERIVED {
        assert_eq!(grown.rows(table), fresh.rows(table), "{}", table.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_at_one_division_form_or_period_shows_nothing_else() {
    let rig = measured(31).await;
    let all = everything(&rig);
    let scope =
        sql(&rig, "SELECT scope_id FROM assessment_scope WHERE scope_kind = 'division' GROUP BY 1 ORDER BY COUNT(*) DESC, 1")[0].clone();
    let trends = |look: &Look| analysis::trends(&rig.store(), &settings(), look).unwrap();
    let of_scope = trends(&Look { scope: Some(scope.clone()), ..Look::default() });
    let expected: Vec<&Row> = all.rows(&TREND_COHORT).iter().filter(|row| text(&TREND_COHORT, row, "scope_id") == scope).collect();
    assert_eq!(of_scope.rows(&TREND_COHORT).iter().collect::<Vec<_>>(), expected);
    let form = text(&COHORT, &all.rows(&COHORT)[0], "form_id").to_owned();
    let of_form = trends(&Look { form: Some(form.clone()), ..Look::default() });
    assert!(of_form.rows(&COHORT).iter().all(|row| text(&COHORT, row, "form_id") == form));
    let monday: Date = text(&TREND_COHORT, &all.rows(&TREND_COHORT)[3], "week_start").parse().unwrap();
    let look = Look { from: Some(monday), to: Some(monday + 7.days()), ..Look::default() };
    let of_week = trends(&look);
    let expected: Vec<&Row> =
        all.rows(&TREND_COHORT).iter().filter(|row| text(&TREND_COHORT, row, "week_start") == monday.to_string()).collect();
    assert_eq!(of_week.rows(&TREND_COHORT).iter().collect::<Vec<_>>(), expected);
    let nothing = trends(&Look { form: Some("no-such-form".to_owned()), ..Look::default() });
    assert!(nothing.tables.iter().all(|(_, rows)| rows.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_another_run_is_extracting_is_not_restated_from_half_read_windows() {
    let rig = Rig::tiny().await;
    rig.sync().await;
    let engine = rig.engine();
    engine.measure(&measuring()).unwrap();
    let lease = engine::store::Lease::take(&rig.store_path(), &TenantName::new("cxone")).unwrap();
    engine.restate("run-1").unwrap();
    assert_eq!(sql(&rig, "SELECT DISTINCT tenant FROM agent_day"), ["genesys"]);
    drop(lease);
    engine.restate("run-2").unwrap();
    assert_eq!(sql(&rig, "SELECT DISTINCT tenant FROM agent_day ORDER BY 1"), ["cxone", "genesys"]);
}
