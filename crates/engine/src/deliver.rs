//! Delivery of the feed to a Genesys organisation as external metrics. What the organisation has acknowledged is kept, so a
//! repeat sends nothing; what it refused stays due, with its message.
//!
//! The API replaces the total of a day (`type: Total`), so sending a value twice does no harm. Before a batch is sent its values are
//! noted as being under way: one that is withdrawn after an answer was lost is then withdrawn there too.

use std::sync::Arc;

use model::id::TenantName;
use model::table::Row;
use model::table::analytics::AGENT_DAY;
use sink::feed::answer::read_answer;
use sink::feed::external::{Batch, Entry, address, external_metrics};
use sink::feed::{FeedMeasure, Measured, People, Person, VersionAge, VersionAges, measures};
use store::statistics::Slice;
use store::{Delivered, Delivery, DeliveryKey, Filter, Store, StoreError, VisitError};
use wire::http::{Method, Request};

use crate::ledger::blocking;
use crate::monitor::Event;
use crate::report::{Trouble, TroubleKind, storage};
use crate::roster::Roster;
use crate::run::Engine;
use crate::settings::Tenant;
use crate::source::{Failure, Source};

/// Where external metrics are posted (`POST`, 100 items at most).
const PATH: &str = "/api/v2/employeeperformance/externalmetrics/data";

/// The word that stands for a value that was taken back.
const RETRACTED: &str = "retracted";

/// Refused values told one by one; the rest is a number.
const TOLD: usize = 5;

/// What is delivered under one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivering {
    /// The publication's name; acknowledgements are kept under it.
    pub name: String,
    /// The measures.
    pub measures: Vec<FeedMeasure>,
}

/// What became of a delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryReport {
    /// Values that the receiver holds already.
    pub n_unchanged: u64,
    /// Values that were due.
    pub n_due: u64,
    /// Of these, acknowledged.
    pub n_acknowledged: u64,
    /// Of these, refused.
    pub n_refused: u64,
    /// Batches sent.
    pub n_batches: u64,
    /// What has to be known: refusals, totals that differ, agents nobody knows there, days with two form versions.
    pub warnings: Vec<String>,
    /// Why not all is delivered.
    pub troubles: Vec<Trouble>,
}

/// The measures of a feed and whom they are about, out of a store.
///
/// # Errors
/// Those of reading.
pub fn feed(store: &Store, tenant: Option<&TenantName>, wanted: &[FeedMeasure], roster: &Roster) -> Result<Measured, StoreError> {
    let mut rows: Vec<Row> = Vec::new();
    let filter = Filter { tenant: tenant.cloned(), ..Filter::default() };
    let visited = store.scan(&AGENT_DAY, &filter, &mut |row: Row, _| {
        rows.push(row);
        Ok::<(), StoreError>(())
    });
    visited.map_err(|error| match error {
        VisitError::Store(error) | VisitError::Visitor(error) => error,
    })?;
    let cohorts = store.cohorts(&Slice { tenant: tenant.cloned(), ..Slice::default() }, &["tenant"])?;
    let ages: VersionAges = cohorts
        .into_iter()
        .map(|found| {
            let age = VersionAge { published_at: found.published_at, first_seen: Some(found.first_date) };
            ((found.cohort.tenant, found.cohort.form_version_id, found.cohort.content_hash), age)
        })
        .collect();
    Ok(measures(&rows, wanted, &people(roster), &ages))
}

/// The roster as the feed knows people.
fn people(roster: &Roster) -> People {
    let person = |person: &crate::roster::Person| Person {
        person_id: person.person_id.clone(),
        user_email: person.user_email.clone(),
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
    };
    roster.people().map(|(tenant, agent_id, found)| ((tenant.to_owned(), agent_id.to_owned()), person(found))).collect()
}

/// What the feed says beside its values: days with two form versions, forms without a measure.
pub fn feed_warnings(measured: &Measured) -> Vec<String> {
    let mut warnings = Vec::new();
    if !measured.two_versions.is_empty() {
        let n = measured.two_versions.len();
        warnings
            .push(format!("{n} agent-days have two form versions; each is measured by the one with more assessments, on a tie the newer"));
    }
    for ((form_id, scored_by), n) in &measured.unmeasured {
        warnings.push(format!("form `{form_id}`, scored by `{scored_by}`: {n} agent-days have no measure in this publication"));
    }
    warnings
}

impl Engine {
    /// Brings the receiver up to the feed. With nothing new no request is sent.
    pub async fn deliver(&self, tenant: &Arc<Tenant>, delivering: &Delivering, roster: &Roster) -> DeliveryReport {
        let mut report = DeliveryReport::default();
        self.monitor.event(&Event::Publishing { name: delivering.name.clone() });
        if let Err(trouble) = self.deliver_all(tenant, delivering, roster, &mut report).await {
            report.troubles.push(trouble);
        }
        report
    }

    async fn deliver_all(
        &self,
        tenant: &Arc<Tenant>,
        delivering: &Delivering,
        roster: &Roster,
        report: &mut DeliveryReport,
    ) -> Result<(), Trouble> {
        let name = &delivering.name;
        let (measured, held) = blocking(|| {
            let store = Store::open_read_only(&self.workspace.store)?;
            Ok((feed(&store, Some(&tenant.name), &delivering.measures, roster)?, store.deliveries(name, &tenant.name)?))
        })
        .map_err(|error: StoreError| storage(&error))?;
        report.warnings.extend(feed_warnings(&measured));
        let addressed = address(measured.items);
        report.warnings.extend(addressed.clashes);
        if !addressed.without_person.is_empty() {
            report.warnings.push(format!("{} agents cannot be addressed", addressed.without_person.len()));
        }
        let (due, unchanged): (Vec<&Entry>, Vec<&Entry>) = addressed.entries.iter().partition(|entry| is_due(entry, held.get(&key(entry))));
        report.n_unchanged = unchanged.len() as u64;
        report.n_due = due.len() as u64;
        if due.is_empty() {
            return Ok(());
        }
        let source = Source::new(tenant, self.http.clone(), Arc::clone(&self.clock), Arc::clone(&self.stop))?;
        for batch in external_metrics(due) {
            self.deliver_batch(tenant, name, &source, &batch, report).await?;
        }
        Ok(())
    }

    async fn deliver_batch(
        &self,
        tenant: &Arc<Tenant>,
        name: &str,
        source: &Source,
        batch: &Batch<'_>,
        report: &mut DeliveryReport,
    ) -> Result<(), Trouble> {
        let note = |outcomes: &[(DeliveryKey, Delivered)]| {
            let now = self.clock.now();
            self.ledger.with(|store| store.note_deliveries(name, &tenant.name, outcomes, now)).map_err(|error| storage(&error))
        };
        let refused = |entry: &Entry, message: &str| (key(entry), Delivered::Refused(value(entry), message.to_owned()));
        let under_way: Vec<_> = batch.entries.iter().map(|entry| refused(entry, "sent; no answer was read")).collect();
        note(&under_way)?;
        let what = format!("external metrics of `{}`, {} values", tenant.name, batch.entries.len());
        let body = serde_json::from_str(&batch.body)
            .map_err(|error| Trouble::new(TroubleKind::Bug, format!("{what}: the batch is no JSON: {error}")))?;
        let request = Request { method: Method::Post, path: PATH.to_owned(), query: Vec::new(), body: Some(body), what: what.clone() };
        report.n_batches += 1;
        let answer = match source.ask(&request).await {
            Ok(answer) => answer,
            // A stop is no trouble: what was not sent is due in the next run.
            Err(Failure::Stopped) => return Ok(()),
            Err(failure) => return Err(failure.trouble().unwrap_or_else(|| Trouble::new(TroubleKind::Source, what))),
        };
        if !answer.is_success() {
            let message = format!("status {}: {}", answer.status, answer.problem());
            let outcomes: Vec<_> = batch.entries.iter().map(|entry| refused(entry, &message)).collect();
            note(&outcomes)?;
            report.n_refused += batch.entries.len() as u64;
            let trouble = Trouble::new(TroubleKind::Configuration, format!("{what}: {message}"));
            return Err(trouble
                .with_hint("the values stay due; give the OAuth client the permission to write external metrics, or mend the metric ids"));
        }
        let text = String::from_utf8_lossy(&answer.body);
        let read = read_answer(batch, &text)
            .map_err(|reason| Trouble::new(TroubleKind::Source, format!("{what}: {reason}")).with_hint("the values stay due"))?;
        let mut outcomes: Vec<(DeliveryKey, Delivered)> = Vec::new();
        outcomes.extend(read.acknowledged.iter().map(|entry| (key(entry), Delivered::Acknowledged(value(entry)))));
        report.n_acknowledged += read.acknowledged.len() as u64;
        for refusal in &read.refused {
            let message = words(refusal.code.as_deref(), refusal.message.as_deref());
            outcomes.push(refused(refusal.entry, &message));
            tell(report, refusal.entry, &message);
        }
        for mismatch in &read.mismatched {
            let shown = |number: Option<f64>| number.map_or_else(|| "nothing".to_owned(), |number| number.to_string());
            let message = format!("the receiver's total is {} of {}", shown(mismatch.total_value), shown(mismatch.total_count));
            outcomes.push(refused(mismatch.entry, &message));
            tell(report, mismatch.entry, &message);
        }
        for entry in &read.unanswered {
            outcomes.push(refused(entry, "the answer does not name it"));
            tell(report, entry, "the answer does not name it");
        }
        note(&outcomes)
    }
}

fn words(code: Option<&str>, message: Option<&str>) -> String {
    match (code, message) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(word), None) | (None, Some(word)) => word.to_owned(),
        (None, None) => "no reason given".to_owned(),
    }
}

/// Counts a refused value and tells the first few.
fn tell(report: &mut DeliveryReport, entry: &Entry, message: &str) {
    report.n_refused += 1;
    let n_told = usize::try_from(report.n_refused).unwrap_or(usize::MAX);
    if n_told <= TOLD {
        let item = &entry.item;
        report.warnings.push(format!(
            "metric `{}` of agent `{}` on {} is refused and stays due: {message}",
            item.metric_id, item.agent_id, item.business_date
        ));
    }
}

/// What the receiver does not hold yet. A value it never got needs no retraction, unless it may have got it.
fn is_due(entry: &Entry, held: Option<&Delivery>) -> bool {
    match held {
        None => entry.item.value.is_some(),
        Some(held) => held.refused.is_some() || held.acknowledged.as_deref() != Some(value(entry).as_str()),
    }
}

fn value(entry: &Entry) -> String {
    entry.item.value.clone().unwrap_or_else(|| RETRACTED.to_owned())
}

fn key(entry: &Entry) -> DeliveryKey {
    let item = &entry.item;
    DeliveryKey { agent_id: item.agent_id.clone(), business_date: item.business_date.clone(), measure: item.metric_id.clone() }
}
