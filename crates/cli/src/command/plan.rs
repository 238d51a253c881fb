//! `plan`: what a sync would read and cost, before it is started. No record is asked for.

use std::sync::Arc;

use engine::model::record::Stream;
use engine::report::Trouble;
use engine::settings::{SyncOptions, Tenant};
use engine::wire::clock::Clock as _;
use serde_json::{Number, Value};

use crate::command::bench::{Bench, Ground};
use crate::command::{Context, ground, sync};
use crate::config::Secrets;
use crate::exit::{Outcome, say_troubles};
use crate::flags::PlanFlags;
use crate::output::StdoutListing;

/// The last row of a tenant, with `*` as stream and scope, is its total: only there are minutes and share.
const COLUMNS: [&str; 9] = ["tenant", "stream", "scope_id", "windows", "from", "to", "requests", "minutes", "budget_share_percent"];
const TOTAL: &str = "*";

/// Runs the command.
///
/// # Errors
/// A wrong configuration or range; a store that cannot be opened; a stdout that fails.
pub(crate) fn run(flags: &PlanFlags, context: &Context) -> Outcome {
    let mut config = context.config(Secrets::All)?;
    let (workspace, schedules) = (config.take_workspace(), std::mem::take(&mut config.schedules));
    let tenants: Vec<Arc<Tenant>> = config.chosen(&flags.tenant)?;
    let streams: std::collections::BTreeSet<Stream> = flags.stream.iter().map(|word| Stream::from(*word)).collect();
    let bench = Bench::open(workspace, Ground::Fresh, context)?;
    let mut listing = StdoutListing::begin(flags.shown.format, context.look, COLUMNS)?;
    let mut troubles: Vec<Trouble> = Vec::new();
    for tenant in &tenants {
        let options = SyncOptions { streams: streams.clone(), range: sync::range_of(tenant, &flags.range)?, sweep_now: flags.sweep };
        let plan = match bench.runtime.block_on(bench.engine.plan(tenant, &options)) {
            Ok(plan) => plan,
            Err(trouble) => {
                troubles.push(trouble);
                continue;
            }
        };
        for line in &plan.lines {
            listing.row(&[
                Value::from(tenant.name.as_str()),
                Value::from(line.stream.word()),
                Value::from(line.scope_id.as_str()),
                Value::from(line.n_windows),
                ground::maybe_time(line.span.map(|span| span.from)),
                ground::maybe_time(line.span.map(|span| span.to)),
                Value::from(line.requests),
                Value::Null,
                Value::Null,
            ])?;
        }
        listing.row(&[
            Value::from(tenant.name.as_str()),
            Value::from(TOTAL),
            Value::from(TOTAL),
            Value::from(plan.lines.iter().map(|line| line.n_windows).sum::<u64>()),
            Value::Null,
            Value::Null,
            Value::from(plan.requests),
            Value::from(plan.minutes),
            plan.budget_share_percent.and_then(Number::from_f64).map_or(Value::Null, Value::Number),
        ])?;
        let share = plan.budget_share_percent.map(|share| format!(", {share:.0} % of the source's own limit")).unwrap_or_default();
        let sweeps = if plan.sweeps { "; a sweep is due" } else { "" };
        let words =
            format!("{} requests, about {} min at {} a minute{share}{sweeps}", plan.requests, plan.minutes, tenant.requests_per_minute);
        context.screen.say(tenant.name.as_str(), &words);
        for warning in &plan.warnings {
            context.screen.say("warning", &format!("tenant `{}`: {warning}", tenant.name));
        }
        if let Some(cron) = schedules.get(&tenant.name) {
            let now = context.clock.now().to_zoned(tenant.timezone.clone());
            let next = cron.find_next_occurrence(&now, false).map_or_else(|_| "never".to_owned(), |next| next.to_string());
            context.screen.say(tenant.name.as_str(), &format!("next due by its schedule: {next}"));
        }
    }
    listing.finish()?;
    say_troubles(&troubles);
    Ok(bench.exit_of(&troubles))
}
