//! Flags of the commands that need no account: `demo`, `init`, `simulate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::flags::PlatformWord;

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
    /// Lets the client write external metrics. Reading needs no such scope, so `sync` then warns of it
    #[arg(long)]
    pub(crate) external_metrics: bool,
}
