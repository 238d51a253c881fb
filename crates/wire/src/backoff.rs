//! Backoff: how long to wait before asking again when nobody told us. Exponential, full jitter, bounded.
//! It waits for nothing itself and decides nothing on statuses; randomness comes in as a seed.

use std::hash::{BuildHasher, RandomState};
use std::sync::Mutex;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::lock;

/// The bounds on asking again for one and the same request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryOptions {
    /// Attempts in all, the first included.
    pub attempts_max: u32,
    /// The longest wait after the first failure; it doubles with every further one.
    pub base: Duration,
    /// No wait of our own choice is longer.
    pub cap: Duration,
    /// Time that one request may spend on sending and waiting to send again; waiting for its turn does not count.
    pub budget: Duration,
}

impl Default for RetryOptions {
    fn default() -> Self {
        Self { attempts_max: 6, base: Duration::from_millis(500), cap: Duration::from_secs(30), budget: Duration::from_mins(10) }
    }
}

impl RetryOptions {
    /// The longest wait after that many failures (1 and up).
    #[must_use]
    pub fn ceiling(&self, failures: u32) -> Duration {
        let doubled = 2u32.checked_pow(failures.saturating_sub(1)).and_then(|factor| self.base.checked_mul(factor));
        doubled.map_or(self.cap, |wait| wait.min(self.cap))
    }
}

/// The source of jitter: the same seed gives the same waits.
#[derive(Debug)]
pub struct Jitter(Mutex<StdRng>);

impl Jitter {
    /// Jitter from a seed; without one, from the randomness that the standard library seeds its hash maps with.
    #[must_use]
    pub fn new(seed: Option<u64>) -> Self {
        let seed = seed.unwrap_or_else(|| RandomState::new().hash_one("jitter"));
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    /// A length from zero up to `ceiling`, whole milliseconds.
    pub fn up_to(&self, ceiling: Duration) -> Duration {
        let ceiling_ms = u64::try_from(ceiling.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(lock(&self.0).random_range(0..=ceiling_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceiling_doubles_up_to_the_cap() {
        let options = RetryOptions::default();
        let ceilings: Vec<u128> = (1..=9).map(|failures| options.ceiling(failures).as_millis()).collect();
        assert_eq!(ceilings, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
        assert_eq!(options.ceiling(u32::MAX), options.cap);
    }

    #[test]
    fn jitter_stays_below_its_ceiling_and_fills_it() {
        let jitter = Jitter::new(Some(7));
        let ceiling = Duration::from_secs(1);
        let waits: Vec<Duration> = (0..1_000).map(|_| jitter.up_to(ceiling)).collect();
        assert!(waits.iter().all(|wait| *wait <= ceiling));
        assert!(waits.iter().any(|wait| *wait < ceiling / 20) && waits.iter().any(|wait| ceiling * 19 / 20 < *wait));
        assert_eq!(jitter.up_to(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn same_seed_gives_the_same_waits() {
        let waits = |seed| {
            let jitter = Jitter::new(seed);
            (0..8).map(|_| jitter.up_to(Duration::from_hours(1))).collect::<Vec<_>>()
        };
        assert_eq!(waits(Some(1)), waits(Some(1)));
        assert_ne!(waits(Some(1)), waits(Some(2)));
        assert_ne!(waits(None), waits(None));
    }
}
