//! The chained index: the mean of the first form version, carried on by what performance changed at each boundary.
//! It is in points, may pass 100 and is never a percentage. Where no bridge may be published the chain ends and the next begins.

/// A form version in the order of its versions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChainVersion {
    /// The mean of its scored assessments; `None` without any.
    pub mean: Option<f64>,
    /// The published performance from the version before; `None` without a published bridge, and for the first version.
    pub performance: Option<f64>,
}

/// Where a form version stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChainPoint {
    /// The number of the chain, from 1. Indexes of two chains are not comparable.
    pub chain_id: u64,
    /// The index in points.
    pub index: f64,
}

/// The index of each version; `None` for one that has neither a bridge nor a mean to begin with.
pub fn chain(versions: &[ChainVersion]) -> Vec<Option<ChainPoint>> {
    let mut before: Option<ChainPoint> = None;
    let mut chain_id = 0;
    let mut points = Vec::with_capacity(versions.len());
    for version in versions {
        let carried_on =
            before.zip(version.performance).map(|(before, performance)| ChainPoint { index: before.index + performance, ..before });
        before = carried_on.or_else(|| {
            chain_id += u64::from(version.mean.is_some());
            version.mean.map(|index| ChainPoint { chain_id, index })
        });
        points.push(before);
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(versions: &[(Option<f64>, Option<f64>)], expected: &[Option<(u64, f64)>]) {
        let versions: Vec<ChainVersion> =
            versions.iter().map(|(mean, performance)| ChainVersion { mean: *mean, performance: *performance }).collect();
        let seen: Vec<Option<(u64, f64)>> =
            chain(&versions).into_iter().map(|point| point.map(|point| (point.chain_id, point.index))).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn documented_chain_carries_performance_on() {
        check(&[(Some(200.0 / 3.0), None), (Some(275.0 / 3.0), Some(125.0 / 6.0))], &[Some((1, 200.0 / 3.0)), Some((1, 87.5))]);
    }

    #[test]
    fn boundary_without_bridge_begins_a_new_chain_at_its_own_mean() {
        check(
            &[(Some(90.0), None), (Some(70.0), Some(-1.0)), (Some(60.0), None), (Some(50.0), Some(2.5))],
            &[Some((1, 90.0)), Some((1, 89.0)), Some((2, 60.0)), Some((2, 62.5))],
        );
    }

    #[test]
    fn index_may_pass_100() {
        check(&[(Some(99.0), None), (Some(98.0), Some(4.0))], &[Some((1, 99.0)), Some((1, 103.0))]);
    }

    #[test]
    fn version_without_assessments_ends_the_chain_and_has_no_index() {
        check(&[], &[]);
        check(&[(None, None), (Some(80.0), Some(1.0)), (None, None), (Some(70.0), None)], &[None, Some((1, 80.0)), None, Some((2, 70.0))]);
    }
}
