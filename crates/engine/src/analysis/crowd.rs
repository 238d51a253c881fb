//! Crowds that are too small to be looked at. Cells of teams below the least number of distinct agents are hidden; where a
//! single one is, under a total that is shown, the next smallest is hidden too. Totals are those of the tenant and of each division and
//! site that a team has assessments in.

use std::collections::{BTreeMap, BTreeSet};

use insight::anonymity::{Total, hidden};
use jiff::civil::Date;
use store::statistics::{Cohort, CohortRow, ScopePlace, Slice};
use store::{Store, StoreError};

use crate::analysis::settings::Analytics;
use crate::analysis::week::{self, Week};

/// The teams of each tenant, under every total that stands beside them.
struct Totals(BTreeMap<(String, Option<ScopePlace>), BTreeSet<String>>);

impl Totals {
    fn read(store: &Store) -> Result<Self, StoreError> {
        let mut totals: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
        for found in store.team_places()? {
            totals.entry((found.tenant, Some(found.place))).or_default().insert(found.team_id);
        }
        Ok(Self(totals))
    }

    /// The cells to be hidden among the teams of a tenant, by their numbers of agents.
    fn hide(&self, tenant: &str, teams: &BTreeMap<&ScopePlace, u64>, k: u64) -> BTreeSet<ScopePlace> {
        let all: BTreeSet<&ScopePlace> = teams.keys().copied().collect();
        let of_places = self.0.iter().filter(|((owner, _), _)| owner == tenant);
        let mut groups: Vec<BTreeSet<&ScopePlace>> =
            of_places.map(|(_, ids)| all.iter().copied().filter(|team| ids.contains(&team.id)).collect()).collect();
        groups.push(all);
        let mut gone: BTreeSet<&ScopePlace> = BTreeSet::new();
        // What one total hides may leave another with a single hidden cell; every round hides at least one more, or is the last.
        loop {
            let before = gone.len();
            for group in &groups {
                let cells: BTreeMap<&ScopePlace, u64> =
                    group.iter().filter_map(|team| Some((*team, if gone.contains(team) { 1 } else { *teams.get(team)? }))).collect();
                gone.extend(hidden(&cells, k, Total::Shown));
            }
            if gone.len() == before {
                return gone.into_iter().cloned().collect();
            }
        }
    }
}

/// Finds what is hidden in a store.
pub(crate) struct SmallCrowds<'a> {
    store: &'a Store,
    totals: Totals,
    k: u64,
}

impl<'a> SmallCrowds<'a> {
    /// Reads what totals stand beside which teams.
    pub(crate) fn read(store: &'a Store, settings: &Analytics) -> Result<Self, StoreError> {
        Ok(Self { store, totals: Totals::read(store)?, k: settings.k_anonymity })
    }

    /// The weeks of teams that are hidden, whatever of a slice is looked at: a single team is hidden for the sake of the others.
    pub(crate) fn weeks(&self, slice: &Slice, weeks: &[Week]) -> Result<Hidden, StoreError> {
        let hide = |weeks: &[Week]| {
            let cells =
                weeks.iter().map(|week| ((week.cohort.clone(), week.week_start), &week.cohort, &week.scope, week.estimate.n_agents));
            let hidden = self.hide_all(cells);
            Hidden(hidden.into_iter().map(|((cohort, week_start), scope)| (cohort, week_start, scope)).collect())
        };
        match of_all_teams(slice) {
            None => Ok(hide(weeks)),
            Some(all) => Ok(hide(&week::weeks(self.store, &all, &["team"])?)),
        }
    }

    /// The teams of each cohort that are hidden over the whole slice.
    pub(crate) fn teams(&self, slice: &Slice, cohorts: &[CohortRow]) -> Result<BTreeSet<(Cohort, ScopePlace)>, StoreError> {
        let hide = |cohorts: &[CohortRow]| {
            self.hide_all(cohorts.iter().map(|found| (found.cohort.clone(), &found.cohort, &found.scope, found.n_agents)))
        };
        match of_all_teams(slice) {
            None => Ok(hide(cohorts)),
            Some(all) => Ok(hide(&self.store.cohorts(&all, &["team"])?)),
        }
    }

    fn hide_all<'c, K: Ord + Clone>(&self, cells: impl Iterator<Item = (K, &'c Cohort, &'c ScopePlace, u64)>) -> BTreeSet<(K, ScopePlace)> {
        let mut views: BTreeMap<K, (&str, BTreeMap<&ScopePlace, u64>)> = BTreeMap::new();
        for (view, cohort, scope, n_agents) in cells.filter(|(_, _, scope, _)| scope.kind == "team") {
            views.entry(view).or_insert_with(|| (cohort.tenant.as_str(), BTreeMap::new())).1.insert(scope, n_agents);
        }
        let mut all = BTreeSet::new();
        for (view, (tenant, teams)) in views {
            all.extend(self.totals.hide(tenant, &teams, self.k).into_iter().map(|scope| (view.clone(), scope)));
        }
        all
    }
}

/// The slice without its scope, if that is a team.
fn of_all_teams(slice: &Slice) -> Option<Slice> {
    slice.scope.as_ref().filter(|scope| scope.kind == "team").map(|_| Slice { scope: None, ..slice.clone() })
}

/// The weeks of teams that are hidden.
#[derive(Debug, Default)]
pub(crate) struct Hidden(BTreeSet<(Cohort, Date, ScopePlace)>);

impl Hidden {
    /// Whether a week is hidden.
    pub(crate) fn hides(&self, week: &Week) -> bool {
        week.scope.kind == "team" && self.0.contains(&(week.cohort.clone(), week.week_start, week.scope.clone()))
    }
}
