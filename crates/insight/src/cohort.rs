//! What is said of a cohort or a point of it by counts alone: whether its weights are in doubt, whether it is provisional.

/// A cohort with fewer scored assessments raises no version alarm.
const ALARM_ASSESSMENTS_MIN: u64 = 20;
/// The share of them, in per cent, that must carry the flag `score_parity`.
const ALARM_PERCENT: u64 = 10;

/// Whether so many assessments disagree with the platform's own score that the weights of the form version are in doubt.
pub const fn is_version_alarm(n: u64, n_score_parity: u64) -> bool {
    n >= ALARM_ASSESSMENTS_MIN && n_score_parity as u128 * 100 >= n as u128 * ALARM_PERCENT as u128
}

/// Whether a mean rests on too few assessments to be more than provisional.
pub const fn is_provisional(n: u64, provisional_below: u64) -> bool {
    n < provisional_below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_alarm_needs_twenty_assessments_and_a_tenth_of_them() {
        let cases =
            [(0, 0, false), (19, 19, false), (20, 1, false), (20, 2, true), (21, 2, false), (30, 3, true), (u64::MAX, u64::MAX, true)];
        for (n, flagged, expected) in cases {
            assert_eq!(is_version_alarm(n, flagged), expected, "{flagged} of {n}");
        }
        assert!(is_provisional(9, 10) && !is_provisional(10, 10));
    }
}
