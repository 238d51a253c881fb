//! The environment of the process: its variables and its folder, read once at the start.
//! Everyone else is handed an [`Environment`]; this is the only file of the room that asks the world for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The variables and the folder a command was started with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<String, String>,
    folder: PathBuf,
    program: Option<String>,
}

impl Environment {
    /// Reads the process. A variable that is no UTF-8 is left out, as nothing here can be named by it.
    #[expect(clippy::disallowed_methods, reason = "the one file that reads the environment")]
    pub(crate) fn of_process() -> Self {
        let variables =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect();
        let folder = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        Self { variables, folder, program: std::env::args().next() }
    }

    /// Made-up variables, for tests.
    #[cfg(test)]
    pub(crate) fn of(pairs: &[(&str, &str)], folder: &Path) -> Self {
        let variables = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { variables, folder: folder.to_owned(), program: None }
    }

    /// The value of a variable.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The variables whose name begins so, in the order of their names, with the rest of the name.
    pub(crate) fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
        self.variables.iter().filter_map(move |(name, value)| Some((name.as_str(), name.strip_prefix(prefix)?, value.as_str())))
    }

    /// The folder the command was started in.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The program as it was called, so that what is shown can be typed.
    pub(crate) fn program(&self) -> &str {
        self.program.as_deref().unwrap_or("scorelake")
    }

    /// Whether colour is unwanted: `NO_COLOR` is set and not empty (<https://no-color.org>).
    pub(crate) fn no_color(&self) -> bool {
        self.get("NO_COLOR").is_some_and(|value| !value.is_empty())
    }
}
