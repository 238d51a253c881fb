//! Control charts: the worked examples, each rule by itself, and what must hold for any weeks.

use super::*;
use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;

fn week(place: usize) -> Date {
    date(2031, 1, 6).saturating_add((place as i64 * 7).days())
}

fn means(values: &[f64]) -> Vec<WeekMean> {
    values.iter().enumerate().map(|(place, mean)| WeekMean { week_start: week(place), mean: *mean }).collect()
}

fn counts(values: &[(u64, u64)]) -> Vec<WeekCount> {
    values.iter().enumerate().map(|(place, (x, n))| WeekCount { week_start: week(place), n: *n, x: *x }).collect()
}

/// `3: outside range` for every point with a signal, the first point being 1.
fn signals(points: &[ControlPoint]) -> String {
    let line = |(place, point): (usize, &ControlPoint)| {
        let words: Vec<&str> = point.signals.iter().map(|signal| signal.word()).collect();
        (!words.is_empty()).then(|| format!("{}: {}", place + 1, words.join(" ")))
    };
    points.iter().enumerate().filter_map(line).collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn near(seen: f64, expected: f64, tolerance: f64) {
    assert!((seen - expected).abs() <= tolerance, "{seen} is not {expected}");
}

const BASELINE: [f64; 8] = [82.1, 84.0, 81.2, 83.3, 85.1, 82.6, 83.9, 81.5];

#[track_caller]
fn check(after: &[f64], expected: &str) {
    let values: Vec<f64> = BASELINE.iter().chain(after).copied().collect();
    assert_eq!(signals(&xmr_chart(&means(&values), 8).unwrap()), expected);
}

#[test]
fn the_example_of_weekly_means() {
    check(&[84.4, 88.9, 79.9], "10: outside, 11: range");
    let points = xmr_chart(&means(&BASELINE), 8).unwrap();
    near(points[0].centre, 82.9625, 1e-9);
    near(points[0].low, 77.3385, 1e-9);
    near(points[0].high, 88.5865, 1e-9);
    near(points[0].range_limit.unwrap(), 3.267 * 14.8 / 7.0, 1e-9);
    assert_eq!((points[0].range, points.iter().all(|point| point.baseline)), (None, true));
    near(points[1].range.unwrap(), 1.9, 1e-9);
}

#[test]
fn a_run_is_told_once_at_its_eighth_point() {
    check(&[82.0; 7], "15: run");
    check(&[82.0; 20], "15: run");
    check(&[82.0, 82.0, 82.0, 82.0, 82.0, 82.0, 83.0, 82.0, 82.0], "");
    // A point on the centre belongs to no side.
    check(&[82.0, 82.0, 82.0, 82.0, 82.0, 82.0, 82.9625, 82.0, 82.0], "");
    check(&[83.0, 83.0, 83.0, 83.0, 83.0, 83.0, 83.0, 83.0, 82.0, 83.0, 83.0, 83.0, 83.0, 83.0, 83.0, 83.0, 83.0], "16: run, 25: run");
}

#[test]
fn a_point_on_its_limit_is_inside() {
    check(&[85.0, 88.5865], "");
    check(&[85.0, 88.586_502], "10: outside");
}

#[test]
fn later_points_move_no_limit() {
    let values: Vec<f64> = BASELINE.iter().copied().chain([10.0, 100.0, 10.0]).collect();
    let points = xmr_chart(&means(&values), 8).unwrap();
    assert!(points.iter().all(|point| (point.centre - 82.9625).abs() < 1e-9 && (point.high - 88.5865).abs() < 1e-9));
    assert_eq!(points.iter().filter(|point| point.baseline).count(), 8);
}

#[test]
fn a_flat_baseline_lets_nothing_else_pass() {
    let mut values = vec![100.0; 8];
    values.extend([100.0, 99.9]);
    assert_eq!(signals(&xmr_chart(&means(&values), 8).unwrap()), "10: outside range");
}

#[test]
fn fewer_points_than_the_baseline_are_too_short() {
    for n in 0..8 {
        assert_eq!(xmr_chart(&means(&BASELINE[..n]), 8), Err(Reason::TooShort));
    }
    assert_eq!(xmr_chart(&means(&BASELINE[..1]), 0), Err(Reason::TooShort));
    assert_eq!(p_chart(&counts(&[(1, 5); 7]), 8), Err(Reason::TooShort));
    assert_eq!(p_chart(&counts(&[(1, 5), (1, 5), (1, 5), (1, 5), (1, 5), (1, 5), (1, 5), (0, 0)]), 8), Err(Reason::TooShort));
    assert_eq!(p_chart(&[], 0), Err(Reason::TooShort));
}

#[test]
fn the_example_of_failed_critical_questions() {
    let weeks = [(2, 60), (1, 45), (3, 80), (0, 40), (2, 75), (1, 50), (2, 70), (1, 55), (6, 50)];
    let points = p_chart(&counts(&weeks), 8).unwrap();
    near(points[8].centre, 0.025263, 5e-7);
    near(points[8].value, 0.12, 1e-12);
    near(points[8].high, 0.091840, 5e-7);
    assert_eq!(points[8].low, 0.0);
    assert_eq!(signals(&points), "9: outside");
}

#[test]
fn a_baseline_without_events_draws_no_limit() {
    let mut weeks = vec![(0, 50); 8];
    weeks.push((5, 50));
    assert_eq!(p_chart(&counts(&weeks), 8), Err(Reason::NoEvents));
}

#[test]
fn a_baseline_of_events_only_has_its_limits_at_one() {
    let mut weeks = vec![(50, 50); 8];
    weeks.push((49, 50));
    let points = p_chart(&counts(&weeks), 8).unwrap();
    assert_eq!((points[0].low, points[0].high, signals(&points)), (1.0, 1.0, "9: outside".to_owned()));
}

proptest! {
    #[test]
    fn order_of_the_weeks_does_not_matter(values in prop::collection::vec(0.0..100.0f64, 8..30)) {
        let mut turned = means(&values);
        turned.reverse();
        prop_assert_eq!(xmr_chart(&means(&values), 8), xmr_chart(&turned, 8));
    }

    #[test]
    fn tenfold_scores_give_the_same_signals(values in prop::collection::vec(60.0..100.0f64, 8..30)) {
        let tenfold: Vec<f64> = values.iter().map(|value| value * 10.0).collect();
        let (one, ten) = (xmr_chart(&means(&values), 8).unwrap(), xmr_chart(&means(&tenfold), 8).unwrap());
        prop_assert!((one[0].high * 10.0 - ten[0].high).abs() < 1e-6);
        prop_assert_eq!(signals(&one), signals(&ten));
    }
}
