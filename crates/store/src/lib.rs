//! The embedded ground truth: landed rows with their raw source, quarantine, progress and tombstones, in one SQLite file.
//! It decides nothing about the source: what was read, what vanished and when it is now comes in as arguments.
//! Whatever belongs together is written in one transaction, so a process that dies leaves a store that was true once.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod cell;
mod current;
mod delivery;
mod error;
mod form;
mod history;
mod known;
mod land;
mod lease;
mod measure;
mod measuring;
mod progress;
mod quarantine;
mod query;
mod read;
mod rescore;
mod restate;
mod run;
mod schema;
mod statement;
mod store;
mod tombstone;
mod verdict;

pub mod statistics;

#[cfg(test)]
mod testing;

pub use delivery::{Delivered, Delivery, DeliveryKey};
pub use error::{StoreError, StoreErrorKind, VisitError};
pub use form::KeptForms;
pub use history::Version;
pub use land::{Landed, PageLanding};
pub use lease::{Lease, LeaseError};
pub use measure::{DateSource, LeftOut, Measure};
pub use measuring::{MeasureForm, MeasureInput, MeasureStep, Measured};
pub use progress::{Bookmark, Mark, Pass, WindowProgress, WindowState};
pub use quarantine::{QuarantineEntry, Quarantined, quarantine_id};
pub use query::QueryValue;
pub use read::{Filter, PartitionBy, PartitionState};
pub use rescore::Unverified;
pub use restate::{LateChange, Restated};
pub use run::Run;
pub use schema::SCHEMA_VERSION;
pub use store::{Snapshot, Store};
pub use tombstone::{Cause, Tombstone};
pub use verdict::{DeletedPolicy, HistoryCause};
