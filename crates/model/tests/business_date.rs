//! Business dates against Python's zoneinfo: every quarter of an hour of some days about changes of clocks and of zones.
//! The expected dates are recorded with tool and version; `tests/reference/run.sh` computes them anew.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use scorelake_model::day::business_date;
use serde_json::Value;

const RECORDED: &str = include_str!("../../insight/tests/reference/business_date.json");

/// The instants at which the date changes on a walk in equal steps, each with the date from there on.
fn changes(walk: &Value) -> Vec<(Timestamp, Date)> {
    let text = |name: &str| walk[name].as_str().unwrap();
    let zone = TimeZone::get(text("zone")).unwrap();
    let day_start: Time = text("day_start").parse().unwrap();
    let step = SignedDuration::from_mins(walk["step_minutes"].as_i64().unwrap());
    let mut at: Timestamp = text("start").parse().unwrap();
    let mut changes: Vec<(Timestamp, Date)> = Vec::new();
    for _ in 0..walk["n"].as_u64().unwrap() {
        let date = business_date(at, &zone, day_start);
        if changes.last().is_none_or(|(_, held)| *held != date) {
            changes.push((at, date));
        }
        at += step;
    }
    changes
}

#[test]
fn business_dates_are_those_of_zoneinfo() {
    let recorded: Value = serde_json::from_str(RECORDED).unwrap();
    let cases = recorded["cases"].as_array().unwrap();
    assert!(100 < cases.len());
    for case in cases {
        let expected: Vec<(Timestamp, Date)> = case["expected"]["changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|change| (change[0].as_str().unwrap().parse().unwrap(), change[1].as_str().unwrap().parse().unwrap()))
            .collect();
        assert_eq!(changes(&case["input"]), expected, "{}", case["name"]);
    }
}
