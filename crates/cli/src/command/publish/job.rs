//! Jobs: configured publications, ready to be written. Which kind is written by whom is known here only.

use std::path::Path;
use std::sync::Arc;

use engine::deliver::Delivering;
use engine::publish::{Publication as Copy, PublicationReport};
use engine::report::{Trouble, TroubleKind, storage};
use engine::roster::Roster;
use engine::settings::Tenant;
use engine::sink::contract::{Published, Sink};
use engine::sink::feed::FeedMeasure;
use engine::store::Store;

use crate::command::bench::Bench;
use crate::command::feed::{self, Source};
use crate::config::Config;
use crate::config::problem::nearest;
use crate::config::publication::{Feed, Publication, Target};
use crate::exit::{Failure, Outcome};

/// One publication.
pub(crate) struct Job {
    /// Its name.
    pub(crate) name: String,
    /// The word of its kind.
    pub(crate) kind: &'static str,
    work: Work,
}

enum Work {
    /// Copies that the engine keeps up to date.
    Copies(Vec<Box<dyn Sink>>),
    /// A file or a folder about single agents.
    Feed(Feed),
    /// Measures that are sent with the credentials of a tenant.
    Delivery { tenant: Arc<Tenant>, measures: Vec<FeedMeasure> },
}

/// The publications of these names, all when there is none. Tenants whose credentials deliver are taken out of the configuration.
///
/// # Errors
/// A name that no publication has; a path that cannot be meant.
pub(super) fn jobs(config: &Config, names: &[String]) -> Outcome<Vec<Job>> {
    let publications = &config.publications;
    for name in names {
        if !publications.iter().any(|publication| publication.name == *name) {
            let known = publications.iter().map(|publication| publication.name.as_str());
            return Err(Failure::usage(format!("no publication `{name}` in the configuration{}", nearest(name, known))));
        }
    }
    let chosen = publications.iter().filter(|publication| names.is_empty() || names.contains(&publication.name));
    chosen.map(|publication| job(publication, config)).collect()
}

fn job(publication: &Publication, config: &Config) -> Outcome<Job> {
    let work = match &publication.target {
        Target::Feed(Feed::ExternalMetrics { tenant, measures, folder: None }) => {
            let found = config.tenants.iter().find(|one| one.name == *tenant).map(Arc::clone);
            let found = found.ok_or_else(|| Failure::configuration(format!("publication `{}`: no tenant `{tenant}`", publication.name)))?;
            Work::Delivery { tenant: found, measures: measures.clone() }
        }
        Target::Feed(feed @ (Feed::Calabrio { .. } | Feed::ExternalMetrics { .. })) => Work::Feed(feed.clone()),
        target => {
            let sinks = target.sinks(&publication.name, &config.tenant_names());
            Work::Copies(sinks.map_err(|error| Failure::configuration(format!("publication `{}`: {error}", publication.name)))?)
        }
    };
    Ok(Job { name: publication.name.clone(), kind: publication.target.kind(), work })
}

impl Job {
    /// Writes it. Must be called within the runtime.
    pub(super) async fn write(self, bench: &Bench, roster: &Roster) -> PublicationReport {
        let outcome = match self.work {
            Work::Copies(sinks) => copies(bench, &self.name, sinks),
            Work::Feed(feed) => self::feed(bench, &self.name, &feed, roster),
            Work::Delivery { tenant, measures } => delivery(bench, &self.name, &tenant, measures, roster).await,
        };
        PublicationReport { name: self.name, kind: self.kind, outcome }
    }
}

/// Copies of one name, told as one.
fn copies(bench: &Bench, name: &str, sinks: Vec<Box<dyn Sink>>) -> Result<Published, Trouble> {
    let mut copies: Vec<Copy> = sinks.into_iter().map(|sink| Copy { name: name.to_owned(), sink }).collect();
    let done: Result<Vec<Published>, Trouble> =
        bench.engine.publish(&mut copies, &bench.run_id).into_iter().map(|report| report.outcome).collect();
    together(done?).ok_or_else(|| Trouble::new(TroubleKind::Bug, format!("publication `{name}`: bug: nothing to write")))
}

/// Several files of one folder, told as the folder.
pub(crate) fn together(done: Vec<Published>) -> Option<Published> {
    done.into_iter().reduce(|mut one, other| {
        one.rows_written += other.rows_written;
        one.files_written += other.files_written;
        one.changed |= other.changed;
        one.warnings.extend(other.warnings);
        if let Some(folder) = Path::new(&other.where_).parent() {
            one.where_ = folder.display().to_string();
        }
        one
    })
}

fn feed(bench: &Bench, name: &str, feed: &Feed, roster: &Roster) -> Result<Published, Trouble> {
    let store = Store::open_read_only(bench.store()).map_err(|error| storage(&error))?;
    let _moment = store.snapshot().map_err(|error| storage(&error))?;
    write_feed(&format!("publication `{name}`"), &Source { store: &store, roster, run_id: &bench.run_id }, feed)
}

/// Writes a feed that is a file or a folder. `what` stands in front of what goes wrong.
///
/// # Errors
/// A store that cannot be read, a file that cannot be written.
pub(crate) fn write_feed(what: &str, source: &Source<'_>, feed: &Feed) -> Result<Published, Trouble> {
    match feed {
        Feed::Calabrio { path, separator, tenant, measures } => feed::calabrio(what, source, measures, tenant.as_ref(), *separator, path),
        Feed::ExternalMetrics { tenant, measures, folder: Some(folder) } => feed::batches(what, source, measures, Some(tenant), folder),
        Feed::AgentDay { .. } | Feed::ExternalMetrics { folder: None, .. } => {
            Err(Trouble::new(TroubleKind::Bug, format!("{what}: bug: it is no file of measures")))
        }
    }
}

/// Sends what the receiver has not acknowledged. What is worth knowing of a delivery that failed is said at once.
async fn delivery(
    bench: &Bench,
    name: &str,
    tenant: &Arc<Tenant>,
    measures: Vec<FeedMeasure>,
    roster: &Roster,
) -> Result<Published, Trouble> {
    let delivering = Delivering { name: name.to_owned(), measures };
    let mut report = bench.engine.deliver(tenant, &delivering, roster).await;
    if report.n_refused > 0 {
        report.warnings.push(format!("{} of {} values that were due are refused and stay due", report.n_refused, report.n_due));
    }
    let n_more = report.troubles.len().saturating_sub(1);
    if report.troubles.is_empty() {
        return Ok(Published {
            bookmark: String::new(),
            rows_written: report.n_acknowledged,
            files_written: 0,
            changed: report.n_acknowledged > 0,
            where_: tenant.base_url.to_string(),
            warnings: report.warnings,
        });
    }
    for warning in &report.warnings {
        bench.screen.say("warning", &format!("publication `{name}`: {warning}"));
    }
    let first = report.troubles.swap_remove(0);
    let more = if n_more > 0 { format!(" (and {n_more} more)") } else { String::new() };
    Err(Trouble { message: format!("publication `{name}`: {}{more}", first.message), ..first })
}
