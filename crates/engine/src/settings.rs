//! Settings: what a run needs to know, already checked. The command line builds them from words; nothing here reads
//! a file or the environment.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::id::TenantName;
use model::privacy::Privacy;
use model::record::{Platform, Stream};
use model::window::WindowLength;
use store::DeletedPolicy;
use url::Url;
use wire::secret::Secret;

/// Which divisions, sites or queues get a stream of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScopeChoice {
    /// All that the platform lists, and one listing without a scope for records that name none.
    All,
    /// None of this kind.
    None,
    /// Only these ids; records outside them are not wanted.
    Only(BTreeSet<String>),
}

/// The slow whole re-read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepSettings {
    /// How long after the last one the next is due.
    pub every: Duration,
    /// How far back it reads, by the records' own time.
    pub span: Duration,
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the first byte of an answer.
    pub first_byte: Duration,
    /// For the whole body.
    pub body: Duration,
}

/// How often to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Attempts at one request, the first included.
    pub attempts: u32,
    /// The first pause is up to this long; each next one up to twice as long.
    pub base: Duration,
    /// No pause of our own choice is longer.
    pub cap: Duration,
    /// Time for one request with all its attempts; a `Retry-After` beyond it ends the run with its progress kept.
    pub budget: Duration,
}

/// Where a tenant's reported totals come from and when to alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReconcileSettings {
    /// The totals file; without one every verdict is `unverified`.
    pub totals: Option<PathBuf>,
    /// Alert when `100 * extracted < alert_below_percent * reported`.
    pub alert_below_percent: u64,
}

/// One tenant, ready to be extracted.
#[derive(Debug)]
pub struct Tenant {
    /// Its name in every row.
    pub name: TenantName,
    /// Its vendor.
    pub platform: Platform,
    /// The dialect's word: `guide`.
    pub dialect: String,
    /// Where its API is.
    pub base_url: Url,
    /// OAuth client.
    pub client_id: Secret,
    /// OAuth client's secret.
    pub client_secret: Secret,
    /// The scopes to ask for; without them the server grants what the client has.
    pub oauth_scope: Option<String>,
    /// A PEM file of further certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// Cuts its days.
    pub timezone: TimeZone,
    /// What to extract.
    pub streams: BTreeSet<Stream>,
    /// Genesys divisions.
    pub divisions: ScopeChoice,
    /// CXone sites.
    pub sites: ScopeChoice,
    /// CXone queues.
    pub queues: ScopeChoice,
    /// Wanted statuses of assessments; empty means all.
    pub statuses: BTreeSet<String>,
    /// First day wanted.
    pub start: Date,
    /// Length of one window.
    pub window: WindowLength,
    /// Overlap re-read at the live edge.
    pub lookback: Duration,
    /// The slow whole re-read.
    pub sweep: SweepSettings,
    /// How far back feedback is re-read by creation when the server ignores the modified range.
    pub modified_fallback: Duration,
    /// What to do with records that the source deleted.
    pub deleted: DeletedPolicy,
    /// Rows asked for a page.
    pub page_size: u32,
    /// The request budget.
    pub requests_per_minute: u32,
    /// Requests under way at once.
    pub concurrency: usize,
    /// How long before its end a token is renewed.
    pub token_margin: Duration,
    /// How often to ask again.
    pub retry: Retry,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// Reported totals.
    pub reconcile: ReconcileSettings,
}

/// What makes a run alert.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// More unreadable records than this share of those read: exit code 7.
    pub quarantine_percent: f64,
    /// More vanished at once than this share of those known: all tombstones are held.
    pub delete_percent: f64,
}

/// What one `sync` is asked to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncOptions {
    /// Only these streams; empty means all of the tenant's.
    pub streams: BTreeSet<Stream>,
    /// A backfill of this half-open range, which leaves the live watermark alone.
    pub range: Option<(Timestamp, Timestamp)>,
    /// Sweep whether due or not.
    pub sweep_now: bool,
}

/// Everything a run shares: where the store is, what is taken out, what alerts.
#[derive(Debug)]
pub struct Workspace {
    /// The SQLite file.
    pub store: PathBuf,
    /// What is taken out of records before they are kept.
    pub privacy: Arc<Privacy>,
    /// What makes a run alert.
    pub limits: Limits,
}
