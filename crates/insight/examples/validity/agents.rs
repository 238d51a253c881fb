//! Agents of one pool: the raw mean against the shrunken score, its interval and its rank interval.

use rand::RngExt;
use rand::rngs::StdRng;
use scorelake_insight::quantile::t;
use scorelake_insight::shrinkage::{AgentMean, shrink};

use crate::Study;
use crate::centre::{Centre, FIRST, Question, SKILL, Weather, normalized};
use crate::tally::{Tally, percent};

const N_EVALUATORS: usize = 4;

/// A pool: agents, the range of their number of assessments, and half the range of their skill.
const POOLS: [(&str, usize, (u64, u64), f64); 7] = [
    ("5 agents, 2 to 6 assessments", 5, (2, 6), SKILL),
    ("5 agents, 10 to 30", 5, (10, 30), SKILL),
    ("10 agents, 2 to 6", 10, (2, 6), SKILL),
    ("10 agents, 10 to 30", 10, (10, 30), SKILL),
    ("40 agents, 2 to 6", 40, (2, 6), SKILL),
    ("40 agents, 10 to 30", 40, (10, 30), SKILL),
    ("40 agents, 10 to 30, all equally good", 40, (10, 30), 0.0),
];

#[derive(Default)]
struct Outcome {
    raw: Tally,
    score: Tally,
    ranked: Tally,
    n_agents: u64,
    n_ranked: u64,
    n_rank_covered: u64,
}

pub(crate) fn print(study: Study) {
    println!("\n## Scores of agents\n");
    println!(
        "| pool | raw mean RMSE | its t interval covers | score RMSE | score interval covers | where ranked | half width | ranks shown | rank interval covers |"
    );
    println!("|{}", " --- |".repeat(9));
    let form: Vec<Question> = FIRST.iter().map(|one| Question { na: 0.0, ..*one }).collect();
    for (name, n_agents, sizes, skill) in POOLS {
        let mut outcome = Outcome::default();
        let mut generator = study.generator(name);
        for _ in 0..study.replications {
            let centre = Centre::new(n_agents, N_EVALUATORS, skill, &mut generator);
            play(&centre, n_agents, sizes, &form, &mut outcome, &mut generator);
        }
        let Outcome { raw, score, ranked, n_agents, n_ranked, n_rank_covered } = outcome;
        println!(
            "| {name} | {} | {} | {} | {} | {} | {} | {} | {} |",
            raw.rmse(),
            raw.coverage(),
            score.rmse(),
            score.coverage(),
            ranked.coverage(),
            score.half_width(),
            percent(n_ranked, n_agents),
            percent(n_rank_covered, n_ranked),
        );
    }
}

/// Some assessments of each agent, as sums.
pub(crate) fn means(centre: &Centre, n_agents: usize, sizes: (u64, u64), form: &[Question], generator: &mut StdRng) -> Vec<AgentMean> {
    let of_agent = |agent: usize| {
        let n = generator.random_range(sizes.0..=sizes.1);
        let scores: Vec<f64> =
            (0..n).filter_map(|_| normalized(&centre.assessment(agent, form, Weather::default(), generator)?, form)).collect();
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        let ss_within = scores.iter().map(|score| (score - mean).powi(2)).sum();
        AgentMean { agent_id: format!("a{agent:03}"), n: scores.len() as u64, mean, ss_within }
    };
    (0..n_agents).map(of_agent).collect()
}

fn play(centre: &Centre, n_agents: usize, sizes: (u64, u64), form: &[Question], outcome: &mut Outcome, generator: &mut StdRng) {
    let means = means(centre, n_agents, sizes, form, generator);
    let Ok(seen) = shrink(&means) else { return };
    let truths: Vec<f64> = (0..n_agents).map(|agent| centre.tendency(agent, form)).collect();
    for ((agent, raw), truth) in seen.agents.iter().zip(&means).zip(&truths) {
        outcome.n_agents += 1;
        outcome.raw.add(raw.mean, *truth, None);
        if let Some(quantile) = t(raw.n - 1) {
            let reach = quantile * (raw.ss_within / (raw.n - 1) as f64 / raw.n as f64).sqrt();
            outcome.raw.add_interval(raw.mean - reach, raw.mean + reach, *truth);
        }
        outcome.score.add(agent.score, *truth, None);
        outcome.score.add_interval(agent.low, agent.high, *truth);
        if let Ok(rank) = agent.rank {
            let place = 1 + truths.iter().filter(|other| *other > truth).count() as u64;
            outcome.n_ranked += 1;
            outcome.ranked.add_interval(agent.low, agent.high, *truth);
            outcome.n_rank_covered += u64::from(rank.low <= place && place <= rank.high);
        }
    }
}
