//! The three variances by restricted maximum likelihood: a search over two ratios, the rest's variance following from them.
//! The likelihood depends on the squares of the ratios alone, so the search needs no bounds and a variance of 0 is found like any
//! other. It first asks whether the cells can tell the variances apart at all.
#![expect(clippy::indexing_slicing, reason = "rows and columns come from the layout that the matrices were made for")]

use super::Variances;
use super::layout::Layout;
use super::system::{Fit, System};
use crate::reason::Reason;
use crate::show::compared;
use crate::sum::sum;
use argmin::core::{CostFunction, Error, Executor};
use argmin::solver::neldermead::NelderMead;
use nalgebra::{DMatrix, Matrix3, Vector3};

/// What is looked at first: deviations of agents, and of evaluators, against that of the rest.
const GRID: [f64; 12] = [0.0, 0.03, 0.06, 0.12, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
/// A ratio beyond this means that nothing is left for the rest.
const THETA_MAX: f64 = 1e4;
/// Against the variance of all scores: less than this is no rest.
const REST_MIN: f64 = 1e-7;
const SETTLED: f64 = 1e-14;
const STEPS_MAX: u64 = 300;
const SEARCHES_MAX: usize = 6;
/// An eigenvalue of correlations below this is none.
const APART_MIN: f64 = 1e-8;

type Theta = (f64, f64);

/// The variances over all cells. The reasons are told at [`super::leniencies`].
pub(super) fn variances(layout: &Layout) -> Result<Variances, Reason> {
    let system = System::of(layout);
    if system.freedom() < 3.0 {
        return Err(Reason::NTooSmall);
    }
    let variance = system.about_versions() / system.freedom();
    if compared(variance) <= 0.0 {
        return Err(Reason::NoVariance);
    }
    if !are_apart(layout, system.freedom()) {
        return Err(Reason::NoConvergence);
    }
    let theta = smallest(&system)?;
    let fit = fit_at(&system, theta).ok_or(Reason::NoConvergence)?;
    if fit.rest < REST_MIN * variance {
        return Err(Reason::NoWithinVariance);
    }
    Ok(Variances { agent: fit.rest * theta.0.powi(2), evaluator: fit.rest * theta.1.powi(2), rest: fit.rest })
}

/// The place of the smallest criterion. With few assessments there may be several valleys, so each that the grid shows is searched.
fn smallest(system: &System) -> Result<Theta, Reason> {
    let bottoms = starts(system).into_iter().filter_map(|start| bottom(system, start));
    let (_, theta) = bottoms.min_by(|a, b| a.0.total_cmp(&b.0)).ok_or(Reason::NoConvergence)?;
    Ok(snapped(system, theta))
}

/// The places of the grid that none of their neighbours lies below.
fn starts(system: &System) -> Vec<Theta> {
    let heights = DMatrix::from_fn(GRID.len(), GRID.len(), |agent, evaluator| criterion_at(system, (GRID[agent], GRID[evaluator])));
    // A place and its neighbours on either side, as far as there are any: the first of them and how many they are.
    let around = |place: usize| (place.saturating_sub(1), (place + 2).min(GRID.len()) - place.saturating_sub(1));
    let mut starts = Vec::new();
    for (agent, theta_agent) in GRID.into_iter().enumerate() {
        for (evaluator, theta_evaluator) in GRID.into_iter().enumerate() {
            let ((top, n_rows), (left, n_columns)) = (around(agent), around(evaluator));
            if heights[(agent, evaluator)] <= heights.view((top, left), (n_rows, n_columns)).min() {
                starts.push((theta_agent, theta_evaluator));
            }
        }
    }
    starts
}

/// The criterion and its place at the bottom of a valley: searched again and again until nothing is gained, `None` if that goes on.
fn bottom(system: &System, mut theta: Theta) -> Option<(f64, Theta)> {
    let mut criterion = criterion_at(system, theta);
    for round in 0..SEARCHES_MAX {
        theta = searched(system, theta, if round == 0 { 0.5 } else { 0.05 }, SETTLED * (1.0 + criterion.abs()))?;
        let before = criterion;
        criterion = criterion_at(system, theta);
        if criterion < f64::MAX && before - criterion <= 1e-10 * (1.0 + criterion.abs()) {
            return Some((criterion, theta));
        }
    }
    None
}

fn searched(system: &System, (agent, evaluator): Theta, width: f64, settled: f64) -> Option<Theta> {
    // The widths keep a ratio that has come to 0 from being stuck there.
    let step = |theta: f64| theta + width * theta.max(0.01);
    let corners = vec![vec![agent, evaluator], vec![step(agent), evaluator], vec![agent, step(evaluator)]];
    let search = NelderMead::new(corners).with_sd_tolerance(settled).ok()?;
    let run = Executor::new(Criterion(system), search).configure(|state| state.max_iters(STEPS_MAX)).timer(false).run();
    match run.ok()?.state.best_param.as_deref() {
        Some([agent, evaluator]) => Some((inside(*agent), inside(*evaluator))),
        _ => None,
    }
}

/// A ratio that is as good as 0 is 0.
fn snapped(system: &System, (agent, evaluator): Theta) -> Theta {
    let criterion = criterion_at(system, (agent, evaluator));
    let is_as_good = |theta: Theta| criterion_at(system, theta) <= criterion + 1e-8;
    match (agent < 0.01 && is_as_good((0.0, evaluator)), evaluator < 0.01 && is_as_good((agent, 0.0))) {
        (true, true) => (0.0, 0.0),
        (true, false) => (0.0, evaluator),
        (false, true) => (agent, 0.0),
        (false, false) => (agent, evaluator),
    }
}

fn inside(theta: f64) -> f64 {
    theta.abs().min(THETA_MAX)
}

fn fit_at(system: &System, (agent, evaluator): Theta) -> Option<Fit> {
    system.fit(inside(agent), inside(evaluator))
}

fn criterion_at(system: &System, theta: Theta) -> f64 {
    fit_at(system, theta).map(|fit| fit.criterion).filter(|criterion| criterion.is_finite()).unwrap_or(f64::MAX)
}

struct Criterion<'a>(&'a System);

impl CostFunction for Criterion<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, theta: &Vec<f64>) -> Result<f64, Error> {
        match theta.as_slice() {
            [agent, evaluator] => Ok(criterion_at(self.0, (*agent, *evaluator))),
            _ => Ok(f64::MAX),
        }
    }
}

/// Whether the three variances leave different marks in the scores once the versions' means are taken off. Agents with one assessment
/// each look like the rest; evaluators with a version each look like the versions. The marks are matrices `M`, `M Za Za' M` and
/// `M Ze Ze' M`; what is looked at is the angles between them.
fn are_apart(layout: &Layout, freedom: f64) -> bool {
    let cells = layout.cells();
    let mut versions = vec![0.0; layout.n_versions()];
    for cell in cells {
        if let Some(n) = versions.get_mut(cell.version) {
            *n += cell.n;
        }
    }
    let roots: Vec<f64> = versions.into_iter().map(f64::sqrt).collect();
    let agents = Marks::of(layout.n_agents(), cells.iter().map(|cell| (cell.agent, cell.version, cell.n)), &roots);
    let evaluators = Marks::of(layout.n_evaluators(), cells.iter().map(|cell| (cell.evaluator, cell.version, cell.n)), &roots);
    let n = sum(cells.iter().map(|cell| cell.n));
    let pairs: Vec<(usize, usize, f64)> = cells
        .chunk_by(|a, b| a.agent == b.agent && a.evaluator == b.evaluator)
        .filter_map(|same| same.first().map(|first| (first.agent, first.evaluator, same.iter().map(|cell| cell.n).sum())))
        .collect();
    let joint = sum(pairs.iter().map(|(_, _, n)| n.powi(2)))
        - 2.0 * sum(pairs.iter().map(|(agent, evaluator, n)| n * agents.shares.row(*agent).dot(&evaluators.shares.row(*evaluator))))
        + agents.across.dot(&evaluators.across);
    let sizes = Vector3::new(freedom, agents.size(), evaluators.size());
    if agents.size() < APART_MIN * agents.squares || evaluators.size() < APART_MIN * evaluators.squares {
        return false;
    }
    let (agent, evaluator) = (n - agents.across.trace(), n - evaluators.across.trace());
    let products = Matrix3::new(sizes.x, agent, evaluator, agent, sizes.y, joint, evaluator, joint, sizes.z);
    let scale = Matrix3::from_diagonal(&sizes.map(|size| 1.0 / size.sqrt()));
    (scale * products * scale).symmetric_eigenvalues().min() > APART_MIN
}

/// The assessments of agents, or of evaluators, against the versions.
struct Marks {
    /// Assessments by version, over the roots of the versions' assessments.
    shares: DMatrix<f64>,
    /// The products of these columns.
    across: DMatrix<f64>,
    counts: Vec<f64>,
    squares: f64,
}

impl Marks {
    fn of(width: usize, counts: impl Iterator<Item = (usize, usize, f64)>, roots: &[f64]) -> Self {
        let mut shares = DMatrix::zeros(width, roots.len());
        for (place, version, n) in counts {
            shares[(place, version)] += n;
        }
        let counts: Vec<f64> = shares.row_iter().map(|row| row.sum()).collect();
        for (mut column, root) in shares.column_iter_mut().zip(roots) {
            column /= *root;
        }
        let squares = sum(counts.iter().map(|n| n.powi(2)));
        Self { across: shares.tr_mul(&shares), shares, counts, squares }
    }

    /// The squared length of `M Z Z' M`.
    fn size(&self) -> f64 {
        let shared = sum(self.shares.row_iter().zip(&self.counts).map(|(row, n)| n * row.norm_squared()));
        self.squares - 2.0 * shared + self.across.norm_squared()
    }
}
