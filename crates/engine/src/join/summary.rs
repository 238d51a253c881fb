//! The count of a join, for one stream of one tenant: how many matched, why others did not, and whether the clocks of the
//! two systems agree.

use std::collections::BTreeMap;
use std::time::Duration;

use model::record::Stream;

use super::verdict::{JoinStatus, NO_KEY, Verdict};

/// Time zones differ by whole half hours; the odd quarters are rarer than chance.
const HALF_HOUR_MS: i64 = 30 * 60 * 1000;
/// Half hours between two offsets of one zone with a clock change between them.
const CLOCK_CHANGE: i64 = 2;
/// So many misaligned ends, and at least so many of a hundred of them with one offset, make a time zone error probable.
const OFFSET_MIN: u64 = 3;
const OFFSET_PERCENT: u64 = 90;

/// What became of the records of one stream of one tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinSummary {
    /// Of which stream.
    pub stream: Stream,
    /// Whose records.
    pub tenant: String,
    /// From which platform.
    pub platform: String,
    /// Records; within the window, if there is one.
    pub n: u64,
    /// Matched.
    pub n_matched: u64,
    /// The listing has no such interaction.
    pub n_no_interaction: u64,
    /// Of these, records that name no interaction at all.
    pub n_no_key: u64,
    /// The listing has the interaction with other agents only.
    pub n_agent_not_on_interaction: u64,
    /// Submitted, or written, before the interaction ended.
    pub n_time_mismatch: u64,
    /// Records that stand in no window since no end of their interaction is known; not among `n`. None without a window.
    pub n_undated: u64,
    /// Records whose own end of the interaction could be held against the file's.
    pub n_compared: u64,
    /// Of these, those that differ by more than the tolerance.
    pub n_misaligned: u64,
    /// By how much those differ.
    pub differences: Option<Differences>,
    /// In words, if they look like a time zone error.
    pub offset: Option<String>,
}

/// Seconds by which ends in the file are later than those of the records.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Differences {
    /// The least.
    pub least: f64,
    /// 5 of 100 are not above it.
    pub p05: f64,
    /// The lower quartile.
    pub p25: f64,
    /// The median.
    pub median: f64,
    /// The upper quartile.
    pub p75: f64,
    /// 95 of 100 are not above it.
    pub p95: f64,
    /// The greatest.
    pub greatest: f64,
}

/// A count that is going on.
#[derive(Debug, Default)]
pub(super) struct Tally {
    by_status: BTreeMap<JoinStatus, u64>,
    n_no_key: u64,
    pub(super) n_undated: u64,
    n_compared: u64,
    misaligned_ms: Vec<i64>,
}

impl Tally {
    pub(super) fn add(&mut self, found: &Verdict<'_>, difference_ms: Option<i64>, tolerance: Duration) {
        *self.by_status.entry(found.status).or_default() += 1;
        self.n_no_key += u64::from(found.detail == Some(NO_KEY));
        if let Some(difference) = difference_ms {
            self.n_compared += 1;
            if tolerance.as_millis() < u128::from(difference.unsigned_abs()) {
                self.misaligned_ms.push(difference);
            }
        }
    }

    pub(super) fn summary(mut self, stream: Stream, tenant: String, platform: String, tolerance: Duration) -> JoinSummary {
        let n = |status| self.by_status.get(&status).copied().unwrap_or_default();
        self.misaligned_ms.sort_unstable();
        JoinSummary {
            stream,
            tenant,
            platform,
            n: self.by_status.values().sum(),
            n_matched: n(JoinStatus::Matched),
            n_no_interaction: n(JoinStatus::NoInteraction),
            n_no_key: self.n_no_key,
            n_agent_not_on_interaction: n(JoinStatus::AgentNotOnInteraction),
            n_time_mismatch: n(JoinStatus::TimeMismatch),
            n_undated: self.n_undated,
            n_compared: self.n_compared,
            n_misaligned: self.misaligned_ms.len() as u64,
            differences: differences(&self.misaligned_ms),
            offset: offset(&self.misaligned_ms, tolerance),
        }
    }
}

impl JoinSummary {
    /// The share of matched records, 0 to 1; none without records.
    pub fn share(&self) -> Option<f64> {
        (0 < self.n).then(|| self.n_matched as f64 / self.n as f64)
    }

    /// What the operator should look at.
    pub(super) fn warnings(&self, warn_below_percent: u64, tolerance: Duration) -> Vec<String> {
        let who = format!("{} of `{}`", self.stream, self.tenant);
        let mut warnings = Vec::new();
        if u128::from(self.n_matched) * 100 < u128::from(self.n) * u128::from(warn_below_percent) {
            warnings.push(format!("{who}: {} of {} matched, below {warn_below_percent} %", self.n_matched, self.n));
        }
        if 0 < self.n_undated {
            let n = self.n_undated;
            warnings.push(format!("{who}: {n} without a known end of the interaction stand in no window and are left out"));
        }
        if let Some(differences) = &self.differences {
            let (n, of, seconds) = (self.n_misaligned, self.n_compared, tolerance.as_secs_f64());
            let median = differences.median;
            warnings.push(format!("{who}: {n} of {of} ends in the file are over {seconds} s off the record's, median {median:+} s"));
        }
        warnings.extend(self.offset.as_ref().map(|offset| format!("{who}: {offset}")));
        warnings
    }
}

/// Of sorted numbers; quantiles are linear between neighbours.
fn differences(sorted_ms: &[i64]) -> Option<Differences> {
    let (least, greatest) = (*sorted_ms.first()?, *sorted_ms.last()?);
    let seconds = |ms: f64| ms / 1000.0;
    let quantile = |percent: usize| {
        // In hundredths of a place, so that the place itself is exact.
        let at = (sorted_ms.len() - 1) * percent;
        let below = sorted_ms.get(at / 100).copied().unwrap_or(least) as f64;
        let above = sorted_ms.get(at / 100 + 1).copied().unwrap_or(greatest) as f64;
        seconds(below + (above - below) * ((at % 100) as f64 / 100.0))
    };
    Some(Differences {
        least: seconds(least as f64),
        p05: quantile(5),
        p25: quantile(25),
        median: quantile(50),
        p75: quantile(75),
        p95: quantile(95),
        greatest: seconds(greatest as f64),
    })
}

/// In words, if nearly all differ by the same whole half hours, or by two such offsets one hour apart.
fn offset(misaligned_ms: &[i64], tolerance: Duration) -> Option<String> {
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    for difference in misaligned_ms {
        let half_hours = (difference + difference.signum() * HALF_HOUR_MS / 2) / HALF_HOUR_MS;
        let rest = (difference - half_hours * HALF_HOUR_MS).unsigned_abs();
        if half_hours != 0 && u128::from(rest) <= tolerance.as_millis() {
            *counts.entry(half_hours).or_default() += 1;
        }
    }
    let n = misaligned_ms.len() as u64;
    let is_enough = |count: u64| OFFSET_MIN <= count && n * OFFSET_PERCENT <= count * 100;
    let (one, count) = counts.iter().max_by_key(|(_, count)| **count).map(|(one, count)| (*one, *count))?;
    if is_enough(count) {
        return Some(format!("{count} of these {n} differ by {}: probably a time zone error", hours(one)));
    }
    let pairs = counts.iter().filter_map(|(one, count)| Some((*one, count + counts.get(&(one + CLOCK_CHANGE))?)));
    let (one, count) = pairs.max_by_key(|(_, count)| *count)?;
    is_enough(count).then(|| {
        let (one, other) = (hours(one), hours(one + CLOCK_CHANGE));
        format!("{count} of these {n} differ by {one} or {other}: probably a time zone error over a clock change")
    })
}

/// `+2 h`, `-5 h 30 min`, `+30 min`.
fn hours(half_hours: i64) -> String {
    let sign = if half_hours < 0 { '-' } else { '+' };
    match (half_hours.unsigned_abs() / 2, half_hours % 2 != 0) {
        (0, _) => format!("{sign}30 min"),
        (whole, false) => format!("{sign}{whole} h"),
        (whole, true) => format!("{sign}{whole} h 30 min"),
    }
}

#[cfg(test)]
mod tests;
