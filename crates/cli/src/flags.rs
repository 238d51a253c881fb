//! Flags: every word of the command line in one place. Help, completions and the manual are made from it.
//! Nothing is decided here; a word becomes a typed value and no more.

mod analysis;
mod demo;
mod extract;
mod look;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use engine::model::record::{Platform, Stream};

use crate::exit::EXIT_CODES;
use crate::logging::LogFormat;
use crate::output::Format;
use crate::words::Moment;

pub(crate) use analysis::{AnalysisFlags, JoinFlags, LookFlags, ReportFlags};
pub(crate) use demo::{DemoFlags, InitFlags, SimulateFlags};
pub(crate) use extract::{CheckFlags, ExportFlags, ExportKind, PlanFlags, PublishFlags, ReconcileFlags, RowsWord, SyncFlags};
pub(crate) use look::{ExplainFlags, HistoryFlags, QuarantineCommand, QueryFlags, StateCommand};

const ABOUT: &str = "Contact-centre QA scores and feedback from Genesys Cloud CX and NICE CXone, normalised, deduplicated, audited";

const LONG: &str = "\
Environment:
  SCORELAKE_CONFIG      the configuration file, when there is no --config
  SCORELAKE__KEY        overrides a key: SCORELAKE__STORE, SCORELAKE__TENANT__ACME__BASE_URL
  SCORELAKE_NOW         stands still at this RFC 3339 time, for reproducible runs and tests
  NO_COLOR              no colour and no lines in tables
";

/// Where the flags of every command stand in the help.
const GLOBAL: &str = "Options of every command";

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "scorelake", version, about = ABOUT, after_long_help = format!("{LONG}\n{EXIT_CODES}"), max_term_width = 110)]
pub(crate) struct Flags {
    /// Flags of every command.
    #[command(flatten)]
    pub(crate) global: Global,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The configuration file [default: $SCORELAKE_CONFIG, else ./scorelake.toml]
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// How log lines are written to stderr
    #[arg(long, global = true, help_heading = GLOBAL, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) log_format: LogFormat,
    /// Log more: once a line a stream, twice a line a request
    #[arg(short, long, global = true, help_heading = GLOBAL, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Say errors only
    #[arg(short, long, global = true, help_heading = GLOBAL, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// No progress bars
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub(crate) no_progress: bool,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show everything on a simulated Genesys and CXone; no account needed
    Demo(DemoFlags),
    /// Write a commented scorelake.toml, or print its JSON Schema
    Init(InitFlags),
    /// Validate the configuration, log in, and look at every stream
    Check(CheckFlags),
    /// Show windows, scopes, estimated requests and minutes; touches no data
    Plan(PlanFlags),
    /// Extract everything that is due, then publish
    Sync(SyncFlags),
    /// Run the configured publications only
    Publish(PublishFlags),
    /// Compare extracted with reported counts
    Reconcile(ReconcileFlags),
    /// Show scores by week and form version, and what a change of form did to them
    ///
    /// For people: sentences first, then tables of chosen columns, rounded, with `[reason]` where a number is withheld. As json one
    /// object with a list of rows a table and the sentences under `notes`; as csv one table, whole; both unrounded.
    Trends(AnalysisFlags),
    /// Show agents' scores with what may be said of them
    ///
    /// For people: sentences first, then tables of chosen columns, rounded, with `[reason]` where a number is withheld. As json one
    /// object with a list of rows a table and the sentences under `notes`; as csv one table, whole; both unrounded.
    Agents(AnalysisFlags),
    /// Show how lenient evaluators are
    ///
    /// For people: sentences first, then tables of chosen columns, rounded, with `[reason]` where a number is withheld. As json one
    /// object with a list of rows a table and the sentences under `notes`; as csv one table, whole; both unrounded.
    Evaluators(AnalysisFlags),
    /// Show what stands out within a form version
    ///
    /// For people: sentences first, then tables of chosen columns, rounded, with `[reason]` where a number is withheld. As json one
    /// object with a list of rows a table and the sentences under `notes`; as csv one table, whole; both unrounded.
    Alarms(AnalysisFlags),
    /// Write the report: one HTML file with the charts
    Report(ReportFlags),
    /// Join scores and feedback to the interactions they are about
    Join(JoinFlags),
    /// Show how a score came to be, question by question
    Explain(ExplainFlags),
    /// Show every version seen of an assessment or feedback entry
    History(HistoryFlags),
    /// Write a one-off publication
    Export(ExportFlags),
    /// Run read-only SQL on the store
    Query(QueryFlags),
    /// Windows and watermarks
    #[command(subcommand)]
    State(StateCommand),
    /// Records that could not be read
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
    /// Serve a simulated Genesys and CXone on loopback
    Simulate(SimulateFlags),
    /// Print a completion script
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff)
    Man {
        /// The page of one command
        command: Option<String>,
    },
}

/// How a listing is shown.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Shown {
    /// How the listing is shown
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// A half-open range of time.
#[derive(Debug, Clone, Args)]
pub(crate) struct Range {
    /// First moment: RFC 3339, or a date (midnight in the tenant's zone)
    #[arg(long, value_name = "TS", requires = "to")]
    pub(crate) from: Option<Moment>,
    /// First moment that is no longer wanted
    #[arg(long, value_name = "TS", requires = "from")]
    pub(crate) to: Option<Moment>,
}

/// A vendor, by its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlatformWord {
    /// Genesys Cloud CX.
    Genesys,
    /// NICE CXone.
    Cxone,
}

impl From<PlatformWord> for Platform {
    fn from(word: PlatformWord) -> Self {
        match word {
            PlatformWord::Genesys => Self::Genesys,
            PlatformWord::Cxone => Self::Cxone,
        }
    }
}

/// A stream, by its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StreamWord {
    /// Evaluations of interactions.
    Assessments,
    /// Notes of supervisors.
    Feedback,
}

impl From<StreamWord> for Stream {
    fn from(word: StreamWord) -> Self {
        match word {
            StreamWord::Assessments => Self::Assessments,
            StreamWord::Feedback => Self::Feedback,
        }
    }
}

/// Which tenant and stream.
#[derive(Debug, Clone, Args)]
pub(crate) struct Choice {
    /// Only this tenant
    #[arg(long, value_name = "T")]
    pub(crate) tenant: Option<String>,
    /// Only this stream
    #[arg(long, value_enum, value_name = "S")]
    pub(crate) stream: Option<StreamWord>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Flags::command().debug_assert();
    }

    #[test]
    fn only_commands_that_work_are_offered() {
        let command = Flags::command();
        let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        assert_eq!(
            names.join(" "),
            "demo init check plan sync publish reconcile trends agents evaluators alarms report join explain history export query state quarantine simulate completions man"
        );
    }

    #[test]
    fn online_is_a_switch_with_a_value() {
        for (words, expected) in [(&["check"][..], true), (&["check", "--online"], true), (&["check", "--online=false"], false)] {
            let flags = Flags::try_parse_from(["scorelake"].iter().chain(words)).unwrap();
            assert!(matches!(flags.command, Command::Check(CheckFlags { online, .. }) if online == expected), "{words:?}");
        }
    }
}
