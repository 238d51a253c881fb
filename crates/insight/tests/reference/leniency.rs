//! Evaluator leniency against R's lme4, and its twin without variances against R's lm.

use std::collections::BTreeMap;

use scorelake_insight::leniency::{Cell, Leniencies, LeniencySettings, leniencies, twin};
use scorelake_insight::reason::Reason;

use crate::{CLOSED, Case, FITTED, cases, list, number, numbers, whole};

const ALL: LeniencySettings = LeniencySettings { assessments_min: 1, agents_min: 1 };

/// The scores of each (version, agent, evaluator), summed up.
fn cells(case: &Case) -> Vec<Cell> {
    let mut scores: BTreeMap<(u64, u64, u64), Vec<f64>> = BTreeMap::new();
    for row in list(&case.input["rows"]) {
        scores.entry((whole(&row[0]), whole(&row[1]), whole(&row[2]))).or_default().push(number(&row[3]));
    }
    let cell = |((version, agent, evaluator), scores): ((u64, u64, u64), Vec<f64>)| {
        let sum: f64 = scores.iter().sum();
        let mean = sum / scores.len() as f64;
        Cell {
            version: format!("v{version}"),
            agent: format!("a{agent:03}"),
            evaluator: format!("e{evaluator:03}"),
            n: scores.len() as u64,
            sum,
            ss_within: scores.iter().map(|score| (score - mean).powi(2)).sum(),
        }
    };
    scores.into_iter().map(cell).collect()
}

fn check_variances(case: &Case, seen: &Leniencies) {
    let variances = seen.variances.unwrap();
    case.holds("var_agent", variances.agent, FITTED);
    case.holds("var_evaluator", variances.evaluator, FITTED);
    case.holds("var_rest", variances.rest, FITTED);
    assert_eq!(seen.islands.len(), 1, "`{}`", case.name);
    case.hold("fixed", &seen.islands[0].version_means.values().copied().collect::<Vec<_>>(), FITTED);
}

#[test]
fn effects_are_the_predictions_of_lme4() {
    for case in cases(include_str!("leniency.json")) {
        let seen = leniencies(&cells(&case), ALL);
        check_variances(&case, &seen);
        case.hold("raw_deviation", &seen.evaluators.iter().map(|one| one.raw_deviation).collect::<Vec<_>>(), CLOSED);
        if number(&case.expected["var_evaluator"]) == 0.0 {
            assert!(seen.evaluators.iter().all(|one| one.leniency == Err(Reason::NoVariance)), "`{}`", case.name);
            continue;
        }
        let of = |column: fn(&scorelake_insight::leniency::Leniency) -> f64| {
            seen.evaluators.iter().map(|one| column(&one.leniency.unwrap())).collect::<Vec<f64>>()
        };
        case.hold("effect", &of(|leniency| leniency.effect), FITTED);
        case.hold("se", &of(|leniency| leniency.standard_error), FITTED);
    }
}

#[test]
fn twin_is_the_least_squares_of_lm() {
    for case in cases(include_str!("leniency.json")) {
        let seen: Vec<f64> = twin(&cells(&case)).into_values().map(|effect| effect.unwrap()).collect();
        assert_eq!(seen.len(), numbers(&case.expected["twin"]).len());
        case.hold("twin", &seen, CLOSED);
    }
}
