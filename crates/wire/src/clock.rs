//! The clock: the only file of this room that asks the world for the time or sleeps.
//! Everyone else is handed a [`Clock`]; tests hand in [`crate::testing::ManualClock`].

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::http::BoxFuture;

/// Time as the rest of the program sees it.
///
/// `now` is for what is written down and may jump or stand still; `elapsed` never goes back and is what waits
/// and expiries are reckoned with. A `sleep` moves `elapsed` on by at least its length.
pub trait Clock: Send + Sync {
    /// The wall clock.
    fn now(&self) -> Timestamp;
    /// Time since the clock was made; never goes back.
    fn elapsed(&self) -> Duration;
    /// Waits at least this long.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
    /// Whether the wall clock is held at one moment, which then goes before what others say of the time.
    fn stands_still(&self) -> bool {
        false
    }
}

/// The machine's clock.
#[derive(Debug, Clone)]
pub struct SystemClock {
    started: Instant,
    fixed: Option<Timestamp>,
}

#[allow(clippy::disallowed_methods, reason = "the one file that asks for the time and sleeps")]
mod world {
    use super::{Duration, Instant, Timestamp};

    pub(super) fn instant() -> Instant {
        Instant::now()
    }

    pub(super) fn timestamp() -> Timestamp {
        Timestamp::now()
    }

    pub(super) async fn sleep(duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

impl SystemClock {
    /// A clock that tells the machine's time.
    #[must_use]
    pub fn new() -> Self {
        Self { started: world::instant(), fixed: None }
    }

    /// A clock whose wall time stands still at `now`, for reproducible runs; `elapsed` and `sleep` are real.
    #[must_use]
    pub fn fixed_at(now: Timestamp) -> Self {
        Self { started: world::instant(), fixed: Some(now) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        self.fixed.unwrap_or_else(world::timestamp)
    }

    fn elapsed(&self) -> Duration {
        world::instant().saturating_duration_since(self.started)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(world::sleep(duration))
    }

    fn stands_still(&self) -> bool {
        self.fixed.is_some()
    }
}

/// A length of time for people: `0.4 s`, `41 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    let ms = duration.as_millis();
    match (ms + 50) / 100 {
        tenths if tenths < 100 && tenths % 10 != 0 => format!("{}.{} s", tenths / 10, tenths % 10),
        _ => format!("{} s", (ms + 500) / 1000),
    }
}

/// A point in time as every text of ours shows it: `2024-01-31T23:59:59.999Z`.
pub(crate) fn text(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_clock_stands_still_while_elapsed_moves_on() {
        let at: Timestamp = "2024-01-31T23:59:59.999Z".parse().unwrap();
        let clock = SystemClock::fixed_at(at);
        let before = clock.elapsed();
        assert_eq!(text(clock.now()), "2024-01-31T23:59:59.999Z");
        assert!(before <= clock.elapsed());
    }

    #[test]
    fn lengths_are_told_in_seconds() {
        let told = [0, 40, 400, 1_000, 9_940, 9_960, 41_499, 41_500].map(|ms| seconds(Duration::from_millis(ms)));
        assert_eq!(told.join(", "), "0 s, 0 s, 0.4 s, 1 s, 9.9 s, 10 s, 41 s, 42 s");
    }
}
