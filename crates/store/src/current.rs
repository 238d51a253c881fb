//! The current row of a record: what the rules ask of it, and its way to history.

use jiff::Timestamp;
use model::id::{RecordId, TenantName};
use model::record::Stream;
use rusqlite::{OptionalExtension as _, params};

use crate::cell::{Moment, damage, list};
use crate::statement;
use crate::store::Writing;
use crate::verdict::{HistoryCause, Standing, effective};

/// The current row of a record, as far as the rules ask.
pub(crate) fn standing(writing: &Writing<'_>, tenant: &TenantName, stream: Stream, id: &RecordId) -> rusqlite::Result<Option<Standing>> {
    let mut statement = writing.prepare_cached(&statement::of(stream).standing)?;
    let read = |row: &rusqlite::Row<'_>| {
        let modified_at: Option<Moment> = row.get(1)?;
        let happened_at: Option<Moment> = row.get(2)?;
        Ok(Standing {
            source_hash: row.get(0)?,
            effective: effective(modified_at.map(|moment| moment.0), happened_at.map(|moment| moment.0)),
            is_archived: row.get(3)?,
            scope_ids: list(row.get_ref(4)?.as_str()?).map_err(|reason| damage(4, reason))?,
            scopes_listed: row.get(5)?,
        })
    };
    statement.query_row([tenant.as_str(), id.as_str()], read).optional()
}

/// Copies the current row of a record, if there is one, to history.
pub(crate) fn retire(
    writing: &mut Writing<'_>,
    tenant: &TenantName,
    stream: Stream,
    id: &RecordId,
    until: Timestamp,
    cause: HistoryCause,
) -> rusqlite::Result<()> {
    let seq = writing.next_seq();
    let values = params![tenant.as_str(), id.as_str(), seq, Moment(until), cause.word()];
    writing.prepare_cached(&statement::of(stream).retire)?.execute(values)?;
    Ok(())
}
