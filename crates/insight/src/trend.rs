//! The verdict on a trend over weekly means, the form version being the stratum: points of two strata are never compared.
//! Slope by Theil and Sen, test by Mann and Kendall summed over the strata, interval by places in the sorted slopes.

use statrs::function::erf::erfc;

use crate::quantile::Z;
use crate::reason::Reason;
use crate::show::compared;
use crate::sum::sum;

/// Fewer points in all carry no verdict.
const POINTS_MIN: usize = 8;
/// One stratum at least must have as many.
const STRATUM_POINTS_MIN: usize = 4;
/// A trend is named below this p-value.
const LEVEL: f64 = 0.05;

/// One weekly mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeekPoint {
    /// The week, counted from any beginning; distinct within a stratum.
    pub week: f64,
    /// The mean of the week, in points.
    pub mean: f64,
}

/// What is said of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Scores rise within the form versions.
    Rising,
    /// Scores fall within the form versions.
    Falling,
    /// Neither can be said.
    Flat,
    /// Too few points to say anything.
    TooShort,
}

impl Verdict {
    /// The word that stands in tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rising => "rising",
            Self::Falling => "falling",
            Self::Flat => "flat",
            Self::TooShort => "too_short",
        }
    }
}

/// The numbers behind a verdict.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrendTest {
    /// Points a week: the median over all pairs within strata.
    pub slope: f64,
    /// The lower end of the slope's 95 % interval; `None` if there are too few pairs for one.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// S: pairs that rise less pairs that fall.
    pub s: i64,
    /// The variance of S without a trend.
    pub variance: f64,
    /// The normal score of S.
    pub z: f64,
    /// The two-sided p-value.
    pub p: f64,
}

/// A verdict with what it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Points in all.
    pub n_points: u64,
    /// Strata with at least one point.
    pub n_strata: u64,
    /// Pairs within strata.
    pub n_pairs: u64,
    /// The verdict.
    pub verdict: Verdict,
    /// Its numbers; [`Reason::TooShort`] together with [`Verdict::TooShort`].
    pub test: Result<TrendTest, Reason>,
}

/// The verdict over the strata. `flat_slope` is the least slope, in points a week, that is called a trend.
pub fn trend(strata: &[Vec<WeekPoint>], flat_slope: f64) -> Trend {
    let strata: Vec<Vec<WeekPoint>> = strata.iter().filter(|points| !points.is_empty()).map(|points| in_order(points)).collect();
    let slopes = slopes(&strata);
    let n_points = strata.iter().map(Vec::len).sum::<usize>();
    let is_long = n_points >= POINTS_MIN && strata.iter().any(|points| points.len() >= STRATUM_POINTS_MIN);
    let test = if is_long { test(&strata, &slopes) } else { Err(Reason::TooShort) };
    Trend {
        n_points: n_points as u64,
        n_strata: strata.len() as u64,
        n_pairs: slopes.len() as u64,
        verdict: test.map_or(Verdict::TooShort, |test| verdict(&test, flat_slope)),
        test,
    }
}

fn verdict(test: &TrendTest, flat_slope: f64) -> Verdict {
    let is_trend = compared(test.p) < LEVEL && compared(test.slope.abs()) >= flat_slope;
    match (is_trend, test.slope > 0.0) {
        (false, _) => Verdict::Flat,
        (true, true) => Verdict::Rising,
        (true, false) => Verdict::Falling,
    }
}

fn in_order(points: &[WeekPoint]) -> Vec<WeekPoint> {
    let mut points = points.to_vec();
    points.sort_by(|one, other| one.week.total_cmp(&other.week).then(one.mean.total_cmp(&other.mean)));
    points
}

/// Every pair of a stratum's points, the earlier first.
fn pairs(points: &[WeekPoint]) -> impl Iterator<Item = (WeekPoint, WeekPoint)> {
    points
        .iter()
        .enumerate()
        .flat_map(|(place, earlier)| points.iter().skip(place + 1).map(|later| (*earlier, *later)))
        .filter(|(earlier, later)| earlier.week < later.week)
}

/// The slopes of all pairs, sorted.
fn slopes(strata: &[Vec<WeekPoint>]) -> Vec<f64> {
    let mut slopes: Vec<f64> = strata
        .iter()
        .flat_map(|points| pairs(points))
        .map(|(earlier, later)| (later.mean - earlier.mean) / (later.week - earlier.week))
        .collect();
    slopes.sort_by(f64::total_cmp);
    slopes
}

fn test(strata: &[Vec<WeekPoint>], slopes: &[f64]) -> Result<TrendTest, Reason> {
    let rises = |(earlier, later): (WeekPoint, WeekPoint)| match compared(later.mean).total_cmp(&compared(earlier.mean)) {
        std::cmp::Ordering::Less => -1,
        std::cmp::Ordering::Equal => 0,
        std::cmp::Ordering::Greater => 1,
    };
    let s: i64 = strata.iter().flat_map(|points| pairs(points)).map(rises).sum();
    let variance = sum(strata.iter().map(|points| variance(points)));
    let z = if s == 0 || variance <= 0.0 { 0.0 } else { (s - s.signum()) as f64 / variance.sqrt() };
    let n_pairs = slopes.len() as f64;
    let reach = Z * variance.sqrt();
    Ok(TrendTest {
        slope: at_place(slopes, f64::midpoint(n_pairs, 1.0)).ok_or(Reason::TooShort)?,
        low: at_place(slopes, (n_pairs - reach) / 2.0),
        high: at_place(slopes, (n_pairs + reach) / 2.0 + 1.0),
        s,
        variance,
        z,
        p: erfc(z.abs() / std::f64::consts::SQRT_2),
    })
}

/// The variance of a stratum's S, less what equal means take away.
fn variance(points: &[WeekPoint]) -> f64 {
    let mut means: Vec<f64> = points.iter().map(|point| compared(point.mean)).collect();
    means.sort_by(f64::total_cmp);
    let ties = means.chunk_by(|one, other| one == other).map(|tied| spread(tied.len() as f64));
    (spread(means.len() as f64) - sum(ties)) / 18.0
}

fn spread(n: f64) -> f64 {
    n * (n - 1.0) * (2.0 * n + 5.0)
}

/// The value at a place counted from 1, linear between neighbours; `None` outside the list.
fn at_place(sorted: &[f64], place: f64) -> Option<f64> {
    if !(place >= 1.0 && place <= sorted.len() as f64) {
        return None;
    }
    let below = *sorted.get(place.floor() as usize - 1)?;
    let above = *sorted.get(place.ceil() as usize - 1)?;
    Some(below + place.fract() * (above - below))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stratum(first_week: u32, means: &[f64]) -> Vec<WeekPoint> {
        means.iter().enumerate().map(|(place, mean)| WeekPoint { week: f64::from(first_week) + place as f64, mean: *mean }).collect()
    }

    #[track_caller]
    fn near(seen: f64, expected: f64, within: f64) {
        assert!((seen - expected).abs() <= within, "{seen} is not {expected}");
    }

    #[test]
    fn documented_strata_fall_although_the_line_through_all_would_rise() {
        let strata = [stratum(1, &[74.0, 73.3, 73.1, 72.2, 72.6]), stratum(6, &[81.5, 80.9, 80.2, 80.6])];
        let trend = trend(&strata, 0.1);
        assert_eq!((trend.n_points, trend.n_strata, trend.n_pairs, trend.verdict), (9, 2, 16, Verdict::Falling));
        let test = trend.test.unwrap();
        near(test.slope, -0.40, 1e-9);
        near(test.low.unwrap(), -0.697, 5e-4);
        near(test.high.unwrap(), -0.153, 5e-4);
        assert_eq!(test.s, -12);
        near(test.variance, 76.0 / 3.0, 1e-12);
        near(test.z, -2.1855, 5e-5);
        // scipy 1.17.1: 2 * norm.sf(11 / sqrt(76 / 3)).
        near(test.p, 0.028853788793347705, 1e-10);
    }

    #[test]
    fn few_points_and_short_strata_are_too_short() {
        for strata in [
            vec![],
            vec![stratum(1, &[])],
            vec![stratum(1, &[80.0])],
            vec![stratum(1, &[80.0, 81.0])],
            vec![stratum(1, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])],
            vec![stratum(1, &[1.0, 2.0, 3.0]), stratum(4, &[1.0, 2.0, 3.0]), stratum(7, &[1.0, 2.0, 3.0])],
        ] {
            let trend = trend(&strata, 0.1);
            assert_eq!((trend.verdict, trend.test), (Verdict::TooShort, Err(Reason::TooShort)));
        }
        assert_eq!(trend(&[stratum(1, &[1.0, 2.0, 3.0, 4.0]), stratum(5, &[1.0]), stratum(6, &[1.0, 2.0, 3.0])], 0.1).n_strata, 3);
    }

    #[test]
    fn equal_means_are_flat_and_have_an_interval() {
        let test = trend(&[stratum(1, &[80.0; 10])], 0.1);
        assert_eq!(test.verdict, Verdict::Flat);
        let test = test.test.unwrap();
        assert_eq!((test.slope, test.low, test.high, test.s, test.variance, test.z, test.p), (0.0, Some(0.0), Some(0.0), 0, 0.0, 0.0, 1.0));
    }

    #[test]
    fn certain_trend_below_the_least_slope_is_flat() {
        let means: Vec<f64> = (0..20).map(|week| 80.0 + 0.05 * f64::from(week)).collect();
        assert_eq!(trend(&[stratum(1, &means)], 0.1).verdict, Verdict::Flat);
        assert_eq!(trend(&[stratum(1, &means)], 0.05).verdict, Verdict::Rising);
    }

    #[test]
    fn place_outside_the_pairs_has_no_end() {
        // Seven strata of one point and one of four: six pairs only.
        let mut strata = vec![stratum(1, &[80.0, 81.0, 82.0, 83.0])];
        strata.extend((0..4).map(|place| stratum(10 + place, &[50.0])));
        let test = trend(&strata, 0.1).test.unwrap();
        assert_eq!((test.slope, test.low, test.high), (1.0, None, None));
    }

    #[test]
    fn weeks_that_are_missing_count_as_time() {
        let points = [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0].map(|week| WeekPoint { week, mean: 50.0 + week });
        near(trend(&[points.to_vec()], 0.1).test.unwrap().slope, 1.0, 1e-12);
    }

    proptest! {
        #[test]
        fn order_of_points_and_strata_does_not_show(rows in prop::collection::vec(prop::collection::vec(0..40u32, 0..12), 0..4)) {
            let strata: Vec<Vec<WeekPoint>> = rows.iter().map(|row| stratum(1, &row.iter().map(|mean| f64::from(*mean) * 0.3).collect::<Vec<_>>())).collect();
            let turned: Vec<Vec<WeekPoint>> = strata.iter().rev().map(|points| points.iter().rev().copied().collect()).collect();
            prop_assert_eq!(trend(&strata, 0.1), trend(&turned, 0.1));
        }

        #[test]
        fn slope_lies_within_its_interval_and_follows_the_unit(means in prop::collection::vec(0..100u32, 8..30)) {
            let plain = trend(&[stratum(1, &means.iter().map(|mean| f64::from(*mean)).collect::<Vec<_>>())], 0.1).test.unwrap();
            let tenfold = trend(&[stratum(1, &means.iter().map(|mean| f64::from(*mean) * 10.0).collect::<Vec<_>>())], 0.1).test.unwrap();
            prop_assert!(plain.low.unwrap() <= plain.slope && plain.slope <= plain.high.unwrap());
            prop_assert!((plain.slope * 10.0 - tenfold.slope).abs() < 1e-9);
            prop_assert_eq!((plain.s, plain.variance, plain.p), (tenfold.s, tenfold.variance, tenfold.p));
            prop_assert!((0.0..=1.0).contains(&plain.p));
        }
    }
}
