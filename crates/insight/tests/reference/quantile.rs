//! Quantiles and rates against scipy and statsmodels.

use scorelake_insight::interval::wilson;
use scorelake_insight::quantile::{Z, t};

use crate::{CLOSED, cases, whole};

#[test]
fn quantiles_agree_with_scipy() {
    for case in cases(include_str!("quantile.json")) {
        let seen = if case.input["kind"] == "z" { Z } else { t(whole(&case.input["df"])).unwrap() };
        case.holds("value", seen, CLOSED);
    }
}

#[test]
fn rates_have_the_wilson_interval_of_statsmodels() {
    for case in cases(include_str!("wilson.json")) {
        let rate = wilson(whole(&case.input["x"]), whole(&case.input["n"])).unwrap();
        case.holds("low", rate.low, CLOSED);
        case.holds("high", rate.high, CLOSED);
    }
}
