//! Agent scores pulled to the mean of their pool, as far as the number of their assessments asks for it.
//! All agents are of one cohort, one pool and one span; the caller sees to that. Pass rates are in `passrate`.
//! A score always lies between the agent's own mean and the pool's mean, and no result depends on the order of the agents.

use crate::quantile::Z;
use crate::reason::Reason;
use crate::show::compared;
use crate::sum::sum;

const AGENTS_MIN: usize = 3;
const RELIABILITY_MIN: f64 = 0.5;

/// What is known of one agent. One entry an agent; one without assessments is passed over.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentMean {
    /// The agent.
    pub agent_id: String,
    /// Scored assessments.
    pub n: u64,
    /// Their mean.
    pub mean: f64,
    /// Their squared distances from that mean, added up.
    pub ss_within: f64,
}

/// The figures of the pool, from which every agent's score follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// Agents with assessments.
    pub n_agents: u64,
    /// `s2`: variance of the scores of one agent.
    pub within_variance: f64,
    /// `Q`: weighted squares of the agents' means about their weighted mean.
    pub q: f64,
    /// `C`: what one unit of variance between agents adds to `Q`.
    pub c: f64,
    /// `tau2`: variance between agents; 0 if the means differ no more than chance lets them.
    pub between_variance: f64,
    /// `m`: the centre to which the scores are pulled.
    pub mean: f64,
    /// The variance of that centre.
    pub mean_variance: f64,
}

/// One agent's score.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentScore {
    /// The agent.
    pub agent_id: String,
    /// Scored assessments.
    pub n: u64,
    /// Their mean, which no ranking uses.
    pub mean: f64,
    /// The shrunken score.
    pub score: f64,
    /// `B`: the share of the agent's own mean in the score, 0..1.
    pub reliability: f64,
    /// Of the score.
    pub standard_error: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
    /// The place among the pool, or [`Reason::LowReliability`].
    pub rank: Result<Rank, Reason>,
}

/// A place in the pool, 1 being the highest score. Agents with the same score (compared at 6 decimals) share the better place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rank {
    /// The place of the score itself.
    pub place: u64,
    /// The best place that the scores allow.
    pub low: u64,
    /// The worst place that the scores allow.
    pub high: u64,
}

/// The pool and its agents, these in the order of their ids.
#[derive(Debug, Clone, PartialEq)]
pub struct Shrinkage {
    /// The pool's figures.
    pub pool: Pool,
    /// Every agent with assessments.
    pub agents: Vec<AgentScore>,
}

/// The scores of a pool.
///
/// # Errors
/// [`Reason::NTooSmall`] below 3 agents or if nobody has two assessments, [`Reason::NoWithinVariance`] if no agent's scores differ.
pub fn shrink(agents: &[AgentMean]) -> Result<Shrinkage, Reason> {
    let agents = in_order(agents);
    if agents.len() < AGENTS_MIN {
        return Err(Reason::NTooSmall);
    }
    let pool = pool(&agents)?;
    let mut scores: Vec<AgentScore> = agents.iter().map(|agent| score(agent, &pool)).collect();
    let ranks = ranks(&scores);
    for (score, rank) in scores.iter_mut().zip(ranks) {
        if compared(score.reliability) >= RELIABILITY_MIN {
            score.rank = Ok(rank);
        }
    }
    Ok(Shrinkage { pool, agents: scores })
}

/// `s2`, the variance of one agent's scores, taken over all agents.
///
/// # Errors
/// [`Reason::NTooSmall`] if nobody has two assessments, [`Reason::NoWithinVariance`] if it is 0 (compared at 6 decimals).
pub fn within_variance(agents: &[AgentMean]) -> Result<f64, Reason> {
    let freedom: u64 = agents.iter().map(|agent| agent.n.saturating_sub(1)).sum();
    if freedom == 0 {
        return Err(Reason::NTooSmall);
    }
    let variance = sum(in_order(agents).iter().map(|agent| agent.ss_within)) / freedom as f64;
    if compared(variance) > 0.0 { Ok(variance) } else { Err(Reason::NoWithinVariance) }
}

/// Those with assessments, sorted.
fn in_order(agents: &[AgentMean]) -> Vec<AgentMean> {
    let mut agents: Vec<AgentMean> = agents.iter().filter(|agent| agent.n > 0).cloned().collect();
    agents.sort_by(|a, b| a.agent_id.cmp(&b.agent_id).then(a.n.cmp(&b.n)).then(a.mean.total_cmp(&b.mean)));
    agents
}

fn pool(agents: &[AgentMean]) -> Result<Pool, Reason> {
    let within_variance = within_variance(agents)?;
    let weight = |agent: &AgentMean| agent.n as f64 / within_variance;
    let weights = sum(agents.iter().map(weight));
    let weighted_mean = sum(agents.iter().map(|agent| weight(agent) * agent.mean)) / weights;
    let q = sum(agents.iter().map(|agent| weight(agent) * (agent.mean - weighted_mean).powi(2)));
    let c = weights - sum(agents.iter().map(|agent| weight(agent).powi(2))) / weights;
    let between_variance = ((q - (agents.len() as f64 - 1.0)) / c).max(0.0);
    let share = |agent: &AgentMean| 1.0 / (within_variance / agent.n as f64 + between_variance);
    let shares = sum(agents.iter().map(share));
    // About the weighted mean, so that a pool of equal means keeps that very mean.
    let mean = weighted_mean + sum(agents.iter().map(|agent| share(agent) * (agent.mean - weighted_mean))) / shares;
    Ok(Pool { n_agents: agents.len() as u64, within_variance, q, c, between_variance, mean, mean_variance: 1.0 / shares })
}

/// The rank is filled in by the caller, who knows the other agents.
fn score(agent: &AgentMean, pool: &Pool) -> AgentScore {
    let variance = pool.within_variance / agent.n as f64;
    let reliability = pool.between_variance / (pool.between_variance + variance);
    let score = pool.mean + reliability * (agent.mean - pool.mean);
    let standard_error = (reliability * variance + (1.0 - reliability).powi(2) * pool.mean_variance).sqrt();
    AgentScore {
        agent_id: agent.agent_id.clone(),
        n: agent.n,
        mean: agent.mean,
        score,
        reliability,
        standard_error,
        low: score - Z * standard_error,
        high: score + Z * standard_error,
        rank: Err(Reason::LowReliability),
    }
}

fn ranks(scores: &[AgentScore]) -> Vec<Rank> {
    scores
        .iter()
        .map(|own| {
            let (mut above, mut surely_above, mut surely_below) = (0, 0, 0);
            for other in scores {
                let lead = other.score - own.score;
                let bound = Z * (own.standard_error.powi(2) + other.standard_error.powi(2)).sqrt();
                above += u64::from(is_above_zero(lead));
                surely_above += u64::from(is_above_zero(lead - bound));
                surely_below += u64::from(is_above_zero(-lead - bound));
            }
            Rank { place: 1 + above, low: 1 + surely_above, high: scores.len() as u64 - surely_below }
        })
        .collect()
}

/// The same as `compared(number) > 0.0`, for every pair of agents.
fn is_above_zero(number: f64) -> bool {
    number >= 0.000_000_5
}

#[cfg(test)]
mod tests;
