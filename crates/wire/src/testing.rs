//! A network and a clock for tests: canned answers, a record of what was sent, and time that moves when told.
//! Public, since every room above tests with it. It opens no socket and waits for nothing.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::http::{Answer, BoxFuture, HttpError, HttpErrorKind, HttpService, Outgoing};
use crate::lock;

/// An answer with a JSON body.
#[must_use]
pub fn json_answer(status: u16, body: &Value) -> Answer {
    Answer { status, headers: vec![("content-type".to_owned(), "application/json".to_owned())], body: body.to_string().into_bytes() }
}

/// An answer with any body.
pub fn raw_answer(status: u16, body: impl Into<Vec<u8>>) -> Answer {
    Answer { status, headers: Vec::new(), body: body.into() }
}

/// The same answer with one header more; `name` in lower case.
#[must_use]
pub fn with_header(mut answer: Answer, name: &str, value: &str) -> Answer {
    answer.headers.push((name.to_owned(), value.to_owned()));
    answer
}

/// A token answer.
#[must_use]
pub fn token_answer(access_token: &str, expires_in_s: i64) -> Answer {
    json_answer(200, &json!({"access_token": access_token, "token_type": "bearer", "expires_in": expires_in_s}))
}

type Outcome = Result<Answer, HttpError>;
type Responder = Box<dyn FnMut(&Outgoing) -> Outcome + Send>;

/// An [`HttpService`] that keeps what was sent and answers from a script.
pub struct CannedHttp {
    responder: Mutex<Responder>,
    sent: Mutex<Vec<Outgoing>>,
}

impl CannedHttp {
    /// Answers with whatever `responder` says.
    pub fn by(responder: impl FnMut(&Outgoing) -> Outcome + Send + 'static) -> Self {
        Self { responder: Mutex::new(Box::new(responder)), sent: Mutex::new(Vec::new()) }
    }

    /// Answers in order, token requests included; after the last one, with an error.
    pub fn scripted(outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        let mut left: VecDeque<Outcome> = outcomes.into_iter().collect();
        Self::by(move |_| next(&mut left))
    }

    /// Answers data requests in order; every token request gets a fresh token, `token-1`, `token-2`..., good for an hour.
    pub fn with_token(outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        let mut left: VecDeque<Outcome> = outcomes.into_iter().collect();
        let mut n_tokens = 0;
        Self::by(move |outgoing| {
            if !outgoing.url.path().ends_with("/oauth/token") {
                return next(&mut left);
            }
            n_tokens += 1;
            Ok(token_answer(&format!("token-{n_tokens}"), 3600))
        })
    }

    /// Everything sent so far, in order.
    pub fn sent(&self) -> Vec<Outgoing> {
        lock(&self.sent).clone()
    }
}

fn next(left: &mut VecDeque<Outcome>) -> Outcome {
    left.pop_front().unwrap_or_else(|| Err(HttpError::new(HttpErrorKind::Other, "no canned answer is left")))
}

impl HttpService for CannedHttp {
    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Outcome> {
        let outcome = (*lock(&self.responder))(&outgoing);
        lock(&self.sent).push(outgoing);
        Box::pin(async move {
            // A real network lets the others run in between.
            tokio::task::yield_now().await;
            outcome
        })
    }
}

/// A clock that stands still until it is told otherwise; a sleep returns at once, moves it on, and is written down.
#[derive(Debug)]
pub struct ManualClock {
    start: Timestamp,
    state: Mutex<ManualState>,
}

#[derive(Debug, Default)]
struct ManualState {
    elapsed: Duration,
    sleeps: Vec<Duration>,
}

impl ManualClock {
    /// A clock at `2024-01-01T00:00:00Z`.
    #[must_use]
    pub fn new() -> Self {
        Self::at(Timestamp::constant(1_704_067_200, 0))
    }

    /// A clock at that moment.
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self { start, state: Mutex::default() }
    }

    /// Moves time on.
    pub fn advance(&self, by: Duration) {
        lock(&self.state).elapsed += by;
    }

    /// Every sleep so far, in order.
    pub fn sleeps(&self) -> Vec<Duration> {
        lock(&self.state).sleeps.clone()
    }

    /// Every sleep so far, in milliseconds.
    pub fn sleeps_ms(&self) -> Vec<u128> {
        self.sleeps().iter().map(Duration::as_millis).collect()
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.elapsed()).unwrap_or(SignedDuration::MAX);
        self.start.checked_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    fn elapsed(&self) -> Duration {
        lock(&self.state).elapsed
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            {
                let mut state = lock(&self.state);
                state.elapsed += duration;
                state.sleeps.push(duration);
            }
            tokio::task::yield_now().await;
        })
    }
}
