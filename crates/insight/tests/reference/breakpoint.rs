//! Change points against ruptures, `Pelt(model="l2", min_size=3, jump=1)`.

use scorelake_insight::breakpoint::segmentation;
use serde_json::json;

use crate::control::week_means;
use crate::{CLOSED, cases};

#[test]
fn breaks_are_those_of_ruptures() {
    for case in cases(include_str!("breakpoint.json")) {
        let seen = segmentation(&week_means(&case.input["x"])).unwrap();
        case.holds("sigma", seen.sigma, CLOSED);
        case.holds("penalty", seen.penalty, CLOSED);
        let mut ends: Vec<u64> = Vec::new();
        for segment in &seen.segments {
            ends.push(ends.last().copied().unwrap_or_default() + segment.n);
        }
        ends.pop();
        assert_eq!(json!(ends), case.expected["breaks"], "`{}`", case.name);
        case.hold("means", &seen.segments.iter().map(|segment| segment.mean).collect::<Vec<_>>(), CLOSED);
    }
}
