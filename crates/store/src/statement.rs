//! The SQL of the tables of records, built once from the column lists of `model::table`.
//! Nothing here runs a statement; the texts are the keys under which prepared ones are kept.

use std::sync::LazyLock;

use model::record::Stream;
use model::table::{Row, Table};
use rusqlite::{Connection, ToSql};

use crate::cell::Bound;

/// The statements of one stream. `?1` is the tenant and `?2` the id wherever a row is looked up.
pub(crate) struct Statements {
    /// Puts a row: its columns, then `change_seq`, `observed_from`, `scopes_listed`.
    pub(crate) put: String,
    /// `source_hash`, `modified_at`, the stream's time, `is_archived`, `scope_ids`, `scopes_listed`.
    pub(crate) standing: String,
    /// The columns of the row.
    pub(crate) current: String,
    /// Takes the row out.
    pub(crate) take_out: String,
    /// `?3` the scopes, `?4` the number.
    pub(crate) set_scopes: String,
    /// `?3` the reason, `?4` the moment, `?5` the number.
    pub(crate) archive: String,
    /// Copies the row to history: `?3` the number, `?4` the moment, `?5` the cause.
    pub(crate) retire: String,
    /// Puts a row into history: its columns, then the number, the moment twice, the cause, `scopes_listed`.
    pub(crate) file: String,
    /// Whether history has `?3` as a source hash.
    pub(crate) is_filed: String,
}

static ASSESSMENTS: LazyLock<Statements> = LazyLock::new(|| statements(Stream::Assessments));
static FEEDBACK: LazyLock<Statements> = LazyLock::new(|| statements(Stream::Feedback));

/// The statements of a stream.
pub(crate) fn of(stream: Stream) -> &'static Statements {
    match stream {
        Stream::Assessments => &ASSESSMENTS,
        Stream::Feedback => &FEEDBACK,
    }
}

/// The columns of a table, with commas.
pub(crate) fn columns(table: &Table) -> String {
    table.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

/// `INSERT` of a whole row with some more columns after it, up to where `ON CONFLICT` may follow.
pub(crate) fn insert(table: &str, of: &Table, more: &[&str]) -> String {
    let names: Vec<&str> = of.columns.iter().map(|column| column.name).chain(more.iter().copied()).collect();
    let places: Vec<String> = (1..=names.len()).map(|place| format!("?{place}")).collect();
    format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), places.join(", "))
}

/// `ON CONFLICT` of the key: everything else as it comes.
pub(crate) fn overwrite(of: &Table, more: &[&str]) -> String {
    let names = of.columns.iter().map(|column| column.name).filter(|name| !of.key.contains(name)).chain(more.iter().copied());
    let sets: Vec<String> = names.map(|name| format!("{name} = excluded.{name}")).collect();
    format!(" ON CONFLICT ({}) DO UPDATE SET {}", of.key.join(", "), sets.join(", "))
}

/// Runs a statement with a row and some more values after it; gives the number of rows written.
pub(crate) fn run(connection: &Connection, sql: &str, table: &Table, row: &Row, more: &[&dyn ToSql]) -> rusqlite::Result<usize> {
    if row.len() != table.columns.len() {
        return Err(rusqlite::Error::InvalidParameterCount(row.len(), table.columns.len()));
    }
    let mut statement = connection.prepare_cached(sql)?;
    for (index, cell) in row.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, Bound(cell))?;
    }
    for (index, value) in more.iter().enumerate() {
        statement.raw_bind_parameter(row.len() + index + 1, value)?;
    }
    statement.raw_execute()
}

fn statements(stream: Stream) -> Statements {
    let table = stream.table();
    let (name, history, id, time) = (table.name, stream.history_table(), stream.id_column(), stream.time_column());
    let columns = columns(table);
    let of_one = format!("WHERE tenant = ?1 AND {id} = ?2");
    let internal = ["change_seq", "observed_from", "scopes_listed"];
    let filed_once = format!("ON CONFLICT (tenant, {id}, source_hash, observed_from) DO NOTHING");
    Statements {
        put: insert(name, table, &internal) + &overwrite(table, &internal),
        standing: format!("SELECT source_hash, modified_at, {time}, is_archived, scope_ids, scopes_listed FROM {name} {of_one}"),
        current: format!("SELECT {columns} FROM {name} {of_one}"),
        take_out: format!("DELETE FROM {name} {of_one}"),
        set_scopes: format!("UPDATE {name} SET scope_ids = ?3, scopes_listed = 1, change_seq = ?4 {of_one}"),
        archive: format!("UPDATE {name} SET is_archived = 1, archived_reason = ?3, observed_from = ?4, change_seq = ?5 {of_one}"),
        retire: format!(
            "INSERT INTO {history} ({columns}, change_seq, observed_from, observed_until, cause, scopes_listed)
             SELECT {columns}, ?3, observed_from, ?4, ?5, scopes_listed FROM {name} {of_one} {filed_once}"
        ),
        file: format!(
            "{} {filed_once}",
            insert(history, table, &["change_seq", "observed_from", "observed_until", "cause", "scopes_listed"])
        ),
        is_filed: format!("SELECT EXISTS (SELECT 1 FROM {history} {of_one} AND source_hash = ?3)"),
    }
}
