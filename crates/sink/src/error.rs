//! What can go wrong with a copy: one line for the operator, a kind for the program.
//! No message holds a password; hosts and paths are named.

use std::fmt;
use std::io;
use std::path::Path;

/// What the caller can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SinkErrorKind {
    /// The publication's settings cannot be meant.
    Configuration,
    /// The folder or file cannot be written; somebody has to change the path or its rights.
    Unwritable,
    /// The disk is full, here or at the server.
    FullDisk,
    /// The server cannot be reached or went away; running again later may do.
    Connection,
    /// The server refuses the login or the statement.
    Permission,
    /// The target, or a record, is not of the form that the copy needs.
    Contract,
    /// The rows could not be read from the store.
    Rows,
    /// Anything else.
    Other,
    /// A crash played by a test; whatever lies around stays as it is.
    Crash,
}

/// Why a publication did not come to its end. What was written before stays valid, and publishing again is harmless.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct SinkError {
    /// What the caller can do about it.
    pub kind: SinkErrorKind,
    /// One line; names the path or host, never a password.
    pub message: String,
    /// The next step, where there is a true one; without the word `hint`.
    pub hint: Option<String>,
}

impl SinkError {
    /// An error of that kind; line breaks in the message become spaces.
    pub fn new(kind: SinkErrorKind, message: impl fmt::Display) -> Self {
        Self { kind, message: one_line(&message.to_string()), hint: None }
    }

    /// The same error with a next step.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What the file system says about a path.
    pub fn of_io(path: &Path, error: &io::Error) -> Self {
        let path = path.display();
        if error.get_ref().is_some_and(|inner| inner.is::<PlayedCrash>()) {
            return Self::new(SinkErrorKind::Crash, format!("`{path}`: crash played by a test"));
        }
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::new(SinkErrorKind::FullDisk, format!("`{path}`: the disk is full: {}", words(error)))
                    .with_hint("make room and publish again; what was published before is untouched")
            }
            _ => Self::new(SinkErrorKind::Unwritable, format!("`{path}`: {}", words(error))),
        }
    }
}

/// The store could not be read; says why in one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RowsError {
    /// One line.
    pub message: String,
}

impl RowsError {
    /// Takes the reader's own words.
    pub fn new(message: impl fmt::Display) -> Self {
        Self { message: one_line(&message.to_string()) }
    }
}

impl From<RowsError> for SinkError {
    fn from(error: RowsError) -> Self {
        Self::new(SinkErrorKind::Rows, error.message)
    }
}

/// Marks the io error of a crash played by a test.
#[derive(Debug, thiserror::Error)]
#[error("crash played by a test")]
pub(crate) struct PlayedCrash;

/// The system's words in the manner of ours: no capital, no error number.
fn words(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn one_line(text: &str) -> String {
    text.split(['\n', '\r']).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: &io::Error, kind: SinkErrorKind, message: &str) {
        let seen = SinkError::of_io(Path::new("out/a.csv"), error);
        assert_eq!((seen.kind, seen.to_string().as_str()), (kind, message));
    }

    #[test]
    fn the_file_systems_words_become_one_line_with_the_path() {
        let denied = io::Error::from_raw_os_error(13);
        check(&denied, SinkErrorKind::Unwritable, "`out/a.csv`: permission denied");
        let full = io::Error::from_raw_os_error(28);
        check(&full, SinkErrorKind::FullDisk, "`out/a.csv`: the disk is full: no space left on device");
    }

    #[test]
    fn a_message_never_has_two_lines() {
        assert_eq!(RowsError::new("store\n  is\r\nlocked\n").to_string(), "store is locked");
    }
}
