//! Pass rates against scipy: the posterior's quantiles, and the pool's alpha and beta by maximum likelihood.

use scorelake_insight::passrate::{AgentPasses, PassRate, pass_rate, pass_rates};

use crate::{CLOSED, FITTED, cases, list, number, whole};

fn agent(place: usize, n: u64, n_passed: u64) -> AgentPasses {
    AgentPasses { agent_id: format!("a{place:03}"), n, n_passed }
}

#[test]
fn posterior_is_that_of_scipy() {
    for case in cases(include_str!("posterior.json")) {
        let own = agent(0, whole(&case.input["n"]), whole(&case.input["x"]));
        let seen = pass_rate(own, number(&case.input["alpha"]), number(&case.input["beta"])).unwrap();
        case.holds("mean", seen.rate, CLOSED);
        case.holds("low", seen.low, CLOSED);
        case.holds("high", seen.high, CLOSED);
    }
}

#[test]
fn pool_is_as_likely_as_that_of_scipy() {
    for case in cases(include_str!("passrate.json")) {
        let counts = list(&case.input["n"]).iter().zip(list(&case.input["x"]));
        let agents: Vec<AgentPasses> = counts.enumerate().map(|(place, (n, x))| agent(place, whole(n), whole(x))).collect();
        let seen = pass_rates(&agents).unwrap();
        case.holds("sum", seen.alpha + seen.beta, FITTED);
        case.holds("mean", seen.alpha / (seen.alpha + seen.beta), FITTED);
        let of = |column: fn(&PassRate) -> f64| seen.agents.iter().map(column).collect::<Vec<f64>>();
        case.hold("rate", &of(|agent| agent.rate), FITTED);
        case.hold("low", &of(|agent| agent.low), FITTED);
        case.hold("high", &of(|agent| agent.high), FITTED);
    }
}
