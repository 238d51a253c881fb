//! The request budget of one tenant: who may send when.
//! At most so many requests start in any sixty seconds, and none during a pause that the source asked for.
//! It sends nothing and retries nothing. Requests pass in the order in which they came.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use crate::clock::Clock;
use crate::headers::RateLimit;
use crate::lock;

const MINUTE: Duration = Duration::from_mins(1);
/// A reset further away than this, on an answer that was no refusal, is taken for a slip of the source.
const RESET_MAX: Duration = Duration::from_hours(24);

/// The budget, shared by all requests of a tenant.
#[derive(Debug)]
pub struct Pace {
    requests_per_minute: u32,
    /// Held by the one request whose turn is next, so that the others wait in order and without waking.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When requests of the last minute were let through, oldest first.
    sent: VecDeque<Duration>,
    /// No request starts before this.
    paused_until: Duration,
    told: Option<RateLimit>,
}

/// How long a request waited for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waited {
    /// For our own budget.
    pub paced: Duration,
    /// For the source, which asked for it.
    pub paused: Duration,
}

/// The source asked for a pause that is longer than the request may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PausedPast {
    /// What is left of the pause.
    pub left: Duration,
}

enum Turn {
    Go,
    Full(Duration),
    Paused(Duration),
}

impl Pace {
    /// A budget of that many requests in any minute; zero counts as one.
    #[must_use]
    pub fn new(requests_per_minute: u32) -> Self {
        Self { requests_per_minute: requests_per_minute.max(1), turn: tokio::sync::Mutex::new(()), state: Mutex::new(State::default()) }
    }

    /// Waits until a request may start, and counts it. Called once an attempt, right before it is sent.
    ///
    /// # Errors
    /// [`PausedPast`], without waiting, if the pause is longer than `patience`.
    pub async fn admit(&self, clock: &dyn Clock, patience: Duration) -> Result<Waited, PausedPast> {
        let _turn = self.turn.lock().await;
        let mut waited = Waited::default();
        loop {
            match self.turn_at(clock.elapsed()) {
                Turn::Go => return Ok(waited),
                Turn::Full(wait) => {
                    clock.sleep(wait).await;
                    waited.paced += wait;
                }
                Turn::Paused(left) if patience < waited.paused.saturating_add(left) => return Err(PausedPast { left }),
                Turn::Paused(left) => {
                    clock.sleep(left).await;
                    waited.paused += left;
                }
            }
        }
    }

    fn turn_at(&self, now: Duration) -> Turn {
        let mut state = lock(&self.state);
        if now < state.paused_until {
            return Turn::Paused(state.paused_until - now);
        }
        while state.sent.front().is_some_and(|sent| *sent + MINUTE <= now) {
            state.sent.pop_front();
        }
        let allowed = usize::try_from(self.allowed(&state)).unwrap_or(usize::MAX);
        let blocking = state.sent.len().checked_sub(allowed).and_then(|place| state.sent.get(place)).copied();
        match blocking {
            Some(sent) => Turn::Full(sent + MINUTE - now),
            None => {
                state.sent.push_back(now);
                Turn::Go
            }
        }
    }

    /// Ours, or the source's if that is smaller.
    fn allowed(&self, state: &State) -> u32 {
        let told = state.told.and_then(|limit| limit.allowed).filter(|allowed| 0 < *allowed);
        told.map_or(self.requests_per_minute, |allowed| allowed.min(self.requests_per_minute))
    }

    /// Lets no request start before that point of `elapsed`; an earlier pause that lasts longer stays.
    pub fn pause_until(&self, elapsed: Duration) {
        let mut state = lock(&self.state);
        state.paused_until = state.paused_until.max(elapsed);
    }

    /// Takes in what an answer told of the source's budget: a smaller allowance becomes ours, an empty one is waited out.
    pub fn learn(&self, limit: RateLimit, now: Duration) {
        lock(&self.state).told = Some(limit);
        if let (Some(0), Some(reset)) = (limit.remaining, limit.reset.filter(|reset| *reset <= RESET_MAX)) {
            self.pause_until(now + reset);
        }
    }

    /// Takes in only the allowance, from an answer that says itself how long to wait.
    pub fn learn_allowance(&self, limit: RateLimit) {
        lock(&self.state).told = Some(limit);
    }

    /// What the source told last.
    #[must_use]
    pub fn told(&self) -> Option<RateLimit> {
        lock(&self.state).told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ManualClock;

    const PATIENCE: Duration = Duration::from_mins(10);

    fn limit(allowed: Option<u32>, remaining: Option<u32>, reset_s: u64) -> RateLimit {
        RateLimit { allowed, remaining, reset: Some(Duration::from_secs(reset_s)) }
    }

    /// The most requests in any sixty seconds, half-open.
    fn busiest_minute(times: &[Duration]) -> usize {
        times.iter().map(|from| times.iter().filter(|at| *from <= **at && **at < *from + MINUTE).count()).max().unwrap_or(0)
    }

    #[tokio::test]
    async fn burst_passes_and_then_the_budget_holds() {
        let (pace, clock) = (Pace::new(3), ManualClock::new());
        for _ in 0..7 {
            pace.admit(&clock, PATIENCE).await.unwrap();
        }
        assert_eq!(clock.sleeps_ms(), [60_000, 60_000]);
    }

    #[tokio::test]
    async fn no_minute_holds_more_than_the_budget() {
        for seed in 0..20 {
            let (pace, clock) = (Pace::new(10), ManualClock::new());
            let jitter = crate::backoff::Jitter::new(Some(seed));
            let mut times = Vec::new();
            for _ in 0..300 {
                clock.advance(jitter.up_to(Duration::from_secs(9)));
                pace.admit(&clock, PATIENCE).await.unwrap();
                times.push(clock.elapsed());
            }
            assert_eq!(busiest_minute(&times), 10, "seed {seed}");
        }
    }

    #[tokio::test]
    async fn requests_pass_in_the_order_in_which_they_came() {
        let (pace, clock) = (Pace::new(2), ManualClock::new());
        let order = Mutex::new(Vec::new());
        let requests = (0..6).map(|n| {
            let (pace, clock, order) = (&pace, &clock, &order);
            async move {
                pace.admit(clock, PATIENCE).await.unwrap();
                lock(order).push(n);
            }
        });
        futures_util::future::join_all(requests).await;
        assert_eq!(*lock(&order), [0, 1, 2, 3, 4, 5]);
    }

    #[tokio::test]
    async fn pause_holds_everyone() {
        let (pace, clock) = (Pace::new(100), ManualClock::new());
        pace.pause_until(Duration::from_secs(7));
        pace.pause_until(Duration::from_secs(3));
        assert_eq!(pace.admit(&clock, PATIENCE).await.unwrap().paused, Duration::from_secs(7));
        assert_eq!(pace.admit(&clock, PATIENCE).await, Ok(Waited::default()));
        assert_eq!(clock.sleeps_ms(), [7_000]);
    }

    #[tokio::test]
    async fn pause_past_the_patience_is_not_waited_for() {
        let (pace, clock) = (Pace::new(100), ManualClock::new());
        pace.pause_until(Duration::from_hours(2));
        assert_eq!(pace.admit(&clock, PATIENCE).await, Err(PausedPast { left: Duration::from_hours(2) }));
        assert!(clock.sleeps_ms().is_empty());
    }

    #[tokio::test]
    async fn smaller_allowance_of_the_source_becomes_the_budget() {
        let (pace, clock) = (Pace::new(100), ManualClock::new());
        pace.admit(&clock, PATIENCE).await.unwrap();
        pace.learn(limit(Some(2), Some(1), 60), clock.elapsed());
        for _ in 0..3 {
            pace.admit(&clock, PATIENCE).await.unwrap();
        }
        assert_eq!(clock.sleeps_ms(), [60_000]);
        pace.learn(limit(Some(1_000), Some(999), 60), clock.elapsed());
        for _ in 0..98 {
            pace.admit(&clock, PATIENCE).await.unwrap();
        }
        assert_eq!(clock.sleeps_ms(), [60_000], "a bigger allowance gives back our own budget, no more");
        pace.admit(&clock, PATIENCE).await.unwrap();
        assert_eq!(clock.sleeps_ms(), [60_000, 60_000]);
    }

    #[tokio::test]
    async fn empty_allowance_is_waited_out() {
        let (pace, clock) = (Pace::new(100), ManualClock::new());
        pace.learn(limit(Some(300), Some(0), 13), clock.elapsed());
        pace.admit(&clock, PATIENCE).await.unwrap();
        assert_eq!(clock.sleeps_ms(), [13_000]);
    }

    #[tokio::test]
    async fn absurd_limits_hold_nobody_up() {
        let (pace, clock) = (Pace::new(100), ManualClock::new());
        pace.learn(limit(Some(0), Some(0), 99_999_999), clock.elapsed());
        pace.admit(&clock, PATIENCE).await.unwrap();
        assert!(clock.sleeps_ms().is_empty());
    }

    #[tokio::test]
    async fn request_that_is_given_up_while_waiting_takes_no_place() {
        let (pace, clock) = (Pace::new(1), ManualClock::new());
        pace.admit(&clock, PATIENCE).await.unwrap();
        drop(Box::pin(pace.admit(&clock, PATIENCE)));
        pace.admit(&clock, PATIENCE).await.unwrap();
        assert_eq!(clock.sleeps_ms(), [60_000]);
    }
}
