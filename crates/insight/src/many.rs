//! Which agents stand out of a cohort, when many are looked at at once.
//! All agents are of one cohort. Nobody is named for a small p-value alone: the false discovery rate is held over all agents of the
//! list, and the effect must reach the least effect too.

use crate::reason::Reason;
use crate::show::compared;
use crate::shrinkage::{AgentMean, within_variance};
use crate::sum::sum;
use statrs::function::erf::erfc;

const AGENTS_MIN: usize = 2;
/// Probabilities this much above the observed one still count as equal to it, as in R and scipy.
const TIE: f64 = 1.0 + 1e-7;

/// When an agent is named.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Naming {
    /// The share of wrongly named agents that is borne, 0..1.
    pub false_discovery_rate: f64,
    /// The least distance from the cohort, in points or as a rate, whichever is tested.
    pub least_effect: f64,
}

/// What is counted of one agent. One entry an agent; one without assessments is passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentCount {
    /// The agent.
    pub agent_id: String,
    /// Assessments.
    pub n: u64,
    /// Those among them with the event; never more than `n`.
    pub x: u64,
}

/// How one agent compares with the cohort.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The agent.
    pub agent_id: String,
    /// Assessments.
    pub n: u64,
    /// The agent's own mean or rate.
    pub value: f64,
    /// The cohort's mean or rate.
    pub expected: f64,
    /// `value - expected`.
    pub effect: f64,
    /// How likely so great a distance is by chance.
    pub p: f64,
    /// The false discovery rate at which the agent would just be named.
    pub p_adjusted: f64,
    /// Whether the agent may be named.
    pub named: bool,
}

/// Tests every agent's mean against the cohort's; the findings are in the order of the agents' ids.
///
/// # Errors
/// [`Reason::NTooSmall`] below 2 agents or if nobody has two assessments, [`Reason::NoWithinVariance`] if no agent's scores differ.
pub fn stand_out_by_score(agents: &[AgentMean], naming: Naming) -> Result<Vec<Finding>, Reason> {
    let mut agents: Vec<&AgentMean> = agents.iter().filter(|agent| agent.n > 0).collect();
    agents.sort_by(|a, b| a.agent_id.cmp(&b.agent_id).then(a.n.cmp(&b.n)).then(a.mean.total_cmp(&b.mean)));
    if agents.len() < AGENTS_MIN {
        return Err(Reason::NTooSmall);
    }
    let within = within_variance(&agents.iter().map(|agent| (*agent).clone()).collect::<Vec<_>>())?;
    let n = sum(agents.iter().map(|agent| agent.n as f64));
    let expected = sum(agents.iter().map(|agent| agent.n as f64 * agent.mean)) / n;
    let findings = agents.iter().map(|agent| {
        let effect = agent.mean - expected;
        finding(&agent.agent_id, agent.n, agent.mean, expected, normal_p(effect, within / agent.n as f64))
    });
    Ok(named(findings.collect(), naming))
}

/// Tests every agent's rate against the cohort's; the findings are in the order of the agents' ids.
///
/// # Errors
/// [`Reason::NTooSmall`] below 2 agents.
pub fn stand_out_by_rate(agents: &[AgentCount], naming: Naming) -> Result<Vec<Finding>, Reason> {
    let mut agents: Vec<&AgentCount> = agents.iter().filter(|agent| agent.n > 0).collect();
    agents.sort_by(|a, b| a.agent_id.cmp(&b.agent_id).then(a.n.cmp(&b.n)).then(a.x.cmp(&b.x)));
    if agents.len() < AGENTS_MIN {
        return Err(Reason::NTooSmall);
    }
    let n: u64 = agents.iter().map(|agent| agent.n).sum();
    let x: u64 = agents.iter().map(|agent| agent.x.min(agent.n)).sum();
    let expected = x as f64 / n as f64;
    let findings = agents.iter().map(|agent| {
        let x = agent.x.min(agent.n);
        finding(&agent.agent_id, agent.n, x as f64 / agent.n as f64, expected, binomial_p(x, agent.n, expected))
    });
    Ok(named(findings.collect(), naming))
}

fn finding(agent_id: &str, n: u64, value: f64, expected: f64, p: f64) -> Finding {
    let effect = value - expected;
    Finding { agent_id: agent_id.to_owned(), n, value, expected, effect, p, p_adjusted: p, named: false }
}

/// An adjusted p-value that does not exceed the rate is the same as the rule of Benjamini and Hochberg itself.
fn named(mut findings: Vec<Finding>, naming: Naming) -> Vec<Finding> {
    let p: Vec<f64> = findings.iter().map(|finding| finding.p).collect();
    for (finding, p_adjusted) in findings.iter_mut().zip(benjamini_hochberg(&p)) {
        finding.p_adjusted = p_adjusted;
        finding.named = compared(p_adjusted) <= compared(naming.false_discovery_rate)
            && compared(finding.effect.abs()) >= compared(naming.least_effect);
    }
    findings
}

/// How likely a normal value lies at least this far from its mean on either side. `variance` is above 0.
pub fn normal_p(distance: f64, variance: f64) -> f64 {
    erfc(distance.abs() / variance.sqrt() / std::f64::consts::SQRT_2)
}

/// The exact two-sided binomial test: the probabilities of all counts that are no likelier than `x` of `n`, added up.
/// `rate` is 0..1 and `x` at most `n`.
pub fn binomial_p(x: u64, n: u64, rate: f64) -> f64 {
    if rate <= 0.0 || rate >= 1.0 {
        let certain = if rate <= 0.0 { 0 } else { n };
        return if x == certain { 1.0 } else { 0.0 };
    }
    let likelihoods = likelihoods(n, rate);
    let observed = usize::try_from(x).ok().and_then(|x| likelihoods.get(x)).copied().unwrap_or(0.0);
    let no_likelier = sum(likelihoods.iter().copied().filter(|likelihood| *likelihood <= observed * TIE));
    (no_likelier / sum(likelihoods.iter().copied())).min(1.0)
}

/// How likely 0..=n are, against the likeliest of them: each follows from its neighbour, and nothing is lost to great factorials.
fn likelihoods(n: u64, rate: f64) -> Vec<f64> {
    let odds = rate / (1.0 - rate);
    let likeliest = (((n + 1) as f64 * rate) as u64).min(n);
    let mut below = Vec::new();
    let mut likelihood = 1.0;
    for count in (1..=likeliest).rev() {
        likelihood *= count as f64 / ((n - count + 1) as f64 * odds);
        below.push(likelihood);
    }
    below.reverse();
    below.push(1.0);
    likelihood = 1.0;
    for count in likeliest..n {
        likelihood *= (n - count) as f64 / (count + 1) as f64 * odds;
        below.push(likelihood);
    }
    below
}

/// The adjusted p-values of Benjamini and Hochberg, in the order of `p`.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut places: Vec<(usize, f64)> = p.iter().copied().enumerate().collect();
    places.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut least = 1.0_f64;
    let mut adjusted: Vec<(usize, f64)> = Vec::with_capacity(p.len());
    for (above, (place, p_one)) in places.into_iter().enumerate() {
        least = least.min(p_one * (p.len() as f64 / (p.len() - above) as f64));
        adjusted.push((place, least));
    }
    adjusted.sort_by_key(|(place, _)| *place);
    adjusted.into_iter().map(|(_, p_adjusted)| p_adjusted).collect()
}

#[cfg(test)]
mod tests;
