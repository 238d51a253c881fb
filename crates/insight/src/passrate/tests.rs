//! Pass rates against recorded answers of scipy, pools without an answer, and what must hold for any counts.

use super::*;
use proptest::prelude::*;

fn agents(counts: &[(u64, u64)]) -> Vec<AgentPasses> {
    let agent = |(i, (n_passed, n)): (usize, &(u64, u64))| AgentPasses { agent_id: format!("a{i:03}"), n: *n, n_passed: *n_passed };
    counts.iter().enumerate().map(agent).collect()
}

#[track_caller]
fn near(seen: f64, expected: f64, tolerance: f64) {
    assert!((seen - expected).abs() <= tolerance, "{seen} is not {expected}");
}

#[test]
fn the_example_of_a_known_pool_agrees_with_scipy() {
    let rate = pass_rate(AgentPasses { agent_id: "a".to_owned(), n: 9, n_passed: 7 }, 18.0, 2.0).unwrap();
    near(rate.rate, 0.862_069, 5e-7);
    near(rate.low, 0.745_830_263_549_085_7, 1e-9);
    near(rate.high, 0.949_691_827_779_187_3, 1e-9);
}

/// Passes and assessments, then alpha and beta.
type Case = (&'static [(u64, u64)], f64, f64);

/// The expected values are those of scipy 1.17.1: its own Nelder-Mead over the same likelihood, written with `betaln`.
#[test]
fn the_likeliest_pool_agrees_with_scipy() {
    let cases: [Case; 5] = [
        (&[(7, 9), (9, 10), (3, 8), (10, 10), (5, 9), (8, 12)], 4.932_256_335_717_41, 1.914_499_827_559_756_2),
        (&[(18, 20), (20, 20), (15, 20), (11, 20), (20, 20), (17, 20), (9, 20), (20, 20)], 2.194_838_398_010_284, 0.471_454_947_259_362_27),
        (&[(10, 10), (0, 10), (10, 10), (0, 10), (1, 2)], 0.085_849_028_431_783_37, 0.085_849_023_901_263_66),
        (&[(3, 3), (1, 1), (2, 4), (1, 1)], 6.576_864_832_743_351, 1.639_606_744_158_567_8),
        (&[(900, 1000), (950, 1000), (870, 1000), (990, 1000)], 19.624_383_337_870_594, 1.520_083_786_422_489),
    ];
    for (counts, alpha, beta) in cases {
        let found = pass_rates(&agents(counts)).unwrap();
        near(found.alpha, alpha, 1e-5 * alpha.max(1.0));
        near(found.beta, beta, 1e-5 * beta.max(1.0));
    }
    let first = pass_rates(&agents(cases[0].0)).unwrap().agents[0].clone();
    near(first.rate, 0.752_977_846_871_203_2, 1e-6);
    near(first.low, 0.562_775_988_787_618_7, 1e-6);
    near(first.high, 0.905_946_121_395_597_8, 1e-6);
}

#[test]
fn agents_alike_borrow_as_much_as_may_be_lent() {
    let found = pass_rates(&agents(&[(5, 10), (5, 10), (5, 10), (5, 10)])).unwrap();
    near(found.alpha, 500_000.0, 1e-3);
    near(found.alpha + found.beta, 1e6, 1e-6);
    let found = pass_rates(&agents(&[(0, 40), (1, 35), (3, 50), (0, 20), (1, 1), (2, 60), (0, 12)])).unwrap();
    near(found.alpha + found.beta, 1e6, 1e-6);
    near(found.alpha, 1e6 * 7.0 / 218.0, 1.0);
}

#[test]
fn pools_without_an_answer_give_a_reason() {
    let cases: [(&[(u64, u64)], Reason); 9] = [
        (&[], Reason::NTooSmall),
        (&[(3, 5)], Reason::NTooSmall),
        (&[(3, 5), (2, 4)], Reason::NTooSmall),
        (&[(3, 5), (2, 4), (0, 0)], Reason::NTooSmall),
        (&[(1, 1), (0, 1), (1, 1)], Reason::NTooSmall),
        (&[(5, 5), (4, 4), (1, 1)], Reason::NoVariance),
        (&[(0, 5), (0, 4), (0, 1)], Reason::NoVariance),
        (&[(5, 5), (0, 4), (1, 1)], Reason::NoWithinVariance),
        (&[(2, 2), (0, 2), (0, 1)], Reason::NoWithinVariance),
    ];
    for (counts, expected) in cases {
        assert_eq!(pass_rates(&agents(counts)), Err(expected), "{counts:?}");
    }
    let odd = AgentPasses { agent_id: "a".to_owned(), n: 1, n_passed: 2 };
    assert_eq!(pass_rate(odd, 1.0, 1.0), Err(Reason::NoConvergence));
    let agent = AgentPasses { agent_id: "a".to_owned(), n: 0, n_passed: 0 };
    assert_eq!(pass_rate(agent, 0.0, 1.0), Err(Reason::NoConvergence));
}

fn counts() -> impl Strategy<Value = Vec<(u64, u64)>> {
    let agent = (1..30u64).prop_flat_map(|n| (0..=n).prop_map(move |x| (x, n)));
    prop::collection::vec(agent, 3..10).prop_filter("somebody passes now and then", |counts| counts.iter().any(|(x, n)| 0 < *x && x < n))
}

proptest! {
    #[test]
    fn a_rate_lies_between_the_agents_and_the_pools(counts in counts()) {
        let found = pass_rates(&agents(&counts)).unwrap();
        let pool = found.alpha / (found.alpha + found.beta);
        for agent in &found.agents {
            let own = agent.n_passed as f64 / agent.n as f64;
            prop_assert!(agent.rate >= own.min(pool) - 1e-9 && agent.rate <= own.max(pool) + 1e-9);
            prop_assert!(0.0 <= agent.low && agent.low < agent.high && agent.high <= 1.0);
        }
    }

    #[test]
    fn no_neighbouring_pool_is_likelier(counts in counts()) {
        let agents = agents(&counts);
        let (alpha, beta) = likeliest(&agents).unwrap();
        let all = Counts::of(&agents);
        let (logit, strength) = ((alpha / beta).ln(), alpha + beta);
        let best = all.log_likelihood(logit, strength);
        for (mean, factor) in [(0.01, 1.0), (-0.01, 1.0), (0.0, 0.9), (0.0, 1.1), (0.02, 1.3), (0.0, 0.01), (0.0, 100.0)] {
            let tried = (strength * factor).min(STRENGTH_MAX);
            prop_assert!(all.log_likelihood(logit + mean, tried) <= best + 1e-9, "{alpha} {beta} {mean} {factor}");
        }
    }

    #[test]
    fn order_of_the_agents_does_not_matter(counts in counts()) {
        let mut turned = agents(&counts);
        turned.reverse();
        prop_assert_eq!(pass_rates(&agents(&counts)), pass_rates(&turned));
    }
}
