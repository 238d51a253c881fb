//! What can be wrong with an interactions file: one line that names the file, the row and the column.

use std::fmt;
use std::io;
use std::path::Path;

/// Why an interactions file cannot be read, or not on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InteractionsError {
    /// One line.
    pub message: String,
    /// The next step, where there is a true one; without the word `hint`.
    pub hint: Option<String>,
}

impl InteractionsError {
    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The file's name as messages begin with it.
#[derive(Debug, Clone)]
pub(super) struct Named(String);

impl Named {
    pub(super) fn new(path: &Path) -> Self {
        Self(format!("interactions file `{}`", path.display()))
    }

    /// A fact about the file.
    pub(super) fn fact(&self, fact: impl fmt::Display) -> InteractionsError {
        InteractionsError { message: format!("{} {}", self.0, one_line(&fact.to_string())), hint: None }
    }

    /// A fact about one of its rows.
    pub(super) fn row(&self, row: &Row, fact: impl fmt::Display) -> InteractionsError {
        InteractionsError { message: format!("{}, {row}: {}", self.0, one_line(&fact.to_string())), hint: None }
    }

    /// A fact about one cell.
    pub(super) fn cell(&self, row: &Row, column: &str, fact: impl fmt::Display) -> InteractionsError {
        InteractionsError { message: format!("{}, {row}, column `{column}`: {}", self.0, one_line(&fact.to_string())), hint: None }
    }

    /// What the file system says.
    pub(super) fn io(&self, error: &io::Error) -> InteractionsError {
        if error.kind() == io::ErrorKind::NotFound {
            return self.fact("does not exist");
        }
        let words = error.to_string();
        let words = words.split(" (os error").next().unwrap_or_default();
        self.fact(format!("cannot be read: {}", words.to_lowercase()))
    }
}

/// Where a row stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Counted from 1, the heading aside.
    pub(super) number: u64,
    /// The line of a text file where it begins.
    pub(super) line: Option<u64>,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}", self.number)?;
        self.line.map_or(Ok(()), |line| write!(f, " (line {line})"))
    }
}

fn one_line(text: &str) -> String {
    text.split(['\n', '\r']).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
