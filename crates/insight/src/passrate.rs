//! Pass rates pulled to the rate of their pool: how often each agent's assessments pass, allowing for how few they are.
//! All agents are of one cohort, one pool and one span. The rates of agents are taken to spread like a beta distribution, whose two
//! parameters are those that make the counts likeliest. What passing means is not decided here.

use crate::quantile;
use crate::reason::Reason;
use argmin::core::{CostFunction, Error, Executor};
use argmin::solver::brent::BrentRoot;

const AGENTS_MIN: usize = 3;
/// `alpha + beta` at most: beyond it the agents do not differ, and the likelihood is flat.
const STRENGTH_MAX: f64 = 1e6;
const STRENGTH_MIN: f64 = 1e-6;
/// Strengths tried first, a quarter of a power of ten apart.
const GRID: usize = 48;
const LOGIT_MAX: f64 = 40.0;
const STEPS_MAX: u64 = 200;

/// What is counted of one agent. One entry an agent; one without assessments is passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentPasses {
    /// The agent.
    pub agent_id: String,
    /// Assessments.
    pub n: u64,
    /// Those passed; never more than `n`.
    pub n_passed: u64,
}

/// One agent's pass rate.
#[derive(Debug, Clone, PartialEq)]
pub struct PassRate {
    /// The agent.
    pub agent_id: String,
    /// Assessments.
    pub n: u64,
    /// Those passed.
    pub n_passed: u64,
    /// The shrunken rate, 0..1.
    pub rate: f64,
    /// Lower end of the 90 % interval.
    pub low: f64,
    /// Upper end of the 90 % interval.
    pub high: f64,
}

/// The pool's distribution and its agents' rates, these in the order of their ids.
#[derive(Debug, Clone, PartialEq)]
pub struct PassRates {
    /// Passes that the pool lends to every agent.
    pub alpha: f64,
    /// Failures that the pool lends to every agent.
    pub beta: f64,
    /// Every agent with assessments.
    pub agents: Vec<PassRate>,
}

/// The pass rates of a pool.
///
/// # Errors
/// [`Reason::NTooSmall`] below 3 agents or if nobody has two assessments, [`Reason::NoVariance`] if all passed or all failed,
/// [`Reason::NoWithinVariance`] if every agent passed either always or never: nothing then bounds the spread between agents.
pub fn pass_rates(agents: &[AgentPasses]) -> Result<PassRates, Reason> {
    let mut agents: Vec<AgentPasses> = agents.iter().filter(|agent| agent.n > 0 && agent.n_passed <= agent.n).cloned().collect();
    agents.sort_by(|a, b| a.agent_id.cmp(&b.agent_id).then((a.n, a.n_passed).cmp(&(b.n, b.n_passed))));
    let (alpha, beta) = likeliest(&agents)?;
    let agents = agents.into_iter().map(|agent| pass_rate(agent, alpha, beta)).collect::<Result<_, Reason>>()?;
    Ok(PassRates { alpha, beta, agents })
}

/// One agent's rate in a pool whose `alpha` and `beta` are known.
///
/// # Errors
/// [`Reason::NoConvergence`] if a parameter is not above 0 and finite, or more passed than were assessed.
pub fn pass_rate(agent: AgentPasses, alpha: f64, beta: f64) -> Result<PassRate, Reason> {
    let AgentPasses { agent_id, n, n_passed } = agent;
    let n_failed = n.checked_sub(n_passed).ok_or(Reason::NoConvergence)?;
    let (passes, failures) = (alpha + n_passed as f64, beta + n_failed as f64);
    let end = |share| quantile::beta(share, passes, failures).ok_or(Reason::NoConvergence);
    Ok(PassRate { agent_id, n, n_passed, rate: passes / (passes + failures), low: end(0.05)?, high: end(0.95)? })
}

fn likeliest(agents: &[AgentPasses]) -> Result<(f64, f64), Reason> {
    if agents.len() < AGENTS_MIN || agents.iter().all(|agent| agent.n < 2) {
        return Err(Reason::NTooSmall);
    }
    if agents.iter().all(|agent| agent.n_passed == 0) || agents.iter().all(|agent| agent.n_passed == agent.n) {
        return Err(Reason::NoVariance);
    }
    if agents.iter().all(|agent| agent.n_passed == 0 || agent.n_passed == agent.n) {
        return Err(Reason::NoWithinVariance);
    }
    let counts = Counts::of(agents);
    let strength = counts.likeliest_strength()?;
    let logit = counts.likeliest_logit(strength)?;
    Ok((strength * share(logit), strength * share(-logit)))
}

/// All that the likelihood needs. With `s = alpha + beta` and the mean `m = alpha / s` it is the sum over i of
/// `passed ln(m + i/s) + failed ln(1 - m + i/s) - all ln(1 + i/s)`, which loses nothing however great `s` is.
struct Counts {
    levels: Vec<Level>,
}

/// How many agents have more than `i` passes, failures and assessments.
#[derive(Clone, Copy)]
struct Level {
    i: f64,
    passed: f64,
    failed: f64,
    all: f64,
}

impl Counts {
    fn of(agents: &[AgentPasses]) -> Self {
        let passed = counts_above(agents.iter().map(|agent| agent.n_passed).collect());
        let failed = counts_above(agents.iter().map(|agent| agent.n - agent.n_passed).collect());
        let all = counts_above(agents.iter().map(|agent| agent.n).collect());
        let padded = |counts: Vec<f64>| counts.into_iter().chain(std::iter::repeat(0.0));
        let levels = all.iter().zip(padded(passed)).zip(padded(failed)).enumerate();
        Self { levels: levels.map(|(i, ((all, passed), failed))| Level { i: i as f64, passed, failed, all: *all }).collect() }
    }

    fn log_likelihood(&self, logit: f64, strength: f64) -> f64 {
        let (mean, rest) = (share(logit), share(-logit));
        let term = |level: &Level| {
            let lent = level.i / strength;
            level.passed * (mean + lent).ln() + level.failed * (rest + lent).ln() - level.all * lent.ln_1p()
        };
        self.levels.iter().map(term).sum()
    }

    /// The derivative by the mean; it falls as the mean rises.
    fn slope_by_mean(&self, logit: f64, strength: f64) -> f64 {
        let (mean, rest) = (share(logit), share(-logit));
        self.levels.iter().map(|level| level.passed / (mean + level.i / strength) - level.failed / (rest + level.i / strength)).sum()
    }

    /// The derivative by the logarithm of the strength.
    fn slope_by_strength(&self, logit: f64, strength: f64) -> f64 {
        let (mean, rest) = (share(logit), share(-logit));
        let term = |level: &Level| {
            let lent = level.i / strength;
            lent * (level.all / (1.0 + lent) - level.passed / (mean + lent) - level.failed / (rest + lent))
        };
        self.levels.iter().skip(1).map(term).sum()
    }

    fn likeliest_logit(&self, strength: f64) -> Result<f64, Reason> {
        root(-LOGIT_MAX, LOGIT_MAX, |logit| self.slope_by_mean(logit, strength))
    }

    /// The best of a grid, and then the place next to it where the likelihood stops rising.
    fn likeliest_strength(&self) -> Result<f64, Reason> {
        let step = (STRENGTH_MAX / STRENGTH_MIN).ln() / GRID as f64;
        let (mut best, mut best_place) = (f64::NEG_INFINITY, 0);
        for place in 0..=GRID {
            let strength = strength_at(place as f64, step);
            let likelihood = self.log_likelihood(self.likeliest_logit(strength)?, strength);
            if likelihood > best {
                (best, best_place) = (likelihood, place);
            }
        }
        let slope = |place: f64| {
            let strength = strength_at(place, step);
            self.likeliest_logit(strength).map_or(f64::NAN, |logit| self.slope_by_strength(logit, strength))
        };
        if best_place == GRID && slope(GRID as f64) >= 0.0 {
            return Ok(STRENGTH_MAX);
        }
        let place = root((best_place.saturating_sub(1)) as f64, (best_place + 1).min(GRID) as f64, slope)?;
        Ok(strength_at(place, step).min(STRENGTH_MAX))
    }
}

fn strength_at(place: f64, step: f64) -> f64 {
    (STRENGTH_MAX.ln() - (GRID as f64 - place) * step).exp()
}

/// For every i from 0: how many of the numbers are greater than i.
fn counts_above(mut numbers: Vec<u64>) -> Vec<f64> {
    numbers.sort_unstable();
    let greatest = numbers.last().copied().unwrap_or(0);
    (0..greatest).map(|i| (numbers.len() - numbers.partition_point(|number| *number <= i)) as f64).collect()
}

fn share(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

/// Where the curve crosses 0 between two places at which its signs differ.
fn root(low: f64, high: f64, curve: impl Fn(f64) -> f64) -> Result<f64, Reason> {
    let search = Executor::new(Curve(curve), BrentRoot::new(low, high, 1e-13));
    let found = search.configure(|state| state.max_iters(STEPS_MAX)).timer(false).run().map_err(|_| Reason::NoConvergence)?;
    found.state.param.filter(|place| place.is_finite()).ok_or(Reason::NoConvergence)
}

struct Curve<F>(F);

impl<F: Fn(f64) -> f64> CostFunction for Curve<F> {
    type Param = f64;
    type Output = f64;

    fn cost(&self, place: &f64) -> Result<f64, Error> {
        Ok((self.0)(*place))
    }
}

#[cfg(test)]
mod tests;
