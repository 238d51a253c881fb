//! Differences of clocks, in numbers and in words.

use super::*;

fn sorted(seconds: &[i64]) -> Vec<i64> {
    let mut ms: Vec<i64> = seconds.iter().map(|seconds| seconds * 1000).collect();
    ms.sort_unstable();
    ms
}

#[track_caller]
fn check_offset(seconds: &[i64], expected: &str) {
    assert_eq!(offset(&sorted(seconds), Duration::from_secs(1)).unwrap_or_default(), expected);
}

#[test]
fn quantiles_are_linear_between_neighbours() {
    let seen = differences(&sorted(&[10, 0, 20, 30, 41])).unwrap();
    let numbers = [seen.least, seen.p05, seen.p25, seen.median, seen.p75, seen.p95, seen.greatest];
    assert_eq!(numbers, [0.0, 2.0, 10.0, 20.0, 30.0, 38.8, 41.0]);
    let one = differences(&[-1500]).unwrap();
    assert_eq!([one.least, one.p05, one.median, one.greatest], [-1.5; 4]);
    assert_eq!(differences(&[]), None);
}

#[test]
fn one_offset_of_whole_half_hours_is_probably_a_time_zone() {
    check_offset(&[7200, 7201, 7199], "3 of these 3 differ by +2 h: probably a time zone error");
    check_offset(&[-19_800; 4], "4 of these 4 differ by -5 h 30 min: probably a time zone error");
    check_offset(&[1800; 3], "3 of these 3 differ by +30 min: probably a time zone error");
    check_offset(&[3600, 3600, 3600, 3600, 3600, 3600, 3600, 3600, 3600, 17], "9 of these 10 differ by +1 h: probably a time zone error");
}

#[test]
fn two_offsets_an_hour_apart_are_a_zone_with_a_clock_change() {
    check_offset(&[3600, 3600, 7200, 7200, 7200], "5 of these 5 differ by +1 h or +2 h: probably a time zone error over a clock change");
    check_offset(&[-18_000, -14_400, -14_400], "3 of these 3 differ by -5 h or -4 h: probably a time zone error over a clock change");
}

#[test]
fn other_differences_are_not_called_a_time_zone() {
    check_offset(&[], "");
    check_offset(&[7200, 7200], "");
    check_offset(&[7203; 5], "");
    check_offset(&[2, 2, 2, 2], "");
    check_offset(&[3600, 3600, 3600, 17, 42], "");
    check_offset(&[1800, 3600, 1800, 3600], "");
}
