//! Agent scores against R's metafor, `blup(rma(method = "DL"))`.

use scorelake_insight::shrinkage::{AgentMean, shrink};
use serde_json::Value;

use crate::{CLOSED, cases, list, numbers};

/// An agent whose name sorts by its place in the recorded list.
pub(crate) fn agent((place, scores): (usize, &Value)) -> AgentMean {
    let scores = numbers(scores);
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    let ss_within = scores.iter().map(|score| (score - mean).powi(2)).sum();
    AgentMean { agent_id: format!("a{place:03}"), n: scores.len() as u64, mean, ss_within }
}

#[test]
fn scores_are_the_predictions_of_metafor() {
    for case in cases(include_str!("shrinkage.json")) {
        let agents: Vec<AgentMean> = list(&case.input["agents"]).iter().enumerate().map(agent).collect();
        let seen = shrink(&agents).unwrap();
        case.holds("s2", seen.pool.within_variance, CLOSED);
        case.holds("Q", seen.pool.q, CLOSED);
        case.holds("tau2", seen.pool.between_variance, CLOSED);
        case.holds("m", seen.pool.mean, CLOSED);
        case.holds("var_m", seen.pool.mean_variance, CLOSED);
        let of = |column: fn(&scorelake_insight::shrinkage::AgentScore) -> f64| seen.agents.iter().map(column).collect::<Vec<f64>>();
        case.hold("reliability", &of(|agent| agent.reliability), CLOSED);
        case.hold("eb", &of(|agent| agent.score), CLOSED);
        case.hold("se", &of(|agent| agent.standard_error), CLOSED);
        case.hold("low", &of(|agent| agent.low), CLOSED);
        case.hold("high", &of(|agent| agent.high), CLOSED);
        let (lows, highs) = (numbers(&case.expected["rank_low"]), numbers(&case.expected["rank_high"]));
        for (agent, (low, high)) in seen.agents.iter().zip(lows.into_iter().zip(highs)) {
            assert_eq!(agent.rank.is_ok(), agent.reliability >= 0.5, "`{}`, {}", case.name, agent.agent_id);
            if let Ok(rank) = agent.rank {
                assert_eq!((rank.low as f64, rank.high as f64), (low, high), "`{}`, {}", case.name, agent.agent_id);
            }
        }
    }
}
