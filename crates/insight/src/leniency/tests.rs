//! Leniency against recorded answers of lme4, every case without an answer, and what must hold for any cells.

use super::*;
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const ALL: LeniencySettings = LeniencySettings { assessments_min: 1, agents_min: 1 };

const EXAMPLE: &str =
    "a x 88, a y 76, b x 93, b y 90, b z 78, c x 79, c z 71, d y 85, d z 83, d z 90, e x 72, e y 73, f x 95, f z 80, f y 91";

/// Agent, evaluator, score and, if there are several, the version.
fn cells(text: &str) -> Vec<Cell> {
    text.split(',').map(|row| row.split_whitespace().collect::<Vec<_>>()).filter(|row| !row.is_empty()).map(|row| cell(&row)).collect()
}

fn cell(row: &[&str]) -> Cell {
    let name = |place: usize| row.get(place).copied().unwrap_or("v").to_owned();
    Cell { version: name(3), agent: name(0), evaluator: name(1), n: 1, sum: row[2].parse().unwrap(), ss_within: 0.0 }
}

#[track_caller]
fn near(seen: f64, expected: f64, tolerance: f64) {
    assert!((seen - expected).abs() <= tolerance, "{seen} is not {expected}");
}

fn reasons(found: &Leniencies) -> Vec<&'static str> {
    found.evaluators.iter().map(|evaluator| evaluator.leniency.err().map_or("", Reason::word)).collect()
}

/// The expected values are those of R lme4 1.1.31, `lmer(s ~ 1 + (1|agent) + (1|evaluator))`, `ranef(condVar = TRUE)`.
#[test]
fn the_example_agrees_with_lme4() {
    let found = leniencies(&cells(EXAMPLE), ALL);
    let variances = found.variances.unwrap();
    near(variances.agent, 49.8512515254, 1e-4);
    near(variances.evaluator, 18.8021419043, 1e-4);
    near(variances.rest, 21.9679905686, 1e-4);
    near(found.islands[0].version_means["v"], 81.8470920261, 1e-4);
    let expected = [
        ("x", 5, 5, 3.829_058_508_521_0, 2.532_452_925_89, 2.467),
        ("y", 5, 5, 0.026_692_326_028_7, 2.524_164_576_77, 0.067),
        ("z", 5, 4, -3.855_750_834_550_2, 2.602_008_529_61, -2.533),
    ];
    for (seen, (evaluator_id, n, n_agents, effect, standard_error, raw_deviation)) in found.evaluators.iter().zip(expected) {
        assert_eq!((seen.evaluator_id.as_str(), seen.n, seen.n_agents, seen.island_id), (evaluator_id, n, n_agents, 1));
        let leniency = seen.leniency.unwrap();
        near(leniency.effect, effect, 1e-4);
        near(leniency.standard_error, standard_error, 1e-4);
        near(leniency.high - leniency.low, 2.0 * Z * standard_error, 1e-3);
        near(seen.raw_deviation, raw_deviation, 5e-4);
    }
    let twin = twin(&cells(EXAMPLE));
    for (evaluator_id, expected) in [("x", 5.477), ("y", 0.152), ("z", -5.629)] {
        near(twin[evaluator_id].unwrap(), expected, 5e-4);
    }
}

/// The data and the values of `lmer(s ~ 0 + version + (1|agent) + (1|evaluator))`, made by R 4.2.2 with seed 7.
#[test]
fn three_unbalanced_versions_agree_with_lme4() {
    let found = leniencies(&recorded(), LeniencySettings::default());
    let variances = found.variances.unwrap();
    near(variances.agent, 37.8361689969, 1e-4);
    near(variances.evaluator, 14.8367302427, 1e-4);
    near(variances.rest, 28.7531664231, 1e-4);
    for (version, expected) in [("v1", 81.2827279736), ("v2", 84.8687938362), ("v3", 77.8414894434)] {
        near(found.islands[0].version_means[version], expected, 1e-4);
    }
    let expected = [
        (-6.73789796164, 1.28419574152),
        (2.02173551481, 1.25711279990),
        (1.99958522672, 1.32508549341),
        (3.43067854365, 1.25985223495),
        (-1.91594643143, 1.25372145194),
        (1.20184510789, 1.25230632998),
    ];
    for (seen, (effect, standard_error)) in found.evaluators.iter().zip(expected) {
        near(seen.leniency.unwrap().effect, effect, 1e-4);
        near(seen.leniency.unwrap().standard_error, standard_error, 1e-4);
    }
}

fn recorded() -> Vec<Cell> {
    let rows = include_str!("recorded.csv").lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    rows.map(|row| cell(&[row[1], row[2], row[3], row[0]])).collect()
}

#[test]
fn thin_evaluators_are_withheld() {
    assert_eq!(reasons(&leniencies(&cells(EXAMPLE), LeniencySettings::default())), ["n_too_small"; 3]);
    let few_agents = LeniencySettings { assessments_min: 1, agents_min: 5 };
    assert_eq!(reasons(&leniencies(&cells(EXAMPLE), few_agents)), ["", "", "n_too_small"]);
}

#[test]
fn nothing_one_and_two_assessments_give_reasons() {
    let none = leniencies(&[], ALL);
    assert_eq!((none.variances, none.evaluators.len(), none.islands.len()), (Err(Reason::NotConnected), 0, 0));
    assert_eq!(reasons(&leniencies(&cells("a x 80"), ALL)), ["not_connected"]);
    let two = leniencies(&cells("a x 80, a y 70"), ALL);
    assert_eq!((two.variances, reasons(&two)), (Err(Reason::NTooSmall), vec!["n_too_small"; 2]));
    assert!(twin(&[]).is_empty());
    near(twin(&cells("a x 80, a y 70"))["x"].unwrap(), 5.0, 1e-9);
}

#[test]
fn evaluators_who_share_no_agent_are_not_connected() {
    let one = leniencies(&cells("a x 80, b x 70, c x 75, a x 81"), ALL);
    assert_eq!((one.variances, reasons(&one)), (Err(Reason::NotConnected), vec!["not_connected"]));
    let each = leniencies(&cells("a x 80, b y 70, c z 75, a x 81, b y 79, c z 60"), ALL);
    assert_eq!(reasons(&each), ["not_connected"; 3]);
    assert_eq!(each.evaluators.iter().map(|evaluator| evaluator.island_id).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(twin(&cells("a x 80, b y 70"))["y"], Err(Reason::NotConnected));
    assert_eq!(each.adjusted_mean(80.0, [("x", 2)]), Err(Reason::NotConnected));
}

#[test]
fn each_island_is_fitted_by_itself_with_the_variances_of_all() {
    let far = "g u 50, g t 60, h u 55, h t 62, k t 71, k u 58, l w 12, l w 20";
    let both = leniencies(&cells(&format!("{EXAMPLE}, {far}")), ALL);
    let islands: Vec<(u64, u64, u64)> =
        both.islands.iter().map(|island| (island.island_id, island.n_evaluators, island.n_agents)).collect();
    assert_eq!(islands, [(1, 2, 3), (2, 1, 1), (3, 3, 6)]);
    assert_eq!(reasons(&both), ["", "", "not_connected", "", "", ""]);
    for island in [1, 3] {
        let effects = both.evaluators.iter().filter(|evaluator| evaluator.island_id == island);
        near(sum(effects.map(|evaluator| evaluator.leniency.unwrap().effect)), 0.0, 1e-9);
    }
    assert!(both.islands[0].version_means["v"] < both.islands[2].version_means["v"]);
    assert!(both.islands[1].version_means.is_empty());
}

#[test]
fn scores_without_any_difference_have_no_variance() {
    let found = leniencies(&cells("a x 80, a y 80, b x 80, b y 80, c x 80, c y 80"), ALL);
    assert_eq!((found.variances, reasons(&found)), (Err(Reason::NoVariance), vec!["no_variance"; 2]));
}

#[test]
fn scores_that_agent_and_evaluator_explain_whole_leave_no_rest() {
    let found = leniencies(&cells("a x 80, a y 70, b x 90, b y 80, c x 66, c y 56, d x 71, d y 61"), ALL);
    assert_eq!((found.variances, reasons(&found)), (Err(Reason::NoWithinVariance), vec!["no_within_variance"; 2]));
}

#[test]
fn evaluators_with_a_version_each_cannot_be_told_from_the_versions() {
    let rows = "a x 80 v, a y 70 w, b x 90 v, b y 83 w, c x 66 v, c y 52 w, d x 71 v, d y 62 w, d y 66 w";
    let found = leniencies(&cells(rows), ALL);
    assert_eq!((found.variances, reasons(&found)), (Err(Reason::NoConvergence), vec!["no_convergence"; 2]));
    assert_eq!(twin(&cells(rows))["x"], Err(Reason::NoConvergence));
}

#[test]
fn evaluators_who_differ_by_chance_only_have_no_leniency_and_change_no_mean() {
    let found = leniencies(&cells("a x 80, a y 81, b x 71, b y 69, c x 60, c y 61, a x 81, a y 80, b x 69, b y 71, c x 61, c y 60"), ALL);
    assert_eq!(found.variances.unwrap().evaluator, 0.0);
    assert_eq!(reasons(&found), ["no_variance"; 2]);
    assert_eq!(found.adjusted_mean(80.5, [("x", 2), ("y", 2)]), Ok(80.5));
}

#[test]
fn agents_who_differ_by_chance_only_leave_the_evaluators() {
    let found = leniencies(&cells("a x 80, a y 71, b x 82, b y 69, c x 79, c y 70, a x 81, b y 72, c x 83"), ALL);
    assert_eq!(found.variances.unwrap().agent, 0.0);
    assert!(found.evaluators[0].leniency.unwrap().effect > 4.0);
}

#[test]
fn adjusted_mean_takes_off_the_mean_leniency_of_those_who_assessed() {
    let found = leniencies(&cells(EXAMPLE), ALL);
    let effect = |place: usize| found.evaluators[place].leniency.unwrap().effect;
    near(found.adjusted_mean(82.0, [("x", 1), ("y", 1)]).unwrap(), 82.0 - (effect(0) + effect(1)) / 2.0, 1e-9);
    near(found.adjusted_mean(86.0, [("y", 1), ("z", 2), ("x", 0)]).unwrap(), 86.0 - (effect(1) + 2.0 * effect(2)) / 3.0, 1e-9);
    assert_eq!(found.adjusted_mean(86.0, [("nobody", 1)]), Err(Reason::NotConnected));
    assert_eq!(found.adjusted_mean(86.0, []), Err(Reason::NTooSmall));
}

/// Scores of a made-up centre in which evaluators do differ.
fn centre(seed: u64, n_agents: u64, n_evaluators: u64, n: u64) -> Vec<Cell> {
    let mut random = StdRng::seed_from_u64(seed);
    let rows = (0..n).map(|_| {
        let (agent, evaluator) = (random.random_range(0..n_agents), random.random_range(0..n_evaluators));
        let score = 80.0 + (agent % 7) as f64 - (evaluator % 5) as f64 + random.random_range(-5.0..5.0);
        let version = format!("v{}", random.random_range(0..2));
        Cell { version, agent: format!("a{agent:04}"), evaluator: format!("e{evaluator:03}"), n: 1, sum: score, ss_within: 0.0 }
    });
    rows.collect()
}

#[test]
fn merged_cells_give_what_single_rows_give() {
    let rows = centre(11, 12, 4, 150);
    let layout = Layout::of(&rows);
    let merged: Vec<Cell> = layout
        .cells()
        .iter()
        .map(|row| Cell {
            version: format!("v{}", row.version),
            agent: format!("a{}", row.agent),
            evaluator: format!("e{:03}", row.evaluator),
            n: row.n as u64,
            sum: row.n * row.mean,
            ss_within: row.ss_within,
        })
        .collect();
    assert!(merged.len() < rows.len());
    let (one, other) = (leniencies(&rows, ALL), leniencies(&merged, ALL));
    near(one.variances.unwrap().evaluator, other.variances.unwrap().evaluator, 1e-5);
    for (one, other) in one.evaluators.iter().zip(&other.evaluators) {
        near(one.leniency.unwrap().effect, other.leniency.unwrap().effect, 1e-6);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn order_of_the_cells_does_not_matter(seed in 0..1000u64, n in 0..60u64) {
        let rows = centre(seed, 8, 4, n);
        let mut turned = rows.clone();
        turned.reverse();
        prop_assert_eq!(leniencies(&rows, ALL), leniencies(&turned, ALL));
        prop_assert_eq!(twin(&rows), twin(&turned));
    }

    #[test]
    fn tenfold_scores_give_tenfold_effects(seed in 0..1000u64, n in 30..80u64) {
        let rows = centre(seed, 8, 4, n);
        let tenfold: Vec<Cell> = rows.iter().map(|cell| Cell { sum: cell.sum * 10.0, ..cell.clone() }).collect();
        let (one, ten) = (leniencies(&rows, ALL), leniencies(&tenfold, ALL));
        for (one, ten) in one.evaluators.iter().zip(&ten.evaluators) {
            prop_assert!((one.raw_deviation * 10.0 - ten.raw_deviation).abs() < 1e-6);
            match (one.leniency, ten.leniency) {
                (Ok(one), Ok(ten)) => prop_assert!((one.effect * 10.0 - ten.effect).abs() < 1e-3, "{one:?} {ten:?}"),
                (one, ten) => prop_assert_eq!(one.err(), ten.err()),
            }
        }
    }

    #[test]
    fn every_number_is_finite(seed in 0..1000u64, n_agents in 1..6u64, n_evaluators in 1..5u64, n in 0..14u64) {
        let found = leniencies(&centre(seed, n_agents, n_evaluators, n), ALL);
        if let Ok(variances) = found.variances {
            prop_assert!([variances.agent, variances.evaluator, variances.rest].iter().all(|variance| variance.is_finite() && *variance >= 0.0));
        }
        for evaluator in &found.evaluators {
            prop_assert!(evaluator.raw_deviation.is_finite());
            if let Ok(leniency) = evaluator.leniency {
                prop_assert!([leniency.effect, leniency.standard_error, leniency.low, leniency.high].iter().all(|number| number.is_finite()));
            }
        }
    }
}

/// The expected values are those of lme4 started at (10, 0.3); from its own start it stops in the other valley, which is 0.57 higher.
#[test]
fn of_two_valleys_the_deeper_is_found() {
    let rows = "a1 e4 74.8 v1, a2 e2 76.7 v0, a1 e1 82.9 v0, a0 e1 85.2 v1, a0 e1 84.0 v1, a1 e2 73.7 v1";
    let variances = leniencies(&cells(rows), ALL).variances.unwrap();
    near(variances.agent, 68.0898, 1e-3);
    near(variances.evaluator, 0.0646, 1e-3);
    near(variances.rest, 0.6379, 1e-3);
}
