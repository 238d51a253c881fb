//! Flags of the commands over the store: `explain`, `history`, `query`, `state`, `quarantine`.

use clap::{Args, Subcommand};

use crate::flags::{Choice, Shown, StreamWord};
use crate::words::Moment;

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
