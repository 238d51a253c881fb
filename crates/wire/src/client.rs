//! The client of one tenant: the only place that puts token, pace, verdict and backoff together.
//! It knows no dialect: every status that is not asked again comes back as an answer.
//! What holds: every attempt is signed anew and waits its turn, every loop is bounded, and no error text
//! holds the client secret, the token or a query.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::backoff::{Jitter, RetryOptions};
use crate::clock::Clock;
use crate::error::WireError;
use crate::headers::{self, RateLimit};
use crate::http::{Answer, HttpError, HttpErrorKind, HttpService, Method, Outgoing, Request, place};
use crate::lock;
use crate::pace::Pace;
use crate::token::{Grant, Granted, Token, TokenCache};
use crate::verdict::{self, Reason, Verdict};

/// Everything that a client must be told.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// What every path stands under; see [`crate::live::check_base_url`].
    pub base_url: Url,
    /// What to log in with.
    pub grant: Grant,
    /// How long before its end a token is renewed; never more than half of its life.
    pub token_margin: Duration,
    /// At most so many requests in any minute, token requests included.
    pub requests_per_minute: u32,
    /// The bounds on asking again.
    pub retry: RetryOptions,
}

impl ClientOptions {
    /// The defaults: a margin of 15 minutes, 300 requests a minute, [`RetryOptions::default`].
    #[must_use]
    pub fn new(base_url: Url, grant: Grant) -> Self {
        Self { base_url, grant, token_margin: Duration::from_mins(15), requests_per_minute: 300, retry: RetryOptions::default() }
    }
}

/// What was counted since the client was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WireCounters {
    /// Data requests sent, every attempt.
    pub requests: u64,
    /// Token requests sent, every attempt.
    pub token_requests: u64,
    /// Attempts that were followed by another after a wait.
    pub retries: u64,
    /// Tokens given up because the source answered 401.
    pub tokens_refused: u64,
    /// Answers 429.
    pub rate_limited: u64,
    /// Time spent in backoff and in waits that the source asked for.
    pub waited_ms: u64,
    /// Time spent waiting for our own request budget.
    pub paced_ms: u64,
    /// Bytes of bodies, decompressed.
    pub bytes_received: u64,
}

/// The client of one tenant; clones share token, pace and counters.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    options: ClientOptions,
    http: Arc<dyn HttpService>,
    clock: Arc<dyn Clock>,
    jitter: Jitter,
    pace: Pace,
    tokens: TokenCache,
    counters: Mutex<WireCounters>,
    /// The last `Date` of the source, and when it came.
    source_date: Mutex<Option<(Timestamp, Duration)>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &place(&self.inner.options.base_url)).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that has asked nothing yet. With a seed its waits are the same every time.
    pub fn new(options: ClientOptions, http: Arc<dyn HttpService>, clock: Arc<dyn Clock>, jitter_seed: Option<u64>) -> Self {
        let inner = Inner {
            jitter: Jitter::new(jitter_seed),
            pace: Pace::new(options.requests_per_minute),
            tokens: TokenCache::default(),
            counters: Mutex::default(),
            source_date: Mutex::default(),
            options,
            http,
            clock,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Brings the answer to one request; logs in if need be.
    ///
    /// An answer of 200 to 299 is one whole JSON value (204 aside). Every other status that asking again does not mend
    /// comes back as an answer too: 3xx, 400, 403, 404, 409... Dropping the future gives the request up at any point.
    ///
    /// # Errors
    /// [`WireError::Unavailable`] and [`WireError::RateLimited`] when the bounds are reached, [`WireError::Credentials`]
    /// and [`WireError::Setup`] from the login, [`WireError::Unauthorized`] if a renewed token is refused as well.
    pub async fn ask(&self, request: &Request) -> Result<Answer, WireError> {
        let inner = &*self.inner;
        let url = request.url(&inner.options.base_url).map_err(|detail| setup(&request.what, detail))?;
        let mut course = Course::new(&request.what, inner.clock.elapsed());
        let mut is_renewed = false;
        loop {
            let token = inner.token_and_turn(&mut course).await?;
            lock(&inner.counters).requests += 1;
            let outgoing = outgoing(request, url.clone(), Some(&token));
            match inner.attempt(&mut course, outgoing).await? {
                Attempt::Taken(answer) => return Ok(answer),
                Attempt::Refused(answer) if is_renewed => {
                    let detail = inner.scrub(answer.problem().to_string());
                    return Err(WireError::Unauthorized { what: request.what.clone(), detail });
                }
                Attempt::Refused(_) => {
                    inner.tokens.invalidate(&token);
                    lock(&inner.counters).tokens_refused += 1;
                    is_renewed = true;
                }
                Attempt::Again => is_renewed = false,
            }
        }
    }

    /// Logs in if there is no valid token, and tells what was granted.
    ///
    /// # Errors
    /// As [`Client::ask`], less `Unauthorized`.
    pub async fn login(&self) -> Result<Granted, WireError> {
        self.inner.token().await.map(|token| token.granted)
    }

    /// What was counted so far.
    #[must_use]
    pub fn counters(&self) -> WireCounters {
        *lock(&self.inner.counters)
    }

    /// The source's present, by its last `Date` and the time since; whole seconds are all that it tells.
    #[must_use]
    pub fn source_time(&self) -> Option<Timestamp> {
        let (date, came_at) = (*lock(&self.inner.source_date))?;
        let since = SignedDuration::try_from(self.inner.clock.elapsed().saturating_sub(came_at)).ok()?;
        date.checked_add(since).ok()
    }

    /// What the source told last of its own request budget.
    #[must_use]
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.inner.pace.told()
    }
}

/// One request's way through its attempts.
struct Course<'a> {
    what: &'a str,
    began: Duration,
    /// Spent on sending and on waits after a failure; waiting for a turn or a token does not count.
    spent: Duration,
    attempts: u32,
    failures: u32,
}

impl<'a> Course<'a> {
    fn new(what: &'a str, began: Duration) -> Self {
        Self { what, began, spent: Duration::ZERO, attempts: 0, failures: 0 }
    }
}

/// How one attempt ended, if the request goes on.
enum Attempt {
    Taken(Answer),
    Refused(Answer),
    Again,
}

impl Inner {
    async fn token(&self) -> Result<Token, WireError> {
        self.tokens.token(&*self.clock, || self.fetch_token()).await
    }

    /// A token that is good at the moment when the request may start.
    async fn token_and_turn(&self, course: &mut Course<'_>) -> Result<Token, WireError> {
        let token = self.token().await?;
        self.turn(course).await?;
        if !token.is_expired(self.clock.elapsed()) {
            return Ok(token);
        }
        // The wait was longer than the token's life. Once more, and then a 401 may tell.
        let token = self.token().await?;
        self.turn(course).await?;
        Ok(token)
    }

    async fn fetch_token(&self) -> Result<Token, WireError> {
        let grant = &self.options.grant;
        let mut request = Request::get(grant.path.as_str(), "");
        request.method = Method::Post;
        request.body = Some(grant.body());
        let url = request.url(&self.options.base_url).map_err(|detail| setup("access token", detail))?;
        let what = format!("access token from {}", place(&url));
        let mut course = Course::new(&what, self.clock.elapsed());
        let answer = loop {
            self.turn(&mut course).await?;
            lock(&self.counters).token_requests += 1;
            match self.attempt(&mut course, outgoing(&request, url.clone(), None)).await? {
                Attempt::Taken(answer) | Attempt::Refused(answer) => break answer,
                Attempt::Again => {}
            }
        };
        let detail = || self.scrub(answer.problem().to_string());
        match answer.status {
            200..300 => Token::read(&answer, self.options.token_margin, &self.jitter, self.clock.elapsed())
                .map_err(|detail| WireError::Credentials { what: what.clone(), detail }),
            400 | 401 | 403 => Err(WireError::Credentials { what: what.clone(), detail: detail() }),
            _ => Err(setup(&what, detail())),
        }
    }

    /// Waits for the request's turn in the budget of the tenant.
    async fn turn(&self, course: &mut Course<'_>) -> Result<(), WireError> {
        match self.pace.admit(&*self.clock, self.options.retry.budget).await {
            Ok(waited) => {
                let mut counters = lock(&self.counters);
                counters.paced_ms += millis(waited.paced);
                counters.waited_ms += millis(waited.paused);
                Ok(())
            }
            Err(paused) => {
                let last = "an earlier answer asked every request to wait".to_owned();
                Err(self.rate_limited(course, paused.left, last))
            }
        }
    }

    /// Sends once and obeys the verdict; after a wait it comes back with [`Attempt::Again`].
    async fn attempt(&self, course: &mut Course<'_>, outgoing: Outgoing) -> Result<Attempt, WireError> {
        let (method, path) = (outgoing.method.as_str(), outgoing.url.path().to_owned());
        let sent_at = self.clock.elapsed();
        course.attempts += 1;
        let outcome = self.http.send(outgoing).await;
        let took = self.clock.elapsed().saturating_sub(sent_at);
        course.spent += took;
        let (verdict, status) = match &outcome {
            Ok(answer) => {
                let verdict = verdict::of_answer(answer, self.clock.now());
                self.learn(answer);
                (verdict, answer.status)
            }
            Err(error) => (verdict::of_failure(error.kind), 0),
        };
        tracing::debug!(method, path, status, took_ms = millis(took), attempt = course.attempts, "request");
        match (verdict, outcome) {
            (Verdict::Take, Ok(answer)) => Ok(Attempt::Taken(answer)),
            (Verdict::RenewToken, Ok(answer)) => Ok(Attempt::Refused(answer)),
            (Verdict::Retry { wait, reason }, outcome) => {
                self.wait_to_retry(course, wait, reason, self.scrub(problem_text(&outcome))).await?;
                Ok(Attempt::Again)
            }
            (_, Err(HttpError { kind: HttpErrorKind::Tls, message })) => Err(setup(course.what, self.scrub(message))),
            (_, outcome) => Err(self.unavailable(course, self.scrub(problem_text(&outcome)))),
        }
    }

    /// Counts an answer and takes in what its headers tell.
    fn learn(&self, answer: &Answer) {
        let now = self.clock.elapsed();
        {
            let mut counters = lock(&self.counters);
            counters.bytes_received += u64::try_from(answer.body.len()).unwrap_or(u64::MAX);
            counters.rate_limited += u64::from(answer.status == 429);
        }
        if let Some(date) = headers::date(answer) {
            *lock(&self.source_date) = Some((date, now));
        }
        match headers::rate_limit(answer, self.clock.now()) {
            Some(limit) if answer.status == 429 => self.pace.learn_allowance(limit),
            Some(limit) => self.pace.learn(limit, now),
            None => {}
        }
    }

    /// Waits as told, else as backoff has it, unless a bound is reached first.
    async fn wait_to_retry(&self, course: &mut Course<'_>, told: Option<Duration>, reason: Reason, last: String) -> Result<(), WireError> {
        let retry = &self.options.retry;
        course.failures += 1;
        let wait = told.unwrap_or_else(|| self.jitter.up_to(retry.ceiling(course.failures)));
        if reason == Reason::RateLimited {
            self.pace.pause_until(self.clock.elapsed() + wait);
        }
        let is_past_budget = retry.budget < course.spent.saturating_add(wait);
        if is_past_budget || retry.attempts_max <= course.failures {
            let is_told_to_wait = told.is_some() && (is_past_budget || reason == Reason::RateLimited);
            return Err(if is_told_to_wait { self.rate_limited(course, wait, last) } else { self.unavailable(course, last) });
        }
        course.spent += wait;
        lock(&self.counters).retries += 1;
        if reason != Reason::RateLimited {
            // After a 429 the whole tenant waits, in `turn`.
            self.clock.sleep(wait).await;
            lock(&self.counters).waited_ms += millis(wait);
        }
        Ok(())
    }

    fn unavailable(&self, course: &Course<'_>, last: String) -> WireError {
        let elapsed = self.clock.elapsed().saturating_sub(course.began);
        WireError::Unavailable { what: course.what.to_owned(), attempts: course.attempts, elapsed, last }
    }

    fn rate_limited(&self, course: &Course<'_>, wait: Duration, last: String) -> WireError {
        let elapsed = self.clock.elapsed().saturating_sub(course.began);
        let until = SignedDuration::try_from(wait).ok().and_then(|wait| self.clock.now().checked_add(wait).ok());
        WireError::RateLimited {
            what: course.what.to_owned(),
            until: until.unwrap_or(Timestamp::MAX),
            attempts: course.attempts,
            elapsed,
            last,
        }
    }

    /// Takes the secret and the token out of a text that the source wrote.
    fn scrub(&self, text: String) -> String {
        let current = self.tokens.current().map(|token| token.text);
        [Some(&self.options.grant.client_secret), current.as_ref()]
            .into_iter()
            .flatten()
            .filter(|secret| !secret.is_empty())
            .fold(text, |text, secret| text.replace(secret.expose(), "***"))
    }
}

fn outgoing(request: &Request, url: Url, token: Option<&Token>) -> Outgoing {
    let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
    if request.body.is_some() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    if let Some(token) = token {
        headers.push(("authorization".to_owned(), format!("Bearer {}", token.text.expose())));
    }
    let body = request.body.as_ref().map(|body| body.to_string().into_bytes());
    Outgoing { method: request.method, url, headers, body }
}

fn setup(what: &str, detail: String) -> WireError {
    WireError::Setup { what: what.to_owned(), detail }
}

fn problem_text(outcome: &Result<Answer, HttpError>) -> String {
    match outcome {
        Ok(answer) if answer.is_success() => {
            format!("{}, and the body of {} bytes is no whole JSON", answer.status, answer.body.len())
        }
        Ok(answer) => answer.problem().to_string(),
        Err(error) => error.message.clone(),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
