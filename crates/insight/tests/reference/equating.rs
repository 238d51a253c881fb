//! Equating against regressions by statsmodels on raw totals.

use scorelake_insight::equating::{Equating, Moments, equate};
use serde_json::Value;

use crate::{CLOSED, cases, numbers};

fn moments(totals: &Value, common: &Value) -> Moments {
    Moments::of(&numbers(totals).into_iter().zip(numbers(common)).collect::<Vec<_>>()).unwrap()
}

#[test]
fn lines_are_those_of_raw_totals() {
    for case in cases(include_str!("equating.json")) {
        let (a, b) = (moments(&case.input["x"], &case.input["v"]), moments(&case.input["y"], &case.input["w"]));
        let Equating { chained_mean, chained_linear, tucker } = equate(&a, &b);
        case.holds("chained_mean", chained_mean.unwrap().at(0.0), CLOSED);
        assert_eq!(chained_mean.unwrap().slope, 1.0);
        case.holds("chained_slope", chained_linear.unwrap().slope, CLOSED);
        case.holds("chained_intercept", chained_linear.unwrap().intercept, CLOSED);
        case.holds("tucker_slope", tucker.unwrap().slope, CLOSED);
        case.holds("tucker_intercept", tucker.unwrap().intercept, CLOSED);
    }
}
