//! `publish` and the publishing part of `sync`: measures and the feed brought up to the store, then configured copies,
//! each with its own bookmark.

mod afterwards;
mod job;

use engine::publish::PublicationReport;
use engine::report::Trouble;
use serde_json::{Value, json};

pub(crate) use afterwards::Afterwards;
pub(crate) use job::{together, write_feed};

use crate::command::bench::{Bench, Ground};
use crate::command::done::Done;
use crate::command::{Context, told};
use crate::config::Secrets;
use crate::exit::{Outcome, say_troubles};
use crate::flags::PublishFlags;
use crate::output::StdoutListing;

/// The columns of the listing of what was written.
pub(crate) const COLUMNS: [&str; 6] = ["name", "kind", "changed", "rows_written", "files_written", "where"];

/// Runs the command.
///
/// # Errors
/// A wrong configuration or roster; an unknown publication; a store that is not there; a stdout that fails.
pub(crate) fn run(flags: &PublishFlags, context: &Context) -> Outcome {
    let mut config = context.config(Secrets::Publications)?;
    let afterwards = Afterwards::of(&config, Some(&flags.names))?;
    if afterwards.is_without_publications() {
        context.screen.say("note", "no publication is configured");
    }
    let bench = Bench::open(config.take_workspace(), Ground::Existing, context)?;
    bench.begin("publish")?;
    let done = bench.runtime.block_on(afterwards.run(&bench));
    bench.screen.clear();
    let mut listing = StdoutListing::begin(flags.shown.format, context.look, COLUMNS)?;
    for report in &done.published {
        listing.row(&values(report))?;
    }
    listing.finish()?;
    done.restated.tell_warnings(context);
    tell_warnings(&done.published, context);
    let troubles: Vec<&Trouble> = done.troubles().collect();
    say_troubles(troubles.iter().copied());
    let exit = bench.exit_of(troubles);
    Ok(bench.end(exit, &summary(&done)))
}

/// What is kept of the run in the store.
pub(crate) fn summary(done: &Done) -> Value {
    let publications: Vec<Value> = done.published.iter().map(told::publication).collect();
    json!({ "feed": done.restated.to_json(), "publications": publications })
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
