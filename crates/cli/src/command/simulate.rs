//! `simulate`: the simulator as a server of its own, until a signal ends it.

use engine::wire::clock::Clock as _;
use sim::{Faults, Platform, Sim, SimOptions, WorldOptions};

use crate::command::Context;
use crate::command::bench::{Ears, runtime};
use crate::config::plain;
use crate::exit::{Failure, Outcome};
use crate::flags::SimulateFlags;
use crate::output::print;

/// Runs the command. It ends with the signal's exit code.
///
/// # Errors
/// A faults file that cannot be read; a port that is taken; a stdout that fails.
pub(crate) fn run(flags: &SimulateFlags, context: &Context) -> Outcome {
    if !(flags.scale.is_finite() && flags.scale > 0.0) {
        return Err(Failure::usage("`--scale` is a number above 0"));
    }
    let now = context.clock.now();
    let usual = SimOptions::default();
    let metrics_scope = flags.external_metrics.then(|| format!(" {}", usual.scope_external_metrics));
    let options = SimOptions {
        scopes_genesys: format!("{}{}", usual.scopes_genesys, metrics_scope.unwrap_or_default()),
        world: WorldOptions::scaled(flags.seed, flags.scale).ending_at(now, flags.days),
        faults: faults(flags, context)?,
        port_genesys: flags.port,
        port_cxone: if flags.port == 0 {
            0
        } else {
            flags.port.checked_add(1).ok_or_else(|| Failure::usage("`--port` leaves no next port"))?
        },
        ..usual
    };
    let start = now.to_zoned(jiff::tz::TimeZone::UTC).date().checked_sub(jiff::Span::new().days(i64::from(flags.days)));
    let start = start.map_err(|_| Failure::usage("`--days` reaches too far back"))?;
    let runtime = runtime()?;
    runtime.block_on(async {
        let mut ears = Ears::open()?;
        let sim = Sim::start(options).await.map_err(|error| Failure::new(crate::exit::Exit::Trouble(4), error.to_string()))?;
        print(&words(&sim, &start.to_string()))?;
        Ok(ears.hear().await)
    })
}

fn faults(flags: &SimulateFlags, context: &Context) -> Outcome<Faults> {
    let Some(path) = &flags.faults else { return Ok(Faults::default()) };
    let name = path.display();
    let text = std::fs::read_to_string(context.environment.folder().join(path))
        .map_err(|error| Failure::configuration(format!("faults file `{name}` cannot be read: {}", plain(&error))))?;
    serde_json::from_str(&text).map_err(|error| Failure::configuration(format!("faults file `{name}`: {error}")))
}

/// Both addresses and a configuration that can be pasted. The secret is the simulator's own and guards nothing.
fn words(sim: &Sim, start: &str) -> String {
    let tenant = |platform: Platform| {
        format!(
            r#"[[tenant]]
name = "demo-{name}"
platform = "{name}"
base_url = "{url}"
client_id = "{id}"
client_secret = {{ env = "SIMULATOR_SECRET" }}
start = "{start}"
requests_per_minute = 100000
"#,
            name = platform.name(),
            url = sim.base_url(platform),
            id = sim.options().client_id,
        )
    };
    format!(
        "# genesys {}\n# cxone   {}\n# export SIMULATOR_SECRET={}\n# end with Ctrl-C; `curl -X POST '{}/_sim/advance?days=1'` moves the world on\n\n{}\n{}",
        sim.base_url(Platform::Genesys),
        sim.base_url(Platform::Cxone),
        sim.options().client_secret,
        sim.base_url(Platform::Genesys),
        tenant(Platform::Genesys),
        tenant(Platform::Cxone),
    )
}
