//! The shape of the target: its tables as the published ones, made where they are missing and widened where columns are.
//! It changes no row. A column of another type is refused; what users add stays.

use std::collections::BTreeMap;

use model::table::{Kind, PUBLISHED, Table};
use postgres::types::Type;
use sink::error::SinkError;

use crate::postgres::session::Session;

/// The table in which this publication keeps how far it is.
pub(super) const PROGRESS: &str = "scorelake_publication";

/// The temporary table that rows are copied into.
pub(super) const STAGE: &str = "pg_temp.scorelake_stage";
/// The temporary table that tenants and ids of removed records are copied into.
pub(super) const REMOVAL: &str = "pg_temp.scorelake_removal";

/// The names of one table in SQL.
pub(super) struct Names {
    /// The table.
    pub(super) table: &'static Table,
    /// The table with its schema.
    pub(super) full: String,
    /// All columns, comma-separated.
    pub(super) columns: String,
}

impl Names {
    /// Of a table in that schema.
    pub(super) fn of(schema: &str, table: &'static Table) -> Self {
        let columns: Vec<String> = table.columns.iter().map(|column| quoted(column.name)).collect();
        Self { table, full: format!("{}.{}", quoted(schema), quoted(table.name)), columns: columns.join(", ") }
    }

    /// The key columns are equal in two tables.
    pub(super) fn same_key(&self, one: &str, other: &str) -> String {
        let equal: Vec<String> = self.table.key.iter().map(|key| format!("{one}.{0} = {other}.{0}", quoted(key))).collect();
        equal.join(" AND ")
    }

    /// Puts the staged rows into the table, touching only rows that differ.
    pub(super) fn upsert(&self) -> String {
        let others = || self.table.columns.iter().filter(|column| !self.table.key.contains(&column.name)).map(|column| quoted(column.name));
        let set: Vec<String> = others().map(|column| format!("{column} = EXCLUDED.{column}")).collect();
        let old: Vec<String> = others().map(|column| format!("t.{column}")).collect();
        let new: Vec<String> = others().map(|column| format!("EXCLUDED.{column}")).collect();
        format!(
            "INSERT INTO {full} AS t ({columns}) SELECT {columns} FROM {STAGE} ON CONFLICT ({key}) DO UPDATE SET {set} \
             WHERE ({old}) IS DISTINCT FROM ({new})",
            full = self.full,
            columns = self.columns,
            key = self.key(),
            set = set.join(", "),
            old = old.join(", "),
            new = new.join(", "),
        )
    }

    /// The key columns, comma-separated.
    pub(super) fn key(&self) -> String {
        self.table.key.iter().map(|key| quoted(key)).collect::<Vec<_>>().join(", ")
    }

    fn create(&self) -> String {
        format!("CREATE TABLE IF NOT EXISTS {} ({}, PRIMARY KEY ({}))", self.full, self.columns_with_types(), self.key())
    }

    /// Makes the temporary tables that rows and removals of this table go through; they are empty after every transaction.
    pub(super) fn create_stage(&self) -> String {
        format!(
            "CREATE TEMPORARY TABLE scorelake_stage ({}) ON COMMIT DELETE ROWS; \
             CREATE TEMPORARY TABLE scorelake_removal (tenant text, id text) ON COMMIT DELETE ROWS",
            self.columns_with_types()
        )
    }

    fn columns_with_types(&self) -> String {
        let columns = self.table.columns.iter().map(|column| format!("{} {}", quoted(column.name), type_of(column.kind).0));
        columns.collect::<Vec<_>>().join(", ")
    }
}

/// Makes what is missing, in one transaction; true if a table was made or widened. Such a table loses its marks with it, and so
/// is published from the beginning.
pub(super) fn prepare(session: &mut Session, schema: &str) -> Result<bool, SinkError> {
    let encoding = session.ask("SELECT current_setting('server_encoding')", &[])?;
    if encoding.first().and_then(|row| row.try_get::<_, String>(0).ok()).as_deref() != Some("UTF8") {
        return Err(session.refusal("the database's encoding is not UTF8"));
    }
    let found = found(session, schema)?;
    let (mut changes, mut renewed) = (Vec::new(), Vec::new());
    if !found.contains_key(PROGRESS) {
        changes.push(format!(
            "CREATE TABLE {}.{PROGRESS} (name text, table_name text, store_id text NOT NULL, seq bigint NOT NULL, n_rows bigint, \
             run_id text NOT NULL, published_at timestamptz NOT NULL, PRIMARY KEY (name, table_name))",
            quoted(schema)
        ));
    }
    for table in PUBLISHED {
        let names = Names::of(schema, table);
        let change = match found.get(table.name) {
            None => Some(names.create()),
            Some(columns) => widening(&names, columns)
                .map_err(|reason| session.refusal(&reason).with_hint("rename the table, or publish into another schema"))?,
        };
        if let Some(change) = change {
            changes.push(change);
            renewed.push(format!("'{}'", table.name));
        }
    }
    if !renewed.is_empty() {
        changes.push(format!("DELETE FROM {}.{PROGRESS} WHERE table_name IN ({})", quoted(schema), renewed.join(", ")));
    }
    if !changes.is_empty() {
        session.run(&format!("BEGIN; {}; COMMIT", changes.join("; ")))?;
    }
    Ok(!renewed.is_empty())
}

/// The columns of each table in the schema, which is made if it is missing.
fn found(session: &mut Session, schema: &str) -> Result<BTreeMap<String, BTreeMap<String, String>>, SinkError> {
    if session.ask("SELECT 1 FROM pg_namespace WHERE nspname = $1", &[(&schema, Type::TEXT)])?.is_empty() {
        session.run(&format!("CREATE SCHEMA {}", quoted(schema)))?;
    }
    let rows = session.ask(
        "SELECT c.relname::text, a.attname::text, t.typname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped JOIN pg_type t ON t.oid = a.atttypid \
         WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')",
        &[(&schema, Type::TEXT)],
    )?;
    let mut found: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for row in rows {
        if let (Ok(table), Ok(column), Ok(type_name)) = (row.try_get(0), row.try_get(1), row.try_get(2)) {
            found.entry(table).or_default().insert(column, type_name);
        }
    }
    Ok(found)
}

/// What adds the missing columns to a table, or why one that is there will not do.
fn widening(names: &Names, found: &BTreeMap<String, String>) -> Result<Option<String>, String> {
    let mut missing = Vec::new();
    for column in names.table.columns {
        let (type_name, short_name) = type_of(column.kind);
        match found.get(column.name) {
            None => missing.push(format!("ADD COLUMN {} {type_name}", quoted(column.name))),
            Some(is) if is == short_name => {}
            Some(is) => return Err(format!("column `{}.{}` is `{is}`, not `{type_name}`", names.table.name, column.name)),
        }
    }
    Ok((!missing.is_empty()).then(|| format!("ALTER TABLE {} {}", names.full, missing.join(", "))))
}

/// The type of a column, and how the catalogue calls it.
const fn type_of(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Text => ("text", "text"),
        Kind::Real => ("double precision", "float8"),
        Kind::Int => ("bigint", "int8"),
        Kind::Bool => ("boolean", "bool"),
        Kind::Time => ("timestamptz", "timestamptz"),
        Kind::TextList => ("text[]", "_text"),
        Kind::Json => ("jsonb", "jsonb"),
    }
}

/// A name in SQL.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\"").replace('\0', ""))
}
