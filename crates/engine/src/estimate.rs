//! Estimates: what a sync would ask for and how long it would take, before it is started. No record is asked for;
//! only the login and the listings of scopes are sent.

use std::sync::Arc;

use model::record::Stream;
use model::window::Span;
use store::{StoreError, VisitError};

use crate::marks::Marks;
use crate::plan::{Present, Task, Wanted, before, created_tasks, first_moment, modified_tasks};
use crate::report::Trouble;
use crate::run::Engine;
use crate::scopes;
use crate::settings::{SyncOptions, Tenant};
use crate::source::{Failure, Source};

/// What one scope of one stream would cost.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanLine {
    /// Of which stream.
    pub stream: Stream,
    /// The scope; `*` for the listing of everything.
    pub scope_id: String,
    /// Windows to be read.
    pub n_windows: u64,
    /// The span they make up, where there is any.
    pub span: Option<Span>,
    /// Requests, estimated from what its windows held so far.
    pub requests: u64,
}

/// What a sync of one tenant would cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// A line a stream and scope.
    pub lines: Vec<PlanLine>,
    /// Requests in all.
    pub requests: u64,
    /// Minutes at the tenant's budget, rounded up.
    pub minutes: u64,
    /// Share of the source's own budget of a minute, in percent, where it tells one.
    pub budget_share_percent: Option<f64>,
    /// A sweep is due.
    pub sweeps: bool,
    /// Lines for the operator.
    pub warnings: Vec<String>,
}

impl Engine {
    /// Plans a sync of one tenant.
    ///
    /// # Errors
    /// A trouble when the source or the store cannot be asked.
    pub async fn plan(&self, tenant: &Arc<Tenant>, options: &SyncOptions) -> Result<Plan, Trouble> {
        let told = |failure: Failure| failure.trouble().unwrap_or_else(|| Trouble::new(crate::report::TroubleKind::Source, "stopped"));
        let source = Source::new(tenant, self.http.clone(), Arc::clone(&self.clock), Arc::clone(&self.stop))?;
        source.login().await.map_err(told)?;
        let scoping = scopes::scoping(tenant, &source, &self.ledger).await.map_err(told)?;
        let present = Present::new(self.clock.now(), source.present());
        let mut plan = self.lines(tenant, options, present, &source, &scoping).map_err(|error| crate::report::storage(&error))?;
        plan.requests = plan.lines.iter().map(|line| line.requests).sum();
        plan.minutes = plan.requests.div_ceil(u64::from(tenant.requests_per_minute).max(1));
        plan.budget_share_percent = source
            .client()
            .rate_limit()
            .and_then(|told| told.allowed)
            .map(|allowed| 100.0 * f64::from(tenant.requests_per_minute) / f64::from(allowed.max(1)));
        plan.warnings = scoping.warnings;
        plan.warnings.extend(scoping.troubles.into_iter().map(|trouble| trouble.message));
        Ok(plan)
    }

    fn lines(
        &self,
        tenant: &Tenant,
        options: &SyncOptions,
        present: Present,
        source: &Source,
        scoping: &scopes::Scoping,
    ) -> Result<Plan, StoreError> {
        let marks = Marks { ledger: &self.ledger, tenant };
        let mut plan = Plan::default();
        for stream in tenant.streams.iter().filter(|stream| options.streams.is_empty() || options.streams.contains(stream)) {
            let sweeps = options.range.is_none() && (options.sweep_now || marks.sweep_due(*stream, present)?);
            plan.sweeps |= sweeps;
            let live = Span { from: first_moment(tenant), to: present.edge };
            let wanted = Wanted {
                span: options.range.map_or(live, |(from, to)| Span { from, to }),
                sweep_from: sweeps.then(|| before(present.edge, tenant.sweep.span)),
                again: options.range.is_some(),
                notes_sightings: false,
            };
            let mut tasks = Vec::new();
            for ask in &scoping.asks {
                let closed = self.ledger.with(|store| store.closed_spans(&tenant.name, *stream, ask.id(), store::Pass::Created))?;
                tasks.extend(created_tasks(tenant, *stream, std::slice::from_ref(ask), &wanted, |_| closed.clone()));
            }
            let by_modified = *stream == Stream::Feedback && source.dialect().abilities().feedback_by_modified && options.range.is_none();
            if by_modified && let Some(since) = marks.modified_from(*stream)? {
                tasks.extend(modified_tasks(tenant, *stream, &scoping.asks, Span { from: since, to: present.edge }));
            }
            let per_window = self.records_per_window(tenant, *stream)?;
            plan.lines.extend(scoping.asks.iter().map(|ask| line(tenant, *stream, ask.id(), &tasks, per_window)));
        }
        Ok(plan)
    }

    /// The mean number of records in the windows read so far; none before the first run.
    fn records_per_window(&self, tenant: &Tenant, stream: Stream) -> Result<u64, StoreError> {
        let (mut n_windows, mut n_records) = (0_u64, 0_u64);
        self.ledger.with(|store| {
            let mut visit = |window: store::WindowProgress| {
                n_windows += 1;
                n_records += window.n_records;
                Ok::<(), StoreError>(())
            };
            store.windows(Some(&tenant.name), Some(stream), &mut visit).map_err(|error: VisitError<StoreError>| error.or(|error| error))
        })?;
        Ok(n_records.checked_div(n_windows).unwrap_or(0))
    }
}

fn line(tenant: &Tenant, stream: Stream, scope_id: &str, tasks: &[Task], per_window: u64) -> PlanLine {
    let of_scope = || tasks.iter().filter(|task| task.ask.id() == scope_id);
    let n_windows = of_scope().count() as u64;
    let from = of_scope().map(|task| task.span.from).min();
    let to = of_scope().map(|task| task.span.to).max();
    let pages = per_window.div_ceil(u64::from(tenant.page_size).max(1)).max(1);
    PlanLine {
        stream,
        scope_id: scope_id.to_owned(),
        n_windows,
        span: from.zip(to).map(|(from, to)| Span { from, to }),
        requests: n_windows * pages,
    }
}
