//! Tombstones: records that the source no longer has, from the first miss to the burial and, perhaps, back.
//! Who is missed and who is buried is decided by the caller, who alone knows what a listing has proved.
//! A confirmed tombstone is never removed: a record that comes back has it lifted.

use std::fmt;

use jiff::Timestamp;
use model::id::{RecordId, TenantName};
use model::record::Stream;
use model::window::Span;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::cell::{Moment, known};
use crate::current::{retire, standing};
use crate::error::{StoreError, VisitError};
use crate::statement;
use crate::store::{Store, Writing, meta};
use crate::verdict::{DeletedPolicy, HistoryCause};

/// Why a record is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The source deleted it.
    Deleted,
    /// The source keeps records only for so long.
    AgedOut,
    /// The credentials no longer see it.
    Hidden,
}

impl Cause {
    const ALL: [Self; 3] = [Self::Deleted, Self::AgedOut, Self::Hidden];

    /// The word in `cause` and `archived_reason`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::AgedOut => "aged_out",
            Self::Hidden => "hidden",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.word() == word)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What is known of a record that was missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tombstone {
    /// When it was first not found.
    pub first_missed_at: Timestamp,
    /// When it was certain; none while it is only missed.
    pub confirmed_at: Option<Timestamp>,
    /// Why it is gone, once that is certain.
    pub cause: Option<Cause>,
    /// When it came back.
    pub resurrected_at: Option<Timestamp>,
    /// The effective time of the version that was current, or that the source called deleted.
    pub source_modified_at: Option<Timestamp>,
    /// When it was missed again after it had come back.
    pub missed_again_at: Option<Timestamp>,
}

impl Tombstone {
    /// Confirmed, and not back.
    pub fn is_dead(&self) -> bool {
        self.confirmed_at.is_some() && self.resurrected_at.is_none()
    }
}

impl Store {
    /// A number for a sweep that no sweep had before.
    ///
    /// # Errors
    /// Those of writing.
    pub fn new_sweep_id(&mut self) -> Result<i64, StoreError> {
        self.write(|writing| {
            writing.execute("UPDATE meta SET value = value + 1 WHERE name = 'sweep_id'", [])?;
            meta(writing, "sweep_id")
        })
    }

    /// Visits the live records whose own time lies in the span and which the sweep has not seen, oldest first.
    ///
    /// # Errors
    /// Those of reading, and the visitor's.
    pub fn missing<E>(
        &self,
        tenant: &TenantName,
        stream: Stream,
        span: Span,
        sweep_id: i64,
        visit: &mut dyn FnMut(RecordId) -> Result<(), E>,
    ) -> Result<(), VisitError<E>> {
        let (table, id, time) = (stream.table().name, stream.id_column(), stream.time_column());
        let sql = format!(
            "SELECT {id} FROM {table} WHERE tenant = ?1 AND is_archived = 0 AND {time} >= ?2 AND {time} < ?3 AND NOT EXISTS (
                SELECT 1 FROM sighting
                WHERE sighting.tenant = ?1 AND sighting.stream = ?4 AND sighting.sweep_id = ?5 AND sighting.id = {table}.{id}
            ) ORDER BY {time}, {id}"
        );
        let values = params![tenant.as_str(), Moment(span.from), Moment(span.to), stream.word(), sweep_id];
        self.visit(&sql, values, |row| Ok(RecordId::new(row.get::<_, String>(0)?)), visit)
    }

    /// How many live records have their own time in the span.
    ///
    /// # Errors
    /// Those of reading.
    pub fn n_live(&self, tenant: &TenantName, stream: Stream, span: Span) -> Result<u64, StoreError> {
        self.n_extracted(tenant, stream, None, span)
    }

    /// Forgets what the sweeps of a stream have seen.
    ///
    /// # Errors
    /// Those of writing.
    pub fn clear_sightings(&mut self, tenant: &TenantName, stream: Stream) -> Result<(), StoreError> {
        self.write(|writing| {
            let sql = "DELETE FROM sighting WHERE tenant = ?1 AND stream = ?2";
            writing.prepare_cached(sql)?.execute([tenant.as_str(), stream.word()])?;
            Ok(())
        })
    }

    /// Notes that records were not found, without concluding anything. A record that is noted already keeps its first
    /// time; one that is found again loses the note.
    ///
    /// # Errors
    /// Those of writing.
    pub fn note_missed(&mut self, tenant: &TenantName, stream: Stream, ids: &[RecordId], now: Timestamp) -> Result<(), StoreError> {
        self.write(|writing| {
            for id in ids {
                let seq = writing.next_seq();
                let sql = "INSERT INTO tombstone (tenant, stream, id, first_missed_at, change_seq) VALUES (?1, ?2, ?3, ?4, ?5)
                    ON CONFLICT DO UPDATE SET missed_again_at = coalesce(missed_again_at, excluded.first_missed_at)
                    WHERE resurrected_at IS NOT NULL";
                writing.prepare_cached(sql)?.execute(params![tenant.as_str(), stream.word(), id.as_str(), Moment(now), seq])?;
            }
            Ok(())
        })
    }

    /// Buries records that are certainly gone: archives their rows or takes them out, and confirms their tombstones.
    /// Gives the number that were live until now; the others are left as they are.
    ///
    /// # Errors
    /// Those of writing; nobody is then buried.
    pub fn bury(
        &mut self,
        tenant: &TenantName,
        stream: Stream,
        ids: &[RecordId],
        cause: Cause,
        policy: DeletedPolicy,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.write(|writing| {
            let mut n_buried = 0;
            for id in ids {
                let Some(live) = standing(writing, tenant, stream, id)?.filter(|standing| !standing.is_archived) else { continue };
                retire(writing, tenant, stream, id, now, HistoryCause::Deleted)?;
                match policy {
                    DeletedPolicy::Archive => archive(writing, tenant, stream, id, cause, now)?,
                    DeletedPolicy::Exclude => take_out(writing, tenant, stream, id)?,
                }
                stand(writing, tenant, stream, id, cause, live.effective, now)?;
                n_buried += 1;
            }
            Ok(n_buried)
        })
    }

    /// The tombstone of a record.
    ///
    /// # Errors
    /// Those of reading.
    pub fn tombstone(&self, tenant: &TenantName, stream: Stream, id: &RecordId) -> Result<Option<Tombstone>, StoreError> {
        self.read(|connection| find(connection, tenant, stream, id))
    }
}

fn find(connection: &Connection, tenant: &TenantName, stream: Stream, id: &RecordId) -> rusqlite::Result<Option<Tombstone>> {
    let sql = "SELECT first_missed_at, confirmed_at, cause, resurrected_at, source_modified_at, missed_again_at
        FROM tombstone WHERE tenant = ?1 AND stream = ?2 AND id = ?3";
    let read = |row: &rusqlite::Row<'_>| {
        let moment = |index| row.get::<_, Option<Moment>>(index).map(|found| found.map(|moment| moment.0));
        let cause: Option<String> = row.get(2)?;
        Ok(Tombstone {
            first_missed_at: row.get::<_, Moment>(0)?.0,
            confirmed_at: moment(1)?,
            cause: cause.map(|word| known(2, &word, Cause::from_word(&word))).transpose()?,
            resurrected_at: moment(3)?,
            source_modified_at: moment(4)?,
            missed_again_at: moment(5)?,
        })
    };
    connection.prepare_cached(sql)?.query_row([tenant.as_str(), stream.word(), id.as_str()], read).optional()
}

/// The tombstone of a record that was found in a listing: what was only suspected is forgotten.
pub(crate) fn find_seen(writing: &Writing<'_>, tenant: &TenantName, stream: Stream, id: &RecordId) -> rusqlite::Result<Option<Tombstone>> {
    let Some(tombstone) = find(writing, tenant, stream, id)? else { return Ok(None) };
    let key = [tenant.as_str(), stream.word(), id.as_str()];
    let of_one = "WHERE tenant = ?1 AND stream = ?2 AND id = ?3";
    if tombstone.confirmed_at.is_none() {
        writing.prepare_cached(&format!("DELETE FROM tombstone {of_one}"))?.execute(key)?;
        return Ok(None);
    }
    if tombstone.missed_again_at.is_some() {
        writing.prepare_cached(&format!("UPDATE tombstone SET missed_again_at = NULL {of_one}"))?.execute(key)?;
    }
    Ok(Some(tombstone))
}

/// A confirmed tombstone stands from now on. One that stood already keeps its times; one that was lifted begins anew.
pub(crate) fn stand(
    writing: &mut Writing<'_>,
    tenant: &TenantName,
    stream: Stream,
    id: &RecordId,
    cause: Cause,
    source_modified_at: Option<Timestamp>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let seq = writing.next_seq();
    let sql = "INSERT INTO tombstone (tenant, stream, id, first_missed_at, confirmed_at, cause, source_modified_at, change_seq)
        VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7)
        ON CONFLICT DO UPDATE SET
            first_missed_at = iif(resurrected_at IS NULL, first_missed_at, coalesce(missed_again_at, excluded.first_missed_at)),
            confirmed_at = iif(resurrected_at IS NULL, coalesce(confirmed_at, excluded.confirmed_at), excluded.confirmed_at),
            cause = iif(resurrected_at IS NULL, coalesce(cause, excluded.cause), excluded.cause),
            source_modified_at = excluded.source_modified_at,
            resurrected_at = NULL, missed_again_at = NULL, change_seq = excluded.change_seq";
    let as_of = source_modified_at.map(Moment);
    let values = params![tenant.as_str(), stream.word(), id.as_str(), Moment(now), cause.word(), as_of, seq];
    writing.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// The record is back, and its tombstone says so.
pub(crate) fn lift(writing: &mut Writing<'_>, tenant: &TenantName, stream: Stream, id: &RecordId, now: Timestamp) -> rusqlite::Result<()> {
    let seq = writing.next_seq();
    let sql = "UPDATE tombstone SET resurrected_at = ?4, missed_again_at = NULL, change_seq = ?5
        WHERE tenant = ?1 AND stream = ?2 AND id = ?3 AND confirmed_at IS NOT NULL";
    writing.prepare_cached(sql)?.execute(params![tenant.as_str(), stream.word(), id.as_str(), Moment(now), seq])?;
    forget_removal(writing, tenant, stream, id)
}

/// The record has a row again, so it no longer counts as taken out.
pub(crate) fn forget_removal(writing: &Writing<'_>, tenant: &TenantName, stream: Stream, id: &RecordId) -> rusqlite::Result<()> {
    let sql = "DELETE FROM removal WHERE tenant = ?1 AND stream = ?2 AND id = ?3";
    writing.prepare_cached(sql)?.execute([tenant.as_str(), stream.word(), id.as_str()])?;
    Ok(())
}

/// The row leaves the current table, and publications can learn of it.
pub(crate) fn take_out(writing: &mut Writing<'_>, tenant: &TenantName, stream: Stream, id: &RecordId) -> rusqlite::Result<()> {
    writing.prepare_cached(&statement::of(stream).take_out)?.execute([tenant.as_str(), id.as_str()])?;
    let seq = writing.next_seq();
    let sql = "INSERT INTO removal (tenant, stream, id, change_seq) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO UPDATE SET change_seq = excluded.change_seq";
    writing.prepare_cached(sql)?.execute(params![tenant.as_str(), stream.word(), id.as_str(), seq])?;
    Ok(())
}

fn archive(
    writing: &mut Writing<'_>,
    tenant: &TenantName,
    stream: Stream,
    id: &RecordId,
    cause: Cause,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let seq = writing.next_seq();
    let values = params![tenant.as_str(), id.as_str(), cause.word(), Moment(now), seq];
    writing.prepare_cached(&statement::of(stream).archive)?.execute(values)?;
    Ok(())
}

#[cfg(test)]
mod tests;
