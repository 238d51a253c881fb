//! Measuring: what must be in step with the store before a derived number is read or a feed is published.
//! How it is done is the engine's; here the configuration becomes its settings.

use engine::analysis::settings::Analytics;
use engine::measure::{BusinessDay, DateFallback, MeasureSettings, TenantDays};
use engine::model::id::TenantName;
use engine::store::Store;
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
    Ok(Measured { bench, store, analytics })
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
