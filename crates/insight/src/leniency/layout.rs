//! Cells as numbered rows: who assessed whom on which version, each name given a place in the order of the names.
//! The order of the cells and how they were cut into batches cannot be seen any more. Nothing is estimated here.

use crate::sum::{Sum, sum};
use std::collections::{BTreeMap, BTreeSet};

/// The assessments of one agent by one evaluator on one form version. Finite numbers; a cell without assessments is passed over.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The form version, or whatever else shifts all scores alike.
    pub version: String,
    /// The agent.
    pub agent: String,
    /// The evaluator.
    pub evaluator: String,
    /// Assessments.
    pub n: u64,
    /// Their scores, added up.
    pub sum: f64,
    /// The squared distances from their mean, added up.
    pub ss_within: f64,
}

/// A cell with places instead of names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) version: usize,
    pub(super) agent: usize,
    pub(super) evaluator: usize,
    pub(super) n: f64,
    pub(super) mean: f64,
    pub(super) ss_within: f64,
}

/// What is plainly seen of one evaluator.
pub(super) struct Seen<'a> {
    pub(super) place: usize,
    pub(super) name: &'a str,
    pub(super) n: u64,
    pub(super) n_agents: u64,
    pub(super) raw_deviation: f64,
}

/// Rows sorted by agent, evaluator and version, and the names of their places.
pub(super) struct Layout<'a> {
    versions: Vec<&'a str>,
    evaluators: Vec<&'a str>,
    n_agents: usize,
    rows: Vec<Row>,
}

impl<'a> Layout<'a> {
    pub(super) fn of(cells: &'a [Cell]) -> Self {
        let mut merged: BTreeMap<(&str, &str, &str), Vec<&Cell>> = BTreeMap::new();
        for cell in cells.iter().filter(|cell| cell.n > 0) {
            merged.entry((&cell.agent, &cell.evaluator, &cell.version)).or_default().push(cell);
        }
        let versions = places(merged.keys().map(|(_, _, version)| *version));
        let agents = places(merged.keys().map(|(agent, _, _)| *agent));
        let evaluators = places(merged.keys().map(|(_, evaluator, _)| *evaluator));
        let place = |places: &BTreeMap<&str, usize>, name: &str| places.get(name).copied().unwrap_or(0);
        let row = |((agent, evaluator, version), cells): (&(&str, &str, &str), &Vec<&Cell>)| {
            let n = sum(cells.iter().map(|cell| cell.n as f64));
            let mean = sum(cells.iter().map(|cell| cell.sum)) / n;
            let apart = cells.iter().map(|cell| cell.n as f64 * (cell.sum / cell.n as f64 - mean).powi(2));
            let ss_within = sum(cells.iter().map(|cell| cell.ss_within).chain(apart));
            Row {
                version: place(&versions, version),
                agent: place(&agents, agent),
                evaluator: place(&evaluators, evaluator),
                n,
                mean,
                ss_within,
            }
        };
        let rows = merged.iter().map(row).collect();
        let names = |places: &BTreeMap<&'a str, usize>| places.keys().copied().collect();
        Self { versions: names(&versions), evaluators: names(&evaluators), n_agents: agents.len(), rows }
    }

    pub(super) fn cells(&self) -> &[Row] {
        &self.rows
    }

    pub(super) fn n_agents(&self) -> usize {
        self.n_agents
    }

    pub(super) fn n_evaluators(&self) -> usize {
        self.evaluators.len()
    }

    pub(super) fn version_names(&self) -> impl Iterator<Item = &str> {
        self.versions.iter().copied()
    }

    pub(super) fn n_versions(&self) -> usize {
        self.versions.len()
    }

    pub(super) fn evaluator_name(&self, place: usize) -> Option<&str> {
        self.evaluators.get(place).copied()
    }

    /// The layout of some evaluators by themselves, their places being those in the sorted list given.
    pub(super) fn part(&self, evaluators: &[usize]) -> Self {
        let rows: Vec<Row> = self.rows.iter().filter(|row| evaluators.binary_search(&row.evaluator).is_ok()).copied().collect();
        let versions: Vec<usize> = rows.iter().map(|row| row.version).collect::<BTreeSet<_>>().into_iter().collect();
        let agents: Vec<usize> = rows.iter().map(|row| row.agent).collect::<BTreeSet<_>>().into_iter().collect();
        let place = |places: &[usize], old: usize| places.binary_search(&old).unwrap_or(0);
        let renumbered = rows.iter().map(|row| Row {
            version: place(&versions, row.version),
            agent: place(&agents, row.agent),
            evaluator: place(evaluators, row.evaluator),
            ..*row
        });
        let names = |places: &[usize], names: &[&'a str]| places.iter().filter_map(|place| names.get(*place).copied()).collect();
        Self {
            versions: names(&versions, &self.versions),
            evaluators: names(evaluators, &self.evaluators),
            n_agents: agents.len(),
            rows: renumbered.collect(),
        }
    }

    /// The connected components of evaluators, two being joined by an agent whom both assessed; each sorted, and by its first.
    pub(super) fn islands(&self) -> Vec<Vec<usize>> {
        let mut leaders: Vec<usize> = (0..self.evaluators.len()).collect();
        for (before, row) in self.rows.iter().zip(self.rows.iter().skip(1)) {
            if before.agent == row.agent {
                let (one, other) = (leader(&leaders, before.evaluator), leader(&leaders, row.evaluator));
                if let Some(joined) = leaders.get_mut(one.max(other)) {
                    *joined = one.min(other);
                }
            }
        }
        let mut islands: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for evaluator in 0..self.evaluators.len() {
            islands.entry(leader(&leaders, evaluator)).or_default().push(evaluator);
        }
        islands.into_values().collect()
    }

    pub(super) fn evaluators(&self) -> Vec<Seen<'_>> {
        let mut totals = vec![(0.0, Sum::default()); self.versions.len()];
        for row in &self.rows {
            if let Some((n, total)) = totals.get_mut(row.version) {
                *n += row.n;
                total.add(row.n * row.mean);
            }
        }
        let version_means: Vec<f64> = totals.iter().map(|(n, total)| total.value() / n).collect();
        let mut by_evaluator: Vec<Vec<&Row>> = vec![Vec::new(); self.evaluators.len()];
        for row in &self.rows {
            if let Some(rows) = by_evaluator.get_mut(row.evaluator) {
                rows.push(row);
            }
        }
        let seen = self.evaluators.iter().zip(by_evaluator).enumerate().map(|(place, (name, rows))| {
            let n = sum(rows.iter().map(|row| row.n));
            let expected = |row: &Row| version_means.get(row.version).copied().unwrap_or(row.mean);
            let raw_deviation = sum(rows.iter().map(|row| row.n * (row.mean - expected(row)))) / n;
            let n_agents = rows.iter().map(|row| row.agent).collect::<BTreeSet<_>>().len() as u64;
            Seen { place, name, n: n as u64, n_agents, raw_deviation }
        });
        seen.collect()
    }
}

fn places<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let names: BTreeSet<&str> = names.collect();
    names.into_iter().zip(0..).collect()
}

/// Leaders only point to earlier places, so this ends.
fn leader(leaders: &[usize], mut place: usize) -> usize {
    while let Some(above) = leaders.get(place).filter(|above| **above < place) {
        place = *above;
    }
    place
}
