//! Flags of the commands that ask the sources or write publications: `check`, `plan`, `sync`, `publish`, `reconcile`, `export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::flags::{Range, Shown, StreamWord};

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
    /// The feed of agent-days: as they stand, and every event.
    AgentDay,
    /// A file for Calabrio's gamification, with the measures of a publication.
    Calabrio,
    /// Batches for Genesys' external metrics, with the measures of a publication.
    GenesysExternalMetrics,
}

/// How rows stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum RowsWord {
    /// A header line and RFC 4180 rows.
    #[default]
    Csv,
    /// One array.
    Json,
    /// An object a line.
    Ndjson,
}

/// Flags of `export`.
#[derive(Debug, Args)]
pub(crate) struct ExportFlags {
    /// What to write
    #[arg(value_enum)]
    pub(crate) kind: ExportKind,
    /// Where to [default: this folder; `calabrio.csv`; `external-metrics`]. A folder; for csv and ndjson also a pattern such as `out/{table}.csv.gz`, or a file with
    /// --table; for calabrio the file; for postgres a `postgres://` URL, whose password may come from $PGPASSWORD
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<String>,
    /// Only this table (csv and ndjson)
    #[arg(long, value_name = "TABLE")]
    pub(crate) table: Option<String>,
    /// The publication whose measures are taken (calabrio, genesys-external-metrics) [default: the only one of the kind]
    #[arg(long, value_name = "NAME")]
    pub(crate) publication: Option<String>,
    /// What single agents' numbers are used for (agent-day): without a purpose they are not written
    #[arg(long, value_name = "PURPOSE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) purpose: Option<String>,
    /// How rows stand in the files (agent-day) [default: csv]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) rows: Option<RowsWord>,
    /// The schema in PostgreSQL
    #[arg(long, default_value = "public", value_name = "SCHEMA")]
    pub(crate) schema: String,
    /// How the listing of what was written is shown
    #[command(flatten)]
    pub(crate) shown: Shown,
}
