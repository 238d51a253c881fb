//! Commands, a file each. What they share stands in [`Context`]; what they give back is an exit code or a failure.

mod analysis;
mod bench;
mod check;
mod demo;
mod done;
mod explain;
mod export;
mod feed;
mod ground;
mod history;
mod init;
mod join;
mod manual;
mod measuring;
mod plan;
mod publish;
mod quarantine;
mod query;
mod reconcile;
mod report;
mod simulate;
mod state;
mod summary;
mod sync;
mod told;
mod whole_file;

use std::io::IsTerminal as _;
use std::path::PathBuf;

use engine::wire::clock::SystemClock;
use jiff::Timestamp;

use crate::command::analysis::Subject;
use crate::config::{self, Config, Secrets};
use crate::environment::Environment;
use crate::exit::{Failure, Outcome};
use crate::flags::{Command, Global};
use crate::logging::{self, LogFormat};
use crate::output::Look;
use crate::screen::{Screen, Talk};

/// What every command is handed.
pub(crate) struct Context {
    /// Where the configuration is looked for.
    pub(crate) config_path: PathBuf,
    /// The environment of the process.
    pub(crate) environment: Environment,
    /// The clock of the run.
    pub(crate) clock: SystemClock,
    /// How tables look.
    pub(crate) look: Look,
    /// What is said on stderr meanwhile.
    pub(crate) screen: Screen,
}

impl Context {
    /// Reads the flags that all commands share, and starts the log.
    ///
    /// # Errors
    /// A `SCORELAKE_NOW` that is no time.
    pub(crate) fn new(flags: &Global, environment: Environment) -> Outcome<Self> {
        let on_terminal = std::io::stderr().is_terminal();
        let colour = on_terminal && !environment.no_color();
        let talk = match on_terminal && !flags.no_progress && flags.log_format == LogFormat::Text {
            _ if flags.quiet => Talk::Quiet,
            true => Talk::Bars,
            false => Talk::Lines,
        };
        let screen = Screen::new(talk);
        logging::start(flags.log_format, flags.verbose, flags.quiet, colour, screen.clone());
        Ok(Self {
            config_path: config::path(flags.config.as_deref(), &environment),
            clock: clock(&environment)?,
            look: Look::of_stdout(environment.no_color()),
            screen,
            environment,
        })
    }

    /// The configuration, checked whole.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn config(&self, secrets: Secrets) -> Outcome<Config> {
        config::load(&self.config_path, secrets, &self.environment)
    }
}

/// The machine's clock, or one that stands still at `SCORELAKE_NOW`.
fn clock(environment: &Environment) -> Outcome<SystemClock> {
    match environment.get("SCORELAKE_NOW").filter(|now| !now.is_empty()) {
        None => Ok(SystemClock::new()),
        Some(now) => {
            let now: Timestamp = engine::model::time::read(now)
                .map_err(|reason| Failure::configuration(format!("environment variable `SCORELAKE_NOW`: {reason}")))?;
            Ok(SystemClock::fixed_at(now))
        }
    }
}

/// Runs one command.
///
/// # Errors
/// What the command failed of.
pub(crate) fn run(command: Command, context: &Context) -> Outcome {
    match command {
        Command::Init(flags) => init::run(&flags, context),
        Command::Demo(flags) => demo::run(&flags, context),
        Command::Check(flags) => check::run(&flags, context),
        Command::Plan(flags) => plan::run(&flags, context),
        Command::Sync(flags) => sync::run(&flags, context),
        Command::Publish(flags) => publish::run(&flags, context),
        Command::Trends(flags) => analysis::run(Subject::Trends, &flags, context),
        Command::Agents(flags) => analysis::run(Subject::Agents, &flags, context),
        Command::Evaluators(flags) => analysis::run(Subject::Evaluators, &flags, context),
        Command::Alarms(flags) => analysis::run(Subject::Alarms, &flags, context),
        Command::Report(flags) => report::run(&flags, context),
        Command::Join(flags) => join::run(&flags, context),
        Command::Reconcile(flags) => reconcile::run(&flags, context),
        Command::Export(flags) => export::run(&flags, context),
        Command::Simulate(flags) => simulate::run(&flags, context),
        Command::Explain(flags) => explain::run(&flags, context),
        Command::History(flags) => history::run(&flags, context),
        Command::Query(flags) => query::run(&flags, context),
        Command::State(command) => state::run(&command, context),
        Command::Quarantine(command) => quarantine::run(&command, context),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { command } => manual::page(command.as_deref()),
    }
}
