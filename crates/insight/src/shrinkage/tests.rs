//! Agent scores against recorded answers of metafor, pools without an answer, and what must hold for any pool.

use super::*;
use proptest::prelude::*;

fn agent(agent_id: &str, scores: &[f64]) -> AgentMean {
    let mean = sum(scores.iter().copied()) / scores.len() as f64;
    let ss_within = sum(scores.iter().map(|score| (score - mean).powi(2)));
    AgentMean { agent_id: agent_id.to_owned(), n: scores.len() as u64, mean, ss_within }
}

fn example() -> Vec<AgentMean> {
    vec![
        agent("a1", &[72.0, 80.0, 88.0, 84.0]),
        agent("a2", &[94.0, 98.0]),
        agent("a3", &[61.0, 75.0, 70.0, 66.0, 78.0]),
        agent("a4", &[90.0, 79.0, 83.0]),
    ]
}

#[track_caller]
fn near(seen: f64, expected: f64, tolerance: f64) {
    assert!((seen - expected).abs() <= tolerance, "{seen} is not {expected}");
}

/// The expected values are those of R metafor 3.8.1, `blup(rma(y, v, method = "DL"))`.
#[test]
fn the_example_agrees_with_metafor() {
    let Shrinkage { pool, agents } = shrink(&example()).unwrap();
    near(pool.within_variance, 39.6, 1e-9);
    near(pool.q, 26.861_471_861_472, 1e-9);
    near(pool.c, 0.256_133, 5e-7);
    near(pool.between_variance, 93.160_563_380_282, 1e-9);
    near(pool.mean, 82.378_349_156_171, 1e-9);
    let expected = [
        ("a1", 81.132_404_250_457, 0.904, 3.031_961_890_695_0, (3, 2, 3)),
        ("a2", 93.612_364_185_899, 0.825, 4.140_183_626_712_5, (1, 1, 2)),
        ("a3", 70.969_885_030_696, 0.922, 2.731_599_832_783_1, (4, 4, 4)),
        ("a4", 83.798_743_157_631, 0.876, 3.459_584_022_342_1, (2, 1, 3)),
    ];
    for (agent, (agent_id, score, reliability, standard_error, (place, low, high))) in agents.iter().zip(expected) {
        assert_eq!(agent.agent_id, agent_id);
        near(agent.score, score, 1e-9);
        near(agent.reliability, reliability, 5e-4);
        near(agent.standard_error, standard_error, 1e-9);
        near(agent.high - agent.low, 2.0 * Z * standard_error, 1e-9);
        assert_eq!(agent.rank, Ok(Rank { place, low, high }), "{agent_id}");
    }
}

#[test]
fn too_few_agents_or_assessments_give_a_reason() {
    assert_eq!(shrink(&[]), Err(Reason::NTooSmall));
    assert_eq!(shrink(&[agent("a", &[80.0, 90.0])]), Err(Reason::NTooSmall));
    assert_eq!(shrink(&[agent("a", &[80.0, 90.0]), agent("b", &[70.0])]), Err(Reason::NTooSmall));
    assert_eq!(shrink(&[agent("a", &[80.0]), agent("b", &[70.0]), agent("c", &[60.0])]), Err(Reason::NTooSmall));
    let nobody = AgentMean { agent_id: "z".to_owned(), n: 0, mean: 0.0, ss_within: 0.0 };
    assert_eq!(shrink(&[agent("a", &[80.0, 90.0]), agent("b", &[70.0]), nobody.clone()]), Err(Reason::NTooSmall));
    let mut four = example();
    four.push(nobody);
    assert_eq!(shrink(&four), shrink(&example()));
}

#[test]
fn constant_agents_have_no_within_variance() {
    let agents = [agent("a", &[80.0, 80.0]), agent("b", &[70.0, 70.0]), agent("c", &[60.0])];
    assert_eq!(shrink(&agents), Err(Reason::NoWithinVariance));
}

#[test]
fn agents_that_differ_by_chance_only_get_the_mean_of_the_pool_and_no_rank() {
    let agents = [agent("a", &[70.0, 90.0]), agent("b", &[60.0, 100.0]), agent("c", &[79.0, 81.0, 80.0])];
    let Shrinkage { pool, agents } = shrink(&agents).unwrap();
    assert_eq!((pool.between_variance, pool.mean), (0.0, 80.0));
    for agent in agents {
        assert_eq!((agent.score, agent.reliability, agent.rank), (80.0, 0.0, Err(Reason::LowReliability)));
        assert!(agent.standard_error > 0.0);
    }
}

#[test]
fn equal_scores_share_the_better_place() {
    let agents = [agent("a", &[60.0, 61.0]), agent("b", &[90.0, 91.0]), agent("c", &[91.0, 90.0]), agent("d", &[70.0, 71.0])];
    let places: Vec<u64> = shrink(&agents).unwrap().agents.iter().map(|agent| agent.rank.unwrap().place).collect();
    assert_eq!(places, [4, 1, 1, 3]);
}

fn agents() -> impl Strategy<Value = Vec<AgentMean>> {
    let agent = prop::collection::vec(0.0..100.0f64, 1..7);
    prop::collection::vec(agent, 3..12)
        .prop_map(|agents| agents.iter().enumerate().map(|(i, scores)| agent_named(i, scores)).collect::<Vec<_>>())
        .prop_filter("two assessments somewhere", |agents| agents.iter().any(|agent| agent.n > 1))
}

fn agent_named(i: usize, scores: &[f64]) -> AgentMean {
    agent(&format!("a{i:03}"), scores)
}

proptest! {
    #[test]
    fn a_score_lies_between_the_agents_mean_and_the_pools(agents in agents()) {
        let shrinkage = shrink(&agents).unwrap();
        let pool = &shrinkage.pool;
        for agent in &shrinkage.agents {
            prop_assert!(agent.score >= agent.mean.min(pool.mean) - 1e-9 && agent.score <= agent.mean.max(pool.mean) + 1e-9);
            prop_assert!((0.0..=1.0).contains(&agent.reliability));
            if let Ok(rank) = agent.rank {
                prop_assert!(1 <= rank.low && rank.low <= rank.place && rank.place <= rank.high && rank.high <= pool.n_agents);
            }
        }
    }

    #[test]
    fn order_of_the_agents_does_not_matter(agents in agents(), turn in 0..12usize) {
        let mut turned = agents.clone();
        turned.reverse();
        let places = turned.len();
        turned.rotate_left(turn % places);
        prop_assert_eq!(shrink(&agents), shrink(&turned));
    }

    #[test]
    fn tenfold_scores_give_tenfold_effects(agents in agents()) {
        let tenfold: Vec<AgentMean> = agents
            .iter()
            .map(|agent| AgentMean { mean: agent.mean * 10.0, ss_within: agent.ss_within * 100.0, ..agent.clone() })
            .collect();
        let (one, ten) = (shrink(&agents).unwrap(), shrink(&tenfold).unwrap());
        for (one, ten) in one.agents.iter().zip(&ten.agents) {
            prop_assert!((one.score * 10.0 - ten.score).abs() < 1e-6);
            prop_assert!((one.standard_error * 10.0 - ten.standard_error).abs() < 1e-6);
            prop_assert!((one.reliability - ten.reliability).abs() < 1e-9);
        }
    }
}
