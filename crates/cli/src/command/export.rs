//! `export`: a publication that is made once and keeps no bookmark.

use std::path::PathBuf;

use engine::publish::{PublicationReport, StoreRows};
use engine::report::{Trouble, TroubleKind};
use engine::sink::contract::Occasion;
use engine::sink::error::SinkErrorKind;
use engine::wire::clock::Clock as _;
use engine::wire::secret::Secret;
use url::Url;

use crate::command::{Context, ground, publish};
use crate::config::Secrets;
use crate::config::publication::{Target, published_table};
use crate::exit::{Exit, Failure, Outcome};
use crate::flags::{ExportFlags, ExportKind};
use crate::output::StdoutListing;

/// Runs the command.
///
/// # Errors
/// A wrong configuration, path, table or URL; a store that is not there; a copy that cannot be written; a stdout that fails.
pub(crate) fn run(flags: &ExportFlags, context: &Context) -> Outcome {
    let config = context.config(Secrets::None)?;
    let target = target(flags, context)?;
    let mut sink = target.sink("export", &config.tenant_names()).map_err(|error| {
        let failure = Failure::usage(error.to_string());
        match error.hint {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    })?;
    let store = ground::open_at(&config)?;
    let snapshot = store.snapshot().map_err(ground::failure)?;
    let now = context.clock.now();
    let occasion = Occasion { run_id: format!("export-{}-{}", now.strftime("%Y%m%dT%H%M%SZ"), std::process::id()), now };
    let published = sink.publish(&StoreRows(&store), None, &occasion);
    drop(snapshot);
    let published = published.map_err(|error| {
        let kind = match error.kind {
            SinkErrorKind::Configuration | SinkErrorKind::Permission => TroubleKind::Configuration,
            _ => TroubleKind::Storage,
        };
        Failure::from(Trouble { kind, message: format!("export: {error}"), hint: error.hint })
    })?;
    let report = PublicationReport { name: "export".to_owned(), kind: sink.kind(), outcome: Ok(published) };
    let mut listing =
        StdoutListing::begin(flags.shown.format, context.look, ["name", "kind", "changed", "rows_written", "files_written", "where"])?;
    listing.row(&publish::values(&report))?;
    listing.finish()?;
    publish::tell_warnings(&[report], context);
    Ok(Exit::Done)
}

fn target(flags: &ExportFlags, context: &Context) -> Outcome<Target> {
    let table = flags.table.as_deref().map(published_table).transpose().map_err(Failure::usage)?;
    if table.is_some() && !matches!(flags.kind, ExportKind::Csv | ExportKind::Ndjson) {
        return Err(Failure::usage("`--table` goes with csv and ndjson only"));
    }
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
        ExportKind::Csv | ExportKind::Postgres => Target::Csv { path, table },
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
