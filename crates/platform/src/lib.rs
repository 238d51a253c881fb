//! How each vendor *talks*: what to ask next, how to read the answer. A folder per vendor, a file per dialect.
//! No I/O, no clock: a dialect gives requests as values and reads answers as values; the engine carries them.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod cxone;
pub mod dialect;
pub mod fields;
pub mod genesys;
pub mod paging;
pub mod registry;
pub mod suite;
