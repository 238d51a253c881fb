//! Change points against recorded answers of ruptures, and what must hold for any series.

use super::*;
use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;

fn weeks(values: &[f64]) -> Vec<WeekMean> {
    let week =
        |(place, mean): (usize, &f64)| WeekMean { week_start: date(2031, 1, 6).saturating_add((place as i64 * 7).days()), mean: *mean };
    values.iter().enumerate().map(week).collect()
}

/// The number of points up to the end of each segment, as ruptures tells them.
fn ends(found: &Segmentation) -> Vec<u64> {
    found
        .segments
        .iter()
        .scan(0, |end, segment| {
            Some({
                *end += segment.n;
                *end
            })
        })
        .collect()
}

#[track_caller]
fn near(seen: f64, expected: f64) {
    assert!((seen - expected).abs() <= 1e-9, "{seen} is not {expected}");
}

#[test]
fn the_example_has_one_break() {
    let values = [80.2, 81.1, 79.6, 80.8, 79.9, 81.3, 80.4, 79.8, 80.9, 75.7, 76.4, 75.1, 76.2, 75.5, 76.8, 75.3, 76.0, 75.9];
    let found = segmentation(&weeks(&values)).unwrap();
    near(found.sigma, 1.2580105817996428);
    near(found.penalty, 13.722825731067838);
    assert_eq!(ends(&found), [9, 18]);
    near(found.segments[0].mean, 724.0 / 9.0);
    near(found.segments[1].mean, 682.9 / 9.0);
    assert_eq!((found.segments[0].last_week, found.segments[1].first_week), (date(2031, 3, 3), date(2031, 3, 10)));
}

type Case = (&'static [f64], f64, f64, &'static [u64]);

/// The expected values are those of ruptures 1.1.10, `Pelt(model="l2", min_size=3, jump=1)`.
#[test]
fn breaks_agree_with_ruptures() {
    let cases: [Case; 6] = [
        (
            &[82.0, 77.4, 80.4, 79.4, 79.5, 79.8, 78.0, 79.8, 79.1, 83.3, 80.2, 79.6, 79.7, 79.3, 78.9],
            0.6814223984748033,
            3.772339535913032,
            &[15],
        ),
        (
            &[
                79.6, 80.5, 79.8, 81.0, 79.8, 80.0, 81.5, 80.5, 85.5, 85.8, 86.5, 87.9, 85.7, 85.8, 87.0, 85.1, 74.7, 75.9, 75.6, 75.1,
                75.7, 72.2, 76.0, 74.0,
            ],
            1.0483421514996998,
            10.478246237961004,
            &[8, 16, 24],
        ),
        (
            &[
                78.3, 80.3, 80.7, 79.6, 78.9, 80.0, 79.9, 81.4, 80.7, 80.2, 85.1, 83.8, 83.1, 84.6, 84.6, 83.8, 83.2, 84.2, 81.5, 84.7,
                84.5, 82.4, 84.1, 83.0, 84.8, 82.0, 83.1, 84.7, 85.2, 81.8, 88.5, 89.3, 88.4, 90.6, 87.8, 89.4, 88.0, 90.4, 89.0, 88.6,
            ],
            1.2580105817996428,
            17.513958110554157,
            &[10, 30, 40],
        ),
        (
            &[
                78.3, 81.7, 80.8, 80.8, 81.1, 80.3, 79.4, 79.2, 79.2, 81.4, 78.5, 79.4, 76.7, 77.2, 77.6, 75.8, 75.3, 77.0, 78.2, 77.8,
                77.2, 76.7, 77.3, 76.8, 83.8, 82.2, 83.1, 82.9, 83.5, 83.2, 85.6, 84.5, 84.5, 81.0, 82.7, 82.4, 77.5, 74.7, 78.2, 78.1,
                75.7, 76.0, 76.2, 77.0, 77.6, 79.0, 76.8, 77.8, 85.2, 86.8, 85.7, 86.4, 83.9, 84.8, 84.2, 86.5, 85.7, 84.7, 84.5, 85.5,
            ],
            0.9435079363497209,
            10.934445344517906,
            &[12, 24, 36, 48, 60],
        ),
        (
            &[79.3, 79.1, 80.5, 82.5, 79.8, 79.4, 78.8, 78.7, 80.5, 95.9, 80.0, 80.3, 80.1, 80.1, 78.5, 79.5, 80.1, 79.2, 79.5, 79.2],
            0.7338395060497779,
            4.839789012231802,
            &[8, 11, 20],
        ),
        (
            &[74.7, 75.9, 74.6, 79.8, 80.8, 80.6, 81.7, 77.9, 80.9, 79.5, 80.1, 80.8, 81.1, 81.0, 80.2, 87.6, 85.7, 85.9],
            0.9435079363497357,
            7.719089473725717,
            &[3, 15, 18],
        ),
    ];
    for (values, sigma, penalty, expected) in cases {
        let found = segmentation(&weeks(values)).unwrap();
        near(found.sigma, sigma);
        near(found.penalty, penalty);
        assert_eq!(ends(&found), expected, "{values:?}");
    }
}

#[test]
fn fewer_than_fifteen_weeks_are_too_short() {
    for n in 0..15 {
        assert_eq!(segmentation(&weeks(&vec![80.0; n])), Err(Reason::TooShort));
    }
}

#[test]
fn weeks_without_noise_are_not_tested() {
    assert_eq!(segmentation(&weeks(&[80.0; 20])), Err(Reason::NoVariance));
    let step: Vec<f64> = (0..20).map(|place| if place < 10 { 80.0 } else { 70.0 }).collect();
    assert_eq!(segmentation(&weeks(&step)), Err(Reason::NoVariance));
}

fn cost(values: &[f64]) -> f64 {
    let mean = sum(values.iter().copied()) / values.len() as f64;
    sum(values.iter().map(|value| (value - mean).powi(2)))
}

fn series() -> impl Strategy<Value = Vec<f64>> {
    let stretch = (70.0..90.0f64, prop::collection::vec(-2.0..2.0f64, 1..9));
    let series = prop::collection::vec(stretch, 3..7)
        .prop_map(|all| all.iter().flat_map(|(level, noise)| noise.iter().map(move |step| level + step)).collect::<Vec<f64>>());
    series.prop_filter("15 weeks", |values| values.len() >= 15)
}

proptest! {
    #[test]
    fn no_other_single_cut_or_merge_is_better(values in series()) {
        let found = segmentation(&weeks(&values)).unwrap();
        let mut rest = values.as_slice();
        let mut parts = Vec::new();
        for segment in &found.segments {
            let (part, after) = rest.split_at(segment.n as usize);
            (rest, _) = (after, parts.push(part));
        }
        prop_assert!(rest.is_empty() && parts.iter().all(|part| part.len() >= 3));
        for part in &parts {
            for cut in 3..part.len().saturating_sub(2) {
                prop_assert!(cost(&part[..cut]) + cost(&part[cut..]) + found.penalty >= cost(part) - 1e-9);
            }
        }
        for pair in parts.windows(2) {
            prop_assert!(cost(&[pair[0], pair[1]].concat()) + 1e-9 >= cost(pair[0]) + cost(pair[1]) + found.penalty);
        }
    }

    #[test]
    fn order_and_units_do_not_matter(values in series()) {
        let found = segmentation(&weeks(&values)).unwrap();
        let mut turned = weeks(&values);
        turned.reverse();
        prop_assert_eq!(&found, &segmentation(&turned).unwrap());
        let tenfold: Vec<f64> = values.iter().map(|value| value * 10.0).collect();
        prop_assert_eq!(ends(&found), ends(&segmentation(&weeks(&tenfold)).unwrap()));
    }
}
