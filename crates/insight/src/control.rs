//! Control charts: which weeks are out of the ordinary, judged by limits that the first weeks have set.
//! All points are of one cohort and one scope; at a boundary the caller starts afresh. Nothing is said about a trend.
//! The baseline is frozen: no later point moves a limit. The points of the baseline are judged like all others.

use crate::reason::Reason;
use crate::show::compared;
use crate::sum::sum;
use jiff::civil::Date;

const LIMIT_FACTOR: f64 = 2.66;
const RANGE_FACTOR: f64 = 3.267;
const RUN: u64 = 8;
/// Below two points there is no range between neighbours.
const BASELINE_MIN: usize = 2;

/// The mean of one week. One entry a week.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeekMean {
    /// The Monday.
    pub week_start: Date,
    /// The mean score.
    pub mean: f64,
}

/// The assessments of one week and those among them with the event. One entry a week; one without assessments is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeekCount {
    /// The Monday.
    pub week_start: Date,
    /// Assessments.
    pub n: u64,
    /// Those with the event; never more than `n`.
    pub x: u64,
}

/// A rule that a point has broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// The point lies outside its limits.
    Outside,
    /// It is too far from the point before it.
    Range,
    /// It is the eighth in a row on one side of the centre. The ninth is no signal of its own; a run's end lets the next one begin.
    Run,
}

impl Signal {
    /// The word in the column `signals`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Range => "range",
            Self::Run => "run",
        }
    }
}

/// One point of a chart and the limits that hold for it.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlPoint {
    /// The Monday.
    pub week_start: Date,
    /// The mean or rate.
    pub value: f64,
    /// What the baseline lets expect.
    pub centre: f64,
    /// The lower limit.
    pub low: f64,
    /// The upper limit.
    pub high: f64,
    /// The distance from the point before; none at the first, and none for rates.
    pub range: Option<f64>,
    /// The limit of that distance; none for rates.
    pub range_limit: Option<f64>,
    /// Whether the limits were set by this point, among others.
    pub baseline: bool,
    /// The rules broken, in a fixed order.
    pub signals: Vec<Signal>,
}

/// The XmR chart of weekly means, in the order of the weeks.
///
/// # Errors
/// [`Reason::TooShort`] with fewer than `baseline_points` weeks.
pub fn xmr_chart(weeks: &[WeekMean], baseline_points: usize) -> Result<Vec<ControlPoint>, Reason> {
    let mut weeks = weeks.to_vec();
    weeks.sort_by(|a, b| a.week_start.cmp(&b.week_start).then(a.mean.total_cmp(&b.mean)));
    let baseline_points = baseline_points.max(BASELINE_MIN);
    let baseline = weeks.get(..baseline_points).ok_or(Reason::TooShort)?;
    let centre = sum(baseline.iter().map(|week| week.mean)) / baseline_points as f64;
    let ranges = baseline.iter().zip(baseline.iter().skip(1)).map(|(before, week)| (week.mean - before.mean).abs());
    let mean_range = sum(ranges) / (baseline_points - 1) as f64;
    let (low, high) = (centre - LIMIT_FACTOR * mean_range, centre + LIMIT_FACTOR * mean_range);
    let range_limit = RANGE_FACTOR * mean_range;

    let mut run = Run::default();
    let mut before: Option<f64> = None;
    let mut points = Vec::with_capacity(weeks.len());
    for (place, week) in weeks.iter().enumerate() {
        let range = before.map(|before| (week.mean - before).abs());
        let mut signals = Vec::new();
        if is_outside(week.mean, low, high) {
            signals.push(Signal::Outside);
        }
        if range.is_some_and(|range| compared(range) > compared(range_limit)) {
            signals.push(Signal::Range);
        }
        if run.completed_by(week.mean - centre) {
            signals.push(Signal::Run);
        }
        let (week_start, value, range_limit) = (week.week_start, week.mean, Some(range_limit));
        points.push(ControlPoint { week_start, value, centre, low, high, range, range_limit, baseline: place < baseline_points, signals });
        before = Some(week.mean);
    }
    Ok(points)
}

/// The p-chart of weekly rates, in the order of the weeks. Only a point outside its limits is a signal.
///
/// # Errors
/// [`Reason::TooShort`] with fewer than `baseline_points` weeks that have assessments, [`Reason::NoEvents`] if the event is not in the
/// baseline.
pub fn p_chart(weeks: &[WeekCount], baseline_points: usize) -> Result<Vec<ControlPoint>, Reason> {
    let mut weeks: Vec<WeekCount> = weeks.iter().filter(|week| week.n > 0).copied().collect();
    weeks.sort_by_key(|week| (week.week_start, week.n, week.x));
    let baseline_points = baseline_points.max(1);
    let baseline = weeks.get(..baseline_points).ok_or(Reason::TooShort)?;
    let n: u64 = baseline.iter().map(|week| week.n).sum();
    let x: u64 = baseline.iter().map(|week| week.x.min(week.n)).sum();
    if x == 0 {
        return Err(Reason::NoEvents);
    }
    let centre = x as f64 / n as f64;
    let points = weeks.iter().enumerate().map(|(place, week)| {
        let value = week.x.min(week.n) as f64 / week.n as f64;
        let reach = 3.0 * (centre * (1.0 - centre) / week.n as f64).sqrt();
        let (low, high) = ((centre - reach).max(0.0), (centre + reach).min(1.0));
        let signals = if is_outside(value, low, high) { vec![Signal::Outside] } else { Vec::new() };
        let baseline = place < baseline_points;
        ControlPoint { week_start: week.week_start, value, centre, low, high, range: None, range_limit: None, baseline, signals }
    });
    Ok(points.collect())
}

fn is_outside(value: f64, low: f64, high: f64) -> bool {
    compared(value) < compared(low) || compared(value) > compared(high)
}

/// How many points in a row lie on one side. One on the centre itself ends the run.
#[derive(Default)]
struct Run {
    above: bool,
    length: u64,
}

impl Run {
    fn completed_by(&mut self, distance: f64) -> bool {
        let distance = compared(distance);
        let above = distance > 0.0;
        self.length = match distance {
            0.0 => 0,
            _ if above == self.above => self.length + 1,
            _ => 1,
        };
        self.above = above;
        self.length == RUN
    }
}

#[cfg(test)]
mod tests;
