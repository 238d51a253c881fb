//! Flags of the commands over derived numbers: `trends`, `agents`, `evaluators`, `alarms`, `report`, `join`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use jiff::civil::Date;

use crate::flags::{PlatformWord, Shown, StreamWord};
use crate::words::{Moment, day, duration};

/// What of the store is looked at.
#[derive(Debug, Clone, Args)]
pub(crate) struct LookFlags {
    /// Only this tenant
    #[arg(long, value_name = "T")]
    pub(crate) tenant: Option<String>,
    /// Only this platform
    #[arg(long, value_enum, value_name = "P")]
    pub(crate) platform: Option<PlatformWord>,
    /// Only this division, site, queue or team, by its id or name
    #[arg(long, value_name = "ID")]
    pub(crate) division: Option<String>,
    /// Only this form, by its id, its name or the id of one of its versions
    #[arg(long, value_name = "ID")]
    pub(crate) form: Option<String>,
    /// First business date
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) from: Option<Date>,
    /// First business date that is no longer wanted
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) to: Option<Date>,
}

/// Flags of a command that shows derived tables.
#[derive(Debug, Args)]
pub(crate) struct AnalysisFlags {
    /// What is looked at
    #[command(flatten)]
    pub(crate) look: LookFlags,
    /// Only this one of the command's tables [default: all; the first with csv]
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// How the tables are shown: rounded for people, whole and unrounded as json and csv
    #[command(flatten)]
    pub(crate) shown: Shown,
}

/// Flags of `report`.
#[derive(Debug, Args)]
pub(crate) struct ReportFlags {
    /// The file
    #[arg(long, default_value = "report.html", value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// What is looked at
    #[command(flatten)]
    pub(crate) look: LookFlags,
    /// Shows single agents, for this purpose, which stands in the report; without it they are not in the file at all
    #[arg(long, value_name = "PURPOSE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) agent_level: Option<String>,
}

/// Flags of `join`.
#[derive(Debug, Args)]
pub(crate) struct JoinFlags {
    /// The listing of interactions, CSV or Parquet, a row an agent's part of one
    #[arg(long, value_name = "FILE")]
    pub(crate) interactions: PathBuf,
    /// What the listing's columns hold, as NAME=COLUMN, and in which order ids are tried; may be given several times. Once an id is named, only
    /// the ids named are tried. Names:
    /// interaction_id external_reference_id segment_id agent_id started_at ended_at media
    #[arg(long, value_name = "NAME=COLUMN")]
    pub(crate) key: Vec<String>,
    /// Only this tenant; may be given several times
    #[arg(long, value_name = "T")]
    pub(crate) tenant: Vec<String>,
    /// Only this stream; may be given several times
    #[arg(long, value_enum, value_name = "S")]
    pub(crate) stream: Vec<StreamWord>,
    /// Only interactions that ended at or after this moment: RFC 3339, or a date (midnight in the tenants' zone if they
    /// share one, else UTC)
    #[arg(long, value_name = "TS")]
    pub(crate) from: Option<Moment>,
    /// Only interactions that ended before this moment
    #[arg(long, value_name = "TS")]
    pub(crate) to: Option<Moment>,
    /// How far the two ends of an interaction may lie apart
    #[arg(long, default_value = "1s", value_name = "DURATION", value_parser = duration)]
    pub(crate) tolerance: Duration,
    /// Writes the rows into this file instead of stdout: `.csv`, `.json` or `.ndjson`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// How the rows are shown; with --out, how the summary is
    #[command(flatten)]
    pub(crate) shown: Shown,
}
