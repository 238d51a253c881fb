//! Weeks: the means of every cohort in every scope, week by week, made of the sums of its agents.

use insight::interval::{self, AgentSum, Estimate};
use jiff::civil::Date;
use store::statistics::{Cohort, CohortWeekAgent, ScopePlace, Slice};
use store::{Store, StoreError, VisitError};

/// One week of one cohort in one scope.
#[derive(Debug, Clone)]
pub(crate) struct Week {
    pub(crate) cohort: Cohort,
    pub(crate) scope: ScopePlace,
    pub(crate) week_start: Date,
    pub(crate) estimate: Estimate,
    pub(crate) n_failed_critical: u64,
}

/// All weeks of all cohorts, in the order of cohort, scope and week.
pub(crate) fn weeks(store: &Store, slice: &Slice, kinds: &[&str]) -> Result<Vec<Week>, StoreError> {
    let mut weeks = Vec::new();
    let mut open: Option<(CohortWeekAgent, Vec<AgentSum>, u64)> = None;
    let visited = store.cohort_week_agents(slice, kinds, &mut |next: CohortWeekAgent| {
        let sum = AgentSum { n: next.n, sum: next.sum_y };
        let n_failed = next.n_failed_critical;
        match &mut open {
            Some((first, agents, failed))
                if first.week_start == next.week_start && first.scope == next.scope && first.cohort == next.cohort =>
            {
                agents.push(sum);
                *failed += n_failed;
            }
            _ => weeks.extend(open.replace((next, vec![sum], n_failed)).map(closed)),
        }
        Ok::<(), StoreError>(())
    });
    visited.map_err(|error| match error {
        VisitError::Store(error) | VisitError::Visitor(error) => error,
    })?;
    weeks.extend(open.map(closed));
    Ok(weeks)
}

fn closed((first, agents, n_failed_critical): (CohortWeekAgent, Vec<AgentSum>, u64)) -> Week {
    Week { cohort: first.cohort, scope: first.scope, week_start: first.week_start, estimate: interval::mean(&agents), n_failed_critical }
}
