//! A tenant for unit tests.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::tz::TimeZone;
use model::id::TenantName;
use model::record::{Platform, Stream};
use model::window::WindowLength;
use store::DeletedPolicy;
use wire::secret::Secret;

use crate::settings::{ReconcileSettings, Retry, ScopeChoice, SweepSettings, Tenant, Timeouts};

/// Genesys, days of UTC, three days of lookback, `submitted` only.
pub(crate) fn tenant() -> Tenant {
    Tenant {
        name: TenantName::new("acme"),
        platform: Platform::Genesys,
        dialect: "guide".to_owned(),
        base_url: "http://127.0.0.1:1".parse().unwrap(),
        client_id: Secret::from("id".to_owned()),
        client_secret: Secret::from("secret".to_owned()),
        oauth_scope: None,
        ca_file: None,
        timezone: TimeZone::UTC,
        streams: Stream::ALL.into(),
        divisions: ScopeChoice::All,
        sites: ScopeChoice::All,
        queues: ScopeChoice::None,
        statuses: BTreeSet::from(["submitted".to_owned()]),
        start: "2024-01-01".parse().unwrap(),
        window: WindowLength::Days(1),
        lookback: Duration::from_hours(72),
        sweep: SweepSettings { every: Duration::from_hours(168), span: Duration::from_hours(2400) },
        modified_fallback: Duration::from_hours(720),
        deleted: DeletedPolicy::Archive,
        page_size: 500,
        requests_per_minute: 300,
        concurrency: 4,
        token_margin: Duration::from_mins(15),
        retry: Retry { attempts: 6, base: Duration::from_millis(500), cap: Duration::from_secs(30), budget: Duration::from_mins(10) },
        timeouts: Timeouts { connect: Duration::from_secs(10), first_byte: Duration::from_secs(60), body: Duration::from_secs(120) },
        reconcile: ReconcileSettings { totals: None, alert_below_percent: 95 },
    }
}
