//! The simulator: a false Genesys Cloud CX and a false NICE CXone over real HTTP, with a seeded world and seeded faults.
//! It is a second opinion: it imports nothing of the other rooms, has its own formula and its own truth, and keeps strictly to the
//! contract of the guide dialect. It knows no tenant of a configuration and stores nothing.
//!
//! ```no_run
//! # async fn example() -> Result<(), scorelake_sim::SimError> {
//! use scorelake_sim::{Faults, Platform, Sim, SimOptions, WorldOptions};
//!
//! let options = SimOptions { world: WorldOptions::scaled(7, 0.1), ..SimOptions::default() };
//! let sim = Sim::start(options).await?;
//! let url = sim.base_url(Platform::Genesys); // log in with `demo-client` and `demo-secret`
//! sim.set_faults(Faults::storm(7));
//! sim.advance_days(3);
//! let truth = sim.truth(Platform::Genesys);
//! let n_rubric_requests = sim.requests().count(Platform::Cxone, "forms");
//! # Ok(()) }
//! ```
//!
//! # The truth
//! ```json
//! {"platform": "genesys", "seed": 1, "now": "...",
//!  "scopes": [{"id", "name", "kind", "timezone", "visible", "assessments", "feedback"}],
//!  "form_versions": {"ID": {"record": {}, "found": true}},
//!  "agents": {"ID": {"skill", "team"}}, "evaluators": {"ID": {"leniency", "scope_ids"}},
//!  "assessments": {"ID": {"record": {}, "join", "visible", "deleted", "status", "scope_ids", "unreadable",
//!    "expected": {"raw_score", "normalized_score", "final_score", "applicable_share", "na_questions",
//!                 "failed_critical", "score_flags", "weight_source"}}},
//!  "feedback": {"ID": {"record": {}, "join", "visible", "deleted", "status", "scope_ids", "unreadable"}}}
//! ```
//! `record` is the object as the platform would send it; `unreadable` is null or the reason, and then `expected` and `join` are null.
//! `join` is what comes of joining the record with the listing of interactions by its `interactionId`, else by its
//! `externalReferenceId`, and by its agent: `matched`, `no_interaction`, `agent_not_on_interaction`, `time_mismatch`.
//! `leniency` and `skill` move the log odds of full marks: the leniency as it is, the skill times 1.4.
//! A deleted CXone record stands here as it was last seen.
//!
//! # Control paths
//! On both ports, without a token: `GET /_sim/health`, `GET /_sim/truth`, `GET` and `DELETE /_sim/requests`, `GET` and
//! `POST /_sim/faults`, `POST /_sim/advance?days=N` (or `hours`, `seconds`), `POST /_sim/pass?seconds=N` (service time),
//! `POST /_sim/revoke`, `GET /_sim/totals?from=DATE&to=DATE` (`&tenant=true` for rows of the scope `*`),
//! `GET /_sim/interactions.csv`, `GET /_sim/roster.csv?tenant=NAME`, `GET /_sim/external-metrics`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod answer;
mod ask;
mod clock;
mod connection;
mod control;
mod cursor;
mod cxone;
mod desk;
mod faults;
mod genesys;
mod interactions;
mod listing;
mod metrics;
mod options;
mod platform;
mod requests;
mod rng;
mod roster;
mod score;
mod server;
mod stamp;
mod tamper;
mod token;
mod trouble;
mod truth;
mod wanted;
mod world;

pub use crate::faults::{Faults, Target};
pub use crate::options::{ExternalMetric, Rates, SimOptions, WorldOptions};
pub use crate::platform::Platform;
pub use crate::requests::{RequestLine, Requests};
pub use crate::server::{Sim, SimError};
pub use crate::truth::TotalsRows;
