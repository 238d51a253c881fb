//! The operator's own SQL: one statement that reads, on a connection of its own that cannot write.

use rusqlite::Connection;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;

use crate::error::{StoreError, StoreErrorKind};
use crate::store::{Store, connect_read_only};

/// A value as SQLite has it.
#[derive(Debug, Clone, PartialEq)]
pub enum QueryValue {
    /// No value.
    Null,
    /// A whole number.
    Int(i64),
    /// A double.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Store {
    /// Runs one statement that reads. `on_columns` is called once with the names, before the rows; `visit` once a row
    /// until it gives false.
    ///
    /// # Errors
    /// `Query` for text that is no statement, that writes, or that is several statements; those of reading.
    pub fn query(
        &self,
        sql: &str,
        on_columns: &mut dyn FnMut(&[String]),
        visit: &mut dyn FnMut(&[QueryValue]) -> bool,
    ) -> Result<(), StoreError> {
        let connection = connect_read_only(self.path())?;
        let trouble = |error| self.query_trouble(error);
        restrict(&connection).map_err(trouble)?;
        let mut statement = connection.prepare(sql).map_err(trouble)?;
        if !statement.readonly() {
            return Err(StoreError::new(StoreErrorKind::Query, "the query would write; only statements that read are run".to_owned()));
        }
        let n_columns = statement.column_count();
        if n_columns == 0 {
            return Err(StoreError::new(StoreErrorKind::Query, "the query gives no rows; write a `SELECT`".to_owned()));
        }
        on_columns(&statement.column_names().map(str::to_owned).collect::<Vec<_>>());
        let mut rows = statement.query([]).map_err(trouble)?;
        while let Some(row) = rows.next().map_err(trouble)? {
            let values = (0..n_columns).map(|index| row.get_ref(index).map(value_of)).collect::<rusqlite::Result<Vec<_>>>();
            if !visit(&values.map_err(trouble)?) {
                break;
            }
        }
        Ok(())
    }

    /// What SQLite says of the statement is about the statement, unless it is about the file.
    fn query_trouble(&self, error: rusqlite::Error) -> StoreError {
        if matches!(error, rusqlite::Error::MultipleStatement) {
            return StoreError::new(StoreErrorKind::Query, "the query is several statements; write one".to_owned());
        }
        let sorted = self.trouble(error);
        if sorted.kind() == StoreErrorKind::Bug { sorted.about_query() } else { sorted }
    }
}

fn restrict(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.pragma_update(None, "query_only", true)
}

fn value_of(value: ValueRef<'_>) -> QueryValue {
    match value {
        ValueRef::Null => QueryValue::Null,
        ValueRef::Integer(number) => QueryValue::Int(number),
        ValueRef::Real(number) => QueryValue::Real(number),
        ValueRef::Text(bytes) => QueryValue::Text(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(bytes) => QueryValue::Blob(bytes.to_owned()),
    }
}

#[cfg(test)]
mod tests;
