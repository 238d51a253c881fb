//! Trends: weekly means of every cohort, the life of each cohort, and the verdict on each form's trend.
//! Points of two cohorts never meet in one mean.

use std::collections::{BTreeMap, BTreeSet};

use insight::chain::ChainPoint;
use insight::cohort::{is_provisional, is_version_alarm};
use insight::interval::{self, AgentRatio, AgentSum};
use insight::reason::Reason;
use insight::trend::{self, WeekPoint};
use jiff::civil::Date;
use model::table::analytics::{COHORT, TREND_COHORT, TREND_VERDICT};
use model::table::{Cell, Row};
use store::statistics::{Cohort, CohortAgent, CohortRow, ScopePlace, Slice};
use store::{Store, StoreError};

use crate::analysis::crowd::Hidden;
use crate::analysis::layout::{cohort_cells, count, date, fill, real, row, text};
use crate::analysis::settings::Analytics;
use crate::analysis::week::Week;

/// Rows of `trend_cohort`.
pub(crate) fn week_rows(weeks: &[Week], hidden: &Hidden, settings: &Analytics) -> Vec<Row> {
    weeks.iter().map(|week| week_row(week, hidden.hides(week), settings)).collect()
}

fn week_row(week: &Week, is_hidden: bool, settings: &Analytics) -> Row {
    let estimate = &week.estimate;
    let mut cells = row(&TREND_COHORT, cohort_cells(&week.cohort, &week.scope));
    fill(&TREND_COHORT, &mut cells, [("week_start", date(Some(week.week_start)))]);
    if is_hidden {
        fill(&TREND_COHORT, &mut cells, [("reason", text(Reason::KAnonymity.word()))]);
        return cells;
    }
    let interval = estimate.interval.as_ref().ok();
    fill(
        &TREND_COHORT,
        &mut cells,
        [
            ("n", count(estimate.n)),
            ("n_agents", count(estimate.n_agents)),
            ("mean", real(estimate.value.ok())),
            ("low", real(interval.map(|interval| interval.low))),
            ("high", real(interval.map(|interval| interval.high))),
            ("mean_by_agent", real(estimate.by_agent.ok())),
            ("n_failed_critical", count(week.n_failed_critical)),
            ("provisional", Cell::Bool(is_provisional(estimate.n, settings.provisional_below))),
            ("reason", Cell::text(estimate.interval.as_ref().err().map(|reason| reason.word()))),
        ],
    );
    cells
}

/// The agents of each cohort and scope.
pub(crate) type Crowds = BTreeMap<(Cohort, ScopePlace), Vec<CohortAgent>>;

/// Reads them.
pub(crate) fn crowds(store: &Store, slice: &Slice, kinds: &[&str]) -> Result<Crowds, StoreError> {
    let mut crowds = Crowds::new();
    for agent in store.cohort_agents(slice, kinds)? {
        crowds.entry((agent.cohort.clone(), agent.scope.clone())).or_default().push(agent);
    }
    Ok(crowds)
}

/// Where each cohort of each scope stands in the chained index.
pub(crate) type Links = BTreeMap<(Cohort, ScopePlace), ChainPoint>;

/// Rows of `cohort`.
pub(crate) fn cohort_rows(cohorts: &[CohortRow], crowds: &Crowds, links: &Links, hidden: &BTreeSet<(Cohort, ScopePlace)>) -> Vec<Row> {
    cohorts
        .iter()
        .map(|cohort| {
            let key = (cohort.cohort.clone(), cohort.scope.clone());
            cohort_row(cohort, crowds.get(&key).map_or(&[], Vec::as_slice), links.get(&key), hidden.contains(&key))
        })
        .collect()
}

fn cohort_row(found: &CohortRow, agents: &[CohortAgent], link: Option<&ChainPoint>, is_hidden: bool) -> Row {
    let mut cells = row(&COHORT, cohort_cells(&found.cohort, &found.scope));
    let names = [
        ("form_name", Cell::text(found.form_name.clone())),
        ("form_version", Cell::text(found.form_version.clone())),
        ("first_date", date(Some(found.first_date))),
        ("last_date", date(Some(found.last_date))),
    ];
    fill(&COHORT, &mut cells, names);
    if is_hidden {
        fill(&COHORT, &mut cells, [("reason", text(Reason::KAnonymity.word()))]);
        return cells;
    }
    let sums: Vec<AgentSum> = agents.iter().map(|agent| AgentSum { n: agent.n, sum: agent.sum_y }).collect();
    let ratios: Vec<AgentRatio> =
        agents.iter().map(|agent| AgentRatio { n: agent.n, points: agent.sum_weighted_points, max: agent.sum_weighted_max }).collect();
    let (mean, pooled) = (interval::mean(&sums), interval::pooled(&ratios));
    let rate = interval::wilson(found.n_failed_critical, found.n).ok();
    let (of_mean, of_pooled) = (mean.interval.as_ref().ok(), pooled.interval.as_ref().ok());
    fill(
        &COHORT,
        &mut cells,
        [
            ("n", count(found.n)),
            ("n_agents", count(found.n_agents)),
            ("mean", real(mean.value.ok())),
            ("low", real(of_mean.map(|interval| interval.low))),
            ("high", real(of_mean.map(|interval| interval.high))),
            ("pooled", real(pooled.value.ok())),
            ("pooled_low", real(of_pooled.map(|interval| interval.low))),
            ("pooled_high", real(of_pooled.map(|interval| interval.high))),
            ("n_failed_critical", count(found.n_failed_critical)),
            ("failed_critical_rate", real(rate.as_ref().map(|rate| rate.value))),
            ("failed_critical_low", real(rate.as_ref().map(|rate| rate.low))),
            ("failed_critical_high", real(rate.as_ref().map(|rate| rate.high))),
            ("n_score_parity", count(found.n_score_parity)),
            ("version_alarm", Cell::Bool(is_version_alarm(found.n, found.n_score_parity))),
            ("chain_id", link.map_or(Cell::Null, |link| count(link.chain_id))),
            ("index", real(link.map(|link| link.index))),
            ("reason", Cell::text(mean.interval.as_ref().err().map(|reason| reason.word()))),
        ],
    );
    cells
}

/// The weeks of each cohort of one form: the strata of its trend.
type Strata<'a> = BTreeMap<&'a Cohort, Vec<&'a Week>>;

/// Rows of `trend_verdict`: one for each form, `scored_by` and scope.
pub(crate) fn verdict_rows(weeks: &[Week], hidden: &Hidden, settings: &Analytics) -> Vec<Row> {
    let mut forms: BTreeMap<_, Strata<'_>> = BTreeMap::new();
    for week in weeks.iter().filter(|week| !hidden.hides(week)) {
        let cohort = &week.cohort;
        let key = (cohort.tenant.as_str(), cohort.platform.as_str(), cohort.form_id.as_str(), cohort.scored_by.as_str(), &week.scope);
        forms.entry(key).or_default().entry(cohort).or_default().push(week);
    }
    forms.into_values().filter_map(|strata| verdict_row(&strata, settings)).collect()
}

fn verdict_row(strata: &Strata<'_>, settings: &Analytics) -> Option<Row> {
    let all = || strata.values().flatten();
    let (first, last) = (all().map(|week| week.week_start).min()?, all().map(|week| week.week_start).max()?);
    let example = all().next()?;
    let points: Vec<Vec<WeekPoint>> = strata.values().map(|weeks| points(weeks, first)).collect();
    let found = trend::trend(&points, settings.flat_slope);
    let test = found.test.ok();
    let cohort = &example.cohort;
    Some(row(
        &TREND_VERDICT,
        [
            ("tenant", text(&cohort.tenant)),
            ("platform", text(&cohort.platform)),
            ("form_id", text(&cohort.form_id)),
            ("scored_by", text(&cohort.scored_by)),
            ("scope_kind", text(&example.scope.kind)),
            ("scope_id", text(&example.scope.id)),
            ("first_week", date(Some(first))),
            ("last_week", date(Some(last))),
            ("n_points", count(found.n_points)),
            ("n_strata", count(found.n_strata)),
            ("n_pairs", count(found.n_pairs)),
            ("slope", real(test.as_ref().map(|test| test.slope))),
            ("low", real(test.as_ref().and_then(|test| test.low))),
            ("high", real(test.as_ref().and_then(|test| test.high))),
            ("s", test.as_ref().map_or(Cell::Null, |test| Cell::Int(test.s))),
            ("variance", real(test.as_ref().map(|test| test.variance))),
            ("z", real(test.as_ref().map(|test| test.z))),
            ("p", real(test.as_ref().map(|test| test.p))),
            ("verdict", text(found.verdict.word())),
        ],
    ))
}

/// Weekly means by the number of weeks since the first.
fn points(weeks: &[&Week], first: Date) -> Vec<WeekPoint> {
    let point = |week: &&Week| {
        let days = week.week_start.since(first).map_or(0, |span| span.get_days());
        week.estimate.value.ok().map(|mean| WeekPoint { week: f64::from(days) / 7.0, mean })
    };
    weeks.iter().filter_map(point).collect()
}
