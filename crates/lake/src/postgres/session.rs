//! One connection: statements that are counted, so that a test can let the process die before each, and errors in one line.
//! It knows no table.

use std::error::Error as _;
use std::io::{self, Write};

use postgres::Client;
use postgres::error::SqlState;
use postgres::types::{ToSql, Type};
use sink::error::{SinkError, SinkErrorKind};

use crate::postgres::target::Target;

/// How long a statement waits for a lock that somebody else holds.
const LOCK_TIMEOUT: &str = "30s";

/// A parameter of a statement and its type.
pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// An open connection. An error leaves it in the middle of a transaction; it is then to be dropped, which undoes that.
pub(super) struct Session {
    client: Client,
    shown: String,
    steps_left: Option<u64>,
}

impl Session {
    /// Connects and settles what text means.
    pub(super) fn open(target: &Target, steps_left: Option<u64>) -> Result<Self, SinkError> {
        let mut session = Self { client: target.connect()?, shown: target.to_string(), steps_left };
        session.run(&format!(
            "SET client_encoding = 'UTF8'; SET timezone = 'UTC'; SET datestyle = 'ISO'; SET standard_conforming_strings = on; \
             SET client_min_messages = warning; SET lock_timeout = '{LOCK_TIMEOUT}'"
        ))?;
        Ok(session)
    }

    /// Runs statements that give nothing back.
    pub(super) fn run(&mut self, sql: &str) -> Result<(), SinkError> {
        self.step()?;
        self.client.batch_execute(sql).map_err(|error| of_postgres(&self.shown, &error))
    }

    /// Runs one statement and gives the number of rows it touched.
    pub(super) fn execute(&mut self, sql: &str, parameters: &[Parameter<'_>]) -> Result<u64, SinkError> {
        self.step()?;
        self.client.execute_typed(sql, parameters).map_err(|error| of_postgres(&self.shown, &error))
    }

    /// Runs one question and gives its rows.
    pub(super) fn ask(&mut self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<postgres::Row>, SinkError> {
        self.step()?;
        self.client.query_typed(sql, parameters).map_err(|error| of_postgres(&self.shown, &error))
    }

    /// Sends the text of a `COPY ... FROM STDIN`.
    pub(super) fn copy(&mut self, sql: &str, text: &[u8]) -> Result<(), SinkError> {
        self.step()?;
        let dies = self.step();
        let shown = self.shown.clone();
        let wrong = |error: postgres::Error| of_postgres(&shown, &error);
        let mut writer = self.client.copy_in(sql).map_err(wrong)?;
        if let Err(crash) = dies {
            // The process dies in the middle of its text.
            let _ = writer.write_all(text.get(..text.len() / 2).unwrap_or_default());
            return Err(crash);
        }
        writer.write_all(text).map_err(|error| of_copy(&shown, &error))?;
        writer.finish().map_err(wrong)?;
        Ok(())
    }

    /// What the target is not, in its name.
    pub(super) fn refusal(&self, reason: &str) -> SinkError {
        SinkError::new(SinkErrorKind::Contract, format!("`{}`: {reason}", self.shown))
    }

    fn step(&mut self) -> Result<(), SinkError> {
        match &mut self.steps_left {
            Some(0) => Err(SinkError::new(SinkErrorKind::Crash, format!("`{}`: crash played by a test", self.shown))),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// What the server or the way to it says, in one line, with what to do about it.
pub(super) fn of_postgres(shown: &str, error: &postgres::Error) -> SinkError {
    let Some(said) = error.as_db_error() else {
        let words = innermost(error);
        let is_certificate = words.contains("certificate");
        let kind = if words.contains("password missing") { SinkErrorKind::Permission } else { SinkErrorKind::Connection };
        let wrong = SinkError::new(kind, format!("`{shown}`: {words}"));
        return if is_certificate { wrong.with_hint("let the connection string name the authority: `sslrootcert=FILE`") } else { wrong };
    };
    let code = said.code();
    let wrong = SinkError::new(kind_of(code), format!("`{shown}`: {} (SQLSTATE {})", said.message(), code.code()));
    match code.code() {
        "42501" => wrong
            .with_hint("grant the role CREATE on the schema, TEMPORARY on the database, and its tables' SELECT, INSERT, UPDATE, DELETE"),
        "42P10" => wrong.with_hint("the table has no primary key of the documented columns; rename the table and publish again"),
        "3D000" => wrong.with_hint("create the database first"),
        _ => wrong,
    }
}

fn of_copy(shown: &str, error: &io::Error) -> SinkError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<postgres::Error>()) {
        Some(inner) => of_postgres(shown, inner),
        None => SinkError::new(SinkErrorKind::Connection, format!("`{shown}`: {error}")),
    }
}

fn kind_of(code: &SqlState) -> SinkErrorKind {
    let text = code.code();
    match text.get(..2).unwrap_or_default() {
        "28" => SinkErrorKind::Permission,
        "3D" => SinkErrorKind::Configuration,
        _ if matches!(text, "42501" | "25006") => SinkErrorKind::Permission,
        _ if matches!(text, "53100") => SinkErrorKind::FullDisk,
        // Not reachable, shutting down, too many connections, a lock or a deadlock: another time it may do.
        "08" | "57" | "53" | "40" | "55" => SinkErrorKind::Connection,
        "22" | "23" | "42" | "54" | "0A" => SinkErrorKind::Contract,
        _ => SinkErrorKind::Other,
    }
}

/// What the driver was doing and the innermost reason.
fn innermost(error: &postgres::Error) -> String {
    let doing = error.to_string();
    let doing = doing.trim_start_matches("error ");
    let mut reason = String::new();
    let mut source = error.source();
    while let Some(inner) = source {
        reason = inner.to_string();
        source = inner.source();
    }
    let reason = reason.split(" (os error").next().unwrap_or_default();
    let mut letters = reason.chars();
    match letters.next() {
        Some(first) => format!("{doing}: {}{}", first.to_lowercase(), letters.as_str()),
        None => doing.to_owned(),
    }
}
