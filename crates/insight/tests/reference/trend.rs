//! The trend verdict's numbers against scipy's seasonal Sen slope and seasonal Kendall test.

use scorelake_insight::trend::{Verdict, WeekPoint, trend};
use serde_json::Value;

use crate::{CLOSED, Case, cases, list, number, whole};

fn stratum(points: &Value) -> Vec<WeekPoint> {
    list(points).iter().map(|point| WeekPoint { week: number(&point[0]), mean: number(&point[1]) }).collect()
}

#[track_caller]
fn check_end(case: &Case, what: &str, seen: Option<f64>) {
    assert_eq!(seen.is_none(), case.expected[what].is_null(), "`{}`, {what}", case.name);
    if let Some(seen) = seen {
        case.holds(what, seen, CLOSED);
    }
}

#[test]
fn trends_are_those_of_scipy() {
    for case in cases(include_str!("trend.json")) {
        let strata: Vec<Vec<WeekPoint>> = list(&case.input["strata"]).iter().map(stratum).collect();
        let seen = trend(&strata, 0.1);
        assert_eq!(seen.n_pairs, whole(&case.expected["n_pairs"]), "`{}`", case.name);
        let test = seen.test.unwrap();
        assert_eq!(test.s as f64, number(&case.expected["s"]), "`{}`", case.name);
        case.holds("variance", test.variance, CLOSED);
        case.holds("z", test.z, CLOSED);
        case.holds("p", test.p, CLOSED);
        case.holds("slope", test.slope, CLOSED);
        check_end(&case, "low", test.low);
        check_end(&case, "high", test.high);
        let (slope, p) = (number(&case.expected["slope"]), number(&case.expected["p"]));
        let expected = match p < 0.05 && 0.1 <= slope.abs() {
            false => Verdict::Flat,
            true if slope < 0.0 => Verdict::Falling,
            true => Verdict::Rising,
        };
        assert_eq!(seen.verdict, expected, "`{}`", case.name);
    }
}
