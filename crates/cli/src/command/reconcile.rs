//! `reconcile`: extracted against reported counts. Rows on stdout, causes and alerts on stderr, exit code 6 on an alert.

use std::path::Path;
use std::sync::Arc;

use engine::reconcile::{Compared, Reconciled};
use engine::report::Trouble;
use engine::settings::Tenant;
use serde_json::{Value, json};

use crate::command::bench::{Bench, Ground};
use crate::command::{Context, told};
use crate::config::Secrets;
use crate::exit::{Failure, Outcome, say_troubles};
use crate::flags::ReconcileFlags;
use crate::output::StdoutListing;

/// The columns of the listing.
pub(crate) const COLUMNS: [&str; 10] =
    ["tenant", "stream", "scope_id", "date_from", "date_to", "extracted", "reported", "percent", "verdict", "cause"];

/// Runs the command.
///
/// # Errors
/// A wrong configuration; one totals file for several tenants; a store that is not there; a stdout that fails.
pub(crate) fn run(flags: &ReconcileFlags, context: &Context) -> Outcome {
    let mut config = context.config(Secrets::None)?;
    let workspace = config.take_workspace();
    let tenants: Vec<Arc<Tenant>> = config.chosen(&flags.tenant)?;
    if flags.totals.is_some() && tenants.len() > 1 {
        return Err(Failure::usage("one totals file for several tenants").with_hint("name the tenant it is of with `--tenant`"));
    }
    let totals = flags.totals.as_ref().map(|path| context.environment.folder().join(path));
    let bench = Bench::open(workspace, Ground::Existing, context)?;
    bench.begin("reconcile")?;
    let mut listing = StdoutListing::begin(flags.shown.format, context.look, COLUMNS)?;
    let mut troubles: Vec<Trouble> = Vec::new();
    for tenant in &tenants {
        let found = compare(&bench, tenant, totals.as_deref());
        for row in &found.rows {
            listing.row(&values(tenant, row))?;
        }
        for warning in &found.warnings {
            context.screen.say("warning", &format!("tenant `{}`: {warning}", tenant.name));
        }
        troubles.extend(found.troubles);
    }
    listing.finish()?;
    say_troubles(&troubles);
    let exit = bench.exit_of(&troubles);
    Ok(bench.end(exit, &json!({ "troubles": troubles.iter().map(told::trouble).collect::<Vec<_>>() })))
}

/// One tenant's counts, kept under the run.
pub(crate) fn compare(bench: &Bench, tenant: &Arc<Tenant>, totals: Option<&Path>) -> Reconciled {
    bench.runtime.block_on(async { bench.engine.reconcile(tenant, totals, &bench.run_id) })
}

/// A row of the listing.
pub(crate) fn values(tenant: &Tenant, row: &Compared) -> Vec<Value> {
    vec![
        Value::from(tenant.name.as_str()),
        Value::from(row.stream.word()),
        Value::from(row.scope_id.as_str()),
        Value::from(row.date_from.as_str()),
        Value::from(row.date_to.as_str()),
        Value::from(row.extracted),
        Value::from(row.reported),
        row.percent()
            .and_then(|percent| serde_json::Number::from_f64((percent * 100.0).round() / 100.0))
            .map_or(Value::Null, Value::Number),
        Value::from(row.verdict.word()),
        Value::from(row.cause.as_deref()),
    ]
}
