//! The tests of many agents against recorded answers of scipy and statsmodels, and what must hold for any p-values.

use super::*;
use proptest::prelude::*;

const BY_SCORE: Naming = Naming { false_discovery_rate: 0.05, least_effect: 2.0 };
const BY_RATE: Naming = Naming { false_discovery_rate: 0.05, least_effect: 0.02 };

#[track_caller]
fn near(seen: f64, expected: f64, relative: f64) {
    assert!((seen - expected).abs() <= relative * expected.abs(), "{seen} is not {expected}");
}

#[test]
fn the_example_agrees_with_statsmodels() {
    let p = [0.003, 0.041, 0.018, 0.30, 0.0095, 0.62];
    let adjusted = benjamini_hochberg(&p);
    for (seen, expected) in adjusted.iter().zip([0.018, 0.0615, 0.036, 0.36, 0.0285, 0.62]) {
        near(*seen, expected, 1e-12);
    }
    let findings = p.iter().map(|p| finding("a", 10, 90.0, 80.0, *p)).collect();
    let named: Vec<bool> = named(findings, BY_SCORE).iter().map(|finding| finding.named).collect();
    assert_eq!(named, [true, false, true, false, true, false]);
}

/// The expected values are those of scipy 1.17.1, `binomtest(x, n, rate).pvalue`.
#[test]
fn binomial_test_agrees_with_scipy() {
    let cases = [
        (6, 50, 0.025263, 0.001592806014956372),
        (0, 9, 0.1, 1.0),
        (9, 9, 0.1, 1.0000000000000005e-09),
        (3, 20, 0.15, 1.0),
        (5, 10, 0.5, 1.0),
        (4, 10, 0.5, 0.75390625),
        (120, 1000, 0.1, 0.039607719641630554),
        (1, 300, 0.02, 0.03558255057728216),
        (40, 200, 0.1, 2.5423728692234893e-05),
        (2, 12, 0.3, 0.5291598783249996),
    ];
    for (x, n, rate, expected) in cases {
        near(binomial_p(x, n, rate), expected, 1e-9);
    }
    assert_eq!([binomial_p(0, 0, 0.5), binomial_p(0, 4, 0.0), binomial_p(1, 4, 0.0), binomial_p(4, 4, 1.0)], [1.0, 1.0, 0.0, 1.0]);
}

/// The expected values are those of scipy 1.17.1, `2 * norm.sf`.
#[test]
fn normal_test_agrees_with_scipy() {
    let cases = [
        (5.0, 4.0, 0.012419330651552265),
        (0.0, 3.0, 1.0),
        (-12.0, 4.0, 1.973175290075389e-09),
        (1.3, 0.7, 0.12023280053681225),
        (40.0, 4.0, 5.507248237212311e-89),
    ];
    for (distance, variance, expected) in cases {
        near(normal_p(distance, variance), expected, 1e-9);
    }
}

fn agent(agent_id: &str, n: u64, mean: f64) -> AgentMean {
    AgentMean { agent_id: agent_id.to_owned(), n, mean, ss_within: 16.0 * (n - 1) as f64 }
}

#[test]
fn only_agents_with_proof_and_effect_are_named() {
    let agents = [agent("c", 400, 81.9), agent("b", 25, 70.0), agent("a", 400, 80.0), agent("d", 2, 76.0)];
    let found = stand_out_by_score(&agents, BY_SCORE).unwrap();
    let seen: Vec<(&str, bool)> = found.iter().map(|finding| (finding.agent_id.as_str(), finding.named)).collect();
    assert_eq!(seen, [("a", false), ("b", true), ("c", false), ("d", false)]);
    assert!(found[2].p_adjusted < 0.001 && found[2].effect < 2.0);
    let expected = (400.0 * 81.9 + 25.0 * 70.0 + 400.0 * 80.0 + 2.0 * 76.0) / 827.0;
    near(found[1].effect, 70.0 - expected, 1e-12);
    near(found[1].p, normal_p(70.0 - expected, 16.0 / 25.0), 1e-12);
}

#[test]
fn an_effect_that_just_reaches_the_least_is_enough() {
    let effect = |value: f64| {
        let findings = vec![finding("a", 10, value, 80.1, 1e-9)];
        named(findings, BY_SCORE)[0].named
    };
    // 82.1 - 80.1 is a little less than 2 in binary.
    assert_eq!([effect(82.1), effect(82.099_998), effect(78.1)], [true, false, true]);
}

#[test]
fn rates_are_tested_against_the_rate_of_all() {
    let count = |agent_id: &str, n, x| AgentCount { agent_id: agent_id.to_owned(), n, x };
    let agents = [count("a", 50, 9), count("b", 200, 4), count("c", 150, 3), count("d", 0, 0)];
    let found = stand_out_by_rate(&agents, BY_RATE).unwrap();
    assert_eq!(found.len(), 3);
    near(found[0].expected, 0.04, 1e-12);
    near(found[0].p, binomial_p(9, 50, 0.04), 1e-12);
    assert_eq!(found.iter().map(|finding| finding.named).collect::<Vec<_>>(), [true, false, false]);
    let calm = [count("a", 50, 0), count("b", 20, 0)];
    assert!(stand_out_by_rate(&calm, BY_RATE).unwrap().iter().all(|finding| finding.p == 1.0 && !finding.named));
}

#[test]
fn nobody_alone_can_stand_out() {
    assert_eq!(stand_out_by_score(&[], BY_SCORE), Err(Reason::NTooSmall));
    assert_eq!(stand_out_by_score(&[agent("a", 5, 80.0)], BY_SCORE), Err(Reason::NTooSmall));
    assert_eq!(stand_out_by_score(&[agent("a", 1, 80.0), agent("b", 1, 90.0)], BY_SCORE), Err(Reason::NTooSmall));
    let flat = AgentMean { ss_within: 0.0, ..agent("a", 5, 80.0) };
    assert_eq!(stand_out_by_score(&[flat.clone(), flat], BY_SCORE), Err(Reason::NoWithinVariance));
    assert_eq!(stand_out_by_rate(&[AgentCount { agent_id: "a".to_owned(), n: 4, x: 2 }], BY_RATE), Err(Reason::NTooSmall));
    assert!(benjamini_hochberg(&[]).is_empty());
}

proptest! {
    #[test]
    fn adjusted_values_keep_the_order_and_never_fall_below_the_raw_ones(p in prop::collection::vec(0.0..=1.0f64, 0..40)) {
        let adjusted = benjamini_hochberg(&p);
        for (i, one) in p.iter().enumerate() {
            prop_assert!(adjusted[i] >= *one && adjusted[i] <= 1.0);
            for (j, other) in p.iter().enumerate() {
                prop_assert!(one > other || adjusted[i] <= adjusted[j]);
            }
        }
        let mut turned = p.clone();
        turned.reverse();
        let mut back = benjamini_hochberg(&turned);
        back.reverse();
        prop_assert_eq!(back, adjusted);
    }

    #[test]
    fn naming_is_the_step_up_rule(p in prop::collection::vec(0.0..0.2f64, 2..40)) {
        let mut sorted = p.clone();
        sorted.sort_by(f64::total_cmp);
        let largest = (1..=p.len()).rev().find(|j| sorted[j - 1] <= *j as f64 * 0.05 / p.len() as f64).unwrap_or(0);
        let named = benjamini_hochberg(&p).iter().filter(|adjusted| **adjusted <= 0.05).count();
        prop_assert_eq!(named, largest);
    }

    #[test]
    fn binomial_test_mirrors(n in 1..80u64, x in 0..80u64, rate in 0.01..0.99f64) {
        let x = x.min(n);
        let (one, other) = (binomial_p(x, n, rate), binomial_p(n - x, n, 1.0 - rate));
        prop_assert!((one - other).abs() < 1e-9 && (0.0..=1.0).contains(&one));
    }
}
