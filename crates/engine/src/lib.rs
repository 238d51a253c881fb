//! The conductor and the library's public face: plans windows and scopes, pulls, sweeps for deletions, publishes, reconciles.
//! It decides; `wire` asks, `platform` reads, `store` keeps. Only `sweep` concludes from absence.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod monitor;
pub mod report;
pub mod run;
pub mod settings;

pub mod board;
pub mod estimate;
pub mod forms;
pub mod ledger;
pub mod marks;
pub mod plan;
pub mod privilege;
pub mod reader;
pub mod replay;
pub mod rescore;
pub mod scopes;
pub mod source;
pub mod sweep;

pub mod analysis;
pub mod deliver;
pub mod measure;
pub mod roster;

pub mod check;
pub mod join;
pub mod publish;
pub mod reconcile;

#[cfg(test)]
mod testing;

pub use insight;
pub use model;
pub use platform;
pub use sink;
pub use store;
pub use wire;
