//! Counters: one list of everything a run counts. The summary of a run is these counters.

use std::collections::BTreeMap;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// One thing that is counted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Counter { $($(#[$doc])* $name,)* }

        impl Counter {
            /// Every counter, in the order of the summary.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its word in the summary.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

counters! {
    /// Data requests sent, retries included.
    Requests = "requests",
    /// Token requests sent.
    TokenRequests = "token_requests",
    /// Requests sent again.
    Retries = "retries",
    /// Answers that told us to slow down.
    RateLimited = "rate_limited",
    /// Milliseconds spent waiting for the budget or for a retry.
    WaitedMs = "waited_ms",
    /// Pages of records read.
    Pages = "pages",
    /// Records read, before any of them is recognised.
    RecordsRead = "records_read",
    /// Records seen for the first time.
    Inserted = "inserted",
    /// Records that replaced an earlier version.
    Updated = "updated",
    /// Records that were already here as they are.
    Unchanged = "unchanged",
    /// Versions older than the current one, kept in history only.
    LateArrivals = "late_arrivals",
    /// Records left out because their status or time was not asked for.
    NotWanted = "not_wanted",
    /// Records whose score was computed again because their form version became known.
    Rescored = "rescored",
    /// Records archived or taken out because the source deleted them.
    Deleted = "deleted",
    /// Deleted records that came back.
    Resurrected = "resurrected",
    /// Vanished records that were held back by `delete_percent`.
    TombstonesHeld = "tombstones_held",
    /// Records that could not be read, first sightings only.
    Quarantined = "quarantined",
    /// Form versions and rubrics fetched.
    FormVersions = "form_versions",
    /// Windows read to their end.
    WindowsRead = "windows_read",
    /// Windows that will not be asked for again.
    WindowsClosed = "windows_closed",
    /// Windows that could not be read to their end.
    WindowsFailed = "windows_failed",
    /// Windows restarted because their cursor had expired.
    CursorsExpired = "cursors_expired",
    /// Rows written by publications.
    RowsPublished = "rows_published",
}

/// Counts of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters(BTreeMap<Counter, u64>);

impl Counters {
    /// Adds to one counter.
    pub fn add(&mut self, counter: Counter, n: u64) {
        *self.0.entry(counter).or_default() += n;
    }

    /// What one counter stands at.
    pub fn get(&self, counter: Counter) -> u64 {
        self.0.get(&counter).copied().unwrap_or_default()
    }

    /// Adds all of another run's counts.
    pub fn merge(&mut self, other: &Self) {
        for (counter, n) in &other.0 {
            self.add(*counter, *n);
        }
    }

    /// Every counter with its count, zeros too.
    pub fn iter(&self) -> impl Iterator<Item = (Counter, u64)> + '_ {
        Counter::ALL.iter().map(|counter| (*counter, self.get(*counter)))
    }
}
