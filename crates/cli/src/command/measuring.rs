//! Measuring: what must be in step with the store before a derived number is read or a feed is published.
//! How it is done is the engine's; here the configuration becomes its settings.

use std::collections::BTreeSet;

use engine::analysis::settings::Analytics;
use engine::measure::{BusinessDay, DateFallback, MeasureSettings, TenantDays};
use engine::model::id::TenantName;
use engine::model::table::{Cell, Row, SCOPE};
use engine::store::{Filter, Store, StoreError};
use engine::wire::clock::SystemClock;

use crate::command::bench::{Bench, Ground};
use crate::command::{Context, ground};
use crate::config::Config;
use crate::config::analytics::{self, Day};
use crate::exit::{Failure, Outcome};

/// A store whose measures are those of the configuration.
pub(crate) struct Measured {
    /// The engine that measured.
    pub(crate) bench: Bench,
    /// The store, for reading.
    pub(crate) store: Store,
    /// What is computed.
    pub(crate) analytics: Analytics,
}

/// Brings the measures of the configured store up to date and opens it for reading. Another run that is writing is waited for.
///
/// # Errors
/// A roster that cannot be read; a store that is not there or cannot be written; a signal that asked to stop.
pub(crate) fn open(config: &mut Config, clock: SystemClock, context: &Context) -> Outcome<Measured> {
    let analytics = config.numbers.settings()?;
    let settings = settings(config, &analytics);
    let path = config.workspace.store.clone();
    let bench = Bench::open_at(config.take_workspace(), Ground::Existing, clock, context)?;
    bench.runtime.block_on(async { bench.engine.measure(&settings) })?;
    if let Some(exit) = bench.stopped_by() {
        return Err(Failure::new(exit, "stopped before all assessments were measured").with_hint("run again; what was measured is kept"));
    }
    let store = Store::open_read_only(&path).map_err(ground::failure)?;
    for warning in unknown(config, &analytics, &store)? {
        context.screen.say("warning", &warning);
    }
    Ok(Measured { bench, store, analytics })
}

/// Names in the configuration and the roster that nothing in the store goes by: most likely they are mistyped.
fn unknown(config: &Config, analytics: &Analytics, store: &Store) -> Outcome<Vec<String>> {
    let tenants: BTreeSet<&str> = config.tenants.iter().map(|tenant| tenant.name.as_str()).collect();
    let strangers: BTreeSet<&str> =
        analytics.roster.people().map(|(tenant, _, _)| tenant).filter(|tenant| !tenants.contains(tenant)).collect();
    let mut warnings: Vec<String> =
        strangers.into_iter().map(|tenant| format!("the roster speaks of the tenant `{tenant}`, which is not configured")).collect();
    let mut known: BTreeSet<(String, String)> =
        store.measured_scopes(None).map_err(ground::failure)?.into_iter().map(|found| (found.tenant, found.scope.id)).collect();
    // A division may be listed and have no record that we see.
    let listed = store.scan(&SCOPE, &Filter::default(), &mut |row: Row, _| {
        let text = |column| SCOPE.cell(&row, column).and_then(Cell::as_text).unwrap_or_default().to_owned();
        known.insert((text("tenant"), text("scope_id")));
        Ok::<(), StoreError>(())
    });
    listed.map_err(|error| ground::failure(error.or(|error| error)))?;
    for (tenant, days) in &config.days {
        let is_filled = known.iter().any(|(owner, _)| owner == tenant.as_str());
        let of_nobody = days.scopes.keys().filter(|id| is_filled && !known.contains(&(tenant.to_string(), (*id).clone())));
        warnings.extend(
            of_nobody
                .map(|id| format!("tenant `{tenant}`: `zones` names `{id}`, which the platform does not list and no assessment names")),
        );
    }
    Ok(warnings)
}

/// What assessments are measured by.
pub(crate) fn settings(config: &Config, analytics: &Analytics) -> MeasureSettings {
    let day = |day: &Day| BusinessDay { zone: day.zone.clone(), day_start: day.start, zone_defaulted: day.zone_defaulted };
    let tenants = config.days.iter().map(|(tenant, days)| {
        let scopes = days.scopes.iter().map(|(id, of_scope)| (id.clone(), day(of_scope))).collect();
        (tenant.clone(), TenantDays { day: day(&days.tenant), scopes })
    });
    let teams = analytics
        .roster
        .people()
        .filter_map(|(tenant, agent_id, person)| Some(((TenantName::new(tenant), agent_id.to_owned()), person.team_id.clone()?)));
    MeasureSettings {
        tenants: tenants.collect(),
        date_fallback: match config.numbers.date_fallback {
            analytics::DateFallback::None => DateFallback::None,
            analytics::DateFallback::Submitted => DateFallback::Submitted,
        },
        pass_score: analytics.pass_score,
        teams: teams.collect(),
    }
}
