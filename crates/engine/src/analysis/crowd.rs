//! Crowds that are too small to be looked at: cells of teams below the least number of distinct agents are hidden, and with a
//! single one the next smallest too, because the total of the tenant stands beside them.

use std::collections::{BTreeMap, BTreeSet};

use insight::anonymity::{Total, hidden};
use jiff::civil::Date;
use store::statistics::{Cohort, CohortRow, ScopePlace};

use crate::analysis::trends::Week;

/// The weeks of teams that are hidden.
#[derive(Debug, Default)]
pub(crate) struct Hidden(BTreeSet<(Cohort, Date, ScopePlace)>);

impl Hidden {
    /// Finds them.
    pub(crate) fn among(weeks: &[Week], k: u64) -> Self {
        let mut cells: BTreeMap<(&Cohort, Date), BTreeMap<&ScopePlace, u64>> = BTreeMap::new();
        for week in weeks.iter().filter(|week| week.scope.kind == "team") {
            cells.entry((&week.cohort, week.week_start)).or_default().insert(&week.scope, week.estimate.n_agents);
        }
        let mut all = BTreeSet::new();
        for ((cohort, week_start), teams) in cells {
            all.extend(hidden(&teams, k, Total::Shown).into_iter().map(|scope| (cohort.clone(), week_start, scope.clone())));
        }
        Self(all)
    }

    /// Whether a week is hidden.
    pub(crate) fn hides(&self, week: &Week) -> bool {
        week.scope.kind == "team" && self.0.contains(&(week.cohort.clone(), week.week_start, week.scope.clone()))
    }
}

/// The teams of each cohort whose whole life is hidden.
pub(crate) fn hidden_teams(cohorts: &[CohortRow], k: u64) -> BTreeSet<(Cohort, ScopePlace)> {
    let mut cells: BTreeMap<&Cohort, BTreeMap<&ScopePlace, u64>> = BTreeMap::new();
    for cohort in cohorts.iter().filter(|cohort| cohort.scope.kind == "team") {
        cells.entry(&cohort.cohort).or_default().insert(&cohort.scope, cohort.n_agents);
    }
    let mut all = BTreeSet::new();
    for (cohort, teams) in cells {
        all.extend(hidden(&teams, k, Total::Shown).into_iter().map(|scope| (cohort.clone(), scope.clone())));
    }
    all
}
