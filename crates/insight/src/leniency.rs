//! How lenient each evaluator is, in points, told apart from how good the assessed agents are.
//! A mixed model with agents and evaluators as crossed random effects; its variances by restricted maximum likelihood over all
//! cells, the effects within each island. It is never subtracted from a published score. The algebra is in `system`.
//! It reads only sums of cells, so how many assessments there are does not matter; evaluators are what costs time.

use crate::quantile::Z;
use crate::reason::Reason;
use crate::show::compared;
use crate::sum::sum;
use std::collections::{BTreeMap, BTreeSet};

mod fit;
mod layout;
mod system;
#[cfg(test)]
mod tests;

pub use layout::Cell;
use layout::Layout;
use system::System;

/// From when on an evaluator's leniency is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeniencySettings {
    /// Assessments by the evaluator at least.
    pub assessments_min: u64,
    /// Agents assessed by the evaluator at least.
    pub agents_min: u64,
}

impl Default for LeniencySettings {
    fn default() -> Self {
        Self { assessments_min: 10, agents_min: 3 }
    }
}

/// The three variances of the model, in squared points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variances {
    /// Between agents.
    pub agent: f64,
    /// Between evaluators.
    pub evaluator: f64,
    /// Of the rest.
    pub rest: f64,
}

/// A published leniency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leniency {
    /// Points above (lenient) or below (strict) what the others of the island would have given.
    pub effect: f64,
    /// Of the effect, the fixed effects taken as known.
    pub standard_error: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
}

/// One evaluator.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluator {
    /// The evaluator.
    pub evaluator_id: String,
    /// Assessments.
    pub n: u64,
    /// Different agents among them.
    pub n_agents: u64,
    /// Mean distance of the scores from the mean of their form version, whoever was assessed.
    pub raw_deviation: f64,
    /// The island, from 1 on, in the order of the first evaluator's id. Effects of two islands are not comparable.
    pub island_id: u64,
    /// The effect or why there is none.
    pub leniency: Result<Leniency, Reason>,
}

/// Evaluators who are connected through agents.
#[derive(Debug, Clone, PartialEq)]
pub struct Island {
    /// From 1 on.
    pub island_id: u64,
    /// Evaluators in it.
    pub n_evaluators: u64,
    /// Agents in it.
    pub n_agents: u64,
    /// The fixed effect of each form version: what an average agent gets from an average evaluator. Empty without a fit.
    pub version_means: BTreeMap<String, f64>,
}

/// All evaluators, in the order of their ids, and what their figures rest on.
#[derive(Debug, Clone, PartialEq)]
pub struct Leniencies {
    /// Over all cells, or why they cannot be told apart.
    pub variances: Result<Variances, Reason>,
    /// The islands, by id.
    pub islands: Vec<Island>,
    /// The evaluators.
    pub evaluators: Vec<Evaluator>,
    predicted: BTreeMap<String, f64>,
}

impl Leniencies {
    /// An agent's mean as it would be had average evaluators of the island given it: the mean less the mean predicted effect over the
    /// agent's assessments, `by_evaluator` being how many each evaluator made. Effects too thin to be published count here too,
    /// because they are shrunken.
    ///
    /// # Errors
    /// [`Reason::NTooSmall`] without assessments, [`Reason::NotConnected`] if for one of them no effect is known,
    /// and the reason of `variances` if there was no fit.
    pub fn adjusted_mean<'a>(&self, mean: f64, by_evaluator: impl IntoIterator<Item = (&'a str, u64)>) -> Result<f64, Reason> {
        self.variances?;
        let mut n = 0;
        let mut effects = Vec::new();
        for (evaluator_id, n_assessments) in by_evaluator.into_iter().filter(|(_, n)| *n > 0) {
            let effect = self.predicted.get(evaluator_id).ok_or(Reason::NotConnected)?;
            effects.push(effect * n_assessments as f64);
            n += n_assessments;
        }
        if n == 0 { Err(Reason::NTooSmall) } else { Ok(mean - sum(effects) / n as f64) }
    }
}

/// The leniency of every evaluator in `cells`, which are of one `scored_by` and one span. Cells of the same names are added up.
///
/// The variances are null with [`Reason::NotConnected`] if no two evaluators share an agent, [`Reason::NTooSmall`] below 3 assessments
/// beyond the number of versions, [`Reason::NoVariance`] if scores differ only by version, [`Reason::NoWithinVariance`] if agent and
/// evaluator explain every score, [`Reason::NoConvergence`] if the cells cannot tell the variances apart. Besides, a leniency is
/// null with [`Reason::NotConnected`] for the only evaluator of an island, with [`Reason::NTooSmall`] below the settings, and with
/// [`Reason::NoVariance`] if the evaluators differ no more than chance lets them (variance 0, compared at 6 decimals).
pub fn leniencies(cells: &[Cell], settings: LeniencySettings) -> Leniencies {
    let layout = Layout::of(cells);
    let members = layout.islands();
    let fitted = if members.iter().any(|island| island.len() > 1) { fit::variances(&layout) } else { Err(Reason::NotConnected) };
    let mut predicted: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    let mut islands = Vec::new();
    let mut island_ids = BTreeMap::new();
    for (island_id, evaluators) in (1..).zip(&members) {
        island_ids.extend(evaluators.iter().map(|evaluator| (*evaluator, island_id)));
        let part = layout.part(evaluators);
        let n_agents = part.cells().iter().map(|cell| cell.agent).collect::<BTreeSet<_>>().len() as u64;
        let mut version_means = BTreeMap::new();
        if let (Ok(variances), true) = (&fitted, evaluators.len() > 1)
            && let Some(solution) = System::of(&part).predicted(*variances)
        {
            predicted.extend(evaluators.iter().copied().zip(solution.effects.into_iter().zip(solution.standard_errors)));
            version_means = part.version_names().map(str::to_owned).zip(solution.version_means).collect();
        }
        islands.push(Island { island_id, n_evaluators: evaluators.len() as u64, n_agents, version_means });
    }
    let evaluators = layout.evaluators().into_iter().map(|seen| {
        let island_id = island_ids.get(&seen.place).copied().unwrap_or(0);
        let is_alone = islands.iter().any(|island| island.island_id == island_id && island.n_evaluators < 2);
        let is_thin = seen.n < settings.assessments_min || seen.n_agents < settings.agents_min;
        let leniency = match (is_alone, is_thin) {
            (true, _) => Err(Reason::NotConnected),
            (_, true) => Err(Reason::NTooSmall),
            _ => published(fitted, predicted.get(&seen.place).copied()),
        };
        let (evaluator_id, n, n_agents) = (seen.name.to_owned(), seen.n, seen.n_agents);
        Evaluator { evaluator_id, n, n_agents, raw_deviation: seen.raw_deviation, island_id, leniency }
    });
    let evaluators = evaluators.collect();
    let predicted = predicted.iter().filter_map(|(place, (effect, _))| Some((layout.evaluator_name(*place)?.to_owned(), *effect)));
    Leniencies { variances: fitted, evaluators, predicted: predicted.collect(), islands }
}

fn published(variances: Result<Variances, Reason>, predicted: Option<(f64, f64)>) -> Result<Leniency, Reason> {
    if compared(variances?.evaluator) <= 0.0 {
        return Err(Reason::NoVariance);
    }
    let (effect, standard_error) = predicted.ok_or(Reason::NoConvergence)?;
    let reach = Z * standard_error;
    Ok(Leniency { effect, standard_error, low: effect - reach, high: effect + reach })
}

/// The twin without variances, for checks: least squares with a column for each agent and version, evaluator effects adding up to 0
/// in each island. Nothing is pulled to the middle, so thin evaluators vary widely.
///
/// An effect is [`Reason::NotConnected`] for the only evaluator of an island, and [`Reason::NoConvergence`] where versions and
/// evaluators cannot be told apart.
pub fn twin(cells: &[Cell]) -> BTreeMap<String, Result<f64, Reason>> {
    let layout = Layout::of(cells);
    let mut effects = BTreeMap::new();
    for evaluators in layout.islands() {
        let solution = if evaluators.len() > 1 {
            System::of(&layout.part(&evaluators)).least_squares().ok_or(Reason::NoConvergence)
        } else {
            Err(Reason::NotConnected)
        };
        for (place, evaluator) in evaluators.iter().enumerate() {
            let effect = solution.as_ref().map_err(|reason| *reason).and_then(|all| all.get(place).copied().ok_or(Reason::NoConvergence));
            effects.extend(layout.evaluator_name(*evaluator).map(|name| (name.to_owned(), effect)));
        }
    }
    effects
}
