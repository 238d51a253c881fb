//! What follows extraction: assessments are measured, the feed restated, publications written, in this order.
//! Each part takes up what an earlier run that died has left; a part that fails does not stop the others.

use engine::measure::MeasureSettings;
use engine::publish::PublicationReport;
use engine::report::{Trouble, TroubleKind};
use engine::roster::Roster;

use crate::command::bench::Bench;
use crate::command::done::{Done, Restated};
use crate::command::measuring;
use crate::command::publish::job::{self, Job};
use crate::config::Config;
use crate::exit::Outcome;

/// Everything that follows, ready to be done.
pub(crate) struct Afterwards {
    settings: MeasureSettings,
    roster: Roster,
    jobs: Vec<Job>,
}

impl Afterwards {
    /// With the publications of these names, all when the list is empty; without any when there is no list.
    ///
    /// # Errors
    /// A roster that cannot be read; a name that no publication has; a path that cannot be meant.
    pub(crate) fn of(config: &Config, names: Option<&[String]>) -> Outcome<Self> {
        let analytics = config.numbers.settings()?;
        let settings = measuring::settings(config, &analytics);
        let jobs = names.map(|names| job::jobs(config, names)).transpose()?.unwrap_or_default();
        Ok(Self { settings, roster: analytics.roster, jobs })
    }

    /// Whether nothing is written.
    pub(crate) fn is_without_publications(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Does it. Must be called within the runtime.
    pub(crate) async fn run(self, bench: &Bench) -> Done {
        let restated = Restated::of(bench.engine.keep_feed(&self.settings, &bench.run_id));
        // A run that was asked to stop publishes nothing: the next one does.
        let published = if bench.stopped_by().is_some() { Vec::new() } else { write(bench, self.jobs, &self.roster).await };
        Done { restated, published }
    }
}

/// Writes while nobody else does.
async fn write(bench: &Bench, jobs: Vec<Job>, roster: &Roster) -> Vec<PublicationReport> {
    if jobs.is_empty() {
        return Vec::new();
    }
    match bench.hold_publications() {
        Ok(_lease) => {
            let mut reports = Vec::new();
            for job in jobs {
                reports.push(job.write(bench, roster).await);
            }
            reports
        }
        Err(failure) => {
            let kind = if failure.code() == TroubleKind::Held.exit_code() { TroubleKind::Held } else { TroubleKind::Storage };
            let trouble = Trouble { kind, message: failure.message(), hint: failure.hint() };
            jobs.iter().map(|job| PublicationReport { name: job.name.clone(), kind: job.kind, outcome: Err(trouble.clone()) }).collect()
        }
    }
}
