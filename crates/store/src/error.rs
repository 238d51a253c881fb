//! What goes wrong with a store: a kind for the program, one line for the operator, the source for the developer.
//! SQLite's codes are sorted into kinds here and nowhere else.

use std::path::Path;

use rusqlite::ErrorCode;

/// What there is to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreErrorKind {
    /// The file, or the folder it should lie in, does not exist.
    Missing,
    /// The file or its folder cannot be written or read.
    Unwritable,
    /// The file is something else than a store.
    Foreign,
    /// A later program wrote the store, or an earlier one and it may not be migrated now.
    Version,
    /// The disk is full.
    Full,
    /// Another process kept the store locked for too long.
    Busy,
    /// The text of a query cannot be run.
    Query,
    /// The store holds something that it cannot hold.
    Damaged,
    /// The caller asked for something that does not exist: a fault of the program.
    Bug,
}

/// A store that could not do what it was asked; whatever was begun is undone.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct StoreError {
    kind: StoreErrorKind,
    message: String,
    hint: Option<String>,
    source: Option<rusqlite::Error>,
}

impl StoreError {
    pub(crate) fn new(kind: StoreErrorKind, message: String) -> Self {
        Self { kind, message, hint: None, source: None }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sorts what SQLite said about the store at `path`.
    pub(crate) fn from_sqlite(path: &Path, error: rusqlite::Error) -> Self {
        let kind = kind_of(&error);
        let name = path.display();
        let (words, hint) = match kind {
            StoreErrorKind::Unwritable => (
                format!("store `{name}` cannot be written ({})", reason(&error)),
                Some("whoever runs this command must be able to write that file and its folder"),
            ),
            StoreErrorKind::Foreign => {
                (format!("`{name}` is not an SQLite database, so it is no store"), Some("name another file in `store`"))
            }
            StoreErrorKind::Full => (
                format!("store `{name}`: the disk is full"),
                Some("make room and run again; everything up to the last finished page is kept"),
            ),
            StoreErrorKind::Busy => {
                (format!("store `{name}` was kept locked by another process ({})", reason(&error)), Some("run again when it is done"))
            }
            StoreErrorKind::Damaged => (format!("store `{name}` is damaged: {}", reason(&error)), None),
            StoreErrorKind::Missing | StoreErrorKind::Version | StoreErrorKind::Query | StoreErrorKind::Bug => {
                (format!("store `{name}`: {}", reason(&error)), None)
            }
        };
        Self { kind, message: words, hint: hint.map(str::to_owned), source: Some(error) }
    }

    /// The same trouble, as the fault of the text of a query.
    pub(crate) fn about_query(self) -> Self {
        let words = self.source.as_ref().map_or_else(|| self.message.clone(), reason);
        Self { kind: StoreErrorKind::Query, message: format!("the query cannot be run: {words}"), hint: None, source: self.source }
    }

    /// What there is to do about it.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// The next step, for a line of its own that begins with `hint: `.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

fn kind_of(error: &rusqlite::Error) -> StoreErrorKind {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::NotADatabase => StoreErrorKind::Foreign,
            ErrorCode::DiskFull => StoreErrorKind::Full,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreErrorKind::Busy,
            ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied => StoreErrorKind::Unwritable,
            ErrorCode::SystemIoFailure => StoreErrorKind::Unwritable,
            ErrorCode::DatabaseCorrupt | ErrorCode::TypeMismatch | ErrorCode::ConstraintViolation => StoreErrorKind::Damaged,
            _ => StoreErrorKind::Bug,
        },
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::Utf8Error(..) => StoreErrorKind::Damaged,
        _ => StoreErrorKind::Bug,
    }
}

/// SQLite's own words on one line.
pub(crate) fn reason(error: &rusqlite::Error) -> String {
    let words = match error {
        rusqlite::Error::SqliteFailure(_, Some(words)) => words.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::FromSqlConversionFailure(_, _, inner) => inner.to_string(),
        other => other.to_string(),
    };
    words.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Why a visit ended early: the store, or the visitor itself.
#[derive(Debug)]
pub enum VisitError<E> {
    /// The store could not read on.
    Store(StoreError),
    /// The visitor wanted no more, for this reason.
    Visitor(E),
}

impl<E> VisitError<E> {
    /// The visitor's error, the store's turned into one.
    pub fn or(self, turn: impl FnOnce(StoreError) -> E) -> E {
        match self {
            Self::Store(error) => turn(error),
            Self::Visitor(error) => error,
        }
    }
}

impl<E> From<StoreError> for VisitError<E> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
