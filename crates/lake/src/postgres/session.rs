//! One connection: statements that are counted, so that a test can let the process die before each, and errors in one line.
//! It knows no table.

use std::io::Write;

use postgres::Client;
use postgres::types::{ToSql, Type};
use sink::error::{SinkError, SinkErrorKind};

use crate::postgres::refusal::{of_copy, of_postgres};
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
