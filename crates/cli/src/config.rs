//! The configuration: one TOML file and the environment over it, checked whole before anything runs.
//! Whatever is wrong is told at once, one line each, with exit code 3. Nothing of it is read anywhere else.

pub(crate) mod analytics;
pub(crate) mod file;
mod overlay;
pub(crate) mod problem;
pub(crate) mod publication;
mod reader;
mod refused;
mod secret;
mod settings;
pub(crate) mod template;
mod walk;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use croner::Cron;
use engine::model::id::TenantName;
use engine::model::privacy::Privacy;
use engine::settings::{Tenant, Workspace};
use serde::Deserialize as _;

use crate::config::analytics::{Days, Numbers};
use crate::config::file::File;
use crate::config::problem::{Place, Problems, nearest};
use crate::config::publication::Publication;
use crate::config::reader::Reader;
use crate::environment::Environment;
use crate::exit::{Exit, Failure, Outcome};

pub(crate) use secret::plain;

/// Which secrets a command needs; the others are not asked for, so it runs where they are not at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrets {
    /// None: the command reads or writes the store only. Secrets are empty, and nothing is pseudonymised.
    None,
    /// That of privacy: the command compares ids with those in the store, which may be pseudonyms.
    Privacy,
    /// Those of publications.
    Publications,
    /// Those of tenants, of privacy and of publications.
    All,
}

/// A configuration that is right.
#[derive(Debug)]
pub(crate) struct Config {
    /// What a run shares.
    pub(crate) workspace: Workspace,
    /// Whom to extract.
    pub(crate) tenants: Vec<Arc<Tenant>>,
    /// When to sync whom.
    pub(crate) schedules: BTreeMap<TenantName, Cron>,
    /// How each tenant's business days are cut.
    pub(crate) days: BTreeMap<TenantName, Days>,
    /// What is computed, and when a number is withheld.
    pub(crate) numbers: Numbers,
    /// What to write.
    pub(crate) publications: Vec<Publication>,
}

impl Config {
    /// The names of all tenants.
    pub(crate) fn tenant_names(&self) -> Vec<String> {
        self.tenants.iter().map(|tenant| tenant.name.to_string()).collect()
    }

    /// The workspace, which the engine keeps; what is left behind is an empty one.
    pub(crate) fn take_workspace(&mut self) -> Workspace {
        let empty = Workspace { store: PathBuf::new(), privacy: Privacy::none().into(), limits: self.workspace.limits };
        std::mem::replace(&mut self.workspace, empty)
    }

    /// Whether a tenant of that name is configured.
    ///
    /// # Errors
    /// The name, when it is not.
    pub(crate) fn check_tenant(&self, name: &str) -> Outcome<()> {
        check_tenant(name, &self.tenant_names())
    }

    /// The tenants of these names, all when there is none.
    ///
    /// # Errors
    /// A name that no tenant has.
    pub(crate) fn chosen(self, names: &[String]) -> Outcome<Vec<Arc<Tenant>>> {
        let known = self.tenant_names();
        for name in names {
            check_tenant(name, &known)?;
        }
        Ok(self.tenants.into_iter().filter(|tenant| names.is_empty() || names.iter().any(|name| name == tenant.name.as_str())).collect())
    }
}

fn check_tenant(name: &str, known: &[String]) -> Outcome<()> {
    if known.iter().any(|one| one == name) {
        return Ok(());
    }
    Err(Failure::usage(format!("no tenant `{name}` in the configuration{}", nearest(name, known.iter().map(String::as_str)))))
}

/// The path of the configuration file: as given, else by `SCORELAKE_CONFIG`, else `scorelake.toml` here.
pub(crate) fn path(given: Option<&Path>, environment: &Environment) -> PathBuf {
    match (given, environment.get("SCORELAKE_CONFIG").filter(|path| !path.is_empty())) {
        (Some(path), _) => path.to_owned(),
        (None, Some(path)) => PathBuf::from(path),
        (None, None) => PathBuf::from("scorelake.toml"),
    }
}

/// Reads and checks the file.
///
/// # Errors
/// Everything that is wrong, with exit code 3.
pub(crate) fn load(path: &Path, secrets: Secrets, environment: &Environment) -> Outcome<Config> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let failure = Failure::configuration(format!("configuration file `{}` cannot be read: {}", path.display(), plain(&error)));
        if error.kind() == std::io::ErrorKind::NotFound {
            failure.with_hint("`scorelake init` writes one; `scorelake demo` needs none")
        } else {
            failure
        }
    })?;
    let folder = environment.folder().join(path.parent().unwrap_or(Path::new("")));
    read(&text, &folder, secrets, environment).map_err(|lines| {
        let lines = lines.into_iter().map(|line| format!("{}: {line}", path.display())).collect();
        let failure = Failure::of_lines(Exit::Configuration, lines);
        match environment.with_prefix(overlay::PREFIX).map(|(variable, ..)| format!("`{variable}`")).collect::<Vec<_>>() {
            variables if variables.is_empty() => failure,
            variables => failure.with_hint(format!("taken from the environment: {}", variables.join(", "))),
        }
    })
}

/// Reads and checks the text of a file that stands in `folder`.
///
/// # Errors
/// Everything that is wrong, a line each.
pub(crate) fn read(text: &str, folder: &Path, secrets: Secrets, environment: &Environment) -> Result<Config, Vec<String>> {
    let mut root = text.parse::<toml::Table>().map_err(|error| vec![broken(text, &error)])?;
    let schema = file::schema();
    let mut problems = Problems::default();
    overlay::lay(&mut root, &schema, environment, &mut problems);
    walk::walk(&mut root, &schema, &mut problems);
    let file = match File::deserialize(root) {
        Ok(file) => file,
        Err(error) => {
            // The schema lets nothing through that the types do not take; should it ever, this says what.
            problems.note(&Place::default(), None, error.message());
            return Err(problems.lines());
        }
    };
    let config = settings::config(&file, &mut Reader { folder, environment, secrets, problems: &mut problems });
    let lines = problems.lines();
    if lines.is_empty() { Ok(config) } else { Err(lines) }
}

/// A text that is no TOML: where, and what was found there.
fn broken(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().replace('\n', ", ");
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else { return format!("not TOML: {message}") };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}: {message}")
}

#[cfg(test)]
mod tests;
