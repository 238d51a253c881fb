//! The copy in a PostgreSQL database: tables of the published names and columns, brought up to date row by row.
//! Rows go through `COPY` into a temporary table and from there into the table where they differ; every batch is one
//! transaction together with its mark in `scorelake_publication`.
//! What must hold: that mark is the truth, so a crash anywhere, or a lost bookmark, costs nothing; a rerun with nothing new
//! touches no row. Tables and columns that users add are left alone.

mod copy;
mod copy_text;
mod progress;
mod refusal;
mod session;
mod shape;
mod target;

use std::collections::BTreeSet;
use std::fmt;

use model::table::PUBLISHED;
use postgres::types::Type;
use sink::contract::{Abilities, Occasion, PartitionBy, Published, Rows, Sink};
use sink::error::SinkError;
use sink::files::nul_warning;

use crate::postgres::copy::{Done, KEY_BYTES_MAX, Publication};
use crate::postgres::session::Session;
use crate::postgres::target::Target;

/// Rows of a transaction, unless their bytes end it before.
const BATCH_ROWS: usize = 5_000;

/// Where and as what to publish.
pub struct PostgresOptions {
    /// The publication's name. Two stores that publish into one schema need two names.
    pub name: String,
    /// `postgres://user@host:5432/database`, or `host=... dbname=...`. Knows `sslmode` and `sslrootcert`.
    pub url: String,
    /// The password, if it is not in the connection string; goes before the one that is.
    pub password: Option<String>,
    /// The schema, made if it is missing.
    pub schema: String,
    /// Tenants whose rows may be removed, besides those the store has rows of.
    pub tenants: Vec<String>,
}

impl PostgresOptions {
    /// Into the schema `public`, with the password of the connection string, if any.
    pub fn new(name: impl Into<String>, url: impl Into<String>) -> Self {
        Self { name: name.into(), url: url.into(), password: None, schema: "public".to_owned(), tenants: Vec::new() }
    }
}

/// The tables in a database.
pub struct PostgresTables {
    name: String,
    target: Target,
    schema: String,
    tenants: Vec<String>,
    batch_rows: usize,
    steps_left: Option<u64>,
}

impl PostgresTables {
    /// Reads the connection string; connects to nothing.
    ///
    /// # Errors
    /// Kind configuration if it cannot be read.
    pub fn new(options: PostgresOptions) -> Result<Self, SinkError> {
        Ok(Self {
            target: Target::read(&options.url, options.password.as_deref())?,
            name: options.name,
            schema: options.schema,
            tenants: options.tenants,
            batch_rows: BATCH_ROWS,
            steps_left: None,
        })
    }

    /// The same with another number of rows in a transaction.
    #[must_use]
    pub fn with_batch_rows(mut self, batch_rows: usize) -> Self {
        self.batch_rows = batch_rows.max(1);
        self
    }

    /// The same in a process that dies after that many statements, for tests.
    #[must_use]
    pub fn crashing_after(mut self, n_steps: u64) -> Self {
        self.steps_left = Some(n_steps);
        self
    }

    /// The tenants of the configuration and of the rows.
    fn tenants(&self, rows: &dyn Rows) -> Result<Vec<String>, SinkError> {
        let mut tenants: BTreeSet<String> = self.tenants.iter().cloned().collect();
        for table in PUBLISHED {
            let states = rows.partitions(table, PartitionBy::Column("tenant"))?;
            tenants.extend(states.into_iter().filter_map(|state| state.partition.value));
        }
        Ok(tenants.into_iter().collect())
    }
}

impl Sink for PostgresTables {
    fn kind(&self) -> &'static str {
        "postgres"
    }

    fn abilities(&self) -> Abilities {
        Abilities { tables: PUBLISHED.to_vec(), keeps_nul: false, row_by_row: true, key_bytes_max: Some(KEY_BYTES_MAX) }
    }

    /// The bookmark is only a picture of the marks in the target; what is given is not looked at.
    fn publish(&mut self, rows: &dyn Rows, _bookmark: Option<&str>, occasion: &Occasion) -> Result<Published, SinkError> {
        let mut session = Session::open(&self.target, self.steps_left)?;
        let lock = format!("scorelake {}", self.schema);
        session.ask("SELECT pg_advisory_lock(hashtextextended($1, 0))::text", &[(&lock, Type::TEXT)])?;
        let is_new = shape::prepare(&mut session, &self.schema)?;
        let publication = Publication {
            rows,
            schema: &self.schema,
            name: &self.name,
            store_id: rows.store_id()?,
            // Asked before anything is read: what comes up later is found by the next publication.
            seq_now: rows.seq_now()?,
            tenants: self.tenants(rows)?,
            batch_rows: self.batch_rows,
            occasion,
        };
        let marks = progress::read(&mut session, &self.schema, &self.name)?;
        let mut done = Done::default();
        for table in PUBLISHED {
            publication.publish(&mut session, table, marks.get(table.name), &mut done)?;
        }
        Ok(Published {
            bookmark: serde_json::json!({"store_id": publication.store_id, "seq": publication.seq_now}).to_string(),
            rows_written: done.n_rows,
            files_written: 0,
            changed: 0 < done.n_rows || is_new,
            where_: format!("{} schema {}", self.target, self.schema),
            warnings: nul_warning(done.n_nul).into_iter().collect(),
        })
    }
}

impl fmt::Debug for PostgresTables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresTables({}, schema {})", self.target, self.schema)
    }
}

#[cfg(test)]
mod tests;
