//! What a record *means*: ids, assessments, feedback, forms, scores, windows, tables.
//! Pure: no clock, no files, no network, no async; whatever changes from run to run comes in as an argument.
//! Nothing here knows a vendor's field names; those live in `platform`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod canonical;
pub mod counter;
pub mod coverage;
pub mod day;
pub mod feed;
pub mod flag;
pub mod form;
pub mod id;
pub mod interaction;
pub mod number;
pub mod privacy;
pub mod record;
pub mod row;
pub mod score;
pub mod table;
pub mod time;
pub mod window;
