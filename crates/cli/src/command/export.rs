//! `export`: a publication that is made once and keeps no bookmark.

mod feed;

use std::path::PathBuf;

use engine::publish::{PublicationReport, StoreRows};
use engine::sink::contract::Occasion;
use engine::wire::clock::Clock as _;
use engine::wire::secret::Secret;
use url::Url;

use crate::command::{Context, ground, publish};
use crate::config::publication::{Target, published_table};
use crate::config::{Config, Secrets};
use crate::exit::{Exit, Failure, Outcome};
use crate::flags::{ExportFlags, ExportKind};
use crate::output::StdoutListing;

/// Runs the command.
///
/// # Errors
/// A wrong configuration, path, table or URL; a store that is not there; a copy that cannot be written; a stdout that fails.
pub(crate) fn run(flags: &ExportFlags, context: &Context) -> Outcome {
    let mut config = context.config(Secrets::None)?;
    if flags.table.is_some() && !matches!(flags.kind, ExportKind::Csv | ExportKind::Ndjson) {
        return Err(Failure::usage("`--table` goes with csv and ndjson only"));
    }
    let report = match feed::feed(flags, &config, context)? {
        Some(feed) => feed::write(&feed, &mut config, context)?,
        None => copy(flags, &config, context)?,
    };
    let mut listing = StdoutListing::begin(flags.shown.format, context.look, publish::COLUMNS)?;
    listing.row(&publish::values(&report))?;
    listing.finish()?;
    publish::tell_warnings(&[report], context);
    Ok(Exit::Done)
}

/// A copy of the store's tables.
fn copy(flags: &ExportFlags, config: &Config, context: &Context) -> Outcome<PublicationReport> {
    let sinks = target(flags, context)?.sinks("export", &config.tenant_names()).map_err(|error| {
        let failure = Failure::usage(error.to_string());
        match error.hint {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    })?;
    let Some(mut sink) = sinks.into_iter().next() else { return Err(Failure::new(Exit::Bug, "bug: nothing to write")) };
    let store = ground::open_at(config)?;
    let snapshot = store.snapshot().map_err(ground::failure)?;
    let now = context.clock.now();
    let occasion = Occasion { run_id: format!("export-{}-{}", now.strftime("%Y%m%dT%H%M%SZ"), std::process::id()), now };
    let published = sink.publish(&StoreRows(&store), None, &occasion);
    drop(snapshot);
    let published = published.map_err(|error| Failure::from(ground::unwritten("export", &error)))?;
    Ok(PublicationReport { name: "export".to_owned(), kind: sink.kind(), outcome: Ok(published) })
}

fn target(flags: &ExportFlags, context: &Context) -> Outcome<Target> {
    let table = flags.table.as_deref().map(published_table).transpose().map_err(Failure::usage)?;
    if flags.kind == ExportKind::Postgres {
        return postgres(flags, context);
    }
    let out = flags.out.clone().unwrap_or_else(|| match (table, flags.kind) {
        (Some(table), ExportKind::Csv) => format!("{}.csv", table.name),
        (Some(table), _) => format!("{}.ndjson", table.name),
        (None, _) => ".".to_owned(),
    });
    let path: PathBuf = context.environment.folder().join(out);
    Ok(match flags.kind {
        ExportKind::Json => Target::Json { folder: path },
        ExportKind::Parquet => Target::Parquet { folder: path },
        ExportKind::Ndjson => Target::Ndjson { path, table },
        _ => Target::Csv { path, table },
    })
}

fn postgres(flags: &ExportFlags, context: &Context) -> Outcome<Target> {
    let url = flags.out.as_deref().unwrap_or_default();
    match Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "postgres" | "postgresql") => Ok(Target::Postgres {
            url: Secret::from(url),
            password: context.environment.get("PGPASSWORD").filter(|password| !password.is_empty()).map(Secret::from),
            schema: flags.schema.clone(),
        }),
        _ => Err(Failure::usage("`--out postgres://user@host/database` is asked for")),
    }
}
