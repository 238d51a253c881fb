//! The whole way from the API to the store and its copies, against the simulator: one binary, a module a topic.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub, missing_docs)]

extern crate scorelake_engine as engine;

mod gateway;
mod harness;
mod look;
mod truth;

mod clean;
mod moving;

mod requests;
mod scopes;
mod windows;

mod deletions;
mod feedback;
mod history;
mod quarantine;
mod scores;

mod check;
mod clock;
mod manners;
mod stop;

mod analysis;
mod deliver;
mod join;

mod nameless;
mod privacy;
mod publications;
mod reconcile;
