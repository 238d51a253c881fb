//! The source of one tenant: its dialect and its client, put together. It carries conversations to their end and turns
//! every failure into what the operator should do. It keeps nothing.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use platform::dialect::{Conversation, Dialect, DialectError, Found, Next};
use serde_json::Value;
use wire::backoff::RetryOptions;
use wire::client::{Client, ClientOptions};
use wire::clock::Clock;
use wire::error::WireError;
use wire::http::{Answer, HttpService, Request};
use wire::live::{LiveHttp, LiveOptions};
use wire::token::{Grant, Granted};

use crate::monitor::Stop;
use crate::report::{Trouble, TroubleKind};
use crate::settings::Tenant;

/// How long a request that is under way may still take after the run was asked to stop.
const GRACE: Duration = Duration::from_secs(3);

/// Why a conversation did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The source cannot be asked now.
    Wire(WireError),
    /// A form version gave no answer; only what names it has to wait.
    FormVersion(WireError),
    /// The source refused, or sent what it may not.
    Dialect(DialectError),
    /// The store did not take it.
    Store(Trouble),
    /// The run was asked to stop.
    Stopped,
}

impl Failure {
    /// What the operator should do about it; nothing for a stop.
    pub fn trouble(&self) -> Option<Trouble> {
        let trouble = match self {
            Self::Wire(error) | Self::FormVersion(error) => {
                let kind = if error.is_transient() { TroubleKind::Source } else { TroubleKind::Configuration };
                let trouble = Trouble::new(kind, error.to_string());
                match error.hint() {
                    Some(hint) => trouble.with_hint(hint),
                    None => trouble,
                }
            }
            Self::Dialect(DialectError::Permission(words)) => Trouble::new(TroubleKind::Configuration, words.clone())
                .with_hint("give the OAuth client the missing scope or permission; what was extracted is kept"),
            Self::Dialect(DialectError::Contract(words)) => {
                Trouble::new(TroubleKind::Source, words.clone()).with_hint("the window stays open and is read again by the next run")
            }
            Self::Dialect(DialectError::Listing(words)) => {
                Trouble::new(TroubleKind::Source, words.clone()).with_hint("the window stays open and is read again by the next run")
            }
            Self::Store(trouble) => trouble.clone(),
            Self::Stopped => return None,
        };
        Some(trouble)
    }
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

impl From<DialectError> for Failure {
    fn from(error: DialectError) -> Self {
        Self::Dialect(error)
    }
}

impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Self {
        Self::Store(crate::report::storage(&error))
    }
}

/// One tenant's API.
#[derive(Clone)]
pub struct Source {
    dialect: Arc<dyn Dialect>,
    client: Client,
    clock: Arc<dyn Clock>,
    stop: Arc<Stop>,
    restarts_max: u32,
}

impl Source {
    /// Puts dialect, network and clock of a tenant together; nothing is sent yet.
    ///
    /// # Errors
    /// A trouble of configuration: no such dialect, or certificates that cannot be read.
    pub fn new(tenant: &Tenant, http: Option<Arc<dyn HttpService>>, clock: Arc<dyn Clock>, stop: Arc<Stop>) -> Result<Self, Trouble> {
        let configuration = |words: String| Trouble::new(TroubleKind::Configuration, words);
        let dialect = platform::registry::dialect(tenant.platform, &tenant.dialect).map_err(configuration)?;
        let http = match http {
            Some(http) => http,
            None => Arc::new(LiveHttp::new(live_options(tenant)).map_err(|error| configuration(error.to_string()))?),
        };
        let mut grant = Grant::new(tenant.client_id.clone(), tenant.client_secret.clone());
        dialect.token_path().clone_into(&mut grant.path);
        grant.scope.clone_from(&tenant.oauth_scope);
        let mut options = ClientOptions::new(tenant.base_url.clone(), grant);
        options.token_margin = tenant.token_margin;
        options.requests_per_minute = tenant.requests_per_minute;
        options.retry = RetryOptions {
            attempts_max: tenant.retry.attempts,
            base: tenant.retry.base,
            cap: tenant.retry.cap,
            budget: tenant.retry.budget,
        };
        let client = Client::new(options, http, Arc::clone(&clock), None);
        Ok(Self { dialect, client, clock, stop, restarts_max: 3 })
    }

    /// How this vendor talks.
    pub fn dialect(&self) -> &Arc<dyn Dialect> {
        &self.dialect
    }

    /// The client, for its counters and what it learnt.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The source's present, if it told and our own clock is not held still on purpose.
    pub fn present(&self) -> Option<Timestamp> {
        if self.clock.stands_still() { None } else { self.client.source_time() }
    }

    /// Logs in and tells what was granted.
    ///
    /// # Errors
    /// [`Failure`] if there is no token.
    pub async fn login(&self) -> Result<Granted, Failure> {
        Ok(self.until_stopped(self.client.login()).await??)
    }

    /// Sends one request; a stop lets it finish for a moment and then gives it up.
    ///
    /// # Errors
    /// [`Failure::Wire`] and [`Failure::Stopped`].
    pub async fn ask(&self, request: &Request) -> Result<Answer, Failure> {
        if self.stop.is_asked() {
            return Err(Failure::Stopped);
        }
        Ok(self.until_stopped(self.client.ask(request)).await??)
    }

    async fn until_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let grace = async {
            self.stop.heard().await;
            self.clock.sleep(GRACE).await;
        };
        tokio::select! {
            done = work => Ok(done),
            () = grace => Err(Failure::Stopped),
        }
    }

    /// A catalogue read to its end: form versions or scopes, which are few. Empty where the platform has none to be opened.
    ///
    /// # Errors
    /// [`Failure`] if it has no end.
    pub async fn catalogue(&self, open: impl Fn() -> Option<Box<dyn Conversation>> + Send) -> Result<Vec<Value>, Failure> {
        let mut what = String::new();
        for _ in 0..=self.restarts_max {
            let Some(mut talk) = open() else { return Ok(Vec::new()) };
            let mut request = talk.first();
            what.clone_from(&request.what);
            let mut all = Vec::new();
            loop {
                let reply = talk.next(&self.ask(&request).await?)?;
                all.extend(reply.sources);
                match reply.next {
                    Next::Ask(next) => request = next,
                    Next::WaitThenAsk(pause, next) => {
                        self.pause(pause).await?;
                        request = next;
                    }
                    Next::Done(_) => return Ok(all),
                    Next::Restart => break,
                }
            }
        }
        Err(self.expired_too_often(&what))
    }

    /// Waits as a dialect asked for.
    ///
    /// # Errors
    /// [`Failure::Stopped`] when asked to stop meanwhile.
    pub async fn pause(&self, pause: Duration) -> Result<(), Failure> {
        self.until_stopped(self.clock.sleep(pause)).await
    }

    /// How often a listing may be begun again after its cursor expired.
    pub fn restarts_max(&self) -> u32 {
        self.restarts_max
    }

    /// The failure of a listing whose cursor expired every time.
    pub fn expired_too_often(&self, what: &str) -> Failure {
        Failure::Dialect(DialectError::Listing(format!("{what}: the cursor expired {} times", self.restarts_max + 1)))
    }

    /// Looks one thing up by id.
    ///
    /// # Errors
    /// [`Failure`] for anything that is neither a success nor a 404.
    pub async fn look_up(&self, request: &Request) -> Result<Found, Failure> {
        let answer = self.ask(request).await?;
        Ok(self.dialect.read_lookup(&request.what, &answer)?)
    }
}

fn live_options(tenant: &Tenant) -> LiveOptions {
    LiveOptions {
        connect_timeout: tenant.timeouts.connect,
        first_byte_timeout: tenant.timeouts.first_byte,
        body_timeout: tenant.timeouts.body,
        ca_file: tenant.ca_file.clone(),
        ..LiveOptions::default()
    }
}
