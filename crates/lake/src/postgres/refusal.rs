//! What a PostgreSQL server, or the way to it, says against a publication: one line, a kind, and the next step.

use std::error::Error as _;
use std::io;

use postgres::error::SqlState;
use sink::error::{SinkError, SinkErrorKind};

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

/// The same of an error that came through a stream of bytes.
pub(super) fn of_copy(shown: &str, error: &io::Error) -> SinkError {
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
