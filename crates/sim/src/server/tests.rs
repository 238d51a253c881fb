//! The whole simulator over loopback HTTP: each rule of the contract, each fault, and a patient reader that must come to the truth
//! under all of them.

mod client;
mod faults;
mod metrics;
mod rules;
mod worlds;

use super::*;
use crate::options::WorldOptions;

const ASSESSMENTS: &str = "/api/v2/quality/assessments";

/// A range that holds every record.
const RANGE: [(&str, &str); 2] = [("dateFrom", client::FROM), ("dateTo", client::TO)];

/// A small world that comes up quickly.
fn options(seed: u64) -> SimOptions {
    let world = WorldOptions { seed, n_assessments: 500, n_feedback: 400, ..WorldOptions::default() };
    SimOptions { world, ..SimOptions::default() }
}

async fn sim(seed: u64) -> Sim {
    Sim::start(options(seed)).await.unwrap()
}
