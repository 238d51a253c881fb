//! Equating: what a score on one form version would be on the scale of the next, by the common questions as anchor.
//! It is a cross-check of the change split and replaces nothing: an equated score is a number of its own.

use crate::reason::Reason;
use crate::sum::sum;

/// The moments of totals (x) and of scores on the common questions (v) of one side, with n - 1 below the line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Assessments.
    pub n: u64,
    /// The mean of the totals.
    pub mean: f64,
    /// The mean of the anchor scores.
    pub anchor_mean: f64,
    /// The variance of the totals.
    pub variance: f64,
    /// The variance of the anchor scores.
    pub anchor_variance: f64,
    /// The covariance of totals and anchor scores.
    pub covariance: f64,
}

impl Moments {
    /// The moments of pairs of total and anchor score; `None` below two pairs.
    pub fn of(pairs: &[(f64, f64)]) -> Option<Self> {
        let n = pairs.len() as f64;
        if pairs.len() < 2 {
            return None;
        }
        let (mean, anchor_mean) = (sum(pairs.iter().map(|pair| pair.0)) / n, sum(pairs.iter().map(|pair| pair.1)) / n);
        let spread = |product: fn(f64, f64) -> f64| sum(pairs.iter().map(|pair| product(pair.0 - mean, pair.1 - anchor_mean))) / (n - 1.0);
        Some(Self {
            n: pairs.len() as u64,
            mean,
            anchor_mean,
            variance: spread(|x, _| x * x),
            anchor_variance: spread(|_, v| v * v),
            covariance: spread(|x, v| x * v),
        })
    }
}

/// A straight line from the first side's scale to the second's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Where a score of 0 goes.
    pub intercept: f64,
    /// Points of the second scale by point of the first.
    pub slope: f64,
}

impl Line {
    /// The equated score of `x`.
    pub fn at(&self, x: f64) -> f64 {
        self.intercept + self.slope * x
    }

    fn through(x: f64, y: f64, slope: f64) -> Self {
        Self { intercept: y - slope * x, slope }
    }
}

/// The three equatings of side a's scale to side b's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Equating {
    /// `y = x - mX + mV - mW + mY`.
    pub chained_mean: Result<Line, Reason>,
    /// Standard deviations chained through the anchor.
    pub chained_linear: Result<Line, Reason>,
    /// Tucker's method with equal weights of both groups.
    pub tucker: Result<Line, Reason>,
}

/// Equates side `a` to side `b`. Each line is absent below two assessments on a side ([`Reason::NTooSmall`]) or where a spread that
/// it divides by is 0 ([`Reason::NoVariance`]); the mean needs one assessment a side and no spread.
pub fn equate(a: &Moments, b: &Moments) -> Equating {
    Equating { chained_mean: chained_mean(a, b), chained_linear: chained_linear(a, b), tucker: tucker(a, b) }
}

fn chained_mean(a: &Moments, b: &Moments) -> Result<Line, Reason> {
    if a.n.min(b.n) < 1 {
        return Err(Reason::NTooSmall);
    }
    Ok(Line { intercept: sum([-a.mean, a.anchor_mean, -b.anchor_mean, b.mean]), slope: 1.0 })
}

fn chained_linear(a: &Moments, b: &Moments) -> Result<Line, Reason> {
    let to_anchor = (positive(a.anchor_variance, a)? / positive(a.variance, a)?).sqrt();
    let from_anchor = (positive(b.variance, b)? / positive(b.anchor_variance, b)?).sqrt();
    Ok(Line::through(a.mean, b.mean + from_anchor * (a.anchor_mean - b.anchor_mean), to_anchor * from_anchor))
}

fn tucker(a: &Moments, b: &Moments) -> Result<Line, Reason> {
    let g1 = a.covariance / positive(a.anchor_variance, a)?;
    let g2 = b.covariance / positive(b.anchor_variance, b)?;
    let d = a.anchor_mean - b.anchor_mean;
    let e = a.anchor_variance - b.anchor_variance;
    let mean_x = a.mean - g1 * d / 2.0;
    let mean_y = b.mean + g2 * d / 2.0;
    let variance_x = a.variance - g1 * g1 * e / 2.0 + g1 * g1 * d * d / 4.0;
    let variance_y = b.variance + g2 * g2 * e / 2.0 + g2 * g2 * d * d / 4.0;
    let slope = (positive(variance_y, b)? / positive(variance_x, a)?).sqrt();
    Ok(Line::through(mean_x, mean_y, slope))
}

fn positive(variance: f64, side: &Moments) -> Result<f64, Reason> {
    if side.n < 2 {
        return Err(Reason::NTooSmall);
    }
    if variance > 0.0 && variance.is_finite() { Ok(variance) } else { Err(Reason::NoVariance) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(totals: &[f64], anchors: &[f64]) -> Moments {
        Moments::of(&totals.iter().copied().zip(anchors.iter().copied()).collect::<Vec<_>>()).unwrap()
    }

    fn documented() -> (Moments, Moments) {
        (
            moments(&[12.0, 15.0, 18.0, 20.0, 14.0, 17.0, 22.0, 19.0], &[6.0, 7.0, 9.0, 10.0, 7.0, 8.0, 11.0, 9.0]),
            moments(&[10.0, 13.0, 16.0, 19.0, 12.0, 15.0, 14.0, 18.0], &[7.0, 8.0, 10.0, 11.0, 8.0, 9.0, 9.0, 10.0]),
        )
    }

    #[test]
    fn documented_sides_have_their_three_lines() {
        let (a, b) = documented();
        let equating = equate(&a, &b);
        assert_eq!(equating.chained_mean, Ok(Line { intercept: -3.125, slope: 1.0 }));
        for (line, intercept, slope) in [(equating.chained_linear, -6.906340, 1.173102), (equating.tucker, -6.690495, 1.162419)] {
            let line = line.unwrap();
            assert!((line.intercept - intercept).abs() < 5e-7 && (line.slope - slope).abs() < 5e-7, "{line:?}");
            assert!((line.at(10.0) - (intercept + 10.0 * slope)).abs() < 1e-5);
        }
    }

    #[test]
    fn same_side_equates_to_itself() {
        let (a, _) = documented();
        let equating = equate(&a, &a);
        for line in [equating.chained_mean, equating.chained_linear, equating.tucker] {
            let line = line.unwrap();
            assert!((line.at(17.0) - 17.0).abs() < 1e-12);
        }
    }

    #[test]
    fn sides_without_spread_or_rows_are_withheld() {
        let (a, _) = documented();
        let flat = moments(&[5.0, 5.0], &[1.0, 1.0]);
        let equating = equate(&a, &flat);
        assert_eq!((equating.chained_linear, equating.tucker), (Err(Reason::NoVariance), Err(Reason::NoVariance)));
        assert!(equating.chained_mean.is_ok());
        let single = Moments { n: 1, mean: 5.0, anchor_mean: 1.0, variance: 0.0, anchor_variance: 0.0, covariance: 0.0 };
        assert_eq!((equate(&a, &single).tucker, equate(&single, &a).chained_linear), (Err(Reason::NTooSmall), Err(Reason::NTooSmall)));
        assert_eq!(equate(&Moments { n: 0, ..single }, &a).chained_mean, Err(Reason::NTooSmall));
        assert_eq!((Moments::of(&[]), Moments::of(&[(1.0, 1.0)])), (None, None));
    }
}
