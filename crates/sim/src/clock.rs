//! The service's own clock, by which tokens expire and rate windows turn. It is not the world's clock, which stands still
//! until the world is advanced. The one file here that asks the machine for the time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Milliseconds since the service came up, plus what [`ServiceClock::pass`] added.
pub(crate) struct ServiceClock {
    origin: Instant,
    passed_ms: AtomicU64,
}

impl ServiceClock {
    #[allow(clippy::disallowed_methods, reason = "the one place of this room that asks for the time")]
    pub(crate) fn new() -> Self {
        Self { origin: Instant::now(), passed_ms: AtomicU64::new(0) }
    }

    pub(crate) fn now_ms(&self) -> u64 {
        let elapsed_ms = u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX);
        elapsed_ms.saturating_add(self.passed_ms.load(Ordering::Relaxed))
    }

    /// Lets time pass without waiting, for clients that only pretend to sleep.
    pub(crate) fn pass(&self, span: Duration) {
        let span_ms = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        self.passed_ms.fetch_add(span_ms, Ordering::Relaxed);
    }

    /// Waits for real: a slow answer is slow.
    #[allow(clippy::disallowed_methods, reason = "the one place of this room that waits")]
    pub(crate) async fn wait(span: Duration) {
        tokio::time::sleep(span).await;
    }
}
