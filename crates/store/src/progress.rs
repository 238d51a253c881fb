//! Progress: the windows that were read, the marks of a stream, and the bookmarks of publications.
//! Nothing is concluded here: what is open, closed or due is for the caller to say and to ask.

use jiff::Timestamp;
use model::id::TenantName;
use model::record::Stream;
use model::window::Span;
use rusqlite::{OptionalExtension as _, params};

use crate::cell::{Count, Moment, known};
use crate::error::{StoreError, VisitError};
use crate::store::{Store, Writing};

/// By which time, and for what, a window was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pass {
    /// By the record's own time.
    Created,
    /// By the time of the last change.
    Modified,
    /// Once more by the record's own time, for edits and deletions that no filter shows.
    Sweep,
}

impl Pass {
    const ALL: [Self; 3] = [Self::Created, Self::Modified, Self::Sweep];

    /// The word in `pass`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Modified => "modified",
            Self::Sweep => "sweep",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pass| pass.word() == word)
    }
}

/// Whether a window may have to be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WindowState {
    /// It will be read again, from its start.
    Open,
    /// It was read to its end and is never asked for again.
    Closed,
}

impl WindowState {
    /// The word in `state`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Open, Self::Closed].into_iter().find(|state| state.word() == word)
    }
}

/// How far one window of one scope has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowProgress {
    /// Whose window.
    pub tenant: TenantName,
    /// Of which stream.
    pub stream: Stream,
    /// The scope, or `*` for a listing that asks for none.
    pub scope_id: String,
    /// By which time it is read.
    pub pass: Pass,
    /// The window.
    pub window: Span,
    /// The moment up to which its content is known, if it was read to its end at least once.
    pub read_until: Option<Timestamp>,
    /// Whether it may have to be read again.
    pub state: WindowState,
    /// Records read in it.
    pub n_records: u64,
    /// Pages read in it.
    pub n_pages: u64,
    /// The run that read it last.
    pub run_id: String,
    /// When that was.
    pub updated_at: Timestamp,
}

/// A named value of a stream, such as a watermark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Whose mark.
    pub tenant: TenantName,
    /// Of which stream.
    pub stream: Stream,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// When it was last set.
    pub updated_at: Timestamp,
}

/// How far a publication has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bookmark {
    /// The publication.
    pub name: String,
    /// The bookmark, as the publication gave it.
    pub bookmark: String,
    /// The run that set it.
    pub run_id: String,
    /// When that was.
    pub updated_at: Timestamp,
}

impl Store {
    /// The closed windows of a scope, oldest first.
    ///
    /// # Errors
    /// Those of reading.
    pub fn closed_spans(&self, tenant: &TenantName, stream: Stream, scope_id: &str, pass: Pass) -> Result<Vec<Span>, StoreError> {
        let sql = "SELECT window_from, window_to FROM window_progress
            WHERE tenant = ?1 AND stream = ?2 AND scope_id = ?3 AND pass = ?4 AND state = 'closed' ORDER BY window_from, window_to";
        let values = [tenant.as_str(), stream.word(), scope_id, pass.word()];
        self.read(|connection| connection.prepare_cached(sql)?.query_map(values, |row| span(row, 0))?.collect())
    }

    /// Puts the progress of a window by itself, without records. What is known of a window that was read to its end
    /// stands until it is read to its end again.
    ///
    /// # Errors
    /// Those of writing.
    pub fn put_window(&mut self, window: &WindowProgress) -> Result<(), StoreError> {
        self.write(|writing| put_window(writing, window))
    }

    /// Visits the windows of all tenants or one, of all streams or one, in the order of their key.
    ///
    /// # Errors
    /// Those of reading, and the visitor's.
    pub fn windows<E>(
        &self,
        tenant: Option<&TenantName>,
        stream: Option<Stream>,
        visit: &mut dyn FnMut(WindowProgress) -> Result<(), E>,
    ) -> Result<(), VisitError<E>> {
        let sql = "SELECT tenant, stream, scope_id, pass, window_from, window_to, read_until, state, n_records, n_pages, run_id, updated_at
            FROM window_progress WHERE (?1 IS NULL OR tenant = ?1) AND (?2 IS NULL OR stream = ?2)
            ORDER BY tenant, stream, scope_id, pass, window_from, window_to";
        let values = [tenant.map(TenantName::as_str), stream.map(Stream::word)];
        self.visit(sql, values, window_of, visit)
    }

    /// Forgets the windows and marks of a tenant, or of one of its streams, so that everything is read anew. Records
    /// stay. Gives the number of windows and marks that were forgotten.
    ///
    /// # Errors
    /// Those of writing; nothing is then forgotten.
    pub fn reset(&mut self, tenant: &TenantName, stream: Option<Stream>) -> Result<u64, StoreError> {
        self.write(|writing| {
            let mut n_forgotten = 0;
            for table in ["window_progress", "stream_mark"] {
                let sql = format!("DELETE FROM {table} WHERE tenant = ?1 AND (?2 IS NULL OR stream = ?2)");
                n_forgotten += writing.execute(&sql, params![tenant.as_str(), stream.map(Stream::word)])?;
            }
            Ok(u64::try_from(n_forgotten).unwrap_or(u64::MAX))
        })
    }

    /// The value of a mark.
    ///
    /// # Errors
    /// Those of reading.
    pub fn mark(&self, tenant: &TenantName, stream: Stream, name: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT value FROM stream_mark WHERE tenant = ?1 AND stream = ?2 AND name = ?3";
        let key = [tenant.as_str(), stream.word(), name];
        self.read(|connection| connection.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional())
    }

    /// Sets a mark.
    ///
    /// # Errors
    /// Those of writing.
    pub fn set_mark(&mut self, tenant: &TenantName, stream: Stream, name: &str, value: &str, now: Timestamp) -> Result<(), StoreError> {
        self.write(|writing| {
            let sql = "INSERT INTO stream_mark (tenant, stream, name, value, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
            writing.prepare_cached(sql)?.execute(params![tenant.as_str(), stream.word(), name, value, Moment(now)])?;
            Ok(())
        })
    }

    /// The marks of all tenants or one.
    ///
    /// # Errors
    /// Those of reading.
    pub fn marks(&self, tenant: Option<&TenantName>) -> Result<Vec<Mark>, StoreError> {
        let sql = "SELECT tenant, stream, name, value, updated_at FROM stream_mark WHERE ?1 IS NULL OR tenant = ?1
            ORDER BY tenant, stream, name";
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Mark {
                tenant: TenantName::new(row.get::<_, String>(0)?),
                stream: stream_of(row, 1)?,
                name: row.get(2)?,
                value: row.get(3)?,
                updated_at: row.get::<_, Moment>(4)?.0,
            })
        };
        self.read(|connection| connection.prepare_cached(sql)?.query_map([tenant.map(TenantName::as_str)], read)?.collect())
    }

    /// The bookmark of a publication; none before its first success.
    ///
    /// # Errors
    /// Those of reading.
    pub fn bookmark(&self, name: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT bookmark FROM publication_progress WHERE tenant = '*' AND name = ?1";
        self.read(|connection| connection.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional())
    }

    /// Sets the bookmark of a publication.
    ///
    /// # Errors
    /// Those of writing.
    pub fn set_bookmark(&mut self, name: &str, bookmark: &str, run_id: &str, now: Timestamp) -> Result<(), StoreError> {
        self.write(|writing| {
            let sql = "INSERT INTO publication_progress (name, bookmark, run_id, updated_at) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT DO UPDATE SET bookmark = excluded.bookmark, run_id = excluded.run_id, updated_at = excluded.updated_at";
            writing.prepare_cached(sql)?.execute(params![name, bookmark, run_id, Moment(now)])?;
            Ok(())
        })
    }

    /// The bookmarks of all publications.
    ///
    /// # Errors
    /// Those of reading.
    pub fn bookmarks(&self) -> Result<Vec<Bookmark>, StoreError> {
        let sql = "SELECT name, bookmark, run_id, updated_at FROM publication_progress ORDER BY name";
        let read = |row: &rusqlite::Row<'_>| {
            let updated_at = row.get::<_, Moment>(3)?.0;
            Ok(Bookmark { name: row.get(0)?, bookmark: row.get(1)?, run_id: row.get(2)?, updated_at })
        };
        self.read(|connection| connection.prepare_cached(sql)?.query_map([], read)?.collect())
    }
}

/// Puts the progress of a window in the transaction of its page.
pub(crate) fn put_window(writing: &Writing<'_>, window: &WindowProgress) -> rusqlite::Result<()> {
    let sql = "INSERT INTO window_progress
            (tenant, stream, scope_id, pass, window_from, window_to, read_until, state, n_records, n_pages, run_id, updated_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
        ON CONFLICT DO UPDATE SET read_until = excluded.read_until, state = excluded.state, n_records = excluded.n_records,
            n_pages = excluded.n_pages, run_id = excluded.run_id, updated_at = excluded.updated_at
            WHERE excluded.read_until IS NOT NULL OR window_progress.read_until IS NULL";
    writing.prepare_cached(sql)?.execute(params![
        window.tenant.as_str(),
        window.stream.word(),
        window.scope_id,
        window.pass.word(),
        Moment(window.window.from),
        Moment(window.window.to),
        window.read_until.map(Moment),
        window.state.word(),
        Count(window.n_records),
        Count(window.n_pages),
        window.run_id,
        Moment(window.updated_at),
    ])?;
    Ok(())
}

fn window_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<WindowProgress> {
    let (pass, state): (String, String) = (row.get(3)?, row.get(7)?);
    Ok(WindowProgress {
        tenant: TenantName::new(row.get::<_, String>(0)?),
        stream: stream_of(row, 1)?,
        scope_id: row.get(2)?,
        pass: known(3, &pass, Pass::from_word(&pass))?,
        window: span(row, 4)?,
        read_until: row.get::<_, Option<Moment>>(6)?.map(|moment| moment.0),
        state: known(7, &state, WindowState::from_word(&state))?,
        n_records: row.get::<_, Count>(8)?.0,
        n_pages: row.get::<_, Count>(9)?.0,
        run_id: row.get(10)?,
        updated_at: row.get::<_, Moment>(11)?.0,
    })
}

fn span(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Span> {
    Ok(Span { from: row.get::<_, Moment>(first)?.0, to: row.get::<_, Moment>(first + 1)?.0 })
}

/// The stream that a column names.
pub(crate) fn stream_of(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<Stream> {
    let word: String = row.get(index)?;
    known(index, &word, Stream::from_word(&word))
}

#[cfg(test)]
mod tests;
