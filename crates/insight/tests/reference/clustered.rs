//! Means, pooled ratios and differences with agents as clusters against R's survey.

use scorelake_insight::interval::{AgentRatio, AgentSum, Interval, mean, pooled};
use scorelake_insight::reason::Reason;
use serde_json::Value;

use crate::{CLOSED, Case, cases, list, number, numbers, whole};

fn of_kind(kind: &str) -> Vec<Case> {
    let cases: Vec<Case> = cases(include_str!("clustered.json")).into_iter().filter(|case| case.input["kind"] == kind).collect();
    assert!(!cases.is_empty());
    cases
}

/// A standard error of 0 comes out of other arithmetic as a trace beside it, so it is compared on the scale of scores.
#[track_caller]
fn check_interval(case: &Case, interval: Interval) {
    case.holds("se", interval.se, CLOSED);
    case.holds("low", interval.low, CLOSED);
    case.holds("high", interval.high, CLOSED);
    assert_eq!(interval.df, whole(&case.expected["df"]), "`{}`", case.name);
}

#[test]
fn means_have_the_interval_of_svymean() {
    for case in of_kind("mean") {
        let agents: Vec<AgentSum> =
            list(&case.input["agents"]).iter().map(|own| AgentSum { n: list(own).len() as u64, sum: numbers(own).iter().sum() }).collect();
        let seen = mean(&agents);
        assert_eq!(seen.n, whole(&case.expected["n"]));
        case.holds("mean", seen.value.unwrap(), CLOSED);
        case.holds("mean_by_agent", seen.by_agent.unwrap(), CLOSED);
        if case.expected["se"].is_null() {
            assert_eq!(seen.interval, Err(Reason::OneAgent), "`{}`", case.name);
        } else {
            check_interval(&case, seen.interval.unwrap());
        }
    }
}

fn pairs(own: &Value) -> Vec<(f64, f64)> {
    list(own).iter().map(|pair| (number(&pair[0]), number(&pair[1]))).collect()
}

#[test]
fn pooled_ratios_have_the_interval_of_svyratio() {
    for case in of_kind("ratio") {
        let ratio = |own: &Value| {
            let pairs = pairs(own);
            AgentRatio { n: pairs.len() as u64, points: pairs.iter().map(|pair| pair.0).sum(), max: pairs.iter().map(|pair| pair.1).sum() }
        };
        let seen = pooled(&list(&case.input["agents"]).iter().map(ratio).collect::<Vec<_>>());
        assert_eq!(seen.n, whole(&case.expected["n"]));
        case.holds("points", seen.value.unwrap(), CLOSED);
        check_interval(&case, seen.interval.unwrap());
    }
}
