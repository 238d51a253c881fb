//! Checks: whether a tenant can be extracted, found out with as few requests as it takes, and whether its OAuth client
//! may more than it should.

use std::sync::Arc;

use jiff::SignedDuration;
use model::record::Stream;
use model::window::Span;
use platform::dialect::{RangeOf, RecordListing, ScopeAsk};

use crate::plan::{Present, before};
use crate::privilege::oauth_warnings;
use crate::report::{Trouble, TroubleKind};
use crate::run::Engine;
use crate::scopes;
use crate::settings::Tenant;
use crate::source::{Failure, Source};

/// A difference between the clocks that is worth a word.
const SKEW_MAX: SignedDuration = SignedDuration::from_secs(60);

/// How one check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// As it should be.
    Ok,
    /// Works, but should be looked at.
    Warning,
    /// Does not work.
    Failed,
}

impl Mark {
    /// The word in listings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// One thing checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was checked: `login`, `assessments`, `scopes`, ...
    pub subject: String,
    /// How it ended.
    pub mark: Mark,
    /// The facts.
    pub detail: String,
}

/// What a check of one tenant found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// In the order in which they were made.
    pub findings: Vec<Finding>,
    /// Those that decide the exit code.
    pub troubles: Vec<Trouble>,
}

impl Checked {
    fn add(&mut self, subject: &str, mark: Mark, detail: impl Into<String>) {
        self.findings.push(Finding { subject: subject.to_owned(), mark, detail: detail.into() });
    }

    fn fail(&mut self, subject: &str, failure: &Failure) {
        if let Some(trouble) = failure.trouble() {
            self.add(subject, Mark::Failed, trouble.message.clone());
            self.troubles.push(trouble);
        }
    }
}

impl Engine {
    /// Logs in, lists the scopes and reads one small page of each stream. Nothing is landed.
    pub async fn check(&self, tenant: &Arc<Tenant>) -> Checked {
        let mut checked = Checked::default();
        let source = match Source::new(tenant, self.http.clone(), Arc::clone(&self.clock), Arc::clone(&self.stop)) {
            Ok(source) => source,
            Err(trouble) => {
                checked.add("configuration", Mark::Failed, trouble.message.clone());
                checked.troubles.push(trouble);
                return checked;
            }
        };
        let granted = match source.login().await {
            Ok(granted) => granted,
            Err(failure) => {
                checked.fail("login", &failure);
                return checked;
            }
        };
        let life = granted.expires_in_s.map_or("unknown".to_owned(), |seconds| format!("{seconds} s"));
        checked.add("login", Mark::Ok, format!("token granted, life {life}"));
        self.check_permissions(&source, tenant, granted.scope.as_deref(), &mut checked);
        let asks = self.check_scopes(&source, tenant, &mut checked).await;
        for stream in &tenant.streams {
            self.check_stream(&source, tenant, *stream, &asks, &mut checked).await;
        }
        self.check_clock_and_budget(&source, tenant, &mut checked);
        checked
    }

    fn check_permissions(&self, source: &Source, tenant: &Tenant, scope: Option<&[String]>, checked: &mut Checked) {
        let warnings = oauth_warnings(source.dialect().as_ref(), &tenant.streams, scope);
        if warnings.is_empty() {
            let words = scope.map_or("the source does not tell which it granted".to_owned(), |scope| scope.join(" "));
            checked.add("permissions", Mark::Ok, words);
        }
        for warning in warnings {
            checked.add("permissions", Mark::Warning, warning);
        }
    }

    async fn check_scopes(&self, source: &Source, tenant: &Tenant, checked: &mut Checked) -> Vec<ScopeAsk> {
        match scopes::scoping(tenant, source, &self.ledger).await {
            Ok(scoping) => {
                let ids: Vec<&str> = scoping.asks.iter().map(ScopeAsk::id).filter(|id| *id != "*").collect();
                checked.add("scopes", Mark::Ok, format!("{} visible: {}", ids.len(), shorten(&ids)));
                for warning in scoping.warnings {
                    checked.add("scopes", Mark::Warning, warning);
                }
                for trouble in scoping.troubles {
                    checked.add("scopes", Mark::Failed, trouble.message.clone());
                    checked.troubles.push(trouble);
                }
                scoping.asks
            }
            Err(failure) => {
                checked.fail("scopes", &failure);
                vec![ScopeAsk::Everything]
            }
        }
    }

    /// One page of one record a scope, of the last `lookback` (a day at least): enough to meet a missing permission.
    async fn check_stream(&self, source: &Source, tenant: &Tenant, stream: Stream, asks: &[ScopeAsk], checked: &mut Checked) {
        let edge = Present::new(self.clock.now(), source.present()).edge;
        let span = Span { from: before(edge, tenant.lookback.max(std::time::Duration::from_hours(24))), to: edge };
        let mut with_records = 0;
        for ask in asks {
            let listing = RecordListing { stream, scope: ask.clone(), range_of: RangeOf::Own, span, status: None, page_size: 1 };
            let mut talk = source.dialect().records(&listing);
            let request = talk.first();
            let page = match source.ask(&request).await {
                Ok(answer) => talk.next(&answer).map_err(Failure::from),
                Err(failure) => Err(failure),
            };
            match page {
                Ok(reply) => with_records += u32::from(!reply.sources.is_empty()),
                Err(failure) => {
                    checked.fail(stream.word(), &failure);
                    return;
                }
            }
        }
        checked.add(stream.word(), Mark::Ok, format!("readable; {with_records} of {} listings have records in {span}", asks.len()));
    }

    fn check_clock_and_budget(&self, source: &Source, tenant: &Tenant, checked: &mut Checked) {
        if let Some(theirs) = source.present() {
            let skew = theirs.duration_since(self.clock.now());
            let mark = if skew.abs() > SKEW_MAX { Mark::Warning } else { Mark::Ok };
            checked.add("clock", mark, format!("the source's clock differs from ours by {} s", skew.as_secs()));
        }
        let ours = tenant.requests_per_minute;
        match source.client().rate_limit().and_then(|told| told.allowed) {
            Some(allowed) if allowed < ours => {
                checked.add("budget", Mark::Warning, format!("the source allows {allowed} requests, `requests_per_minute` is {ours}"));
            }
            Some(allowed) => checked.add("budget", Mark::Ok, format!("{ours} requests a minute of {allowed} allowed")),
            None => checked.add("budget", Mark::Ok, format!("{ours} requests a minute; the source does not tell its own limit")),
        }
    }
}

fn shorten(ids: &[&str]) -> String {
    const SHOWN: usize = 12;
    let shown: Vec<String> = ids.iter().take(SHOWN).map(|id| format!("`{id}`")).collect();
    match ids.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{} and {more} more", shown.join(" ")),
        _ => shown.join(" "),
    }
}

/// A finding that needs no network: a tenant whose settings cannot work is refused before.
pub fn no_network(tenant: &Tenant) -> Result<(), Trouble> {
    platform::registry::dialect(tenant.platform, &tenant.dialect)
        .map(|_| ())
        .map_err(|words| Trouble::new(TroubleKind::Configuration, words))
}
