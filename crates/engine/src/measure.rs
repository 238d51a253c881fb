//! Measuring and restating: the measures of assessments are brought up to the store as it stands, then the feed of
//! agent-days to the measures. Both may die at any moment and are made good by the next call; with nothing new, nothing is
//! written. Nothing is asked of a source.

mod rule;
mod settings;

pub use rule::measure;
pub use settings::{BusinessDay, DateFallback, MeasureSettings, TenantDays};

use jiff::tz::TimeZone;
use store::{LateChange, Lease, LeaseError, MeasureStep};

use crate::report::{Trouble, storage};
use crate::run::Engine;

/// Assessments that are measured in one transaction.
const BATCH: u32 = 500;

/// What measuring did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MeasureReport {
    /// Assessments that were looked at.
    pub n_measured: u64,
    /// Those among them whose measure is another than before.
    pub n_changed: u64,
    /// Assessments that are still to be looked at: a signal stopped it.
    pub n_left: u64,
}

/// What restating did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedReport {
    /// Agent-days that hold something and held nothing.
    pub inserted: u64,
    /// Agent-days that hold something else.
    pub updated: u64,
    /// Agent-days that hold nothing any more.
    pub retracted: u64,
    /// Those among all of them whose day was closed already.
    pub late: Vec<LateChange>,
}

impl Engine {
    /// Measures whatever changed since it was last measured, or everything if the settings are others. Stops between two
    /// batches when asked to.
    ///
    /// # Errors
    /// A trouble of storage; what was measured before it stays measured.
    pub fn measure(&self, settings: &MeasureSettings) -> Result<MeasureReport, Trouble> {
        let hash = settings.hash();
        let n_due = self.ledger.with(|store| store.begin_measuring(&hash)).map_err(|error| storage(&error))?;
        let mut report = MeasureReport { n_left: n_due, ..MeasureReport::default() };
        while report.n_left > 0 && !self.stop.is_asked() {
            let step: MeasureStep = self
                .ledger
                .with(|store| store.measure_some(&hash, BATCH, &|input| measure(input, settings)))
                .map_err(|error| storage(&error))?;
            report.n_measured += step.n_measured;
            report.n_changed += step.n_changed;
            report.n_left = step.n_left;
        }
        Ok(report)
    }

    /// Makes the events of the feed for every agent-day whose measures changed, in one transaction. How old a day is, is
    /// counted from today in UTC. A tenant that another run is extracting is left to that run: half a window would become
    /// half a day, published as its first revision.
    ///
    /// # Errors
    /// A trouble of storage; no event is then made.
    pub fn restate(&self, run_id: &str) -> Result<FeedReport, Trouble> {
        let today = self.clock.now().to_zoned(TimeZone::UTC).date();
        let touched = self.ledger.with(|store| store.touched_tenants()).map_err(|error| storage(&error))?;
        let (mut leases, mut tenants) = (Vec::new(), Vec::new());
        for tenant in touched {
            match Lease::take(&self.workspace.store, &tenant) {
                Err(LeaseError::Held { .. }) => continue,
                // Where there can be no lock file, nobody can be extracting either.
                Err(LeaseError::Unusable { .. }) => {}
                Ok(lease) => leases.push(lease),
            }
            tenants.push(tenant);
        }
        let restated = self.ledger.with(|store| store.restate(&tenants, run_id, today)).map_err(|error| storage(&error))?;
        drop(leases);
        Ok(FeedReport { inserted: restated.inserted, updated: restated.updated, retracted: restated.retracted, late: restated.late })
    }

    /// Both, for whoever extracted something or is about to publish. Nothing is restated before everything is measured, so
    /// that the two sides of a move are published together.
    ///
    /// # Errors
    /// A trouble of storage; the next call goes on from there.
    pub fn keep_feed(&self, settings: &MeasureSettings, run_id: &str) -> Result<(MeasureReport, FeedReport), Trouble> {
        let measured = self.measure(settings)?;
        let restated = if measured.n_left == 0 { self.restate(run_id)? } else { FeedReport::default() };
        Ok((measured, restated))
    }
}

#[cfg(test)]
mod tests;
