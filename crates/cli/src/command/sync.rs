//! `sync`: the main job. Extracts what is due of every chosen tenant, publishes, and tells it all in one summary.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::model::counter::{Counter, Counters};
use engine::model::record::Stream;
use engine::report::TenantReport;
use engine::settings::{SyncOptions, Tenant};
use engine::wire::clock::Clock as _;
use jiff::Timestamp;
use serde_json::Value;

use crate::command::Context;
use crate::command::bench::{Bench, Ground};
use crate::command::done::Done;
use crate::command::publish::{self, Afterwards};
use crate::command::summary::Summary;
use crate::config::Secrets;
use crate::exit::{Exit, Failure, Outcome, say_troubles};
use crate::flags::{Range, SyncFlags};
use crate::output::{Format, StdoutListing, print};

/// The word in the summary and in `run`.
const COMMAND: &str = "sync";

/// What counts as new for `--skip-if-empty`.
const NEWS: [Counter; 5] = [Counter::Inserted, Counter::Updated, Counter::Deleted, Counter::Resurrected, Counter::Rescored];

/// Tenants by the range they are asked for; no range is the live edge.
pub(crate) type Groups = BTreeMap<Option<(Timestamp, Timestamp)>, Vec<Arc<Tenant>>>;

/// Runs the command.
///
/// # Errors
/// A wrong configuration or range; a store that cannot be opened; a stdout that fails. Troubles of the run are told, not returned.
pub(crate) fn run(flags: &SyncFlags, context: &Context) -> Outcome {
    let ended = run_whole(flags, context);
    if let (Err(failure), Format::Json) = (&ended, flags.shown.format) {
        // Whoever reads the summary gets one, whatever the code.
        print(&format!("{:#}\n", Summary::of_failure(COMMAND, failure, context.clock.now())))?;
    }
    ended
}

fn run_whole(flags: &SyncFlags, context: &Context) -> Outcome {
    let mut config = context.config(Secrets::All)?;
    let afterwards = Afterwards::of(&config, (!flags.no_publish).then_some(&[]))?;
    let workspace = config.take_workspace();
    let tenants: Vec<Arc<Tenant>> = config.chosen(&flags.tenant)?;
    let streams = flags.stream.iter().map(|word| Stream::from(*word)).collect();
    let options = SyncOptions { streams, range: None, sweep_now: flags.sweep };
    let groups = by_range(&tenants, &flags.range)?;
    let bench = Bench::open(workspace, Ground::Fresh, context)?;
    let summary = extract_and_publish(&bench, COMMAND, groups, &options, afterwards)?;
    Ok(finish(&bench, &summary, flags, context))
}

/// The tenants of each range: a date is a different moment in each zone.
pub(crate) fn by_range(tenants: &[Arc<Tenant>], range: &Range) -> Outcome<Groups> {
    let mut groups = Groups::new();
    for tenant in tenants {
        groups.entry(range_of(tenant, range)?).or_default().push(Arc::clone(tenant));
    }
    Ok(groups)
}

/// The moments of a range for one tenant.
///
/// # Errors
/// A range that is empty.
pub(crate) fn range_of(tenant: &Tenant, range: &Range) -> Outcome<Option<(Timestamp, Timestamp)>> {
    let (Some(from), Some(to)) = (range.from, range.to) else { return Ok(None) };
    match (from.at(&tenant.timezone), to.at(&tenant.timezone)) {
        (Some(from), Some(to)) if from < to => Ok(Some((from, to))),
        _ => Err(Failure::usage("`--to` is not after `--from`; the range is half-open")),
    }
}

/// The whole run: noted in the store at its start and at its end.
///
/// # Errors
/// A store that cannot note the run.
pub(crate) fn extract_and_publish(
    bench: &Bench,
    command: &str,
    groups: Groups,
    options: &SyncOptions,
    afterwards: Afterwards,
) -> Outcome<Summary> {
    bench.begin(command)?;
    let started_at = bench.clock.now();
    let (reports, done) = bench.runtime.block_on(async {
        let mut reports = Vec::new();
        for (range, tenants) in groups {
            let options = SyncOptions { range, ..options.clone() };
            reports.extend(bench.engine.sync(&tenants, &options, &bench.run_id).await);
        }
        // A run that was asked to stop leaves the rest to the next one.
        let done = if bench.stopped_by().is_some() { Done::default() } else { afterwards.run(bench).await };
        (reports, done)
    });
    bench.screen.clear();
    Ok(Summary { command: command.to_owned(), run_id: bench.run_id.clone(), started_at, ended_at: bench.clock.now(), reports, done })
}

/// The run is over: noted, told, and given its exit. A stdout that fails does not take the exit away from a run that failed.
fn finish(bench: &Bench, summary: &Summary, flags: &SyncFlags, context: &Context) -> Exit {
    let mut exit = bench.exit_of(summary.troubles());
    if exit == Exit::Done && flags.skip_if_empty && is_empty(&summary.counters()) && summary.done.restated.n_events() == 0 {
        exit = Exit::NothingNew;
    }
    exit = bench.end(exit, &summary.to_json(exit));
    if let Err(failure) = tell(summary, flags.shown.format, exit, context) {
        let told = failure.tell();
        exit = if exit == Exit::Done { told } else { exit };
    }
    summary.done.restated.tell_warnings(context);
    say_troubles(summary.troubles());
    exit
}

fn is_empty(counters: &Counters) -> bool {
    NEWS.iter().all(|counter| counters.get(*counter) == 0)
}

/// The counters: one object as JSON, else a row a tenant with those that are not zero everywhere.
fn tell(summary: &Summary, format: Format, exit: Exit, context: &Context) -> Outcome<()> {
    if format == Format::Json {
        return print(&format!("{:#}\n", summary.to_json(exit)));
    }
    let in_all = |counter: Counter| summary.reports.iter().map(|report| report.counters.get(counter)).sum::<u64>();
    let shown: Vec<Counter> = Counter::ALL.iter().copied().filter(|counter| format == Format::Csv || in_all(*counter) != 0).collect();
    if format == Format::Csv {
        let columns = ["tenant"].into_iter().chain(shown.iter().map(|counter| counter.word()));
        let mut listing = StdoutListing::begin(format, context.look, columns)?;
        for report in &summary.reports {
            let counts = shown.iter().map(|counter| Value::from(report.counters.get(*counter)));
            listing.row(&std::iter::once(name(report)).chain(counts).collect::<Vec<_>>())?;
        }
        return listing.finish();
    }
    // People read a counter a line, a tenant a column.
    let columns = ["counter".to_owned()].into_iter().chain(summary.reports.iter().map(|report| crate::output::plain(&name(report))));
    let mut listing = StdoutListing::begin(format, context.look, columns)?;
    for counter in shown {
        let counts = summary.reports.iter().map(|report| Value::from(report.counters.get(counter)));
        listing.row(&std::iter::once(Value::from(counter.word())).chain(counts).collect::<Vec<_>>())?;
    }
    listing.finish()?;
    summary.done.restated.tell_words(context);
    publish::tell_words(&summary.done.published, context);
    Ok(())
}

fn name(report: &TenantReport) -> Value {
    Value::from(report.tenant.as_ref().map(|tenant| tenant.as_str()))
}
