//! 95 % intervals of means, pooled ratios and rates. Assessments of one agent resemble each other, so means and ratios are
//! clustered by agent and use Student's t; rates use Wilson's interval, never Wald's. Ends of means are not clamped to the scale.

use crate::quantile::{Z, t};
use crate::reason::Reason;
use crate::sum::sum;

/// What is needed of one agent for the interval of a mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgentSum {
    /// Assessments; an agent without any does not count.
    pub n: u64,
    /// The sum of their scores.
    pub sum: f64,
}

/// What is needed of one agent for the interval of a pooled ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgentRatio {
    /// Assessments; an agent without any does not count.
    pub n: u64,
    /// The sum of the weighted points, N.
    pub points: f64,
    /// The sum of the weighted maxima, D.
    pub max: f64,
}

/// A 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The standard error.
    pub se: f64,
    /// The degrees of freedom of Student's t.
    pub df: u64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A mean over assessments, or a pooled ratio in points, with what may be said of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Assessments.
    pub n: u64,
    /// Agents with at least one of them.
    pub n_agents: u64,
    /// The mean or ratio itself.
    pub value: Result<f64, Reason>,
    /// The mean of the agents' own means or ratios: each agent counts once.
    pub by_agent: Result<f64, Reason>,
    /// The 95 % interval of `value`.
    pub interval: Result<Interval, Reason>,
}

/// A rate with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// x of n, 0..1.
    pub value: f64,
    /// The lower end, 0..1.
    pub low: f64,
    /// The upper end, 0..1.
    pub high: f64,
}

/// The mean of all assessments, clustered by agent. `value` is absent without assessments, the interval with one agent.
pub fn mean(agents: &[AgentSum]) -> Estimate {
    let present: Vec<AgentSum> = agents.iter().filter(|agent| agent.n > 0).copied().collect();
    let n: u64 = present.iter().map(|agent| agent.n).sum();
    let n_agents = present.len() as u64;
    if n == 0 {
        return Estimate::absent(n, n_agents, Reason::NTooSmall);
    }
    let mean = sum(present.iter().map(|agent| agent.sum)) / n as f64;
    let by_agent = sum(present.iter().map(|agent| agent.sum / agent.n as f64)) / n_agents as f64;
    let residuals = present.iter().map(|agent| (agent.sum - agent.n as f64 * mean) / n as f64);
    Estimate { n, n_agents, value: Ok(mean), by_agent: Ok(by_agent), interval: clustered(mean, residuals) }
}

/// The pooled ratio `100 * sum N / sum D` in points, clustered by agent.
///
/// `value` is absent without assessments or denominators, `by_agent` if an agent has no denominator, the interval with one agent.
pub fn pooled(agents: &[AgentRatio]) -> Estimate {
    let present: Vec<AgentRatio> = agents.iter().filter(|agent| agent.n > 0).copied().collect();
    let n: u64 = present.iter().map(|agent| agent.n).sum();
    let n_agents = present.len() as u64;
    if n == 0 {
        return Estimate::absent(n, n_agents, Reason::NTooSmall);
    }
    let max = sum(present.iter().map(|agent| agent.max));
    if max <= 0.0 {
        return Estimate::absent(n, n_agents, Reason::NoDenominator);
    }
    let ratio = sum(present.iter().map(|agent| agent.points)) / max;
    let by_agent = if present.iter().all(|agent| agent.max > 0.0) {
        Ok(100.0 * sum(present.iter().map(|agent| agent.points / agent.max)) / n_agents as f64)
    } else {
        Err(Reason::NoDenominator)
    };
    let residuals = present.iter().map(|agent| 100.0 * (agent.points - ratio * agent.max) / max);
    Estimate { n, n_agents, value: Ok(100.0 * ratio), by_agent, interval: clustered(100.0 * ratio, residuals) }
}

/// The interval about `centre` from one residual an agent (they sum to 0).
///
/// # Errors
/// [`Reason::NTooSmall`] without agents, [`Reason::OneAgent`] with a single one.
pub fn clustered(centre: f64, residuals: impl ExactSizeIterator<Item = f64>) -> Result<Interval, Reason> {
    let n_agents = residuals.len() as u64;
    if n_agents == 0 {
        return Err(Reason::NTooSmall);
    }
    let df = n_agents - 1;
    let quantile = t(df).ok_or(Reason::OneAgent)?;
    let se = (n_agents as f64 / df as f64 * sum(residuals.map(|residual| residual * residual))).sqrt();
    Ok(Interval { se, df, low: centre - quantile * se, high: centre + quantile * se })
}

/// The rate x of n with Wilson's interval.
///
/// # Errors
/// [`Reason::NTooSmall`] if n is 0.
pub fn wilson(x: u64, n: u64) -> Result<Rate, Reason> {
    if n == 0 {
        return Err(Reason::NTooSmall);
    }
    let (hits, all) = (x.min(n) as f64, n as f64);
    let z2 = Z * Z;
    let spread = Z * (hits * (all - hits) / all + z2 / 4.0).sqrt();
    let end = |signed: f64| ((hits + z2 / 2.0 + signed) / (all + z2)).clamp(0.0, 1.0);
    // At the two extremes the end is exact; arithmetic would leave a trace beside it.
    let low = if x == 0 { 0.0 } else { end(-spread) };
    let high = if x >= n { 1.0 } else { end(spread) };
    Ok(Rate { value: hits / all, low, high })
}

impl Estimate {
    fn absent(n: u64, n_agents: u64, reason: Reason) -> Self {
        Self { n, n_agents, value: Err(reason), by_agent: Err(reason), interval: Err(reason) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn near(seen: f64, expected: f64, within: f64) {
        assert!((seen - expected).abs() <= within, "{seen} is not {expected}");
    }

    fn agents(scores: &[&[f64]]) -> Vec<AgentSum> {
        scores.iter().map(|own| AgentSum { n: own.len() as u64, sum: own.iter().sum() }).collect()
    }

    #[test]
    fn mean_of_the_documented_side_has_its_clustered_interval() {
        let estimate = mean(&agents(&[&[78.0, 92.0], &[66.0], &[60.0, 99.0]]));
        assert_eq!((estimate.n, estimate.n_agents, estimate.value), (5, 3, Ok(79.0)));
        near(estimate.by_agent.unwrap(), (85.0 + 66.0 + 79.5) / 3.0, 1e-12);
        let interval = estimate.interval.unwrap();
        // u = 12/5, -13/5, 1/5, so the variance is 3/2 * (144 + 169 + 1)/25.
        near(interval.se, (1.5_f64 * 314.0 / 25.0).sqrt(), 1e-12);
        near(interval.se, 4.340507, 5e-7);
        assert_eq!(interval.df, 2);
        near(interval.low, 60.32, 5e-3);
        near(interval.high, 97.68, 5e-3);
    }

    #[test]
    fn pooled_ratio_of_the_documented_agents_has_its_clustered_interval() {
        let ratio = |n, points, max| AgentRatio { n, points, max };
        let estimate = pooled(&[ratio(2, 51.0, 62.0), ratio(1, 11.0, 25.0), ratio(2, 56.0, 67.0)]);
        near(estimate.value.unwrap(), 76.623377, 5e-7);
        near(estimate.value.unwrap(), 100.0 * 118.0 / 154.0, 1e-12);
        let interval = estimate.interval.unwrap();
        near(interval.se, 7.971150, 5e-7);
        near(interval.low, 42.33, 5e-3);
        near(interval.high, 110.92, 5e-3);
    }

    #[test]
    fn wilson_interval_of_the_documented_rates_is_theirs() {
        let high = wilson(11, 12).unwrap();
        near(high.low, 0.646120, 5e-7);
        near(high.high, 0.985135, 5e-7);
        let none = wilson(0, 9).unwrap();
        assert_eq!((none.value, none.low), (0.0, 0.0));
        near(none.high, 0.299145, 5e-7);
        let all = wilson(9, 9).unwrap();
        assert_eq!((all.value, all.high), (1.0, 1.0));
        near(all.low, 1.0 - 0.299145, 5e-7);
        assert_eq!(wilson(0, 0), Err(Reason::NTooSmall));
    }

    #[test]
    fn rates_of_nothing_and_of_everything_end_exactly_at_0_and_1() {
        for n in 1..2000 {
            assert_eq!((wilson(0, n).unwrap().low, wilson(n, n).unwrap().high), (0.0, 1.0), "{n}");
        }
    }

    #[test]
    fn no_assessment_one_and_two_have_their_answers() {
        let none = mean(&[]);
        assert_eq!((none.n, none.value, none.interval), (0, Err(Reason::NTooSmall), Err(Reason::NTooSmall)));
        assert_eq!(mean(&[AgentSum { n: 0, sum: 0.0 }]), none);
        let one = mean(&agents(&[&[80.0]]));
        assert_eq!((one.value, one.by_agent, one.interval), (Ok(80.0), Ok(80.0), Err(Reason::OneAgent)));
        assert_eq!(mean(&agents(&[&[80.0, 90.0]])).interval, Err(Reason::OneAgent));
        let two = mean(&agents(&[&[80.0], &[90.0]])).interval.unwrap();
        near(two.se, 5.0, 1e-12);
        assert_eq!(two.df, 1);
        let alike = mean(&agents(&[&[80.0], &[80.0]])).interval.unwrap();
        assert_eq!((alike.se, alike.low, alike.high), (0.0, 80.0, 80.0));
    }

    #[test]
    fn ratio_without_denominator_is_withheld() {
        assert_eq!(pooled(&[]).value, Err(Reason::NTooSmall));
        let empty = AgentRatio { n: 1, points: 0.0, max: 0.0 };
        assert_eq!(pooled(&[empty, empty]).value, Err(Reason::NoDenominator));
        let half = pooled(&[empty, AgentRatio { n: 1, points: 3.0, max: 4.0 }]);
        assert_eq!((half.value, half.by_agent), (Ok(75.0), Err(Reason::NoDenominator)));
        assert_eq!(pooled(&[AgentRatio { n: 1, points: 3.0, max: 4.0 }]).interval, Err(Reason::OneAgent));
    }

    proptest! {
        #[test]
        fn order_of_the_agents_does_not_show(rows in prop::collection::vec((1..50u64, 0.0..100.0f64), 0..20)) {
            let forth: Vec<AgentSum> = rows.iter().map(|(n, mean)| AgentSum { n: *n, sum: *n as f64 * mean }).collect();
            let back: Vec<AgentSum> = forth.iter().rev().copied().collect();
            prop_assert_eq!(mean(&forth), mean(&back));
            let ratios = |agents: &[AgentSum]| agents.iter().map(|a| AgentRatio { n: a.n, points: a.sum, max: 100.0 * a.n as f64 }).collect::<Vec<_>>();
            prop_assert_eq!(pooled(&ratios(&forth)), pooled(&ratios(&back)));
        }

        #[test]
        fn rate_lies_within_its_interval_and_the_interval_within_0_and_1(n in 1..100_000u64, part in 0.0..=1.0f64) {
            let x = (part * n as f64).round() as u64;
            let rate = wilson(x, n).unwrap();
            prop_assert!(0.0 <= rate.low && rate.low <= rate.value && rate.value <= rate.high && rate.high <= 1.0);
        }
    }
}
