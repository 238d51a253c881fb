//! Control charts against numpy's reading of the definition.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use scorelake_insight::control::{ControlPoint, Signal, WeekCount, WeekMean, p_chart, xmr_chart};
use serde_json::{Value, json};

use crate::{CLOSED, Case, cases, list, numbers, whole};

const BASELINE: usize = 8;

pub(crate) fn week(place: usize) -> Date {
    date(2024, 1, 1) + (7 * place as i64).days()
}

pub(crate) fn week_means(values: &Value) -> Vec<WeekMean> {
    numbers(values).into_iter().enumerate().map(|(place, mean)| WeekMean { week_start: week(place), mean }).collect()
}

fn signals(points: &[ControlPoint]) -> Value {
    let of_point =
        |(place, point): (usize, &ControlPoint)| point.signals.iter().map(move |signal| json!([place, signal.word()])).collect::<Vec<_>>();
    points.iter().enumerate().flat_map(of_point).collect()
}

#[test]
fn xmr_charts_are_those_of_the_definition() {
    for case in cases(include_str!("xmr.json")) {
        let points = xmr_chart(&week_means(&case.input["x"]), BASELINE).unwrap();
        for point in &points {
            case.holds("centre", point.centre, CLOSED);
            case.holds("low", point.low, CLOSED);
            case.holds("high", point.high, CLOSED);
            case.holds("range_high", point.range_limit.unwrap(), CLOSED);
        }
        assert_eq!(signals(&points), case.expected["signals"], "`{}`", case.name);
    }
}

fn week_counts(case: &Case) -> Vec<WeekCount> {
    let counts = list(&case.input["failed"]).iter().zip(list(&case.input["n"]));
    counts.enumerate().map(|(place, (x, n))| WeekCount { week_start: week(place), n: whole(n), x: whole(x) }).collect()
}

#[test]
fn p_charts_are_those_of_the_definition() {
    for case in cases(include_str!("p_chart.json")) {
        let points = p_chart(&week_counts(&case), BASELINE).unwrap();
        points.iter().for_each(|point| case.holds("p", point.centre, CLOSED));
        case.hold("low", &points.iter().map(|point| point.low).collect::<Vec<_>>(), CLOSED);
        case.hold("high", &points.iter().map(|point| point.high).collect::<Vec<_>>(), CLOSED);
        let outside: Vec<usize> = (0..points.len()).filter(|place| points[*place].signals.contains(&Signal::Outside)).collect();
        assert_eq!(json!(outside), case.expected["outside"], "`{}`", case.name);
    }
}
