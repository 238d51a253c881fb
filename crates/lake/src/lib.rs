//! The heavy copies, apart because of their weight: the Parquet lake and a PostgreSQL database; and, of the same weight,
//! the reading of interactions files.
//! They know the contract of a copy and the tables, neither the store nor the sources.
//! Every copy is idempotent: published again and again, after whatever crash, the result is one.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod interactions;
pub mod parquet;
pub mod postgres;
pub mod testing;
