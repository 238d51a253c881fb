//! Cells as SQLite holds them, there and back: times as RFC 3339 text, lists and JSON as JSON text, booleans as 0 and 1.
//! The kind of the column says how to read a value; a value that cannot be of that kind is damage.

use jiff::Timestamp;
use jiff::civil::Date;
use model::table::{Cell, Column, Kind, Row, Table};
use model::time;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, Type, Value, ValueRef};

/// A cell on its way into a statement.
pub(crate) struct Bound<'a>(pub(crate) &'a Cell);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Cell::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Cell::Text(words) | Cell::Json(words) => ToSqlOutput::Borrowed(ValueRef::Text(words.as_bytes())),
            Cell::Real(number) => ToSqlOutput::Borrowed(ValueRef::Real(*number)),
            Cell::Int(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Cell::Bool(truth) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(*truth))),
            Cell::Time(moment) => ToSqlOutput::Owned(Value::Text(time::text(*moment))),
            Cell::TextList(words) => ToSqlOutput::Owned(Value::Text(list_text(words))),
        })
    }
}

/// A moment on its way into a statement or out of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) Timestamp);

impl ToSql for Moment {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Owned(Value::Text(time::text(self.0))))
    }
}

impl FromSql for Moment {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        time::read(value.as_str()?).map(Self).map_err(|reason| FromSqlError::Other(reason.into()))
    }
}

/// A date on its way into a statement or out of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(pub(crate) Date);

impl ToSql for Day {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Owned(Value::Text(self.0.to_string())))
    }
}

impl FromSql for Day {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let words = value.as_str()?;
        words.parse().map(Self).map_err(|_| FromSqlError::Other(format!("`{words}` is no date").into()))
    }
}

/// A count on its way into a statement or out of a row; SQLite's integers have a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) u64);

impl ToSql for Count {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Owned(Value::Integer(i64::try_from(self.0).unwrap_or(i64::MAX))))
    }
}

impl FromSql for Count {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        u64::try_from(number).map(Self).map_err(|_| FromSqlError::OutOfRange(number))
    }
}

/// A list as the JSON text that stands in the column.
pub(crate) fn list_text(words: &[String]) -> String {
    serde_json::Value::from(words.to_vec()).to_string()
}

/// Reads a list back.
pub(crate) fn list(words: &str) -> Result<Vec<String>, String> {
    serde_json::from_str(words).map_err(|_| format!("`{words}` is no list of texts"))
}

/// The row of a table from the columns of a result, beginning with column `first`.
pub(crate) fn row_of(table: &Table, row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Row> {
    table.columns.iter().enumerate().map(|(index, column)| cell_of(column, row.get_ref(first + index)?, first + index)).collect()
}

fn cell_of(column: &Column, value: ValueRef<'_>, index: usize) -> rusqlite::Result<Cell> {
    let refuse = |reason: String| damage(index, format!("column `{}`: {reason}", column.name));
    let unexpected = || refuse(format!("a value of type {}", value.data_type()));
    Ok(match (column.kind, value) {
        (_, ValueRef::Null) => Cell::Null,
        (Kind::Real, ValueRef::Real(number)) => Cell::Real(number),
        (Kind::Int, ValueRef::Integer(number)) => Cell::Int(number),
        (Kind::Bool, ValueRef::Integer(number)) => Cell::Bool(number != 0),
        (Kind::Text, ValueRef::Text(_)) => Cell::Text(value.as_str().map_err(|_| unexpected())?.to_owned()),
        (Kind::Json, ValueRef::Text(_)) => Cell::Json(value.as_str().map_err(|_| unexpected())?.to_owned()),
        (Kind::Time, ValueRef::Text(_)) => Cell::Time(time::read(value.as_str().map_err(|_| unexpected())?).map_err(refuse)?),
        (Kind::TextList, ValueRef::Text(_)) => Cell::TextList(list(value.as_str().map_err(|_| unexpected())?).map_err(refuse)?),
        _ => return Err(unexpected()),
    })
}

/// Something in the store that cannot be there.
pub(crate) fn damage(index: usize, reason: String) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, Type::Text, reason.into())
}

/// A word of the store that names one of ours.
pub(crate) fn known<T>(index: usize, word: &str, found: Option<T>) -> rusqlite::Result<T> {
    found.ok_or_else(|| damage(index, format!("unknown word `{word}`")))
}
