//! `history`: every version seen of a record, the current one last.

use engine::model::id::RecordId;
use engine::model::table::Cell;
use engine::store::Version;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::command::{Context, ground};
use crate::config::Secrets;
use crate::exit::{Exit, Failure, Outcome};
use crate::flags::HistoryFlags;
use crate::output::{Format, StdoutListing};

/// Shown in a table; JSON and CSV have the whole row besides.
const COLUMNS: [&str; 11] = [
    "tenant",
    "stream",
    "observed_from",
    "observed_until",
    "cause",
    "current",
    "modified_at",
    "status",
    "normalized_score",
    "final_score",
    "source_hash",
];

/// Runs the command.
///
/// # Errors
/// A record that was never seen; a store or stdout that fails.
pub(crate) fn run(flags: &HistoryFlags, context: &Context) -> Outcome {
    let config = context.config(Secrets::None)?;
    let store = ground::open_at(&config)?;
    let tenant = ground::tenant(flags.tenant.as_deref());
    let mut versions = store.history(tenant.as_ref(), &RecordId::new(flags.id.as_str())).map_err(ground::failure)?;
    if versions.is_empty() {
        return Err(unknown(&flags.id, flags.tenant.as_deref()));
    }
    if let Some(as_of) = flags.as_of {
        versions.retain(|version| {
            let zone =
                config.tenants.iter().find(|tenant| tenant.name == version.tenant).map_or(TimeZone::UTC, |tenant| tenant.timezone.clone());
            as_of.at(&zone).is_some_and(|moment| was_current(version, moment))
        });
    }
    let whole = flags.shown.format != Format::Table;
    let columns = COLUMNS.into_iter().chain(whole.then_some("row"));
    let mut listing = StdoutListing::begin(flags.shown.format, context.look, columns)?;
    for version in &versions {
        listing.row(&values(version, whole))?;
    }
    listing.finish()?;
    Ok(Exit::Done)
}

/// The failure of an id that no record has.
pub(crate) fn unknown(id: &str, tenant: Option<&str>) -> Failure {
    let of = tenant.map(|tenant| format!(" of tenant `{tenant}`")).unwrap_or_default();
    Failure::usage(format!("no record `{id}`{of} in the store")).with_hint("ids are compared byte for byte; `scorelake query` finds them")
}

/// Half-open; a late arrival was never current.
fn was_current(version: &Version, moment: Timestamp) -> bool {
    version.observed_from <= moment && version.observed_until.is_none_or(|until| moment < until)
}

fn values(version: &Version, whole: bool) -> Vec<Value> {
    let table = version.stream.table();
    let cell = |column: &str| table.cell(&version.row, column).map_or(Value::Null, Cell::to_json);
    let mut values = vec![
        Value::from(version.tenant.as_str()),
        Value::from(version.stream.word()),
        ground::time(version.observed_from),
        ground::maybe_time(version.observed_until),
        version.cause.map_or(Value::Null, |cause| Value::from(cause.word())),
        Value::from(version.is_current),
        cell("modified_at"),
        cell("status"),
        cell("normalized_score"),
        cell("final_score"),
        if whole { cell("source_hash") } else { short(&cell("source_hash")) },
    ];
    if whole {
        let row: Map<String, Value> =
            table.columns.iter().zip(&version.row).map(|(column, cell)| (column.name.to_owned(), cell.to_json())).collect();
        values.push(Value::Object(row));
    }
    values
}

/// Enough of a hash to tell versions apart.
fn short(hash: &Value) -> Value {
    hash.as_str().map_or(Value::Null, |hash| Value::from(hash.get(..12).unwrap_or(hash)))
}
