//! Flags: every word of the command line in one place. Help, completions and the manual are made from it.
//! Nothing is decided here; a word becomes a typed value and no more.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use engine::model::record::{Platform, Stream};

use crate::exit::EXIT_CODES;
use crate::logging::LogFormat;
use crate::output::Format;
use crate::words::Moment;

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

/// Flags of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoFlags {
    /// Where everything goes
    #[arg(long, default_value = "scorelake-demo", value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// The seed of the simulated world
    #[arg(long, default_value_t = 7, value_name = "N")]
    pub(crate) seed: u64,
    /// The size of the simulated world, for tests
    #[arg(long, default_value_t = 1.0, value_name = "X", hide = true)]
    pub(crate) scale: f64,
}

/// Flags of `init`.
#[derive(Debug, Args)]
pub(crate) struct InitFlags {
    /// The platform of the first tenant
    #[arg(long, value_enum, default_value = "genesys")]
    pub(crate) platform: PlatformWord,
    /// Print the JSON Schema of the configuration and write nothing
    #[arg(long)]
    pub(crate) schema: bool,
}

/// Flags of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckFlags {
    /// Only this tenant; may be given several times
    #[arg(long, value_name = "T")]
    pub(crate) tenant: Vec<String>,
    /// Whether to log in and read a page; `--online=false` looks at the configuration only
    #[arg(long, default_value_t = true, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          action = clap::ArgAction::Set, value_name = "BOOL")]
    pub(crate) online: bool,
    /// How the listing is shown
    #[command(flatten)]
    pub(crate) shown: Shown,
}

/// Flags of `plan`.
#[derive(Debug, Args)]
pub(crate) struct PlanFlags {
    /// Only this tenant; may be given several times
    #[arg(long, value_name = "T")]
    pub(crate) tenant: Vec<String>,
    /// Only this stream; may be given several times
    #[arg(long, value_enum, value_name = "S")]
    pub(crate) stream: Vec<StreamWord>,
    /// The range of a backfill
    #[command(flatten)]
    pub(crate) range: Range,
    /// Sweep whether due or not
    #[arg(long)]
    pub(crate) sweep: bool,
    /// How the listing is shown
    #[command(flatten)]
    pub(crate) shown: Shown,
}

/// Flags of `sync`.
#[derive(Debug, Args)]
pub(crate) struct SyncFlags {
    /// Only this tenant; may be given several times
    #[arg(long, value_name = "T")]
    pub(crate) tenant: Vec<String>,
    /// Only this stream; may be given several times
    #[arg(long, value_enum, value_name = "S")]
    pub(crate) stream: Vec<StreamWord>,
    /// The range of a backfill, which leaves the live watermark alone
    #[command(flatten)]
    pub(crate) range: Range,
    /// Publish afterwards; the default when there are publications
    #[arg(long, overrides_with = "no_publish")]
    pub(crate) publish: bool,
    /// Do not publish afterwards
    #[arg(long, overrides_with = "publish")]
    pub(crate) no_publish: bool,
    /// Leave with 99 when nothing was inserted, updated or deleted
    #[arg(long)]
    pub(crate) skip_if_empty: bool,
    /// Sweep whether due or not
    #[arg(long)]
    pub(crate) sweep: bool,
    /// How the summary is shown; json is one object
    #[command(flatten)]
    pub(crate) shown: Shown,
}

/// Flags of `publish`.
#[derive(Debug, Args)]
pub(crate) struct PublishFlags {
    /// Only these publications
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// How the listing is shown
    #[command(flatten)]
    pub(crate) shown: Shown,
}

/// Flags of `reconcile`.
#[derive(Debug, Args)]
pub(crate) struct ReconcileFlags {
    /// The totals file: scope_id,date_from,date_to,stream,reported
    #[arg(long, value_name = "FILE")]
    pub(crate) totals: Option<PathBuf>,
    /// Only this tenant; may be given several times
    #[arg(long, value_name = "T")]
    pub(crate) tenant: Vec<String>,
    /// How the listing is shown
    #[command(flatten)]
    pub(crate) shown: Shown,
}

/// Flags of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainFlags {
    /// The assessment
    #[arg(value_name = "ASSESSMENT_ID")]
    pub(crate) id: String,
    /// Of this tenant only
    #[arg(long, value_name = "T")]
    pub(crate) tenant: Option<String>,
    /// How the explanation is shown; csv gives the questions only
    #[command(flatten)]
    pub(crate) shown: Shown,
}

/// Flags of `history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryFlags {
    /// The assessment or feedback entry
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Only the version that was known at this time
    #[arg(long, value_name = "TS")]
    pub(crate) as_of: Option<Moment>,
    /// Of this tenant only
    #[arg(long, value_name = "T")]
    pub(crate) tenant: Option<String>,
    /// How the listing is shown
    #[command(flatten)]
    pub(crate) shown: Shown,
}

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportKind {
    /// The guide's payload: two JSON arrays.
    Json,
    /// A JSON object a line, a file a table.
    Ndjson,
    /// A CSV file a table.
    Csv,
    /// Parquet, partitioned by form version.
    Parquet,
    /// Upserts into PostgreSQL.
    Postgres,
}

/// Flags of `export`.
#[derive(Debug, Args)]
pub(crate) struct ExportFlags {
    /// What to write
    #[arg(value_enum)]
    pub(crate) kind: ExportKind,
    /// Where to [default: this folder]. A folder; for csv and ndjson also a pattern such as `out/{table}.csv.gz`, or a file with --table; for postgres a
    /// `postgres://` URL, whose password may come from $PGPASSWORD
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<String>,
    /// Only this table (csv and ndjson)
    #[arg(long, value_name = "TABLE")]
    pub(crate) table: Option<String>,
    /// The schema in PostgreSQL
    #[arg(long, default_value = "public", value_name = "SCHEMA")]
    pub(crate) schema: String,
    /// How the listing of what was written is shown
    #[command(flatten)]
    pub(crate) shown: Shown,
}

/// Flags of `query`.
#[derive(Debug, Args)]
pub(crate) struct QueryFlags {
    /// One SELECT
    #[arg(value_name = "SQL")]
    pub(crate) sql: String,
    /// How the listing is shown
    #[command(flatten)]
    pub(crate) shown: Shown,
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

/// Commands of `state`.
#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// Windows and watermarks as they stand
    List {
        /// Of which tenant and stream
        #[command(flatten)]
        choice: Choice,
        /// How the listing is shown
        #[command(flatten)]
        shown: Shown,
    },
    /// One watermark
    Get {
        /// The tenant
        tenant: String,
        /// The stream
        #[arg(value_enum)]
        stream: StreamWord,
        /// The watermark
        name: String,
    },
    /// Set one watermark
    Set {
        /// The tenant
        tenant: String,
        /// The stream
        #[arg(value_enum)]
        stream: StreamWord,
        /// The watermark
        name: String,
        /// Its value, an RFC 3339 time
        value: String,
    },
    /// Forget windows and watermarks, so the next sync reads them again; records stay
    Reset {
        /// The tenant
        #[arg(long, value_name = "T")]
        tenant: String,
        /// Only this stream
        #[arg(long, value_enum, value_name = "S")]
        stream: Option<StreamWord>,
    },
}

/// Commands of `quarantine`.
#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// Every unreadable record
    List {
        /// Of which tenant and stream
        #[command(flatten)]
        choice: Choice,
        /// How the listing is shown
        #[command(flatten)]
        shown: Shown,
    },
    /// One unreadable record with its raw source
    Show {
        /// Its quarantine id
        #[arg(value_name = "QUARANTINE_ID")]
        id: String,
        /// Of which tenant and stream
        #[command(flatten)]
        choice: Choice,
    },
    /// Read them again, after an upgrade
    Replay {
        /// Of which tenant and stream
        #[command(flatten)]
        choice: Choice,
        /// How the listing is shown
        #[command(flatten)]
        shown: Shown,
    },
    /// Forget unreadable records
    Drop {
        /// Their quarantine ids
        #[arg(value_name = "QUARANTINE_ID", required_unless_present = "all")]
        ids: Vec<String>,
        /// All of the chosen tenant and stream
        #[arg(long, conflicts_with = "ids")]
        all: bool,
        /// Of which tenant and stream
        #[command(flatten)]
        choice: Choice,
    },
}

/// The dialects the simulator speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SimulatedDialect {
    /// The extraction guide's.
    Guide,
}

/// Flags of `simulate`.
#[derive(Debug, Args)]
pub(crate) struct SimulateFlags {
    /// The port of Genesys; CXone gets the next one. 0 takes free ones
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    pub(crate) port: u16,
    /// The seed of the world
    #[arg(long, default_value_t = 7, value_name = "N")]
    pub(crate) seed: u64,
    /// The size of the world: 1 is 3000 assessments and 1500 feedback entries a platform
    #[arg(long, default_value_t = 1.0, value_name = "X")]
    pub(crate) scale: f64,
    /// Faults to inject, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// Which API to serve
    #[arg(long, value_enum, default_value = "guide")]
    pub(crate) dialect: SimulatedDialect,
    /// How many days before now the world begins
    #[arg(long, default_value_t = 91, value_name = "N")]
    pub(crate) days: u32,
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
            "demo init check plan sync publish reconcile explain history export query state quarantine simulate completions man"
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
