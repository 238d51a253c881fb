//! Exports about single agents: the feed of agent-days, and what is made of it with the measures of a publication.
//! The feed is brought up to the store first, so an export is never older than the assessments.

use std::path::PathBuf;

use engine::publish::{PublicationReport, StoreRows};
use engine::roster::Roster;
use engine::sink::contract::{Occasion, Published};
use engine::sink::encode::Format;
use engine::store::Store;
use serde_json::Value;

use crate::command::bench::{Bench, Ground};
use crate::command::done::Restated;
use crate::command::feed::Source;
use crate::command::publish::{together, write_feed};
use crate::command::{Context, ground, measuring};
use crate::config::Config;
use crate::config::problem::{nearest, quoted};
use crate::config::publication::{Feed, Publication, Target};
use crate::exit::{Exit, Failure, Outcome};
use crate::flags::{ExportFlags, ExportKind, RowsWord};

/// What is written, for the kinds that are about single agents.
///
/// # Errors
/// A purpose, publication or path that is missing or cannot be meant.
pub(super) fn feed(flags: &ExportFlags, config: &Config, context: &Context) -> Outcome<Option<Feed>> {
    let place = |default: &str| -> PathBuf { context.environment.folder().join(flags.out.as_deref().unwrap_or(default)) };
    let is_agent_day = flags.kind == ExportKind::AgentDay;
    if !is_agent_day && (flags.purpose.is_some() || flags.rows.is_some()) {
        return Err(Failure::usage("`--purpose` and `--rows` go with agent-day only"));
    }
    match flags.kind {
        ExportKind::AgentDay => {
            if flags.purpose.is_none() {
                return Err(Failure::usage("`--purpose` is missing: agent level is off unless enabled with a purpose")
                    .with_hint("name what the numbers are for: `--purpose \"workforce management\"`"));
            }
            let format = match flags.rows.unwrap_or_default() {
                RowsWord::Csv => Format::Csv,
                RowsWord::Json => Format::JsonArray,
                RowsWord::Ndjson => Format::Ndjson,
            };
            Ok(Some(Feed::AgentDay { folder: place("."), format }))
        }
        ExportKind::Calabrio => match configured("calabrio", flags, config)? {
            Feed::Calabrio { separator, tenant, measures, .. } => {
                Ok(Some(Feed::Calabrio { path: place("calabrio.csv"), separator, tenant, measures }))
            }
            other => Ok(Some(other)),
        },
        ExportKind::GenesysExternalMetrics => match configured("genesys-external-metrics", flags, config)? {
            Feed::ExternalMetrics { tenant, measures, .. } => {
                Ok(Some(Feed::ExternalMetrics { tenant, measures, folder: Some(place("external-metrics")) }))
            }
            other => Ok(Some(other)),
        },
        _ => Ok(None),
    }
}

/// The publication whose measures are taken.
fn configured(kind: &str, flags: &ExportFlags, config: &Config) -> Outcome<Feed> {
    let of_kind = || config.publications.iter().filter(|publication| publication.target.kind() == kind);
    let names: Vec<&str> = of_kind().map(|publication| publication.name.as_str()).collect();
    let found: Option<&Publication> = match &flags.publication {
        Some(name) => Some(of_kind().find(|publication| publication.name == *name).ok_or_else(|| {
            let known = nearest(name, names.iter().copied());
            Failure::usage(format!("no publication {} of the kind `{kind}` in the configuration{known}", quoted(name)))
        })?),
        None if names.len() > 1 => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            return Err(Failure::usage(format!("several publications of the kind `{kind}`: {}", names.join(", ")))
                .with_hint("name one with `--publication`"));
        }
        None => of_kind().next(),
    };
    match found.map(|publication| &publication.target) {
        Some(Target::Feed(feed)) => Ok(feed.clone()),
        _ => Err(Failure::usage(format!("no publication of the kind `{kind}` in the configuration"))
            .with_hint("its `[[publication.measure]]` say which numbers are written; `scorelake init --schema` describes them")),
    }
}

/// Writes it.
///
/// # Errors
/// A roster that cannot be read; a store that is not there; a file that cannot be written.
pub(super) fn write(feed: &Feed, config: &mut Config, context: &Context) -> Outcome<PublicationReport> {
    let analytics = config.numbers.settings()?;
    let settings = measuring::settings(config, &analytics);
    let bench = Bench::open(config.take_workspace(), Ground::Existing, context)?;
    bench.begin("export")?;
    let restated = bench.runtime.block_on(async { bench.engine.keep_feed(&settings, &bench.run_id) });
    let restated = Restated::of(restated);
    if let Some(trouble) = restated.trouble() {
        let failure = Failure::from(trouble.clone());
        bench.end(failure.exit(), &Value::Null);
        return Err(failure);
    }
    restated.tell_words(context);
    restated.tell_warnings(context);
    let published = publish(feed, &bench, &analytics.roster);
    let exit = published.as_ref().map_or_else(Failure::exit, |_| Exit::Done);
    bench.end(exit, &Value::Null);
    Ok(PublicationReport { name: "export".to_owned(), kind: feed.kind(), outcome: Ok(published?) })
}

fn publish(feed: &Feed, bench: &Bench, roster: &Roster) -> Outcome<Published> {
    let store = Store::open_read_only(bench.store()).map_err(ground::failure)?;
    let _moment = store.snapshot().map_err(ground::failure)?;
    let Feed::AgentDay { .. } = feed else {
        return Ok(write_feed("export", &Source { store: &store, roster, run_id: &bench.run_id }, feed)?);
    };
    let wrong = |error: engine::sink::error::SinkError| Failure::from(ground::unwritten("export", &error));
    let occasion = Occasion { run_id: bench.run_id.clone(), now: bench.clock.now() };
    let mut done = Vec::new();
    for mut sink in Target::Feed(feed.clone()).sinks("export", &[]).map_err(wrong)? {
        done.push(sink.publish(&StoreRows(&store), None, &occasion).map_err(wrong)?);
    }
    together(done).ok_or_else(|| Failure::new(Exit::Bug, "bug: nothing to write"))
}
