//! Logs: facts with fields on stderr, as text or as a JSON object a line. Set up once, before anything runs.
//! The program's own words take the same form, so that whoever reads JSON there reads nothing else.

use std::sync::OnceLock;

use serde_json::json;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// An object a line.
    Json,
}

/// How much is logged: `-q` is warnings only, `-v` a line a request, `-vv` everything of ours.
fn level(verbose: u8, quiet: bool) -> &'static str {
    match (quiet, verbose) {
        (true, _) => "error",
        (false, 0) => "error,scorelake=warn",
        (false, 1) => "warn,scorelake=info",
        (false, 2) => "info,scorelake=debug",
        (false, _) => "debug,scorelake=trace",
    }
}

/// A line of the program about something, with its end, in the form of the log.
pub(crate) fn fact(subject: &str, words: &str) -> String {
    match FORMAT.get() {
        Some(LogFormat::Json) => format!("{}\n", json!({ "level": "INFO", "message": format!("{subject}: {words}") })),
        Some(LogFormat::Text) | None => format!("{subject}: {words}\n"),
    }
}

static FORMAT: OnceLock<LogFormat> = OnceLock::new();

/// A line of the program's own words with its end, in the form of the log.
pub(crate) fn line(label: &str, words: &str) -> String {
    match FORMAT.get() {
        Some(LogFormat::Json) => format!("{}\n", json!({ "level": label.to_uppercase(), "message": words })),
        Some(LogFormat::Text) | None => format!("{label}: {words}\n"),
    }
}

/// Sets the log up; a second call changes nothing.
pub(crate) fn start<W>(format: LogFormat, verbose: u8, quiet: bool, colour: bool, writer: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let _already_set = FORMAT.set(format);
    let builder = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(level(verbose, quiet))).with_writer(writer);
    let _already_started = match format {
        LogFormat::Text => builder.with_ansi(colour).with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_target(false).try_init(),
    };
}
