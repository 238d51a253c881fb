//! Counts of errors and hits over replications.

use scorelake_insight::interval::Interval;

/// What became of one estimator over all replications.
#[derive(Default)]
pub(crate) struct Tally {
    n: u64,
    errors: f64,
    squares: f64,
    n_intervals: u64,
    n_covered: u64,
    n_without_0: u64,
    half_widths: f64,
}

impl Tally {
    /// Takes in one estimate.
    pub(crate) fn add(&mut self, estimate: f64, truth: f64, interval: Option<Interval>) {
        self.n += 1;
        self.errors += estimate - truth;
        self.squares += (estimate - truth).powi(2);
        if let Some(interval) = interval {
            self.add_interval(interval.low, interval.high, truth);
        }
    }

    pub(crate) fn add_interval(&mut self, low: f64, high: f64, truth: f64) {
        self.n_intervals += 1;
        self.n_covered += u64::from(low <= truth && truth <= high);
        self.n_without_0 += u64::from(0.0 < low || high < 0.0);
        self.half_widths += (high - low) / 2.0;
    }

    pub(crate) fn bias(&self) -> String {
        points(self.errors, self.n, true)
    }

    /// Root mean square error.
    pub(crate) fn rmse(&self) -> String {
        if self.n == 0 { NOTHING.to_owned() } else { format!("{:.2}", (self.squares / self.n as f64).sqrt()) }
    }

    pub(crate) fn coverage(&self) -> String {
        percent(self.n_covered, self.n_intervals)
    }

    /// How often the interval says that there was a change.
    pub(crate) fn seen(&self) -> String {
        percent(self.n_without_0, self.n_intervals)
    }

    pub(crate) fn half_width(&self) -> String {
        points(self.half_widths, self.n_intervals, false)
    }

    /// The share of replications that gave an estimate.
    pub(crate) fn share_of(&self, replications: u64) -> String {
        percent(self.n, replications)
    }
}

const NOTHING: &str = "-";

fn points(sum: f64, n: u64, signed: bool) -> String {
    match (n, signed) {
        (0, _) => NOTHING.to_owned(),
        (_, true) => format!("{:+.2}", sum / n as f64),
        (_, false) => format!("{:.2}", sum / n as f64),
    }
}

/// x of n in per cent.
pub(crate) fn percent(x: u64, n: u64) -> String {
    if n == 0 { NOTHING.to_owned() } else { format!("{:.1} %", 100.0 * x as f64 / n as f64) }
}
