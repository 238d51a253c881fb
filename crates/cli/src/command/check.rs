//! `check`: the configuration, and tenant by tenant whether it can be extracted. Nothing is landed.

use std::sync::Arc;

use engine::check::{Finding, no_network};
use engine::report::{Trouble, exit_code};
use serde_json::Value;

use crate::command::Context;
use crate::command::bench::{Bench, Ground};
use crate::config::Secrets;
use crate::exit::{Exit, Outcome, say_troubles};
use crate::flags::CheckFlags;
use crate::output::StdoutListing;

const COLUMNS: [&str; 4] = ["tenant", "subject", "result", "detail"];

/// Runs the command.
///
/// # Errors
/// A wrong configuration; a store that cannot be opened; a stdout that fails.
pub(crate) fn run(flags: &CheckFlags, context: &Context) -> Outcome {
    let mut config = context.config(Secrets::All)?;
    // The roster is a file of its own; that it can be read is a part of the configuration being right.
    drop(config.numbers.settings()?);
    let workspace = config.take_workspace();
    let tenants: Vec<Arc<_>> = config.chosen(&flags.tenant)?;
    let mut listing = StdoutListing::begin(flags.shown.format, context.look, COLUMNS)?;
    let mut troubles: Vec<Trouble> = Vec::new();
    let bench = if flags.online { Some(Bench::open(workspace, Ground::Fresh, context)?) } else { None };
    for tenant in &tenants {
        let name = tenant.name.as_str();
        match no_network(tenant) {
            Ok(()) => listing.row(&["configuration", "ok", "complete"].map_with(name))?,
            Err(trouble) => {
                listing.row(&["configuration", "failed", trouble.message.as_str()].map_with(name))?;
                troubles.push(trouble);
                continue;
            }
        }
        let Some(bench) = &bench else { continue };
        let checked = bench.runtime.block_on(bench.engine.check(tenant));
        for Finding { subject, mark, detail } in &checked.findings {
            listing.row(&[subject.as_str(), mark.word(), detail.as_str()].map_with(name))?;
        }
        troubles.extend(checked.troubles);
        if bench.stopped_by().is_some() {
            break;
        }
    }
    listing.finish()?;
    say_troubles(&troubles);
    let stopped = bench.as_ref().and_then(Bench::stopped_by);
    Ok(stopped.unwrap_or(match exit_code(&troubles) {
        0 => Exit::Done,
        code => Exit::Trouble(code),
    }))
}

trait MapWith {
    fn map_with(self, tenant: &str) -> [Value; 4];
}

impl MapWith for [&str; 3] {
    fn map_with(self, tenant: &str) -> [Value; 4] {
        let [subject, result, detail] = self.map(Value::from);
        [Value::from(tenant), subject, result, detail]
    }
}
