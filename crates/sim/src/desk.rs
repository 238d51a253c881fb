//! The desk where every request is answered: credentials, rate, faults, then the platform's own manners. The same for both
//! platforms, and without a socket.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::answer::{Answer, Refusal};
use crate::ask::Ask;
use crate::clock::ServiceClock;
use crate::faults::Faults;
use crate::listing::Knife;
use crate::metrics::{self, Metrics};
use crate::options::SimOptions;
use crate::platform::Platform;
use crate::requests::{RequestLine, Requests};
use crate::rng::{hash_text, mix};
use crate::stamp::{SECOND_MS, http_date};
use crate::token::Issuer;
use crate::trouble::{ErrorShape, Rate, RetryAfter, Trouble, TroubleMaker};
use crate::wanted::Wanted;
use crate::world::World;
use crate::{cxone, genesys};

/// What happens to an answer on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wreck {
    Reset,
    CutBody,
    BadGzip,
}

/// An answer and its fate.
pub(crate) struct Outcome {
    pub(crate) answer: Answer,
    pub(crate) delay_ms: Option<u64>,
    pub(crate) wreck: Option<Wreck>,
}

/// Everything that all connections share.
pub(crate) struct Desk {
    pub(crate) options: SimOptions,
    pub(crate) clock: ServiceClock,
    world: RwLock<World>,
    trouble: Mutex<TroubleMaker>,
    issuer: Mutex<Issuer>,
    requests: Mutex<Requests>,
    metrics: Mutex<Metrics>,
    n_answers: AtomicU64,
}

impl Desk {
    pub(crate) fn new(options: SimOptions) -> Self {
        Self {
            clock: ServiceClock::new(),
            world: RwLock::new(World::new(options.world.clone())),
            trouble: Mutex::new(TroubleMaker::new(options.faults.clone())),
            issuer: Mutex::default(),
            requests: Mutex::default(),
            metrics: Mutex::default(),
            n_answers: AtomicU64::new(0),
            options,
        }
    }

    // A panic elsewhere leaves these values whole: each is changed in one step.
    pub(crate) fn world(&self) -> RwLockReadGuard<'_, World> {
        self.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn world_mut(&self) -> RwLockWriteGuard<'_, World> {
        self.world.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn trouble(&self) -> MutexGuard<'_, TroubleMaker> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn issuer(&self) -> MutexGuard<'_, Issuer> {
        self.issuer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> Faults {
        self.trouble().faults().clone()
    }

    /// Sets other faults; what the old ones have counted is forgotten.
    pub(crate) fn set_faults(&self, faults: Faults) {
        *self.trouble() = TroubleMaker::new(faults);
    }

    fn metrics(&self) -> MutexGuard<'_, Metrics> {
        self.metrics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The external metrics that are held.
    pub(crate) fn held_metrics(&self) -> serde_json::Value {
        self.metrics().held(&self.world(), &self.options.external_metrics)
    }

    pub(crate) fn revoke_tokens(&self) {
        self.issuer().revoke_all();
    }

    /// Answers one request and writes it down.
    pub(crate) fn outcome(&self, ask: &Ask) -> Outcome {
        let nth = self.n_answers.fetch_add(1, Ordering::Relaxed);
        let correlation_id = format!("{:016x}", mix(hash_text(self.options.world.seed, ask.platform.name()) ^ nth));
        let now_ms = self.clock.now_ms();
        let key = ask.key();
        let (delay_ms, rate) = {
            let mut trouble = self.trouble();
            (trouble.delay_ms(ask.platform, &ask.path, key), trouble.rate(ask.platform, now_ms))
        };
        let mut fault = None;
        let mut wreck = None;
        let result = match rate.filter(|rate| rate.is_exceeded()) {
            Some(rate) => {
                fault = Some("rate_window");
                Ok(with_retry_after(Refusal::of_status(429).answer(&correlation_id), rate.reset_s.to_string()))
            }
            None if ask.path == "/oauth/token" => self.token(ask, key, now_ms, &correlation_id, &mut fault, &mut wreck),
            None => self.data(ask, key, now_ms, &correlation_id, &mut fault, &mut wreck),
        };
        let mut answer = result.unwrap_or_else(|refusal| refusal.answer(&correlation_id));
        answer.headers.push(("date", http_date(self.world().now_ms())));
        answer.headers.push(("inin-correlation-id", correlation_id));
        answer.headers.extend(rate.into_iter().flat_map(|rate| rate_headers(ask.platform, rate)));
        self.requests().add(RequestLine {
            platform: ask.platform,
            method: ask.method.clone(),
            path: ask.path.clone(),
            query: ask.query.clone(),
            status: if wreck == Some(Wreck::Reset) { 0 } else { answer.status },
            n_rows: answer.n_rows,
            fault,
        });
        Outcome { answer, delay_ms, wreck }
    }

    fn token(
        &self,
        ask: &Ask,
        key: u64,
        now_ms: u64,
        correlation_id: &str,
        fault: &mut Option<&'static str>,
        wreck: &mut Option<Wreck>,
    ) -> Result<Answer, Refusal> {
        if ask.method != "POST" {
            return Err(Refusal::new(405, "method.not.allowed", "the token endpoint takes POST only"));
        }
        if let Some(refused) = self.meet_trouble(ask, key, None, correlation_id, fault, wreck) {
            return Ok(refused);
        }
        let life_s = self.trouble().faults().token_life_s.unwrap_or(self.options.token_life_s);
        Ok(self.issuer().issue(ask, &self.options, life_s, now_ms))
    }

    fn data(
        &self,
        ask: &Ask,
        key: u64,
        now_ms: u64,
        correlation_id: &str,
        fault: &mut Option<&'static str>,
        wreck: &mut Option<Wreck>,
    ) -> Result<Answer, Refusal> {
        let checked = self.issuer().check(ask, now_ms).map(|(token, scopes)| (token, scopes.to_vec()));
        let (token, scopes) = checked.inspect_err(|_| self.trouble().note_unauthorized(key))?;
        let writes = ask.platform == Platform::Genesys && ask.path == metrics::PATH;
        match (writes, ask.method.as_str()) {
            (false, "GET") | (true, "POST") => {}
            (false, _) => return Err(Refusal::new(405, "method.not.allowed", "data is read with GET only")),
            (true, _) => return Err(Refusal::new(405, "method.not.allowed", "external metrics are written with POST only")),
        }
        if self.trouble().is_blocked() {
            *fault = Some("blocked");
            let wait_s = self.trouble().faults().blocked_retry_after_s;
            return Ok(with_retry_after(Refusal::of_status(429).answer(correlation_id), wait_s.to_string()));
        }
        if let Some(refused) = self.meet_trouble(ask, key, Some(&token), correlation_id, fault, wreck) {
            return Ok(refused);
        }
        if wreck.is_none() {
            self.trouble().note_authorized(key);
        }
        if writes {
            return self.write_metrics(ask, &scopes);
        }
        let wanted = match ask.platform {
            Platform::Genesys => genesys::route(ask, self.options.page_size_max)?,
            Platform::Cxone => cxone::route(ask, self.options.page_size_max)?,
        };
        let needed = match ask.platform {
            Platform::Genesys => genesys::scope_needed(&wanted),
            Platform::Cxone => Some(cxone::SCOPE_NEEDED),
        };
        check_scope(needed, &scopes)?;
        let faults = self.faults();
        check_targets(ask.platform, wanted.stream(), &wanted.scope_ids(), &faults)?;
        let answer = self.cut(ask, key, &wanted, &faults)?;
        let is_page = matches!(wanted, Wanted::Records { .. });
        if is_page && self.trouble().mutates_after_page() {
            self.world_mut().mutate(ask.platform);
        }
        Ok(answer)
    }

    /// What is applied stays applied, whatever becomes of the answer.
    fn write_metrics(&self, ask: &Ask, scopes: &[String]) -> Result<Answer, Refusal> {
        check_scope(Some(&self.options.scope_external_metrics), scopes)?;
        check_targets(ask.platform, metrics::STREAM, &[], &self.faults())?;
        let mut tricks = |item| self.trouble().item_tricks(ask.platform, &ask.path, item);
        self.metrics().write(ask, &self.world(), &self.options.external_metrics, &mut tricks)
    }

    fn cut(&self, ask: &Ask, key: u64, wanted: &Wanted, faults: &Faults) -> Result<Answer, Refusal> {
        let listing = ask.listing();
        let mut tricks = |has_token, n_hops| self.trouble().page_tricks(ask.platform, &ask.path, key, listing, has_token, n_hops);
        let world = self.world();
        Knife { world: &world, faults, ask, tricks: &mut tricks }.answer(wanted)
    }

    /// The answer of a transient fault, if one hits and is an answer of its own.
    fn meet_trouble(
        &self,
        ask: &Ask,
        key: u64,
        token: Option<&str>,
        correlation_id: &str,
        fault: &mut Option<&'static str>,
        wreck: &mut Option<Wreck>,
    ) -> Option<Answer> {
        let (name, trouble) = self.trouble().trouble(ask.platform, &ask.path, key)?;
        *fault = Some(name);
        match trouble {
            Trouble::Revoke => {
                self.issuer().revoke(token.unwrap_or_default());
                self.trouble().note_unauthorized(key);
                Some(Refusal::of_status(401).answer(correlation_id))
            }
            Trouble::Refuse { status, retry_after, shape } => Some(self.refused(status, retry_after, shape, correlation_id)),
            Trouble::Reset => {
                *wreck = Some(Wreck::Reset);
                Some(Answer::json(500, ""))
            }
            Trouble::CutBody => {
                *wreck = Some(Wreck::CutBody);
                None
            }
            Trouble::BadGzip => {
                *wreck = Some(Wreck::BadGzip);
                None
            }
        }
    }

    fn refused(&self, status: u16, retry_after: RetryAfter, shape: ErrorShape, correlation_id: &str) -> Answer {
        let wait_s = self.trouble().faults().retry_after_s;
        let mut answer = match shape {
            ErrorShape::Html => Answer::html(status),
            _ => Refusal::of_status(status).answer(correlation_id),
        };
        match shape {
            ErrorShape::Empty => answer.body.clear(),
            ErrorShape::Cut => answer.body.truncate(answer.body.len() / 2),
            ErrorShape::Json | ErrorShape::Html => {}
        }
        match retry_after {
            RetryAfter::None => answer,
            RetryAfter::Seconds => with_retry_after(answer, wait_s.to_string()),
            RetryAfter::Date => {
                let wait_ms = i64::try_from(wait_s).unwrap_or(i64::MAX).saturating_mul(SECOND_MS);
                let then_ms = self.world().now_ms().saturating_add(wait_ms);
                with_retry_after(answer, http_date(then_ms))
            }
        }
    }
}

fn with_retry_after(mut answer: Answer, value: String) -> Answer {
    answer.headers.push(("retry-after", value));
    answer
}

fn check_scope(needed: Option<&str>, granted: &[String]) -> Result<(), Refusal> {
    let Some(needed) = needed else { return Ok(()) };
    if granted.iter().any(|scope| scope == needed || (scope == "quality:all" && needed.starts_with("quality:"))) {
        return Ok(());
    }
    Err(Refusal::new(403, "missing.scope", &format!("missing scope `{needed}`")))
}

fn check_targets(platform: Platform, stream: &str, scopes: &[&str], faults: &Faults) -> Result<(), Refusal> {
    if faults.failing.iter().any(|target| target.fits(platform, stream, scopes)) {
        return Err(Refusal::of_status(500));
    }
    if faults.forbidden.iter().any(|target| target.fits(platform, stream, scopes)) {
        let verb = if stream == metrics::STREAM { "write" } else { "read" };
        let message =
            format!("missing permission to {verb} {stream}{}", scopes.first().map(|id| format!(" of `{id}`")).unwrap_or_default());
        return Err(Refusal::new(403, "missing.permissions", &message));
    }
    Ok(())
}

fn rate_headers(platform: Platform, rate: Rate) -> [(&'static str, String); 3] {
    let (count, allowed, reset) = (rate.n_requests, rate.n_allowed, rate.reset_s.to_string());
    match platform {
        Platform::Genesys => {
            [("inin-ratelimit-count", count.to_string()), ("inin-ratelimit-allowed", allowed.to_string()), ("inin-ratelimit-reset", reset)]
        }
        Platform::Cxone => [
            ("x-ratelimit-limit", allowed.to_string()),
            ("x-ratelimit-remaining", allowed.saturating_sub(count).to_string()),
            ("x-ratelimit-reset", reset),
        ],
    }
}
