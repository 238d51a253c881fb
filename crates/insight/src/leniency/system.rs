//! The mixed model's equations with the agents eliminated, so that what is left is as wide as evaluators and versions together.
//! Random effects are scaled by `theta`, the square root of their variance over that of the rest (as lme4 does), so 0 is no special
//! case. Columns: the evaluators, the versions, and last the scores themselves, taken about their mean.
#![expect(clippy::indexing_slicing, reason = "rows and columns come from the layout that the matrices were made for")]

use super::Variances;
use super::layout::Layout;
use crate::sum::{Sum, sum};
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

/// Pivots smaller than this against the greatest are none.
const PIVOT_MIN: f64 = 1e-10;

/// What all cells add up to. Only the lower triangles are kept.
pub(super) struct System {
    n_evaluators: usize,
    n_versions: usize,
    n: f64,
    centre: f64,
    /// Squared distances of all scores from `centre`, added up.
    total: f64,
    /// Products of the columns over all assessments.
    products: DMatrix<f64>,
    agents: Vec<AgentSums>,
}

/// One agent's assessments and what they add up to in each column, sorted by column.
struct AgentSums {
    n: f64,
    sums: Vec<(usize, f64)>,
}

/// Effects of evaluators and the means of versions, in the order of their places.
pub(super) struct Solution {
    pub(super) effects: Vec<f64>,
    pub(super) standard_errors: Vec<f64>,
    pub(super) version_means: Vec<f64>,
}

/// The criterion of restricted maximum likelihood and what goes with it.
#[derive(Clone, Copy)]
pub(super) struct Fit {
    /// To be as small as possible; free of units.
    pub(super) criterion: f64,
    /// The variance of the rest.
    pub(super) rest: f64,
}

impl System {
    pub(super) fn of(layout: &Layout) -> Self {
        let (n_evaluators, n_versions) = (layout.n_evaluators(), layout.n_versions());
        let cells = layout.cells();
        let n = sum(cells.iter().map(|cell| cell.n));
        let centre = sum(cells.iter().map(|cell| cell.n * cell.mean)) / n.max(1.0);
        let scores = n_evaluators + n_versions;
        let mut products = DMatrix::zeros(scores + 1, scores + 1);
        let mut agents: Vec<AgentSums> = (0..layout.n_agents()).map(|_| AgentSums { n: 0.0, sums: Vec::new() }).collect();
        let mut total = Sum::default();
        for cell in cells {
            let (evaluator, version) = (cell.evaluator, n_evaluators + cell.version);
            let points = cell.n * (cell.mean - centre);
            products[(evaluator, evaluator)] += cell.n;
            products[(version, version)] += cell.n;
            products[(version, evaluator)] += cell.n;
            products[(scores, evaluator)] += points;
            products[(scores, version)] += points;
            total.add(cell.ss_within);
            total.add(cell.n * (cell.mean - centre).powi(2));
            if let Some(agent) = agents.get_mut(cell.agent) {
                agent.n += cell.n;
                agent.sums.extend([(evaluator, cell.n), (version, cell.n), (scores, points)]);
            }
        }
        agents.iter_mut().for_each(AgentSums::merge);
        products[(scores, scores)] = total.value();
        Self { n_evaluators, n_versions, n, centre, total: total.value(), products, agents }
    }

    /// The products less what the agents take for themselves, `share` being the weight of an agent with so many assessments.
    fn without_agents(&self, share: impl Fn(f64) -> f64) -> DMatrix<f64> {
        let mut left = self.products.clone();
        for agent in &self.agents {
            let share = share(agent.n);
            for (place, (column, across)) in agent.sums.iter().enumerate() {
                for (row, down) in agent.sums.iter().skip(place) {
                    left[(*row, *column)] -= share * across * down;
                }
            }
        }
        left
    }

    /// The same for the scaled effects, their own penalty added.
    fn scaled(&self, theta_agent: f64, theta_evaluator: f64) -> DMatrix<f64> {
        let ratio = theta_agent.powi(2);
        let mut left = self.without_agents(|n| ratio / (ratio * n + 1.0));
        left.columns_mut(0, self.n_evaluators).scale_mut(theta_evaluator);
        left.rows_mut(0, self.n_evaluators).scale_mut(theta_evaluator);
        for evaluator in 0..self.n_evaluators {
            left[(evaluator, evaluator)] += 1.0;
        }
        left
    }

    /// Evaluators and versions against each other, and both against the scores.
    fn halves(&self, all: &DMatrix<f64>) -> (DMatrix<f64>, DVector<f64>) {
        let width = self.n_evaluators + self.n_versions;
        (all.view((0, 0), (width, width)).into_owned(), all.view((width, 0), (1, width)).transpose().column(0).into_owned())
    }

    /// The restricted likelihood at these ratios; `None` where it cannot be computed.
    pub(super) fn fit(&self, theta_agent: f64, theta_evaluator: f64) -> Option<Fit> {
        let all = self.scaled(theta_agent, theta_evaluator);
        let (left, right) = self.halves(&all);
        let factor = Cholesky::new(left)?;
        let explained = factor.l_dirty().solve_lower_triangular(&right)?.norm_squared();
        let width = self.n_evaluators + self.n_versions;
        let unexplained = (all[(width, width)] - explained).max(0.0);
        let freedom = self.n - self.n_versions as f64;
        let pivots = 2.0 * sum(factor.l_dirty().diagonal().iter().map(|pivot| pivot.ln()));
        let ratio = theta_agent.powi(2);
        let agents = sum(self.agents.iter().map(|agent| (ratio * agent.n).ln_1p()));
        let criterion = pivots + agents + freedom * (unexplained / self.total).ln();
        (freedom > 0.0).then_some(Fit { criterion, rest: unexplained / freedom })
    }

    /// The best predictions at these variances; `None` if the equations have no single answer. The rest's variance is above 0.
    pub(super) fn predicted(&self, variances: Variances) -> Option<Solution> {
        let theta_evaluator = (variances.evaluator / variances.rest).sqrt();
        let (left, right) = self.halves(&self.scaled((variances.agent / variances.rest).sqrt(), theta_evaluator));
        let evaluators = left.view((0, 0), (self.n_evaluators, self.n_evaluators)).into_owned();
        let solved = Cholesky::new(left)?.solve(&right);
        let spread = Cholesky::new(evaluators)?.inverse();
        let error = |pivot: &f64| (variances.rest * pivot.max(0.0)).sqrt() * theta_evaluator;
        let standard_errors = spread.diagonal().iter().map(error).collect();
        let effects = solved.iter().take(self.n_evaluators).map(|effect| effect * theta_evaluator).collect();
        let version_means = solved.iter().skip(self.n_evaluators).map(|mean| mean + self.centre).collect();
        Some(Solution { effects, standard_errors, version_means })
    }

    /// Effects of evaluators by least squares, agents and versions being columns too; they add up to 0. `None` if versions and
    /// evaluators are entangled. The evaluators must be one island.
    pub(super) fn least_squares(&self) -> Option<Vec<f64>> {
        let (mut left, right) = self.halves(&self.without_agents(|n| 1.0 / n));
        // A common shift of all evaluators, or of all versions, is the agents': these two directions are given a weight of their own.
        for (first, width) in [(0, self.n_evaluators), (self.n_evaluators, self.n_versions)] {
            left.view_mut((first, first), (width, width)).add_scalar_mut(self.n / (width as f64).powi(2));
        }
        let factor = Cholesky::<f64, Dyn>::new(left)?;
        let pivots = factor.l_dirty().diagonal();
        let solved = factor.solve(&right);
        (pivots.min() > PIVOT_MIN.sqrt() * pivots.max()).then(|| solved.iter().take(self.n_evaluators).copied().collect())
    }

    /// Squared distances of all scores from the means of their versions, added up.
    pub(super) fn about_versions(&self) -> f64 {
        let scores = self.n_evaluators + self.n_versions;
        let explained =
            (self.n_evaluators..scores).map(|version| self.products[(scores, version)].powi(2) / self.products[(version, version)]);
        (self.total - sum(explained)).max(0.0)
    }

    /// Assessments beyond the number of versions.
    pub(super) fn freedom(&self) -> f64 {
        self.n - self.n_versions as f64
    }
}

impl AgentSums {
    /// One entry a column, by column.
    fn merge(&mut self) {
        self.sums.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut merged: Vec<(usize, f64)> = Vec::new();
        for (column, term) in self.sums.drain(..) {
            match merged.last_mut() {
                Some((last, total)) if *last == column => *total += term,
                _ => merged.push((column, term)),
            }
        }
        self.sums = merged;
    }
}
