//! Reading for publications: the state of each partition, its rows in order, and what was taken out since.
//! Rows are visited one by one and never gathered; the columns are those of `model::table`, whatever else the store has.
//! Of the tombstones only the confirmed ones are shown: a record that is merely missed is nobody's business yet.

use model::id::{RecordId, ScopeId, TenantName};
use model::record::Stream;
use model::table::{ASSESSMENT, ASSESSMENT_ANSWER, Partition, Row, TOMBSTONE, Table};
use model::window::Span;
use rusqlite::types::Value;
use rusqlite::{Params, params, params_from_iter};

use crate::cell::{Count, Moment, row_of};
use crate::error::{StoreError, StoreErrorKind, VisitError};
use crate::statement;
use crate::store::Store;

/// How a table is cut. Archived rows are always apart, in tables that have any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum PartitionBy {
    /// Not at all.
    #[default]
    Whole,
    /// By the values of a column, such as `form_version_id`.
    Column(&'static str),
    /// By the month, `2024-01`, of a column of times.
    Month(&'static str),
}

/// One partition as it stands. Any change to its rows changes at least one of the two numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionState {
    /// Which one.
    pub partition: Partition,
    /// How many rows it has.
    pub n_rows: u64,
    /// The number of the row that was written last.
    pub seq_max: i64,
}

/// Which rows of a table are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// How the table is cut.
    pub by: PartitionBy,
    /// Only this partition.
    pub partition: Option<Partition>,
    /// Only rows written after this number, and in the order of their numbers.
    pub changed_after: Option<i64>,
    /// Only rows of this tenant.
    pub tenant: Option<TenantName>,
}

impl Store {
    /// The partitions of a table that have rows, in order.
    ///
    /// # Errors
    /// Those of reading; `Bug` for a column that the table has not.
    pub fn partitions(&self, table: &Table, by: PartitionBy) -> Result<Vec<PartitionState>, StoreError> {
        let value = match by {
            PartitionBy::Whole => "NULL".to_owned(),
            PartitionBy::Column(column) => checked(table, column)?.to_owned(),
            PartitionBy::Month(column) => format!("substr({}, 1, 7)", checked(table, column)?),
        };
        let archived = if has_archive(table) { "is_archived" } else { "0" };
        let (n_rows, from) = counted(table, by);
        let sql = format!(
            "SELECT {value} AS part, {archived} AS archived, {n_rows} AS n_rows, MAX(change_seq) FROM {from}
             GROUP BY part, archived HAVING n_rows > 0 ORDER BY part, archived"
        );
        let read = |row: &rusqlite::Row<'_>| {
            let partition = Partition { value: row.get(0)?, archived: row.get(1)? };
            Ok(PartitionState { partition, n_rows: row.get::<_, Count>(2)?.0, seq_max: row.get(3)? })
        };
        self.read(|connection| connection.prepare_cached(&sql)?.query_map([], read)?.collect())
    }

    /// Visits rows with their numbers: in the order of the table's key, byte by byte, or in the order of their numbers
    /// when only changed ones are wanted.
    ///
    /// # Errors
    /// Those of reading, the visitor's; `Bug` for a column that the table has not.
    pub fn scan<E>(&self, table: &Table, filter: &Filter, visit: &mut dyn FnMut(Row, i64) -> Result<(), E>) -> Result<(), VisitError<E>> {
        let (conditions, values) = conditions(table, filter)?;
        let key = table.key.join(", ");
        let order = if filter.changed_after.is_some() { format!("change_seq, {key}") } else { key };
        let sql = format!("SELECT {}, change_seq FROM {}{conditions} ORDER BY {order}", statement::columns(table), source(table));
        let read = |row: &rusqlite::Row<'_>| Ok((row_of(table, row, 0)?, row.get(table.columns.len())?));
        self.visit(&sql, params_from_iter(values), read, &mut |(row, seq)| visit(row, seq))
    }

    /// Visits the records that were taken out after a number and have not come back: tenant, id, number.
    ///
    /// # Errors
    /// Those of reading, and the visitor's.
    pub fn removals_after<E>(
        &self,
        stream: Stream,
        seq: i64,
        visit: &mut dyn FnMut(TenantName, RecordId, i64) -> Result<(), E>,
    ) -> Result<(), VisitError<E>> {
        let sql = "SELECT tenant, id, change_seq FROM removal WHERE stream = ?1 AND change_seq > ?2 ORDER BY change_seq";
        let read =
            |row: &rusqlite::Row<'_>| Ok((TenantName::new(row.get::<_, String>(0)?), RecordId::new(row.get::<_, String>(1)?), row.get(2)?));
        self.visit(sql, params![stream.word(), seq], read, &mut |(tenant, id, seq)| visit(tenant, id, seq))
    }

    /// How many live records have their own time in the span, of all scopes or one.
    ///
    /// # Errors
    /// Those of reading.
    pub fn n_extracted(&self, tenant: &TenantName, stream: Stream, scope: Option<&ScopeId>, span: Span) -> Result<u64, StoreError> {
        let (table, time) = (stream.table().name, stream.time_column());
        let sql = format!(
            "SELECT COUNT(*) FROM {table} WHERE tenant = ?1 AND is_archived = 0 AND {time} >= ?2 AND {time} < ?3
             AND (?4 IS NULL OR EXISTS (SELECT 1 FROM json_each(scope_ids) WHERE value = ?4))"
        );
        let values = params![tenant.as_str(), Moment(span.from), Moment(span.to), scope.map(ScopeId::as_str)];
        self.read(|connection| connection.prepare_cached(&sql)?.query_row(values, |row| Ok(row.get::<_, Count>(0)?.0)))
    }

    /// Runs a query and hands each row, read, to the visitor.
    pub(crate) fn visit<T, E>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
        visit: &mut dyn FnMut(T) -> Result<(), E>,
    ) -> Result<(), VisitError<E>> {
        let trouble = |error| self.trouble(error);
        let mut statement = self.connection().prepare_cached(sql).map_err(trouble)?;
        let mut rows = statement.query(values).map_err(trouble)?;
        while let Some(row) = rows.next().map_err(trouble)? {
            visit(read(row).map_err(trouble)?).map_err(VisitError::Visitor)?;
        }
        Ok(())
    }
}

fn has_archive(table: &Table) -> bool {
    table.position("is_archived").is_some()
}

/// What to read a table from.
fn source(table: &Table) -> &str {
    if table.name == TOMBSTONE.name { "(SELECT * FROM tombstone WHERE confirmed_at IS NOT NULL)" } else { table.name }
}

/// How to count the rows of a table, and where. Answers are counted without taking the questions apart.
fn counted(table: &Table, by: PartitionBy) -> (&'static str, &str) {
    let is_column = |column| ASSESSMENT.position(column).is_some();
    let is_countable = match by {
        PartitionBy::Whole => true,
        PartitionBy::Column(column) | PartitionBy::Month(column) => is_column(column),
    };
    if table.name == ASSESSMENT_ANSWER.name && is_countable {
        return ("SUM(n_questions)", ASSESSMENT.name);
    }
    ("COUNT(*)", source(table))
}

fn conditions(table: &Table, filter: &Filter) -> Result<(String, Vec<Value>), StoreError> {
    let mut conditions = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    let mut add = |words: &str, value: Value| {
        values.push(value);
        conditions.push(words.replace('?', &format!("?{}", values.len())));
    };
    if let Some(partition) = &filter.partition {
        let value = partition.value.clone();
        match filter.by {
            PartitionBy::Whole => {}
            PartitionBy::Column(column) => add(&format!("{} IS ?", checked(table, column)?), value.into()),
            PartitionBy::Month(column) => {
                let column = checked(table, column)?;
                match value {
                    None => add(&format!("{column} IS ?"), Value::Null),
                    // A range and not `substr`, so that an index serves; `~` comes after every character of a time.
                    Some(month) => {
                        add(&format!("{column} >= ?"), month.clone().into());
                        add(&format!("{column} < ?"), format!("{month}~").into());
                    }
                }
            }
        }
        if has_archive(table) {
            add("is_archived = ?", i64::from(partition.archived).into());
        }
    }
    if let Some(seq) = filter.changed_after {
        add("change_seq > ?", seq.into());
    }
    if let Some(tenant) = &filter.tenant {
        add("tenant = ?", tenant.as_str().to_owned().into());
    }
    let words = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    Ok((words, values))
}

fn checked(table: &Table, column: &'static str) -> Result<&'static str, StoreError> {
    let refuse = || StoreError::new(StoreErrorKind::Bug, format!("table `{}` has no column `{column}` to be cut by", table.name));
    table.position(column).map(|_| column).ok_or_else(refuse)
}

#[cfg(test)]
mod tests;
