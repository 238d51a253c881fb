//! Access tokens: one at a time for all requests of a tenant, renewed ahead of its end, never asked for once a request.
//! It sends nothing: the caller brings the renewal. A refresh token is not used; client credentials are asked again.
//! What holds: a token is used for at least half of its life, and one renewal serves everyone who waits for it.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use crate::backoff::Jitter;
use crate::clock::Clock;
use crate::error::WireError;
use crate::http::Answer;
use crate::lock;
use crate::secret::Secret;

/// The life of a token whose answer tells none that makes sense.
const LIFE_DEFAULT: Duration = Duration::from_mins(5);
/// Shorter lives are taken for this one; a 401 tells if that was wrong.
const LIFE_MIN: Duration = Duration::from_secs(1);
/// Longer lives are taken for this one: a renewal a day costs nothing, and a slip of the unit does no harm.
const LIFE_MAX: Duration = Duration::from_hours(24);
const JITTER_MAX: Duration = Duration::from_secs(30);

/// What to ask the token endpoint with.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Under the base URL.
    pub path: String,
    /// The OAuth client.
    pub client_id: Secret,
    /// Its secret.
    pub client_secret: Secret,
    /// Scopes to ask for, separated by spaces; without them the client's own.
    pub scope: Option<String>,
}

impl Grant {
    /// Client credentials at `/oauth/token`, without a scope.
    #[must_use]
    pub fn new(client_id: Secret, client_secret: Secret) -> Self {
        Self { path: "/oauth/token".to_owned(), client_id, client_secret, scope: None }
    }

    /// The body of a token request. It holds the secret.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({
            "grant_type": "client_credentials",
            "client_id": self.client_id.expose(),
            "client_secret": self.client_secret.expose(),
        });
        if let (Some(scope), Some(fields)) = (&self.scope, body.as_object_mut()) {
            fields.insert("scope".to_owned(), Value::from(scope.as_str()));
        }
        body
    }
}

/// What the token endpoint said of the token that it gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The scopes, if it names any.
    pub scope: Option<Vec<String>>,
    /// The life in whole seconds, if it tells one that makes sense.
    pub expires_in_s: Option<u64>,
}

/// An access token and its times, by `elapsed`.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) text: Secret,
    pub(crate) granted: Granted,
    renew_at: Duration,
    expires_at: Duration,
}

impl Token {
    /// Reads the answer to a token request that came at `now`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn read(answer: &Answer, margin: Duration, jitter: &Jitter, now: Duration) -> Result<Self, String> {
        let body: Value = serde_json::from_slice(&answer.body).map_err(|_| "the answer is no JSON".to_owned())?;
        let text = body.get("access_token").and_then(Value::as_str).unwrap_or_default();
        if text.is_empty() {
            return Err("the answer has no `access_token`".to_owned());
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the `access_token` of the answer cannot stand in a header".to_owned());
        }
        let told = body.get("expires_in").and_then(life_told);
        let life = told.unwrap_or(LIFE_DEFAULT).clamp(LIFE_MIN, LIFE_MAX);
        Ok(Self {
            text: Secret::from(text),
            granted: Granted { scope: body.get("scope").and_then(scopes), expires_in_s: told.map(|told| told.as_secs()) },
            renew_at: now + used_for(life, margin, jitter),
            expires_at: now + life,
        })
    }

    /// Whether the token has come to its end.
    pub(crate) fn is_expired(&self, now: Duration) -> bool {
        self.expires_at <= now
    }
}

/// How long a token is used: its life less the margin and a little jitter, but at least half of it.
fn used_for(life: Duration, margin: Duration, jitter: &Jitter) -> Duration {
    let margin = margin.min(life / 2);
    let early = jitter.up_to((margin / 10).min(JITTER_MAX));
    life.saturating_sub(margin + early).max(life / 2)
}

fn life_told(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    // Whatever is past a century is one; `NaN`, zero and less are none at all.
    (0.0 < seconds).then(|| Duration::from_secs_f64(seconds.min(f64::from(u32::MAX))))
}

fn scopes(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(text.split([' ', ',']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()),
        Value::Array(items) => Some(items.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        _ => None,
    }
}

/// The one token of a tenant.
#[derive(Debug, Default)]
pub(crate) struct TokenCache {
    /// Held by the one request that renews.
    renewing: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Token>,
    n_failures: u64,
    last_failure: Option<WireError>,
}

impl TokenCache {
    /// The current token, or the one that `renew` brings; `renew` is called at most once, by one caller at a time.
    ///
    /// A renewal ahead of time that fails for a while leaves the token in use until its end.
    ///
    /// # Errors
    /// The error of `renew`; everyone who waited for that renewal gets the same one, and nobody of them asks again.
    pub(crate) async fn token<R>(&self, clock: &dyn Clock, renew: impl FnOnce() -> R + Send) -> Result<Token, WireError>
    where
        R: Future<Output = Result<Token, WireError>> + Send,
    {
        let n_failures_before = lock(&self.state).n_failures;
        if let Some(token) = self.fresh(clock.elapsed()) {
            return Ok(token);
        }
        let _renewing = self.renewing.lock().await;
        if let Some(token) = self.fresh(clock.elapsed()) {
            return Ok(token);
        }
        if let Some(error) = self.failure_since(n_failures_before) {
            return Err(error);
        }
        let renewed = renew().await;
        self.keep(renewed, clock.elapsed())
    }

    fn fresh(&self, now: Duration) -> Option<Token> {
        lock(&self.state).current.as_ref().filter(|token| now < token.renew_at).cloned()
    }

    fn failure_since(&self, n_failures_before: u64) -> Option<WireError> {
        let state = lock(&self.state);
        state.last_failure.clone().filter(|_| state.n_failures != n_failures_before)
    }

    fn keep(&self, renewed: Result<Token, WireError>, now: Duration) -> Result<Token, WireError> {
        let mut state = lock(&self.state);
        match (renewed, &mut state.current) {
            (Ok(token), current) => {
                *current = Some(token.clone());
                Ok(token)
            }
            (Err(error), Some(current)) if error.is_transient() && !current.is_expired(now) => {
                current.renew_at = now + (current.expires_at - now) / 2;
                Ok(current.clone())
            }
            (Err(error), _) => {
                state.n_failures += 1;
                state.last_failure = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Forgets the token that the source refused, unless another has taken its place meanwhile.
    pub(crate) fn invalidate(&self, refused: &Token) {
        let mut state = lock(&self.state);
        if state.current.as_ref().is_some_and(|current| current.text == refused.text) {
            state.current = None;
        }
    }

    /// The token in use, whatever its times say.
    pub(crate) fn current(&self) -> Option<Token> {
        lock(&self.state).current.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ManualClock, json_answer};

    const MARGIN: Duration = Duration::from_mins(15);

    fn read(body: &Value) -> Result<Token, String> {
        Token::read(&json_answer(200, body), MARGIN, &Jitter::new(Some(1)), Duration::ZERO)
    }

    /// For how long a token is used, its life, and what the endpoint told of it.
    #[track_caller]
    fn check_life(expires_in: &Value, expected: &str) {
        let token = read(&json!({"access_token": "t", "expires_in": expires_in})).unwrap();
        let life = token.expires_at;
        assert!(life / 2 <= token.renew_at && token.renew_at <= life);
        assert_eq!(format!("{} s, told {:?}", life.as_secs_f64(), token.granted.expires_in_s), expected, "{expires_in}");
    }

    #[test]
    fn odd_lives_are_made_sense_of() {
        check_life(&json!(3600), "3600 s, told Some(3600)");
        check_life(&json!("3600"), "3600 s, told Some(3600)");
        check_life(&json!(1.5), "1.5 s, told Some(1)");
        check_life(&json!(0.001), "1 s, told Some(0)");
        for none in [json!(null), json!(0), json!(-5), json!("soon"), json!("NaN"), json!([]), json!(true)] {
            check_life(&none, "300 s, told None");
        }
        check_life(&json!(86_400_000), "86400 s, told Some(86400000)");
        check_life(&json!(u64::MAX), "86400 s, told Some(4294967295)");
        check_life(&json!("inf"), "86400 s, told Some(4294967295)");
        let absent = read(&json!({"access_token": "t"})).unwrap();
        assert_eq!(absent.expires_at, LIFE_DEFAULT);
    }

    #[test]
    fn margin_is_never_more_than_half_of_the_life() {
        for (life_s, from_s, to_s) in [(1, 0.5, 0.5), (60, 30.0, 30.0), (900, 450.0, 450.0), (3600, 2670.0, 2700.0), (7200, 6270.0, 6300.0)]
        {
            for seed in 0..50 {
                let used = used_for(Duration::from_secs(life_s), MARGIN, &Jitter::new(Some(seed))).as_secs_f64();
                assert!((from_s..=to_s).contains(&used), "life {life_s} s is used for {used} s, seed {seed}");
            }
        }
    }

    #[test]
    fn scopes_are_read() {
        let scope = |scope: Value| read(&json!({"access_token": "t", "scope": scope})).unwrap().granted.scope;
        assert_eq!(scope(json!("quality:read  openid")), Some(vec!["quality:read".to_owned(), "openid".to_owned()]));
        assert_eq!(scope(json!(["a"])), Some(vec!["a".to_owned()]));
        assert_eq!(scope(json!(null)), None);
    }

    #[test]
    fn answer_without_a_usable_token_says_why() {
        let why = |body: Value| read(&body).unwrap_err();
        assert_eq!(why(json!({})), "the answer has no `access_token`");
        assert_eq!(why(json!({"access_token": ""})), "the answer has no `access_token`");
        assert_eq!(why(json!({"access_token": "a b\n"})), "the `access_token` of the answer cannot stand in a header");
        assert_eq!(why(json!([])), "the answer has no `access_token`");
    }

    #[test]
    fn grant_and_token_do_not_print_their_secrets() {
        let grant = Grant::new("the-client".into(), "the-secret".into());
        let token = read(&json!({"access_token": "the-token"})).unwrap();
        let printed = format!("{grant:?} {token:?}");
        assert!(!printed.contains("the-"), "{printed}");
    }

    #[tokio::test]
    async fn failed_renewal_ahead_of_time_leaves_the_token_in_use() {
        let (cache, clock) = (TokenCache::default(), ManualClock::new());
        let unavailable = || WireError::Unavailable { what: "t".into(), attempts: 6, elapsed: Duration::ZERO, last: "503".into() };
        let renewal = || async { read(&json!({"access_token": "t", "expires_in": 3600})).map_err(|_| unavailable()) };
        cache.token(&clock, renewal).await.unwrap();
        clock.advance(Duration::from_secs(2_800));
        let failing = || async { Err(unavailable()) };
        assert_eq!(cache.token(&clock, failing).await.unwrap().text.expose(), "t");
        clock.advance(Duration::from_secs(399));
        let untouched = || async { panic!("half of what is left of the life is not over") };
        cache.token(&clock, untouched).await.unwrap();
        clock.advance(Duration::from_secs(401));
        assert_eq!(cache.token(&clock, failing).await.unwrap_err(), unavailable());
    }
}
