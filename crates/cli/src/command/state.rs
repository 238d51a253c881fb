//! `state`: how far each stream has come, seen and mended. Records are never touched here.

use std::collections::BTreeMap;

use engine::model::id::TenantName;
use engine::model::record::Stream;
use engine::store::{Pass, WindowProgress, WindowState};
use engine::wire::clock::Clock as _;
use jiff::Timestamp;
use serde_json::Value;

use crate::command::{Context, ground};
use crate::exit::{Exit, Failure, Outcome, say};
use crate::flags::{Choice, Shown, StateCommand};
use crate::output::{StdoutListing, print};

const COLUMNS: [&str; 12] =
    ["tenant", "stream", "kind", "name", "scope_id", "from", "to", "closed", "open", "records", "value", "updated_at"];

/// Runs one of the commands.
///
/// # Errors
/// A tenant held by another run; a mark that is not there; a store or stdout that fails.
pub(crate) fn run(command: &StateCommand, context: &Context) -> Outcome {
    match command {
        StateCommand::List { choice, shown } => list(choice, *shown, context),
        StateCommand::Get { tenant, stream, name } => get(tenant, (*stream).into(), name, context),
        StateCommand::Set { tenant, stream, name, value } => set(tenant, (*stream).into(), name, value, context),
        StateCommand::Reset { tenant, stream } => reset(tenant, ground::stream(*stream), context),
    }
}

/// Windows of one scope and pass, added up.
#[derive(Debug, Default)]
struct Summary {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    n_closed: u64,
    n_open: u64,
    n_records: u64,
    updated_at: Option<Timestamp>,
}

impl Summary {
    fn add(&mut self, window: &WindowProgress) {
        self.from = Some(self.from.map_or(window.window.from, |from| from.min(window.window.from)));
        self.to = self.to.max(Some(window.window.to));
        match window.state {
            WindowState::Closed => self.n_closed += 1,
            WindowState::Open => self.n_open += 1,
        }
        self.n_records += window.n_records;
        self.updated_at = self.updated_at.max(Some(window.updated_at));
    }
}

fn list(choice: &Choice, shown: Shown, context: &Context) -> Outcome {
    let store = ground::open(context)?;
    let (tenant, stream) = (ground::tenant(choice.tenant.as_deref()), ground::stream(choice.stream));
    let mut summaries: BTreeMap<(String, Stream, String, Pass), Summary> = BTreeMap::new();
    let mut add = |window: WindowProgress| {
        let key = (window.tenant.to_string(), window.stream, window.scope_id.clone(), window.pass);
        summaries.entry(key).or_default().add(&window);
        Ok::<(), Failure>(())
    };
    store.windows(tenant.as_ref(), stream, &mut add).map_err(|error| error.or(ground::failure))?;
    let mut listing = StdoutListing::begin(shown.format, context.look, COLUMNS)?;
    for ((tenant, stream, scope_id, pass), summary) in &summaries {
        listing.row(&[
            Value::from(tenant.as_str()),
            Value::from(stream.word()),
            Value::from("windows"),
            Value::from(pass.word()),
            Value::from(scope_id.as_str()),
            ground::maybe_time(summary.from),
            ground::maybe_time(summary.to),
            Value::from(summary.n_closed),
            Value::from(summary.n_open),
            Value::from(summary.n_records),
            Value::Null,
            ground::maybe_time(summary.updated_at),
        ])?;
    }
    for mark in store.marks(tenant.as_ref()).map_err(ground::failure)? {
        if stream.is_some_and(|stream| stream != mark.stream) {
            continue;
        }
        let mut values = vec![Value::Null; COLUMNS.len()];
        let known = [
            ("tenant", Value::from(mark.tenant.as_str())),
            ("stream", Value::from(mark.stream.word())),
            ("kind", Value::from("mark")),
            ("name", Value::from(mark.name)),
            ("value", Value::from(mark.value)),
            ("updated_at", ground::time(mark.updated_at)),
        ];
        for (name, known) in known {
            if let Some(value) = COLUMNS.iter().position(|column| *column == name).and_then(|place| values.get_mut(place)) {
                *value = known;
            }
        }
        listing.row(&values)?;
    }
    listing.finish()?;
    Ok(Exit::Done)
}

fn get(tenant: &str, stream: Stream, name: &str, context: &Context) -> Outcome {
    let store = ground::open(context)?;
    let value = store.mark(&TenantName::new(tenant), stream, name).map_err(ground::failure)?;
    let value = value.ok_or_else(|| no_mark(tenant, stream, name))?;
    print(&format!("{value}\n"))?;
    Ok(Exit::Done)
}

fn set(tenant: &str, stream: Stream, name: &str, value: &str, context: &Context) -> Outcome {
    let (mut store, _lease) = ground::open_held(context, &TenantName::new(tenant))?;
    let known = store.mark(&TenantName::new(tenant), stream, name).map_err(ground::failure)?;
    let known = known.ok_or_else(|| no_mark(tenant, stream, name))?;
    let value = match engine::model::time::read(&known) {
        // What was a time stays one.
        Ok(_) => engine::model::time::text(engine::model::time::read(value).map_err(Failure::usage)?),
        Err(_) => value.to_owned(),
    };
    store.set_mark(&TenantName::new(tenant), stream, name, &value, context.clock.now()).map_err(ground::failure)?;
    say("set", &format!("`{name}` of {stream} of tenant `{tenant}` from `{known}` to `{value}`"));
    Ok(Exit::Done)
}

fn reset(tenant: &str, stream: Option<Stream>, context: &Context) -> Outcome {
    let (mut store, _lease) = ground::open_held(context, &TenantName::new(tenant))?;
    let n_forgotten = store.reset(&TenantName::new(tenant), stream).map_err(ground::failure)?;
    let of = stream.map(|stream| format!("{stream} of ")).unwrap_or_default();
    say(
        "reset",
        &format!("{n_forgotten} windows and marks of {of}tenant `{tenant}` forgotten; the next sync reads them again, records stay"),
    );
    Ok(Exit::Done)
}

fn no_mark(tenant: &str, stream: Stream, name: &str) -> Failure {
    Failure::usage(format!("no mark `{name}` of {stream} of tenant `{tenant}`")).with_hint("`scorelake state list` shows them")
}
