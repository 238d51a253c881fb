//! A run: every tenant extracted, one after another's trouble notwithstanding, and told in one report.
//!
//! The order within a tenant: log in, scopes, form versions, windows and modifications, deletions, marks. Marks move only
//! after what they stand for is landed, so a run that dies is made good by the next.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt as _;
use model::counter::{Counter, Counters};
use model::id::ScopeId;
use model::record::Stream;
use model::window::Span;
use platform::dialect::ScopeAsk;
use store::{Lease, Store};
use wire::clock::Clock;
use wire::error::WireError;
use wire::http::HttpService;

use crate::board::Board;
use crate::forms::FormBook;
use crate::ledger::Ledger;
use crate::marks::Marks;
use crate::monitor::{Event, Monitor, Stop};
use crate::plan::{Present, Task, Wanted, before, created_tasks, first_moment, modified_tasks};
use crate::reader::Reader;
use crate::report::{TenantReport, Trouble, TroubleKind, held, storage};
use crate::settings::{SyncOptions, Tenant, Workspace};
use crate::source::{Failure, Source};
use crate::{rescore, scopes, sweep};

/// The engine: a store, a clock, a monitor and a way to stop, for any number of runs.
pub struct Engine {
    pub(crate) workspace: Workspace,
    pub(crate) ledger: Ledger,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) monitor: Arc<dyn Monitor>,
    pub(crate) stop: Arc<Stop>,
    pub(crate) http: Option<Arc<dyn HttpService>>,
}

impl Engine {
    /// Opens the store, creating it if there is none. Every later call needs tokio's multi-threaded runtime.
    ///
    /// # Errors
    /// A trouble of storage with what is wrong with the file.
    pub fn open(workspace: Workspace, clock: Arc<dyn Clock>, monitor: Arc<dyn Monitor>, stop: Arc<Stop>) -> Result<Self, Trouble> {
        let store = Store::open(&workspace.store, clock.now()).map_err(|error| storage(&error))?;
        Ok(Self { workspace, ledger: Ledger::new(store), clock, monitor, stop, http: None })
    }

    /// The same with another network than the live one.
    #[must_use]
    pub fn over(mut self, http: Arc<dyn HttpService>) -> Self {
        self.http = Some(http);
        self
    }

    /// The store, for whoever reads or mends it between runs.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// A run id: the moment and the process, so that no two are the same.
    pub fn new_run_id(&self) -> String {
        format!("{}-{}", self.clock.now().strftime("%Y%m%dT%H%M%S%.3fZ"), std::process::id())
    }

    /// Extracts tenants, all at a time, each under its own budget. One tenant's trouble does not stop the others.
    pub async fn sync(&self, tenants: &[Arc<Tenant>], options: &SyncOptions, run_id: &str) -> Vec<TenantReport> {
        futures_util::future::join_all(tenants.iter().map(|tenant| self.sync_tenant(tenant, options, run_id))).await
    }

    async fn sync_tenant(&self, tenant: &Arc<Tenant>, options: &SyncOptions, run_id: &str) -> TenantReport {
        let mut report = TenantReport { tenant: Some(tenant.name.clone()), ..TenantReport::default() };
        let lease = match Lease::take(&self.workspace.store, &tenant.name) {
            Ok(lease) => lease,
            Err(error) => {
                report.troubles.push(held(&error));
                return report;
            }
        };
        match self.prepare(tenant, options, run_id).await {
            Err(Ended::Trouble(trouble)) => report.troubles.push(trouble),
            Err(Ended::Failure(failure)) => note(&mut report, &failure),
            Ok((reader, scoping)) => {
                let done = self.extract(&reader, options, &scoping, &mut report).await;
                if let Err(failure) = done {
                    note(&mut report, &failure);
                }
                self.close(&reader, &mut report).await;
            }
        }
        drop(lease);
        report
    }

    /// Everything before the first record: token, present, scopes, form versions.
    async fn prepare(&self, tenant: &Arc<Tenant>, options: &SyncOptions, run_id: &str) -> Result<(Reader, scopes::Scoping), Ended> {
        let source = Source::new(tenant, self.http.clone(), Arc::clone(&self.clock), Arc::clone(&self.stop)).map_err(Ended::Trouble)?;
        let granted = source.login().await?;
        let mut scoping = scopes::scoping(tenant, &source, &self.ledger).await?;
        scoping.warnings.extend(crate::privilege::oauth_warnings(
            source.dialect().as_ref(),
            &streams(tenant, options),
            granted.scope.as_deref(),
        ));
        let reader = Reader { asks: scoping.asks.clone(), ..self.reader(tenant, source, options, run_id)? };
        if streams(tenant, options).contains(&Stream::Assessments) {
            match forms_first(&reader).await {
                Ok(()) => {}
                // Feedback needs no form versions, and those of assessments are asked for by id as they come.
                Err(failure @ (Failure::Dialect(_) | Failure::FormVersion(_) | Failure::Wire(WireError::Unavailable { .. }))) => {
                    scoping.troubles.extend(failure.trouble());
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        Ok((reader, scoping))
    }

    /// A reader that has asked nothing yet.
    pub(crate) fn reader(&self, tenant: &Arc<Tenant>, source: Source, options: &SyncOptions, run_id: &str) -> Result<Reader, Failure> {
        let observed_at = model::time::to_millisecond(self.clock.now());
        Ok(Reader {
            tenant: Arc::clone(tenant),
            forms: FormBook::new(tenant.name.clone(), tenant.platform, source.clone(), self.ledger.clone()),
            present: Present::new(observed_at, source.present()),
            source,
            ledger: self.ledger.clone(),
            privacy: Arc::clone(&self.workspace.privacy),
            monitor: Arc::clone(&self.monitor),
            run_id: run_id.to_owned(),
            observed_at,
            asks: Vec::new(),
            not_before: options.range.map_or(first_moment(tenant), |(from, _)| from.min(first_moment(tenant))),
            sweep_id: self.ledger.with(Store::new_sweep_id)?,
            counters: Mutex::default(),
            n_unreadable: AtomicU64::new(0),
            range_ignored: AtomicBool::new(false),
        })
    }

    async fn extract(
        &self,
        reader: &Reader,
        options: &SyncOptions,
        scoping: &scopes::Scoping,
        report: &mut TenantReport,
    ) -> Result<(), Failure> {
        report.troubles.extend(scoping.troubles.iter().cloned());
        for warning in &scoping.warnings {
            self.warn(reader, report, warning);
        }
        let marks = Marks { ledger: &self.ledger, tenant: &reader.tenant };
        if marks.statuses_changed(reader.observed_at)? {
            self.warn(reader, report, "`statuses` changed since the last run; every window of assessments is read again");
        }
        let mut tasks = Vec::new();
        let mut sweeps = BTreeSet::new();
        for stream in streams(&reader.tenant, options) {
            if options.range.is_none() && (options.sweep_now || marks.sweep_due(stream, reader.present)?) {
                sweeps.insert(stream);
            }
            let of_stream = self.tasks(reader, options, stream, sweeps.contains(&stream), &marks)?;
            let n_listings = of_stream.len() as u64;
            self.monitor.event(&Event::Planned { tenant: reader.tenant.name.clone(), stream, n_listings });
            tasks.extend(of_stream);
        }
        let mut board = self.carry_out(reader, tasks).await;
        self.reopen_awoken(reader, &marks, report)?;
        if reader.range_ignored.load(Ordering::Relaxed) && board.may_go_on(Stream::Feedback) {
            self.make_good(reader, sweeps.contains(&Stream::Feedback), &mut board, report).await;
        }
        let concluded = self.conclude(reader, options, &sweeps, &board, &marks, report).await;
        report.stopped = board.was_stopped();
        report.troubles.extend(board.take_troubles());
        concluded
    }

    /// The listings of one stream that this run has to read.
    fn tasks(&self, reader: &Reader, options: &SyncOptions, stream: Stream, sweeps: bool, marks: &Marks<'_>) -> Result<Vec<Task>, Failure> {
        let (tenant, asks) = (&reader.tenant, &reader.asks);
        let live = Span { from: first_moment(tenant), to: reader.present.edge };
        let span = options.range.map_or(live, |(from, to)| Span { from, to });
        let looked_up = stream == Stream::Feedback && reader.source.dialect().abilities().feedback_lookup;
        let wanted = Wanted {
            span,
            sweep_from: sweeps.then(|| before(reader.present.edge, tenant.sweep.span)),
            again: options.range.is_some(),
            notes_sightings: looked_up && options.range.is_none(),
        };
        let closed = self.ledger.with(|store| {
            asks.iter().map(|ask| store.closed_spans(&tenant.name, stream, ask.id(), store::Pass::Created)).collect::<Result<Vec<_>, _>>()
        })?;
        let closed_of = |ask: &ScopeAsk| {
            let place = asks.iter().position(|one| one == ask);
            place.and_then(|place| closed.get(place)).cloned().unwrap_or_default()
        };
        let mut tasks = created_tasks(tenant, stream, asks, &wanted, closed_of);
        let modified = stream == Stream::Feedback && reader.source.dialect().abilities().feedback_by_modified;
        if modified
            && options.range.is_none()
            && let Some(since) = marks.modified_since(stream, reader.present, reader.observed_at)?
        {
            tasks.extend(modified_tasks(tenant, stream, asks, Span { from: since, to: reader.present.edge }));
        }
        Ok(tasks)
    }

    /// Reads listings, some at a time. The board decides which are begun.
    async fn carry_out(&self, reader: &Reader, tasks: Vec<Task>) -> Board {
        let board = Mutex::new(Board::new(&tasks));
        let lock = || board.lock().unwrap_or_else(PoisonError::into_inner);
        futures_util::stream::iter(tasks)
            .for_each_concurrent(reader.tenant.concurrency, |task| async move {
                let may_begin = lock().may_begin(&task);
                let outcome = match (may_begin, self.stop.is_asked()) {
                    (false, _) => None,
                    (true, true) => Some(Err(Failure::Stopped)),
                    (true, false) => Some(reader.read(&task).await),
                };
                if matches!(outcome, Some(Err(_)) | None) {
                    reader.count(Counter::WindowsFailed, 1);
                }
                lock().ended(&task, outcome);
                self.monitor.event(&Event::ListingOver { tenant: reader.tenant.name.clone(), stream: task.stream });
            })
            .await;
        board.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server ignores ranges of modification: what was edited lately is found by creation instead.
    async fn make_good(&self, reader: &Reader, swept: bool, board: &mut Board, report: &mut TenantReport) {
        self.warn(
            reader,
            report,
            "feedback: the server ignores the range of modification; rows outside it were left out, and entries of the last \
             `modified_fallback` are read again by creation",
        );
        let tenant = &reader.tenant;
        if swept && tenant.sweep.span >= tenant.modified_fallback {
            return;
        }
        let from = before(reader.present.edge, tenant.modified_fallback).max(first_moment(tenant));
        let wanted = Wanted { span: Span { from, to: reader.present.edge }, sweep_from: None, again: true, notes_sightings: false };
        let tasks = created_tasks(tenant, Stream::Feedback, &reader.asks, &wanted, |_| Vec::new());
        let mut again = self.carry_out(reader, tasks).await;
        report.troubles.extend(again.take_troubles());
        board.absorb(&again);
    }

    /// Deletions from whole windows, then the marks of what is complete.
    async fn conclude(
        &self,
        reader: &Reader,
        options: &SyncOptions,
        sweeps: &BTreeSet<Stream>,
        board: &Board,
        marks: &Marks<'_>,
        report: &mut TenantReport,
    ) -> Result<(), Failure> {
        for stream in streams(&reader.tenant, options) {
            let outcome = board.stream(stream);
            self.monitor.event(&Event::StreamOver { tenant: reader.tenant.name.clone(), stream, n_failed: outcome.n_failed });
            if options.range.is_some() {
                continue;
            }
            if board.may_go_on(stream) {
                let windows = outcome.whole_windows();
                let spans: Vec<Span> =
                    windows.iter().filter_map(|window| window.within(Span { from: window.from, to: reader.present.edge })).collect();
                let conclusion = sweep::conclude(reader, stream, &spans, &self.workspace.limits).await?;
                report.troubles.extend(conclusion.troubles);
                for warning in conclusion.warnings {
                    self.warn(reader, report, &warning);
                }
            }
            marks.advance(stream, &outcome, sweeps.contains(&stream), reader.present, reader.observed_at)?;
        }
        Ok(())
    }

    /// What is told at the end, however it went.
    pub(crate) async fn close(&self, reader: &Reader, report: &mut TenantReport) {
        let learnt = reader.forms.take_learnt().await;
        reader.count(Counter::FormVersions, learnt.n_fetched);
        for warning in learnt.warnings {
            self.warn(reader, report, &warning);
        }
        let mut counters = reader.counters.lock().unwrap_or_else(PoisonError::into_inner).clone();
        count_wire(&mut counters, reader.source.client());
        report.troubles.extend(self.quarantine_trouble(reader, &counters));
        report.counters.merge(&counters);
        let forgotten = self.ledger.with(|store| {
            for stream in Stream::ALL {
                store.clear_sightings(&reader.tenant.name, stream)?;
            }
            store.scopes(&reader.tenant.name)
        });
        match forgotten {
            Err(error) => report.troubles.push(storage(&error)),
            Ok(scopes) if report.troubles.is_empty() && !report.stopped => {
                if let Err(failure) = self.name_silent_scopes(reader, &scopes, report) {
                    note(report, &failure);
                }
            }
            Ok(_) => {}
        }
    }

    fn quarantine_trouble(&self, reader: &Reader, counters: &Counters) -> Option<Trouble> {
        let (n_unreadable, n_read) = (reader.n_unreadable.load(Ordering::Relaxed), counters.get(Counter::RecordsRead));
        let limit = self.workspace.limits.quarantine_percent;
        (100.0 * n_unreadable as f64 > limit * n_read as f64).then(|| {
            let words = format!(
                "tenant `{}`: {n_unreadable} of {n_read} records could not be read, more than `quarantine_percent` = {limit}",
                reader.tenant.name
            );
            Trouble::new(TroubleKind::Quarantine, words).with_hint("see `scorelake quarantine list`; nothing is lost")
        })
    }

    /// A scope that never showed a record and now does was perhaps hidden until now: its windows were closed while it looked
    /// empty, so they are opened again. The mark goes last: a crash before it opens them once more.
    fn reopen_awoken(&self, reader: &Reader, marks: &Marks<'_>, report: &mut TenantReport) -> Result<(), Failure> {
        let silent = self.ledger.with(|store| store.silent_scopes(&reader.tenant.name))?;
        let (still, awoken): (Vec<ScopeId>, Vec<ScopeId>) = marks.silent()?.into_iter().partition(|scope| silent.contains(scope));
        for scope in &awoken {
            self.ledger.with(|store| store.reset_scope_windows(&reader.tenant.name, scope))?;
            let message = format!("scope `{scope}` shows records for the first time; the next run reads all its windows from the start");
            self.warn(reader, report, &message);
        }
        if !awoken.is_empty() {
            marks.keep_silent(&still, reader.observed_at)?;
        }
        Ok(())
    }

    /// Scopes that were asked for and of which not one record is here: perhaps hidden from the client. They are named, and
    /// kept in mind for the day they speak.
    fn name_silent_scopes(&self, reader: &Reader, scopes: &[model::record::Scope], report: &mut TenantReport) -> Result<(), Failure> {
        let silent = self.ledger.with(|store| store.silent_scopes(&reader.tenant.name))?;
        let asked = |scope: &&model::record::Scope| reader.asks.contains(&ScopeAsk::One(scope.kind, scope.id.clone()));
        for scope in scopes.iter().filter(asked).filter(|scope| silent.contains(&scope.id)) {
            report.silent_scopes.push(scope.id.to_string());
            let name = scope.name.as_deref().unwrap_or("without a name");
            let message = format!(
                "{} `{}` ({name}) is listed, but none of its records is visible; if it should have some, the OAuth client lacks it",
                scope.kind.word(),
                scope.id
            );
            self.warn(reader, report, &message);
        }
        let marks = Marks { ledger: &self.ledger, tenant: &reader.tenant };
        // A replay has asked no scope and must not take a mark for settled that the next run has to look at.
        if !reader.asks.is_empty() && marks.silent()? != silent {
            marks.keep_silent(&silent, reader.observed_at)?;
        }
        Ok(())
    }

    fn warn(&self, reader: &Reader, report: &mut TenantReport, message: &str) {
        self.monitor.event(&Event::Warning { tenant: reader.tenant.name.clone(), message: message.to_owned() });
        report.warnings.push(message.to_owned());
    }
}

/// Why a tenant's run ended before it began.
enum Ended {
    Trouble(Trouble),
    Failure(Failure),
}

impl<E: Into<Failure>> From<E> for Ended {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

/// Form versions that were published since the last run, and what was scored without one that is known by now.
async fn forms_first(reader: &Reader) -> Result<(), Failure> {
    reader.forms.read_listing(reader.tenant.page_size).await?;
    rescore::unknown_forms(reader).await
}

/// The streams of this run.
fn streams(tenant: &Tenant, options: &SyncOptions) -> BTreeSet<Stream> {
    if options.streams.is_empty() { tenant.streams.clone() } else { tenant.streams.intersection(&options.streams).copied().collect() }
}

pub(crate) fn note(report: &mut TenantReport, failure: &Failure) {
    report.stopped |= *failure == Failure::Stopped;
    report.troubles.extend(failure.trouble());
}

fn count_wire(counters: &mut Counters, client: &wire::client::Client) {
    let wire = client.counters();
    counters.add(Counter::Requests, wire.requests);
    counters.add(Counter::TokenRequests, wire.token_requests);
    counters.add(Counter::Retries, wire.retries);
    counters.add(Counter::RateLimited, wire.rate_limited);
    counters.add(Counter::WaitedMs, wire.waited_ms + wire.paced_ms);
}
