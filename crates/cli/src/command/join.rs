//! `join`: scores and feedback beside the interactions they are about. Rows to stdout or a file; how many of them were
//! matched, and why others were not, to stderr.

mod told;

use std::io::Write;
use std::path::{Path, PathBuf};

use engine::join::{JoinOptions, JoinReport};
use engine::model::id::TenantName;
use engine::model::interaction::{Interaction, read_keys};
use engine::model::record::Stream;
use engine::model::table::joined::JOINED;
use engine::model::table::{Cell, Row};
use engine::report::{Trouble, TroubleKind};
use engine::sink::error::SinkError;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use lake::interactions;
use serde_json::Value;

use crate::command::bench::{Bench, Ground};
use crate::command::{Context, ground, whole_file};
use crate::config::{Config, Secrets};
use crate::exit::{Exit, Failure, Outcome};
use crate::flags::JoinFlags;
use crate::output::{Format, Listing, StdoutListing};
use crate::words::Moment;

/// What people see of a row.
const SHOWN: [&str; 10] =
    ["tenant", "stream", "record_id", "agent_id", "join_status", "detail", "join_key", "interaction_ended_at", "media", "normalized_score"];

/// Runs the command.
///
/// # Errors
/// A wrong configuration, key, range or file name; a listing that cannot be read; a store that is not there; a stdout or file
/// that cannot be written.
pub(crate) fn run(flags: &JoinFlags, context: &Context) -> Outcome {
    let mut config = context.config(Secrets::Privacy)?;
    let report = join(flags, &mut config, context, context.clock.clone())?;
    if flags.out.is_some() {
        told::summary(&report, flags.shown.format, context)?;
    }
    told::words(&report, context);
    Ok(Exit::Done)
}

/// The join itself; only rows are written.
///
/// # Errors
/// As [`run`].
pub(crate) fn join(
    flags: &JoinFlags,
    config: &mut Config,
    context: &Context,
    clock: engine::wire::clock::SystemClock,
) -> Outcome<JoinReport> {
    let (keys, columns) = read_keys(&flags.key).map_err(|reason| Failure::usage(format!("`--key`: {reason}")))?;
    for name in &flags.tenant {
        config.check_tenant(name)?;
    }
    let out = flags.out.as_deref().map(|path| Out::named(path, context)).transpose()?;
    let input = context.environment.folder().join(&flags.interactions);
    if let Some(out) = &out
        && is_same_file(&out.path, &input)
    {
        return Err(Failure::usage(format!("`--out {}` is the listing itself; name another file", flags.interactions.display())));
    }
    let (from, to) = span(flags, config)?;
    let options = JoinOptions {
        tenants: flags.tenant.iter().map(|name| TenantName::new(name.as_str())).collect(),
        streams: if flags.stream.is_empty() { Stream::ALL.to_vec() } else { flags.stream.iter().map(|word| (*word).into()).collect() },
        keys,
        from,
        to,
        tolerance: flags.tolerance,
        ..JoinOptions::default()
    };
    let bench = Bench::open_at(config.take_workspace(), Ground::Existing, clock, context)?;
    let unread =
        |error: interactions::InteractionsError| Trouble { kind: TroubleKind::Configuration, message: error.message, hint: error.hint };
    let rows = interactions::read(&input, &columns).map_err(unread)?;
    for warning in rows.warnings() {
        context.screen.say("warning", warning);
    }
    let rows = rows.map(|row| row.map_err(unread));
    match out {
        Some(out) => out.write(&bench, rows, &options, context),
        None => to_stdout(&bench, rows, &options, flags.shown.format, context),
    }
}

/// The span on the ends of interactions. A date is midnight in the zone of the tenants, if they share one, else of UTC.
/// Whether both names lead to one file that is there.
fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn span(flags: &JoinFlags, config: &Config) -> Outcome<(Option<Timestamp>, Option<Timestamp>)> {
    let chosen =
        config.tenants.iter().filter(|tenant| flags.tenant.is_empty() || flags.tenant.iter().any(|name| name == tenant.name.as_str()));
    let mut zones: Vec<&TimeZone> = chosen.map(|tenant| &tenant.timezone).collect();
    zones.dedup();
    let zone = if let [zone] = zones.as_slice() { (*zone).clone() } else { TimeZone::UTC };
    let at = |moment: Option<Moment>| moment.and_then(|moment| moment.at(&zone));
    match (at(flags.from), at(flags.to)) {
        (Some(from), Some(to)) if to <= from => Err(Failure::usage("`--to` is not after `--from`; the range is half-open")),
        range => Ok(range),
    }
}

fn to_stdout(
    bench: &Bench,
    rows: impl IntoIterator<Item = Result<Interaction, Trouble>>,
    options: &JoinOptions,
    format: Format,
    context: &Context,
) -> Outcome<JoinReport> {
    let columns: Vec<&str> = match format {
        Format::Table => SHOWN.to_vec(),
        Format::Json | Format::Csv => JOINED.columns.iter().map(|column| column.name).collect(),
    };
    let mut listing = StdoutListing::begin(format, context.look, columns.iter().copied())?;
    let mut unwritten = None;
    let done = bench.runtime.block_on(async {
        bench.engine.join(rows, options, &mut |row: Row| {
            let values: Vec<Value> = columns.iter().map(|column| JOINED.cell(&row, column).map_or(Value::Null, Cell::to_json)).collect();
            listing.row(&values).map_err(|failure| {
                unwritten = Some(failure);
                Trouble::new(TroubleKind::Storage, "stdout")
            })
        })
    });
    match (unwritten, done) {
        (Some(failure), _) => Err(failure),
        (None, Err(trouble)) => Err(trouble.into()),
        (None, Ok(report)) => {
            listing.finish()?;
            Ok(report)
        }
    }
}

/// Rows that the join gave.
fn n_records(report: &JoinReport) -> u64 {
    report.summaries.iter().map(|summary| summary.n).sum()
}

/// A file for the rows, told by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Csv,
    Json,
    Ndjson,
}

struct Out {
    path: PathBuf,
    kind: Kind,
}

impl Out {
    fn named(path: &Path, context: &Context) -> Outcome<Self> {
        let kind = match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => Kind::Csv,
            Some("json") => Kind::Json,
            Some("ndjson" | "jsonl") => Kind::Ndjson,
            _ => {
                let words = format!("`--out {}`: a file that ends in `.csv`, `.json` or `.ndjson` is asked for", path.display());
                return Err(Failure::usage(words));
            }
        };
        Ok(Self { path: context.environment.folder().join(path), kind })
    }

    fn write(
        &self,
        bench: &Bench,
        rows: impl IntoIterator<Item = Result<Interaction, Trouble>>,
        options: &JoinOptions,
        context: &Context,
    ) -> Outcome<JoinReport> {
        let wrong = |error: SinkError| ground::unwritten("join", &error);
        let mut aside = whole_file::begin(&self.path, &bench.run_id).map_err(wrong)?;
        let done = bench.runtime.block_on(async {
            let mut rows_out = RowsOut::begin(&mut aside, self, context)?;
            let report = bench.engine.join(rows, options, &mut |row: Row| rows_out.row(&row))?;
            rows_out.finish()?;
            Ok::<JoinReport, Trouble>(report)
        });
        let report = done?;
        let written = whole_file::end(&self.path, aside).map_err(wrong)?;
        let words = format!("{} records, {} bytes in {}", n_records(&report), written.bytes.n_bytes, self.path.display());
        context.screen.fact("join", &words);
        Ok(report)
    }
}

/// Rows on their way into a file.
enum RowsOut<W: Write> {
    Listing(Listing<W>),
    Lines(W, PathBuf),
}

impl<W: Write> RowsOut<W> {
    fn begin(out: W, file: &Out, context: &Context) -> Result<Self, Trouble> {
        let format = match file.kind {
            Kind::Ndjson => return Ok(Self::Lines(out, file.path.clone())),
            Kind::Csv => Format::Csv,
            Kind::Json => Format::Json,
        };
        let columns = JOINED.columns.iter().map(|column| column.name.to_owned()).collect();
        Listing::new(out, format, context.look, columns).map(Self::Listing).map_err(|error| wrong(&file.path, &error))
    }

    fn row(&mut self, row: &Row) -> Result<(), Trouble> {
        let values = row.iter().map(Cell::to_json);
        match self {
            Self::Listing(listing) => listing.row(&values.collect::<Vec<_>>()).map_err(|failure| told::trouble(&failure)),
            Self::Lines(out, path) => {
                let fields = JOINED.columns.iter().zip(values).map(|(column, value)| format!("\"{}\":{value}", column.name));
                writeln!(out, "{{{}}}", fields.collect::<Vec<_>>().join(",")).map_err(|error| wrong(path, &error))
            }
        }
    }

    fn finish(self) -> Result<(), Trouble> {
        match self {
            Self::Listing(listing) => listing.finish().map_err(|failure| told::trouble(&failure)),
            Self::Lines(..) => Ok(()),
        }
    }
}

fn wrong(path: &Path, error: &std::io::Error) -> Trouble {
    ground::unwritten("join", &SinkError::of_io(path, error))
}
