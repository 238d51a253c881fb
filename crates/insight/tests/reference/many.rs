//! Many agents at once against scipy's norm and binomtest and statsmodels' Benjamini-Hochberg.

use scorelake_insight::many::{benjamini_hochberg, binomial_p, normal_p};

use crate::{CLOSED, cases, list, number, numbers, whole};

#[test]
fn distances_are_as_likely_as_scipy_says() {
    for case in cases(include_str!("many_scores.json")) {
        let seen = normal_p(number(&case.input["mean"]) - number(&case.input["centre"]), number(&case.input["v"]));
        let expected = number(&case.expected["p"]);
        case.near("p", seen, expected, CLOSED);
        // A small p-value is right in its own size too.
        assert!((seen / expected - 1.0).abs() < 1e-6, "`{}`: {seen} for {expected}", case.name);
    }
}

#[test]
fn rates_are_as_likely_as_binomtest_says() {
    for case in cases(include_str!("many_rates.json")) {
        let seen = binomial_p(whole(&case.input["x"]), whole(&case.input["n"]), number(&case.input["rate"]));
        case.holds("p", seen, CLOSED);
    }
}

#[test]
fn adjusted_values_are_those_of_statsmodels() {
    for case in cases(include_str!("many_adjusted.json")) {
        let seen = benjamini_hochberg(&numbers(&case.input["p"]));
        case.hold("adjusted", &seen, CLOSED);
        let named: Vec<bool> = seen.iter().map(|p| *p <= 0.05).collect();
        let expected: Vec<bool> = list(&case.expected["named"]).iter().map(|one| one.as_bool().unwrap()).collect();
        assert_eq!(named, expected, "`{}`", case.name);
    }
}
