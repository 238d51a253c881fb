//! `demo`: everything once, on a simulated Genesys and CXone. What it does is what a newcomer would do by hand, through
//! the same configuration file that it leaves behind.
//! The same seed gives the same numbers: the clock of the demo is the simulated world's.

mod folder;
mod numbers;
mod totals;
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::model::counter::Counter;
use engine::reconcile::{Compared, Verdict};
use engine::report::TroubleKind;
use engine::settings::{SyncOptions, Tenant};
use engine::store::statistics::Slice;
use engine::wire::clock::SystemClock;
use jiff::SignedDuration;
use jiff::civil::Date;
use serde_json::Value;
use sim::{Platform, Sim, SimOptions, TotalsRows, WorldOptions};

use crate::command::bench::{Bench, Ground};
use crate::command::publish::{self, Afterwards};
use crate::command::summary::Summary;
use crate::command::{Context, ground, reconcile, sync};
use crate::config::{self, Config, Secrets};
use crate::exit::{Exit, Failure, Outcome, say_troubles};
use crate::flags::DemoFlags;
use crate::output::{Format, StdoutListing, print};

/// Runs the command.
///
/// # Errors
/// A folder that is no demo's; whatever the syncs, publications and reconciliations fail of.
pub(crate) fn run(flags: &DemoFlags, context: &Context) -> Outcome {
    let folder = context.environment.folder().join(&flags.dir);
    folder::prepare(&folder, &flags.dir)?;
    let options = SimOptions { world: world(flags), ..SimOptions::default() };
    let start = options.world.start.to_zoned(jiff::tz::TimeZone::UTC).date();
    let sim =
        Sim::start_blocking(options).map_err(|error| Failure::new(Exit::Trouble(TroubleKind::Source.exit_code()), error.to_string()))?;
    let config_path = folder::write_config(&folder, &sim, start)?;
    let demo = Demo { sim, folder, shown: flags.dir.clone(), config_path, start, context };

    demo.tell(&words::beginning(&demo.sim, flags.seed));
    let mut syncs = Vec::new();
    for step in STEPS {
        if step.days_before > 0 {
            demo.sim.advance_days(step.days_before);
            demo.tell(&words::moved_on(step.days_before));
        }
        match demo.sync(&step)? {
            Ended::Early(exit) => return Ok(exit),
            Ended::Well(summary) => syncs.push(*summary),
        }
    }
    demo.add_measures()?;
    if let Some(exit) = demo.publish()? {
        return Ok(exit);
    }
    let alerts = demo.reconcile()?;
    demo.tell("\nnumbers: trends, agents, evaluators and alarms in one report, scores joined to their interactions\n");
    let numbers = numbers::numbers(&demo)?;
    print(&words::closing(&syncs, &alerts, &numbers, &demo.shown, context.environment.program()))?;
    Ok(Exit::Done)
}

/// One sync of the demo.
struct Step {
    title: &'static str,
    days_before: u32,
    sweep: bool,
}

const STEPS: [Step; 3] = [
    Step { title: "first sync: everything since the first day", days_before: 0, sweep: false },
    Step { title: "second sync: what is new, and what was edited lately", days_before: 3, sweep: false },
    Step { title: "sweep: everything once more, for old edits and for deletions that no filter shows", days_before: 0, sweep: true },
];

/// The first half of 2024. The world's present lies within a day: at midnight the windows would hang on milliseconds.
fn world(flags: &DemoFlags) -> WorldOptions {
    let options = WorldOptions::half_year(flags.seed, flags.scale);
    let end = options.end.saturating_add(SignedDuration::from_hours(17)).unwrap_or(options.end);
    WorldOptions { end, ..options }
}

/// A demo under way.
struct Demo<'a> {
    sim: Sim,
    folder: PathBuf,
    shown: PathBuf,
    config_path: PathBuf,
    start: Date,
    context: &'a Context,
}

/// A step that went well, or the exit that ends the demo.
enum Ended {
    Well(Box<Summary>),
    Early(Exit),
}

impl Demo<'_> {
    fn tell(&self, text: &str) {
        self.context.screen.tell(text);
    }

    fn config(&self) -> Outcome<Config> {
        config::load(&self.config_path, Secrets::All, &self.context.environment)
    }

    /// An engine whose clock is the world's.
    fn bench(&self, config: &mut Config) -> Outcome<Bench> {
        Bench::open_at(config.take_workspace(), Ground::Fresh, SystemClock::fixed_at(self.sim.now()), self.context)
    }

    fn sync(&self, step: &Step) -> Outcome<Ended> {
        self.tell(&format!("\n{}\n", step.title));
        let mut config = self.config()?;
        let afterwards = Afterwards::of(&config, None)?;
        let bench = self.bench(&mut config)?;
        let tenants: Vec<Arc<Tenant>> = config.chosen(&[])?;
        let options = SyncOptions { sweep_now: step.sweep, ..SyncOptions::default() };
        let summary = sync::extract_and_publish(&bench, "sync", BTreeMap::from([(None, tenants)]), &options, afterwards)?;
        let exit = bench.exit_of(summary.troubles());
        let exit = bench.end(exit, &summary.to_json(exit));
        if exit != Exit::Done {
            say_troubles(summary.troubles());
            return Ok(Ended::Early(exit));
        }
        self.tell(&words::counts(&summary));
        Ok(Ended::Well(Box::new(summary)))
    }

    /// Sets up a measure a form, once the forms are known.
    fn add_measures(&self) -> Outcome<()> {
        let store = ground::open_at(&self.config()?)?;
        let cohorts = store.cohorts(&Slice::default(), &["tenant"]).map_err(ground::failure)?;
        let forms: BTreeMap<String, String> = cohorts
            .into_iter()
            // Of a form version that the platform does not know there is no form, and no name.
            .filter_map(|row| Some((row.cohort.form_id, row.form_name?)))
            .collect();
        folder::add_measures(&self.config_path, &forms.into_iter().collect::<Vec<_>>())
    }

    /// Writes every publication of the configuration; gives an exit where the demo ends.
    fn publish(&self) -> Outcome<Option<Exit>> {
        self.tell("\npublications\n");
        let mut config = self.config()?;
        let afterwards = Afterwards::of(&config, Some(&[]))?;
        let bench = self.bench(&mut config)?;
        bench.begin("publish")?;
        let done = bench.runtime.block_on(afterwards.run(&bench));
        let exit = bench.exit_of(done.troubles());
        let exit = bench.end(exit, &publish::summary(&done));
        say_troubles(done.troubles());
        self.tell(&words::publications(&done.published));
        Ok((exit != Exit::Done).then_some(exit))
    }

    /// Compares with what the platforms' consoles would report, the hidden division's records included.
    fn reconcile(&self) -> Outcome<Vec<Compared>> {
        self.tell("\nreconciliation: extracted against what the consoles report\n");
        let end = self.sim.now().to_zoned(jiff::tz::TimeZone::UTC).date().saturating_add(jiff::Span::new().days(1));
        for platform in Platform::ALL {
            let daily = self.sim.totals_csv_of(platform, self.start, end, TotalsRows::Scopes);
            folder::write(&self.folder.join(format!("{}-totals.csv", platform.name())), &totals::summed(&daily, self.start, end)?)?;
        }
        let mut config = self.config()?;
        let bench = self.bench(&mut config)?;
        bench.begin("reconcile")?;
        let columns = ["tenant", "stream", "scope_id", "extracted", "reported", "percent", "verdict"];
        let mut listing = StdoutListing::begin(Format::Table, self.context.look, columns)?;
        let (mut alerts, mut troubles) = (Vec::new(), Vec::new());
        for tenant in config.chosen(&[])? {
            let found = reconcile::compare(&bench, &tenant, None);
            for row in &found.rows {
                let values = reconcile::values(&tenant, row);
                let shown = reconcile::COLUMNS.iter().zip(values).filter(|(column, _)| columns.contains(column)).map(|(_, value)| value);
                listing.row(&shown.collect::<Vec<_>>())?;
            }
            alerts.extend(found.rows.into_iter().filter(|row| row.verdict == Verdict::Alert && row.scope_id != "*"));
            troubles.extend(found.troubles.into_iter().filter(|trouble| trouble.kind != TroubleKind::Reconciliation));
        }
        listing.finish()?;
        bench.end(Exit::Done, &Value::Null);
        match troubles.into_iter().next() {
            Some(trouble) => Err(Failure::from(trouble)),
            None => Ok(alerts),
        }
    }
}

/// What a summary counted, for the words.
fn count(summary: &Summary, counter: Counter) -> u64 {
    summary.counters().get(counter)
}

/// The path of something in the demo's folder, as the caller wrote the folder.
fn within(shown: &Path, name: &str) -> String {
    shown.join(name).display().to_string()
}
