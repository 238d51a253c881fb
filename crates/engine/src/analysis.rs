//! Analysis: sufficient statistics out of the store, through `insight`, into rows of the derived tables.
//! Nothing here computes a number that `insight` could compute, and nothing reads an assessment one by one.
//! The same store, settings and look give the same rows; no clock is asked, spans end with the last business date.

pub mod settings;

mod agents;
mod alarms;
mod background;
mod basis;
mod crowd;
mod evaluators;
mod layout;
mod split;
mod trends;
mod week;

use std::collections::BTreeMap;
use std::rc::Rc;

use jiff::ToSpan as _;
use jiff::civil::Date;
use model::id::TenantName;
use model::table::analytics::{
    AGENT_RECENT, AGENT_SCORE, ALARM, CHANGE_SPLIT, CHANGE_SPLIT_QUESTION, COHORT, CONTROL_POINT, EDIT_LAG, EVALUATOR_LENIENCY,
    QUESTION_WEEK, TREND_COHORT, TREND_VERDICT, WATERFALL,
};
use model::table::{RECONCILIATION, Row, Table};
use store::statistics::{ScopePlace, Slice};
use store::{Store, StoreError};

use crate::analysis::basis::Basis;
use crate::analysis::crowd::SmallCrowds;
use crate::analysis::settings::{Analytics, Look};
use crate::analysis::trends::Crowds;

/// The scopes that numbers are computed for. A queue crosses sites and teams, so it is none of them.
const KINDS: [&str; 4] = ["tenant", "division", "site", "team"];

/// The first and the last business date of a span.
type Days = (Option<Date>, Option<Date>);

/// What is said when there is nothing to compute from.
const NOTHING: &str = "no scored assessment has a business date in what was looked at";

/// Derived tables with what has to be said about them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Derived {
    /// Each table with its rows, the one that was asked for first.
    pub tables: Vec<(&'static Table, Vec<Row>)>,
    /// Sentences for people: what the numbers say, and what they cannot say.
    pub notes: Vec<String>,
}

impl Derived {
    /// The rows of a table; none if it is not among them.
    pub fn rows(&self, table: &Table) -> &[Row] {
        self.tables.iter().find(|(one, _)| one.name == table.name).map_or(&[], |(_, rows)| rows)
    }

    fn join(&mut self, other: Self) {
        self.tables.extend(other.tables);
        self.notes.extend(other.notes);
    }
}

/// `trend_cohort`, `cohort`, `trend_verdict`, `change_split`, `change_split_question`.
///
/// A change split is shown if its boundary lies in the look; its sides reach beyond.
///
/// # Errors
/// Those of reading the store.
pub fn trends(store: &Store, settings: &Analytics, look: &Look) -> Result<Derived, StoreError> {
    trends_of(&Basis::new(store), settings, look)
}

fn trends_of(basis: &Basis<'_>, settings: &Analytics, look: &Look) -> Result<Derived, StoreError> {
    let store = basis.store;
    let slice = slice(store, look)?;
    let weeks = basis.weeks(&slice, &kinds(&slice))?;
    let small = SmallCrowds::read(store, settings)?;
    let hidden = small.weeks(&slice, &weeks)?;
    let found = splits(basis, settings, look, &slice, &small)?;
    let in_span = basis.cohorts(&slice, &kinds(&slice))?;
    let hidden_of_span = small.teams(&slice, &in_span)?;
    let crowds = basis.crowds(&slice, &kinds(&slice))?;
    let mut notes = found.notes;
    if weeks.is_empty() {
        notes.push(NOTHING.to_owned());
    }
    Ok(Derived {
        tables: vec![
            (&TREND_COHORT, trends::week_rows(&weeks, &hidden, settings)),
            (&COHORT, trends::cohort_rows(&in_span, &crowds, &found.links, &hidden_of_span)),
            (&TREND_VERDICT, trends::verdict_rows(&weeks, &hidden, settings)),
            (&CHANGE_SPLIT, found.splits),
            (&CHANGE_SPLIT_QUESTION, found.questions),
        ],
        notes,
    })
}

/// What the boundaries between form versions gave.
struct Splits {
    splits: Vec<Row>,
    questions: Vec<Row>,
    links: trends::Links,
    notes: Vec<String>,
}

fn splits(basis: &Basis<'_>, settings: &Analytics, look: &Look, slice: &Slice, crowds: &SmallCrowds<'_>) -> Result<Splits, StoreError> {
    // A boundary is where it is whatever period is looked at.
    let life = Slice { from: None, to: None, ..slice.clone() };
    let cohorts = basis.cohorts(&life, &kinds(slice))?;
    let lines = split::lines(&cohorts, &crowds.teams(&life, &cohorts)?);
    let boundaries = split::boundaries(basis.store, &lines, settings)?;
    let means = basis
        .crowds(&life, &kinds(slice))?
        .iter()
        .filter_map(|(key, agents)| {
            let n: u64 = agents.iter().map(|agent| agent.n).sum();
            let sum = insight::sum::sum(agents.iter().map(|agent| agent.sum_y));
            (n != 0).then(|| (key.clone(), sum / n as f64))
        })
        .collect();
    let links = split::links(&lines, &boundaries, &means);
    let names: BTreeMap<&str, &str> =
        cohorts.iter().filter_map(|cohort| Some((cohort.cohort.form_id.as_str(), cohort.form_name.as_deref()?))).collect();
    let wanted = |at: Date| look.from.is_none_or(|from| from <= at) && look.to.is_none_or(|to| at < to);
    let mut found = Splits { splits: Vec::new(), questions: Vec::new(), links, notes: Vec::new() };
    for boundary in boundaries.iter().filter(|boundary| wanted(boundary.date)) {
        found.splits.push(split::split_row(boundary, &found.links));
        found.questions.extend(split::question_rows(boundary));
        let is_whole = boundary.scope.kind == "tenant" || slice.scope.is_some();
        if is_whole {
            let form = names.get(boundary.to.form_id.as_str()).copied().unwrap_or(boundary.to.form_id.as_str());
            let sentence = insight::sentence::split_sentence(&boundary.split);
            found.notes.push(format!("{}, {form}, new version on {}: {sentence}", boundary.to.tenant, boundary.date));
        }
    }
    Ok(found)
}

/// `agent_score`: agents of each cohort and pool over the span that ends with the last business date of the tenant.
///
/// # Errors
/// Those of reading the store.
pub fn agents(store: &Store, settings: &Analytics, look: &Look) -> Result<Derived, StoreError> {
    agents_of(&Basis::new(store), settings, look)
}

fn agents_of(basis: &Basis<'_>, settings: &Analytics, look: &Look) -> Result<Derived, StoreError> {
    let store = basis.store;
    let mut rows = Vec::new();
    for tenant in tenants(basis, look)? {
        let of_tenant = Look { tenant: Some(tenant), ..look.clone() };
        let slice = slice(store, &of_tenant)?;
        let (span, span_days) = span(store, &slice, settings.agent_span_days)?;
        let fits = evaluators::fits(&store.leniency_cells(&span_of_leniency(store, &slice, settings)?)?);
        let cells = store.leniency_cells(&span)?;
        let pools = pools(basis, &span, settings)?;
        rows.extend(agents::rows(&pools, span_days, &fits, &agents::assessors(&cells), settings));
    }
    let notes = if rows.is_empty() {
        vec![NOTHING.to_owned()]
    } else {
        vec![
            "the lowest of a list of few assessments are often not the lowest: compare the shrunken scores and their intervals, never the plain means"
                .to_owned(),
        ]
    };
    Ok(Derived { tables: vec![(&AGENT_SCORE, rows)], notes })
}

/// `evaluator_leniency` over the span that ends with the last business date of the tenant.
///
/// # Errors
/// Those of reading the store.
pub fn evaluators(store: &Store, settings: &Analytics, look: &Look) -> Result<Derived, StoreError> {
    evaluators_of(&Basis::new(store), settings, look)
}

fn evaluators_of(basis: &Basis<'_>, settings: &Analytics, look: &Look) -> Result<Derived, StoreError> {
    let store = basis.store;
    let mut rows = Vec::new();
    for tenant in tenants(basis, look)? {
        let of_tenant = Look { tenant: Some(tenant), ..look.clone() };
        let (span, span_days) = span(store, &slice(store, &of_tenant)?, settings.leniency_span_days)?;
        rows.extend(evaluators::rows(&evaluators::fits(&store.leniency_cells(&span)?), span_days, look, settings));
    }
    let notes = if rows.is_empty() {
        vec!["no scored assessment names its evaluator".to_owned()]
    } else {
        vec!["positive is lenient; effects of two islands are not comparable; no published score is corrected by them".to_owned()]
    };
    Ok(Derived { tables: vec![(&EVALUATOR_LENIENCY, rows)], notes })
}

/// `alarm` and `control_point`.
///
/// The limits rest on the first weeks of each form version, whatever period is looked at; only what lies in it is shown.
///
/// # Errors
/// Those of reading the store.
pub fn alarms(store: &Store, settings: &Analytics, look: &Look) -> Result<Derived, StoreError> {
    alarms_of(&Basis::new(store), settings, look)
}

fn alarms_of(basis: &Basis<'_>, settings: &Analytics, look: &Look) -> Result<Derived, StoreError> {
    let store = basis.store;
    let slice = slice(store, look)?;
    let life = Slice { from: None, to: None, ..slice.clone() };
    let weeks = basis.weeks(&life, &kinds(&slice))?;
    let hidden = SmallCrowds::read(store, settings)?.weeks(&life, &weeks)?;
    let cohorts = basis.cohorts(&life, &kinds(&slice))?;
    let mut crowds = Crowds::new();
    for tenant in tenants(basis, look)? {
        let of_tenant = Slice { tenant: Some(tenant), ..slice.clone() };
        let of_tenant = pools(basis, &span(store, &of_tenant, settings.agent_span_days)?.0, settings)?;
        crowds.extend(of_tenant.iter().map(|(key, agents)| (key.clone(), agents.clone())));
    }
    let found = alarms::look(&weeks, &hidden, &cohorts, &crowds, look, settings);
    let notes = if weeks.is_empty() {
        vec![NOTHING.to_owned()]
    } else {
        vec![format!(
            "{} alarm{}; a step at a change of form is no alarm: `trends` takes it apart; an alarm is a question and no finding: of series in \
             which nothing happens about four in ten raise one in half a year",
            found.alarms.len(),
            if found.alarms.len() == 1 { "" } else { "s" }
        )]
    };
    Ok(Derived { tables: vec![(&ALARM, found.alarms), (&CONTROL_POINT, found.points)], notes })
}

/// What the report shows: all of the above, and `question_week`, `edit_lag`, `agent_recent`, `waterfall`, `reconciliation`.
/// The sentences of change splits are in their rows and not among the notes.
///
/// # Errors
/// Those of reading the store.
pub fn everything(store: &Store, settings: &Analytics, look: &Look) -> Result<Derived, StoreError> {
    let basis = &Basis::new(store);
    let mut derived = trends_of(basis, settings, look)?;
    derived.notes.clear();
    derived.join(agents_of(basis, settings, look)?);
    derived.join(evaluators_of(basis, settings, look)?);
    derived.join(alarms_of(basis, settings, look)?);
    let slice = slice(store, look)?;
    let cohorts = basis.cohorts(&Slice { from: None, to: None, ..slice.clone() }, &["tenant"])?;
    let questions = background::question_weeks(store, &slice, &cohorts)?;
    let recent = background::recent(store, &slice)?;
    let (mut lags, mut waterfall, mut reconciliation) = (Vec::new(), Vec::new(), Vec::new());
    for tenant in tenants(basis, look)? {
        let platform = store.left_out_counts(&tenant)?.platform.unwrap_or_default();
        lags.extend(background::edit_lags(store, &tenant, &platform)?);
        waterfall.extend(background::waterfall(store, &tenant)?);
        reconciliation.extend(store.latest_reconciliation(&tenant)?);
    }
    let background: [(&'static Table, Vec<Row>); 5] = [
        (&QUESTION_WEEK, questions),
        (&EDIT_LAG, lags),
        (&AGENT_RECENT, recent),
        (&WATERFALL, waterfall),
        (&RECONCILIATION, reconciliation),
    ];
    derived.tables.extend(background);
    Ok(derived)
}

/// The part of the store that is looked at.
fn slice(store: &Store, look: &Look) -> Result<Slice, StoreError> {
    let scope = match &look.scope {
        None => None,
        Some(id) => {
            let known = store.measured_scopes(look.tenant.as_ref())?.into_iter().find(|known| known.scope.id == *id);
            // An id that nothing is known of shows nothing, whatever its kind.
            Some(known.map_or_else(|| ScopePlace { kind: "division".to_owned(), id: id.clone() }, |known| known.scope))
        }
    };
    Ok(Slice { tenant: look.tenant.clone(), platform: look.platform, scope, form: look.form.clone(), from: look.from, to: look.to })
}

/// The scopes that numbers are wanted for: all, or the one that is looked at.
fn kinds(slice: &Slice) -> Vec<&str> {
    slice.scope.as_ref().map_or_else(|| KINDS.to_vec(), |scope| vec![scope.kind.as_str()])
}

/// The tenants that have anything measured.
fn tenants(basis: &Basis<'_>, look: &Look) -> Result<Vec<TenantName>, StoreError> {
    let slice = Slice { tenant: look.tenant.clone(), platform: look.platform, ..Slice::default() };
    let mut tenants: Vec<TenantName> =
        basis.cohorts(&slice, &["tenant"])?.iter().map(|found| TenantName::new(&found.cohort.tenant)).collect();
    tenants.sort();
    tenants.dedup();
    Ok(tenants)
}

/// The pools of agents in a slice.
fn pools(basis: &Basis<'_>, slice: &Slice, settings: &Analytics) -> Result<Rc<Crowds>, StoreError> {
    let kinds = slice.scope.as_ref().map_or_else(|| settings.agent_pool.scope_kinds().to_vec(), |scope| vec![scope.kind.as_str()]);
    basis.crowds(slice, &kinds)
}

/// The last days of a slice, unless it names its first day itself; with them the first and the last day.
fn span(store: &Store, slice: &Slice, days: u32) -> Result<(Slice, Days), StoreError> {
    let last = store.last_business_date(slice)?;
    let from = slice.from.or_else(|| last.map(|last| last.saturating_sub((i64::from(days) - 1).days())));
    Ok((Slice { from, ..slice.clone() }, (from, last)))
}

fn span_of_leniency(store: &Store, slice: &Slice, settings: &Analytics) -> Result<Slice, StoreError> {
    Ok(span(store, &Slice { scope: None, ..slice.clone() }, settings.leniency_span_days)?.0)
}

#[cfg(test)]
mod tests;
