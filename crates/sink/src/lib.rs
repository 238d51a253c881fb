//! The contract of a copy, its common suite, and the light copies: JSON payload, NDJSON and CSV.
//! Nothing here asks a source, writes the store, or asks what time it is; the rows, the run and the moment come in.
//! Every copy is idempotent: published again and again, after whatever crash, the result is one.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod contract;
pub mod disk;
pub mod encode;
pub mod error;
pub mod feed;
pub mod files;
pub mod folder;
pub mod manifest;
pub mod packing;
pub mod suite;
