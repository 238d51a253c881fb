//! Publications of the configuration: what each kind needs, and what it has no use for.

mod feed;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use engine::model::table::analytics::{AGENT_DAY, AGENT_DAY_EVENT};
use engine::model::table::{PUBLISHED, Table, published};
use engine::sink::contract::Sink;
use engine::sink::encode::Format;
use engine::sink::error::{SinkError, SinkErrorKind};
use engine::sink::files::{Files, OneFile};
use engine::wire::secret::Secret;
use lake::parquet::ParquetTree;
use lake::postgres::{PostgresOptions, PostgresTables};
use url::Url;

use crate::config::Secrets;
use crate::config::file::{PublicationFile, TenantFile, TextOrSecret, beside};
use crate::config::problem::{Place, Problems, nearest, quoted};
use crate::config::reader::{Reader, entry_place, fetch, name, required, text_or_secret};

pub(crate) use feed::Feed;

/// One thing that is written for others.
#[derive(Debug, Clone)]
pub(crate) struct Publication {
    /// Its name.
    pub(crate) name: String,
    /// What it writes and where.
    pub(crate) target: Target,
}

/// What a publication writes and where.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// The guide's payload in a folder.
    Json {
        /// The folder.
        folder: PathBuf,
    },
    /// A JSON object a line.
    Ndjson {
        /// A folder, a pattern with `{table}`, or the file of the one table.
        path: PathBuf,
        /// Only this table.
        table: Option<&'static Table>,
    },
    /// Comma-separated values.
    Csv {
        /// A folder, a pattern with `{table}`, or the file of the one table.
        path: PathBuf,
        /// Only this table.
        table: Option<&'static Table>,
    },
    /// A tree of Parquet files in a folder.
    Parquet {
        /// The folder.
        folder: PathBuf,
    },
    /// Upserts into PostgreSQL.
    Postgres {
        /// `postgres://...`, with or without a password.
        url: Secret,
        /// The password, when it does not stand in the URL.
        password: Option<Secret>,
        /// The schema.
        schema: String,
    },
    /// What is told about single agents.
    Feed(Feed),
}

impl Target {
    /// The copies it is made of; nothing is written or connected to yet. None for what is handed over as measures.
    /// `name` is the publication's, `tenants` are those whose rows in a database may be taken out because the store has
    /// them no more.
    ///
    /// # Errors
    /// A path that cannot be meant.
    pub(crate) fn sinks(&self, name: &str, tenants: &[String]) -> Result<Vec<Box<dyn Sink>>, SinkError> {
        let sink: Box<dyn Sink> = match self {
            Self::Json { folder } => Box::new(Files::payload(text(folder)?)),
            Self::Ndjson { path, table: None } => Box::new(Files::ndjson(text(path)?)?),
            Self::Ndjson { path, table: Some(table) } => Box::new(OneFile::ndjson(table, text(path)?)),
            Self::Csv { path, table: None } => Box::new(Files::csv(text(path)?)?),
            Self::Csv { path, table: Some(table) } => Box::new(OneFile::csv(table, text(path)?)),
            Self::Parquet { folder } => Box::new(ParquetTree::new(text(folder)?)),
            Self::Postgres { url, password, schema } => {
                let mut options = PostgresOptions::new(name, url.expose());
                options.password = password.as_ref().map(|password| password.expose().to_owned());
                options.schema.clone_from(schema);
                options.tenants = tenants.to_vec();
                Box::new(PostgresTables::new(options)?)
            }
            Self::Feed(Feed::AgentDay { folder, format }) => {
                return [&AGENT_DAY, &AGENT_DAY_EVENT].into_iter().map(|table| file(table, folder, *format)).collect();
            }
            Self::Feed(_) => return Ok(Vec::new()),
        };
        Ok(vec![sink])
    }

    /// The word of its kind.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Json { .. } => "json",
            Self::Ndjson { .. } => "ndjson",
            Self::Csv { .. } => "csv",
            Self::Parquet { .. } => "parquet",
            Self::Postgres { .. } => "postgres",
            Self::Feed(feed) => feed.kind(),
        }
    }
}

/// A whole table as one file in a folder.
fn file(table: &'static Table, folder: &Path, format: Format) -> Result<Box<dyn Sink>, SinkError> {
    let path = |ending: &str| folder.join(format!("{}.{ending}", table.name));
    Ok(Box::new(match format {
        Format::JsonArray => OneFile::json(table, text(&path("json"))?),
        Format::Ndjson => OneFile::ndjson(table, text(&path("ndjson"))?),
        Format::Csv => OneFile::csv(table, text(&path("csv"))?),
    }))
}

fn text(path: &Path) -> Result<&str, SinkError> {
    path.to_str().ok_or_else(|| SinkError::new(SinkErrorKind::Configuration, format!("path `{}` is no UTF-8", path.display())))
}

/// All publications; what could not be read is left out and noted.
pub(crate) fn publications(files: &[PublicationFile], tenants: &[TenantFile], reader: &mut Reader<'_>) -> Vec<Publication> {
    let root = Place::default();
    let mut names = BTreeSet::new();
    let mut publications = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let place = entry_place(&root, "publication", file.name.as_deref(), index);
        let name = name(file.name.as_deref(), &place, &mut names, reader);
        let target = target(file, tenants, &place, reader);
        if let (Some(name), Some(target)) = (name, target) {
            publications.push(Publication { name, target });
        }
    }
    note_shared_files(&publications, reader.problems);
    publications
}

fn target(file: &PublicationFile, tenants: &[TenantFile], place: &Place, reader: &mut Reader<'_>) -> Option<Target> {
    let kind = required(file.kind.as_deref(), "kind", place, reader)?;
    let useful: &[&str] = match kind {
        "ndjson" | "csv" => &["path", "table"],
        "postgres" => &["url", "password", "schema"],
        "agent-day" => &["path", "format", "purpose"],
        "calabrio" => &["path", "separator", "purpose", "tenant", "measure"],
        "genesys-external-metrics" => &["path", "purpose", "tenant", "measure"],
        _ => &["path"],
    };
    note_useless(file, kind, useful, place, reader);
    match kind {
        "postgres" => return postgres(file, place, reader),
        "agent-day" | "calabrio" | "genesys-external-metrics" => return feed::feed(kind, file, tenants, place, reader).map(Target::Feed),
        _ => {}
    }
    let written = required(file.path.as_deref(), "path", place, reader)?;
    if written.is_empty() {
        reader.problems.note_key(place, "path", "is empty");
    }
    let path = beside(reader.folder, written);
    let table = match file.table.as_deref() {
        Some(name) => Some(published_table(name).map_err(|reason| reader.problems.note_key(place, "table", reason)).ok()?),
        None => None,
    };
    let target = match kind {
        "json" => Target::Json { folder: path },
        "parquet" => Target::Parquet { folder: path },
        "ndjson" => Target::Ndjson { path, table },
        _ => Target::Csv { path, table },
    };
    if let Err(error) = target.sinks("", &[]) {
        reader.problems.note_key(place, "path", error);
    }
    Some(target)
}

/// Keys that are given and of no use to the kind.
fn note_useless(file: &PublicationFile, kind: &str, useful: &[&str], place: &Place, reader: &mut Reader<'_>) {
    let given = [
        ("path", file.path.is_some()),
        ("table", file.table.is_some()),
        ("url", file.url.is_some()),
        ("password", file.password.is_some()),
        ("schema", file.schema.is_some()),
        ("purpose", file.purpose.is_some()),
        ("format", file.format.is_some()),
        ("separator", file.separator.is_some()),
        ("tenant", file.tenant.is_some()),
        ("measure", file.measure.is_some()),
    ];
    for (key, given) in given {
        if given && !useful.contains(&key) {
            reader.problems.note_key(place, key, format!("the kind `{kind}` has no use for it"));
        }
    }
}

/// The published table of that name.
///
/// # Errors
/// The reason in words, with the nearest name.
pub(crate) fn published_table(name: &str) -> Result<&'static Table, String> {
    let known = PUBLISHED.iter().map(|table| table.name);
    published(name).ok_or_else(|| format!("unknown table {}{}", quoted(name), nearest(name, known)))
}

fn postgres(file: &PublicationFile, place: &Place, reader: &mut Reader<'_>) -> Option<Target> {
    let password = file.password.as_ref().and_then(|source| fetch(source, "password", place, reader));
    let given = required(file.url.as_ref(), "url", place, reader)?;
    let url = text_or_secret(given, "url", place, reader)?;
    let schema = file.schema.clone().unwrap_or_else(|| "public".to_owned());
    // A URL from elsewhere that was not fetched cannot be looked at.
    if matches!(given, TextOrSecret::Text(_)) || !matches!(reader.secrets, Secrets::None | Secrets::Privacy) {
        match Url::parse(url.expose()) {
            Ok(parsed) if !matches!(parsed.scheme(), "postgres" | "postgresql") => {
                reader.problems.note_key(place, "url", "`postgres://user@host/database` is asked for");
            }
            Ok(parsed) if parsed.password().is_some() && matches!(given, TextOrSecret::Text(_)) => {
                let text = "a secret written in the file itself is refused; take the password out of the URL and give it as `password`";
                reader.problems.note_key(place, "url", text);
            }
            Ok(_) => {}
            Err(error) => reader.problems.note_key(place, "url", format!("is no URL: {error}")),
        }
    }
    Some(Target::Postgres { url, password, schema })
}

/// Two publications may share a folder, but not the files in it.
fn note_shared_files(publications: &[Publication], problems: &mut Problems) {
    let mut taken: BTreeMap<(&str, &PathBuf), &str> = BTreeMap::new();
    for publication in publications {
        let path = match &publication.target {
            Target::Json { folder } | Target::Parquet { folder } => folder,
            Target::Ndjson { path, .. } | Target::Csv { path, .. } => path,
            Target::Feed(feed) => match feed.path() {
                Some(path) => path,
                None => continue,
            },
            Target::Postgres { .. } => continue,
        };
        if let Some(other) = taken.insert((publication.target.kind(), path), &publication.name) {
            let place = Place::default().below(format!("publication `{}`", publication.name));
            problems.note_key(&place, "path", format!("the publication `{other}` writes the same files"));
        }
    }
}
