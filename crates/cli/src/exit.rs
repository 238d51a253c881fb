//! Exit codes and how a command ends: what is said on stderr and with which number the process leaves.
//! The numbers are a promise (`README.md`, "Exit codes"); nothing else in this room names one.

use std::io::{self, Write as _};
use std::process::ExitCode;

use engine::report::{Trouble, TroubleKind};

use crate::logging;

/// A way to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// Something that cannot be.
    Bug,
    /// Words that make no command.
    Usage,
    /// Configuration or credentials; do not retry.
    Configuration,
    /// Of one or more troubles.
    Trouble(u8),
    /// Nothing new, and `--skip-if-empty` was asked for.
    NothingNew,
    /// Stopped by SIGINT; the page was finished and progress kept.
    Interrupted,
    /// Stopped by SIGTERM; the page was finished and progress kept.
    Terminated,
}

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Bug => 1,
            Self::Usage => 2,
            Self::Configuration => 3,
            Self::Trouble(code) => code,
            Self::NothingNew => 99,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

/// What the manual says of every number.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
    0  done
    1  a bug
    2  usage
    3  configuration or credentials: do not retry
    4  source unavailable, or rate-limited past the budget: retry later
    5  store or publication failed: retry
    6  reconciliation below the threshold
    7  quarantine above its threshold
    8  held by another run
   99  nothing new (`--skip-if-empty`)
  130  stopped by SIGINT, 143 by SIGTERM: page finished and progress kept";

/// Why a command ended early: lines for the operator and the number to leave with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    exit: Exit,
    lines: Vec<String>,
    hint: Option<String>,
}

/// What a command gives back.
pub(crate) type Outcome<T = Exit> = Result<T, Failure>;

impl Failure {
    /// One line and a number.
    pub(crate) fn new(exit: Exit, line: impl Into<String>) -> Self {
        Self { exit, lines: vec![line.into()], hint: None }
    }

    /// Several lines that share a number.
    pub(crate) fn of_lines(exit: Exit, lines: Vec<String>) -> Self {
        Self { exit, lines, hint: None }
    }

    /// Words that make no command.
    pub(crate) fn usage(line: impl Into<String>) -> Self {
        Self::new(Exit::Usage, line)
    }

    /// A wrong configuration.
    pub(crate) fn configuration(line: impl Into<String>) -> Self {
        Self::new(Exit::Configuration, line)
    }

    /// A store, file or publication that failed.
    pub(crate) fn storage(line: impl Into<String>) -> Self {
        Self::new(Exit::Trouble(TroubleKind::Storage.exit_code()), line)
    }

    /// The reader of stdout went away: a quiet success.
    pub(crate) fn reader_gone() -> Self {
        Self { exit: Exit::Done, lines: Vec::new(), hint: None }
    }

    /// The same with a next step.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The way to leave.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// The number.
    pub(crate) fn code(&self) -> u8 {
        self.exit.code()
    }

    /// The lines as one.
    pub(crate) fn message(&self) -> String {
        self.lines.join("; ")
    }

    /// The next step.
    pub(crate) fn hint(&self) -> Option<String> {
        self.hint.clone()
    }

    /// Says the lines and tells the number.
    pub(crate) fn tell(&self) -> Exit {
        for line in &self.lines {
            say("error", line);
        }
        if let Some(hint) = &self.hint {
            say("hint", hint);
        }
        self.exit
    }
}

impl From<io::Error> for Failure {
    /// Of stdout: a reader that went away is no failure, a full disk behind it is one.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::reader_gone() } else { Self::storage(format!("stdout: {error}")) }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self { exit: Exit::Trouble(trouble.kind.exit_code()), lines: vec![trouble.message], hint: trouble.hint }
    }
}

/// One line on stderr. A stderr that cannot be written to is no reason to fail.
pub(crate) fn say(label: &str, line: &str) {
    let _unheard = io::stderr().lock().write_all(logging::line(label, line).as_bytes());
}

/// Says every trouble and its hint.
pub(crate) fn say_troubles<'a>(troubles: impl IntoIterator<Item = &'a Trouble>) {
    for trouble in troubles {
        say("error", &trouble.message);
        if let Some(hint) = &trouble.hint {
            say("hint", hint);
        }
    }
}

/// Makes a panic one line and exit code 1.
pub(crate) fn set_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        let words = info.payload();
        let message = words.downcast_ref::<&str>().copied().or_else(|| words.downcast_ref::<String>().map(String::as_str));
        let place = info.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
        say("error", &format!("bug: {}{place}", message.unwrap_or("something that cannot be")));
        say("hint", "what was landed is kept; please report this line with the command and the version");
    }));
}

/// The number for the operating system.
pub(crate) fn leave(exit: Exit) -> ExitCode {
    ExitCode::from(exit.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_documented() {
        let exits = [
            Exit::Done,
            Exit::Bug,
            Exit::Usage,
            Exit::Configuration,
            Exit::Trouble(4),
            Exit::Trouble(5),
            Exit::Trouble(6),
            Exit::Trouble(7),
            Exit::Trouble(8),
            Exit::NothingNew,
            Exit::Interrupted,
            Exit::Terminated,
        ];
        for exit in exits {
            assert!(EXIT_CODES.contains(&format!(" {}", exit.code())), "{}", exit.code());
        }
    }

    #[test]
    fn a_reader_that_went_away_is_a_success() {
        assert_eq!(Failure::from(io::Error::from(io::ErrorKind::BrokenPipe)).exit, Exit::Done);
        assert_eq!(Failure::from(io::Error::from(io::ErrorKind::StorageFull)).exit.code(), 5);
    }
}
