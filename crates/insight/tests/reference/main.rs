//! Every statistic against other people's programs: R's survey, metafor and lme4, scipy, statsmodels, ruptures, exact fractions.
//! The expected values are recorded here, a JSON file a topic with tool and version; `tests/reference/run.sh` computes them anew.
//! Closed forms agree to 1e-9 of their size (at least of 1), what an optimizer finds to 1e-4.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod breakpoint;
mod clustered;
mod control;
mod equating;
mod leniency;
mod many;
mod passrate;
mod quantile;
mod shrinkage;
mod split;
mod trend;

use serde_json::Value;

/// For closed forms.
const CLOSED: f64 = 1e-9;
/// For what is found by optimizing.
const FITTED: f64 = 1e-4;

/// One recorded case.
struct Case {
    name: String,
    input: Value,
    expected: Value,
}

/// The cases of a recorded topic; there is at least one.
fn cases(topic: &str) -> Vec<Case> {
    let topic: Value = serde_json::from_str(topic).unwrap();
    let cases: Vec<Case> = list(&topic["cases"])
        .iter()
        .map(|case| Case {
            name: case["name"].as_str().unwrap().to_owned(),
            input: case["input"].clone(),
            expected: case["expected"].clone(),
        })
        .collect();
    assert!(!cases.is_empty());
    cases
}

#[track_caller]
fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

#[track_caller]
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[track_caller]
fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no whole number"))
}

#[track_caller]
fn numbers(value: &Value) -> Vec<f64> {
    list(value).iter().map(number).collect()
}

impl Case {
    /// Holds a number against the one recorded under that name, within a tolerance that grows with the number.
    #[track_caller]
    fn holds(&self, what: &str, seen: f64, tolerance: f64) {
        self.near(what, seen, number(&self.expected[what]), tolerance);
    }

    #[track_caller]
    fn near(&self, what: &str, seen: f64, expected: f64, tolerance: f64) {
        let off = (seen - expected).abs();
        assert!(off <= tolerance * expected.abs().max(1.0), "`{}`, {what}: {seen} for {expected}, off by {off:e}", self.name);
    }

    /// Holds numbers against the list recorded under that name.
    #[track_caller]
    fn hold(&self, what: &str, seen: &[f64], tolerance: f64) {
        let expected = numbers(&self.expected[what]);
        assert_eq!(seen.len(), expected.len(), "`{}`, {what}", self.name);
        for (place, (seen, expected)) in seen.iter().zip(expected).enumerate() {
            self.near(&format!("{what} [{place}]"), *seen, expected, tolerance);
        }
    }
}
