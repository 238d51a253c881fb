//! The whole way from the API to the store and its copies, against the simulator: one binary, a module a topic.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub, missing_docs)]

extern crate scorelake_engine as engine;

mod harness;
mod truth;

mod clean;
mod moving;
