//! Change points: at which weeks the mean of a series stepped, and how many steps the noise supports.
//! The points are weekly means of one cohort and one scope. It finds what PELT finds, but by trying every last segment: weeks are few,
//! and pruning with a least segment length can miss the optimum.

use crate::control::WeekMean;
use crate::reason::Reason;
use crate::show::compared;
use crate::sum::sum;
use jiff::civil::Date;

const POINTS_MIN: usize = 15;
const SEGMENT_MIN: usize = 3;
const PENALTY_FACTOR: f64 = 3.0;
/// The third quartile of the normal distribution, as everyone rounds it.
const QUARTILE: f64 = 0.6745;

/// A series cut into stretches of one mean each.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmentation {
    /// The noise of one week, from the differences of neighbours.
    pub sigma: f64,
    /// What each further segment must gain.
    pub penalty: f64,
    /// The stretches in order; at least one. A break lies before each but the first.
    pub segments: Vec<Segment>,
}

/// One stretch of weeks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// Its first Monday.
    pub first_week: Date,
    /// Its last Monday.
    pub last_week: Date,
    /// Weeks with a mean.
    pub n: u64,
    /// The mean of these means.
    pub mean: f64,
}

/// The best segmentation by squared distances plus the penalty. Of two equally good ones, that with the longer last segment.
///
/// # Errors
/// [`Reason::TooShort`] below 15 weeks, [`Reason::NoVariance`] if the noise is 0 (compared at 6 decimals).
pub fn segmentation(weeks: &[WeekMean]) -> Result<Segmentation, Reason> {
    let mut weeks = weeks.to_vec();
    weeks.sort_by(|a, b| a.week_start.cmp(&b.week_start).then(a.mean.total_cmp(&b.mean)));
    if weeks.len() < POINTS_MIN {
        return Err(Reason::TooShort);
    }
    let values: Vec<f64> = weeks.iter().map(|week| week.mean).collect();
    let sigma = noise(&values);
    if compared(sigma) <= 0.0 {
        return Err(Reason::NoVariance);
    }
    let penalty = PENALTY_FACTOR * sigma.powi(2) * (values.len() as f64).ln();
    let segments = ranges(&best_starts(&values, penalty)).into_iter().filter_map(|range| segment(weeks.get(range)?)).collect();
    Ok(Segmentation { sigma, penalty, segments })
}

fn segment(weeks: &[WeekMean]) -> Option<Segment> {
    let (first, last) = (weeks.first()?, weeks.last()?);
    let mean = sum(weeks.iter().map(|week| week.mean)) / weeks.len() as f64;
    Some(Segment { first_week: first.week_start, last_week: last.week_start, n: weeks.len() as u64, mean })
}

/// The median distance of the first differences from their median, as a standard deviation of one point.
fn noise(values: &[f64]) -> f64 {
    let differences: Vec<f64> = values.iter().zip(values.iter().skip(1)).map(|(before, value)| value - before).collect();
    let centre = median(differences.clone());
    median(differences.iter().map(|difference| (difference - centre).abs()).collect()) / QUARTILE / std::f64::consts::SQRT_2
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let upper = values.len() / 2;
    let lower = values.len().saturating_sub(1) / 2;
    match (values.get(lower), values.get(upper)) {
        (Some(lower), Some(upper)) => f64::midpoint(*lower, *upper),
        _ => 0.0,
    }
}

/// For every number of points from the front: where the last segment of their best segmentation begins.
fn best_starts(values: &[f64], penalty: f64) -> Vec<usize> {
    let mut costs = vec![0.0; 1];
    let mut starts = vec![0; 1];
    for end in 1..=values.len() {
        let (mut best_cost, mut best_start) = (f64::INFINITY, 0);
        let (mut n, mut mean, mut squares) = (0.0, 0.0, 0.0);
        // From the shortest last segment to the longest, each point taken in by Welford's step.
        for (start, (value, cost_before)) in values.iter().zip(&costs).enumerate().take(end).rev() {
            n += 1.0;
            let step = value - mean;
            mean += step / n;
            squares += step * (value - mean);
            let is_long_enough = end - start >= SEGMENT_MIN && (start == 0 || start >= SEGMENT_MIN);
            if is_long_enough && cost_before + squares + penalty <= best_cost {
                (best_cost, best_start) = (cost_before + squares + penalty, start);
            }
        }
        costs.push(best_cost);
        starts.push(best_start);
    }
    starts
}

fn ranges(starts: &[usize]) -> Vec<std::ops::Range<usize>> {
    let mut ranges = Vec::new();
    let mut end = starts.len().saturating_sub(1);
    while let Some(start) = starts.get(end).filter(|start| **start < end) {
        ranges.push(*start..end);
        end = *start;
    }
    ranges.reverse();
    ranges
}

#[cfg(test)]
mod tests;
