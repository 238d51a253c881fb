//! `report`: one HTML file with everything that is derived. It is written whole or not at all, and asks nobody for anything.
//! Single agents are in it only for a purpose that the reader sees.

use std::path::Path;

use engine::analysis::settings::Analytics;
use engine::analysis::{self, Derived};
use engine::model::table::{Row, SCOPE, Table};
use engine::store::{Filter, Store, VisitError};
use engine::wire::clock::{Clock as _, SystemClock};
use page::{Fact, Report, Reread};

use crate::command::analysis::choice;
use crate::command::measuring::{self, Measured};
use crate::command::{Context, ground, whole_file};
use crate::config::{Config, Secrets};
use crate::exit::{Exit, Failure, Outcome};
use crate::flags::ReportFlags;
use crate::output::print;

const WITHOUT_PURPOSE: &str = "nobody said what single agents' numbers are for: `scorelake report --agent-level PURPOSE` shows them";

/// Runs the command.
///
/// # Errors
/// A wrong configuration or roster; a tenant, division or form that is not known; a store that is not there; a file that cannot be
/// written.
pub(crate) fn run(flags: &ReportFlags, context: &Context) -> Outcome {
    if flags.out.as_os_str() == "-" {
        return Err(Failure::usage("`--out -`: the report is a file; name one"));
    }
    let mut config = context.config(Secrets::None)?;
    let path = context.environment.folder().join(&flags.out);
    let written = write(&path, flags, &mut config, context, context.clock.clone())?;
    print(&format!("{}: {}\n", flags.out.display(), size(written.n_bytes)))?;
    Ok(Exit::Done)
}

/// A report that was written.
pub(crate) struct Written {
    /// Its size.
    pub(crate) n_bytes: u64,
    /// What stands in it.
    pub(crate) derived: Derived,
}

/// Writes the report.
///
/// # Errors
/// As [`run`].
pub(crate) fn write(path: &Path, flags: &ReportFlags, config: &mut Config, context: &Context, clock: SystemClock) -> Outcome<Written> {
    choice::check(&flags.look, config)?;
    let made_at = clock.now();
    let facts = facts(config, flags);
    let reread = reread(config);
    let alert = alert(config);
    let Measured { bench, store, analytics } = measuring::open(config, clock, context)?;
    let _moment = store.snapshot().map_err(ground::failure)?;
    let look = choice::look(&flags.look, &store)?;
    let derived = analysis::everything(&store, &analytics, &look).map_err(ground::failure)?;
    let mut tables = derived.tables;
    tables.push((&SCOPE, rows(&store, &SCOPE)?));
    let report = Report {
        title: "Contact-centre quality".to_owned(),
        made_at,
        facts,
        notes: derived.notes,
        settings: settings(&analytics).into_iter().chain(alert).collect(),
        reread,
        agent_level: flags.agent_level.clone().ok_or_else(|| WITHOUT_PURPOSE.to_owned()),
        tables,
    };
    let text = page::render(&report);
    let written = whole_file::write(path, &text, &bench.run_id).map_err(|error| ground::unwritten("report", &error))?;
    if report.tables.iter().all(|(table, rows)| table.name == SCOPE.name || rows.is_empty()) {
        choice::say_why_empty(&store, &look, context)?;
    }
    Ok(Written { n_bytes: written.bytes.n_bytes, derived: Derived { tables: report.tables, notes: report.notes } })
}

/// Bytes as people read them.
pub(crate) fn size(n_bytes: u64) -> String {
    match n_bytes {
        0..1_000 => format!("{n_bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", n_bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", n_bytes / 1_000_000, n_bytes % 1_000_000 / 100_000),
    }
}

/// All rows of a table.
fn rows(store: &Store, table: &Table) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    let read = store.scan(table, &Filter::default(), &mut |row: Row, _| {
        rows.push(row);
        Ok::<(), std::convert::Infallible>(())
    });
    match read {
        Ok(()) => Ok(rows),
        Err(VisitError::Store(error)) => Err(ground::failure(error)),
        Err(VisitError::Visitor(never)) => match never {},
    }
}

fn fact(name: &str, value: impl ToString) -> Fact {
    Fact { name: name.to_owned(), value: value.to_string() }
}

/// What the report is made of.
fn facts(config: &Config, flags: &ReportFlags) -> Vec<Fact> {
    let store = config.workspace.store.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mut facts = vec![fact("store", store), fact("scorelake", env!("CARGO_PKG_VERSION"))];
    let look = &flags.look;
    let cut = [
        ("only division or team", look.division.clone()),
        ("only form", look.form.clone()),
        ("from", look.from.map(|date| date.to_string())),
        ("up to, and without", look.to.map(|date| date.to_string())),
    ];
    facts.extend(cut.into_iter().filter_map(|(name, value)| Some(fact(name, value?))));
    let is_shown = |tenant: &&std::sync::Arc<engine::settings::Tenant>| {
        look.tenant.as_deref().is_none_or(|only| tenant.name.as_str() == only)
            && look.platform.is_none_or(|only| engine::model::record::Platform::from(only) == tenant.platform)
    };
    for tenant in config.tenants.iter().filter(is_shown) {
        let zone = tenant.timezone.iana_name().unwrap_or("UTC");
        facts.push(fact("tenant", format!("{} ({}), {zone}", tenant.name, tenant.platform.word())));
    }
    facts
}

/// Every edit within the span of a sweep is seen.
fn reread(config: &Config) -> Vec<Reread> {
    let of =
        |tenant: &engine::settings::Tenant| Reread { tenant: tenant.name.to_string(), hours: tenant.sweep.span.as_secs_f64() / 3600.0 };
    config.tenants.iter().map(|tenant| of(tenant)).collect()
}

/// The house rule of reconciliation, when all tenants have the same.
fn alert(config: &Config) -> Option<Fact> {
    let mut percents: Vec<u64> = config.tenants.iter().map(|tenant| tenant.reconcile.alert_below_percent).collect();
    percents.dedup();
    if let [percent] = percents.as_slice() { Some(fact("alert_below_percent", percent)) } else { None }
}

/// The house rules in force.
fn settings(analytics: &Analytics) -> Vec<Fact> {
    vec![
        fact("split_span_days", analytics.split_span_days),
        fact("agent_span_days", analytics.agent_span_days),
        fact("leniency_span_days", analytics.leniency_span_days),
        fact("agent_pool", analytics.agent_pool.word()),
        fact("baseline_points", analytics.baseline_points),
        fact("common_share", analytics.common_share),
        fact("side_assessments", analytics.side_assessments),
        fact("same_evaluators", analytics.same_evaluators),
        fact("provisional_below", analytics.provisional_below),
        fact("least_effect", analytics.least_effect),
        fact("least_rate_effect", analytics.least_rate_effect),
        fact("false_discovery_rate", analytics.false_discovery_rate),
        fact("flat_slope", analytics.flat_slope),
        fact("pass_score", analytics.pass_score.map_or_else(|| "none".to_owned(), |score| score.to_string())),
        fact("k_anonymity", analytics.k_anonymity),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_has_words_for_every_reason_that_a_row_may_hold() {
        let withheld = engine::insight::reason::Reason::ALL.map(engine::insight::reason::Reason::word);
        let left_out = ["not_performance", "status", "no_score", "no_agent", "no_form_version", "no_business_date"];
        let on_the_way = ["hidden_or_not_read", "outside_totals"];
        let unknown: Vec<&str> = withheld.into_iter().chain(left_out).chain(on_the_way).filter(|word| !page::is_reason(word)).collect();
        assert_eq!(unknown, [""; 0]);
    }

    #[test]
    fn sizes_are_told_as_people_read_them() {
        assert_eq!([999, 1_000, 999_001, 4_250_000].map(size), ["999 bytes", "1 kB", "1000 kB", "4.2 MB"]);
    }
}
