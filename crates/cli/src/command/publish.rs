//! `publish` and the publishing part of `sync`: configured copies, each with its own bookmark.

use engine::publish::{Publication as Copy, PublicationReport};
use engine::report::{Trouble, TroubleKind};
use serde_json::{Value, json};

use crate::command::bench::{Bench, Ground};
use crate::command::{Context, summary};
use crate::config::problem::nearest;
use crate::config::publication::Publication;
use crate::config::{Config, Secrets};
use crate::exit::{Failure, Outcome, say_troubles};
use crate::flags::PublishFlags;
use crate::output::StdoutListing;

/// Runs the command.
///
/// # Errors
/// A wrong configuration; an unknown publication; a store that is not there; a stdout that fails.
pub(crate) fn run(flags: &PublishFlags, context: &Context) -> Outcome {
    let mut config = context.config(Secrets::Publications)?;
    let copies = copies(&config, &flags.names)?;
    if copies.is_empty() {
        context.screen.say("note", "no publication is configured");
    }
    let bench = Bench::open(config.take_workspace(), Ground::Existing, context)?;
    bench.begin("publish")?;
    let reports = bench.runtime.block_on(async { write(&bench, copies) });
    bench.screen.clear();
    let mut listing =
        StdoutListing::begin(flags.shown.format, context.look, ["name", "kind", "changed", "rows_written", "files_written", "where"])?;
    for report in &reports {
        listing.row(&values(report))?;
    }
    listing.finish()?;
    tell_warnings(&reports, context);
    let troubles: Vec<&Trouble> = reports.iter().filter_map(|report| report.outcome.as_ref().err()).collect();
    say_troubles(troubles.iter().copied());
    let exit = bench.exit_of(troubles);
    Ok(bench.end(exit, &summary(&reports)))
}

/// What is kept of the run in the store.
pub(crate) fn summary(reports: &[PublicationReport]) -> Value {
    json!({ "publications": reports.iter().map(summary::publication).collect::<Vec<_>>() })
}

/// The copies of these names, all when there is none.
///
/// # Errors
/// A name that no publication has; a path that cannot be meant.
pub(crate) fn copies(config: &Config, names: &[String]) -> Outcome<Vec<Copy>> {
    let publications = &config.publications;
    for name in names {
        if !publications.iter().any(|publication| publication.name == *name) {
            let known = publications.iter().map(|publication| publication.name.as_str());
            return Err(Failure::usage(format!("no publication `{name}` in the configuration{}", nearest(name, known))));
        }
    }
    let chosen = publications.iter().filter(|publication| names.is_empty() || names.contains(&publication.name));
    let tenants = config.tenant_names();
    chosen.map(|publication| copy(publication, &tenants)).collect()
}

fn copy(publication: &Publication, tenants: &[String]) -> Outcome<Copy> {
    let sink = publication.target.sink(&publication.name, tenants);
    let sink = sink.map_err(|error| Failure::configuration(format!("publication `{}`: {error}", publication.name)))?;
    Ok(Copy { name: publication.name.clone(), sink })
}

/// Writes the copies while nobody else does. Must be called within the runtime.
pub(crate) fn write(bench: &Bench, mut copies: Vec<Copy>) -> Vec<PublicationReport> {
    if copies.is_empty() {
        return Vec::new();
    }
    match bench.hold_publications() {
        Ok(_lease) => bench.engine.publish(&mut copies, &bench.run_id),
        Err(failure) => {
            let kind = if failure.code() == TroubleKind::Held.exit_code() { TroubleKind::Held } else { TroubleKind::Storage };
            let trouble = Trouble { kind, message: failure.message(), hint: failure.hint() };
            copies
                .iter()
                .map(|copy| PublicationReport { name: copy.name.clone(), kind: copy.sink.kind(), outcome: Err(trouble.clone()) })
                .collect()
        }
    }
}

/// A row of the listing of what was written.
pub(crate) fn values(report: &PublicationReport) -> Vec<Value> {
    let mut values = vec![Value::from(report.name.as_str()), Value::from(report.kind)];
    match &report.outcome {
        Ok(done) => values.extend([
            Value::from(done.changed),
            Value::from(done.rows_written),
            Value::from(done.files_written),
            Value::from(done.where_.as_str()),
        ]),
        Err(_) => values.extend([Value::from("failed"), Value::Null, Value::Null, Value::Null]),
    }
    values
}

/// A line a publication, for people.
pub(crate) fn tell_words(reports: &[PublicationReport], context: &Context) {
    for report in reports {
        if let Ok(done) = &report.outcome {
            let what = if done.changed { format!("{} rows written to", done.rows_written) } else { "nothing new in".to_owned() };
            context.screen.fact(&report.name, &format!("{what} {}", done.where_));
        }
    }
    tell_warnings(reports, context);
}

/// Warnings of what was written.
pub(crate) fn tell_warnings(reports: &[PublicationReport], context: &Context) {
    for report in reports {
        for warning in report.outcome.iter().flat_map(|done| &done.warnings) {
            context.screen.say("warning", &format!("publication `{}`: {warning}", report.name));
        }
    }
}
