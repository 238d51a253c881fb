//! `quarantine`: records that could not be read, with their raw source and the reason.

use std::sync::Arc;

use engine::report::Trouble;
use engine::store::QuarantineEntry;
use serde_json::{Value, json};

use crate::command::bench::{Bench, Ground};
use crate::command::{Context, ground};
use crate::config::Secrets;
use crate::exit::{Exit, Failure, Outcome, say, say_troubles};
use crate::flags::{Choice, QuarantineCommand, Shown};
use crate::output::{StdoutListing, print};

const COLUMNS: [&str; 10] =
    ["tenant", "stream", "quarantine_id", "record_id", "scope_id", "reason", "page", "n_seen", "first_seen_at", "last_seen_at"];

/// Runs one of the commands. All need the store only, but a replay, which may have to ask for form versions.
///
/// # Errors
/// A wrong configuration; a record that is not there; a tenant held by another run; a store or stdout that fails.
pub(crate) fn run(command: &QuarantineCommand, context: &Context) -> Outcome {
    match command {
        QuarantineCommand::List { choice, shown } => list(choice, *shown, context),
        QuarantineCommand::Show { id, choice } => show(id, choice, context),
        QuarantineCommand::Drop { ids, all, choice } => drop_entries(ids, *all, choice, context),
        QuarantineCommand::Replay { choice, shown } => replay(choice, *shown, context),
    }
}

fn list(choice: &Choice, shown: Shown, context: &Context) -> Outcome {
    let store = ground::open(context)?;
    let (tenant, stream) = (ground::tenant(choice.tenant.as_deref()), ground::stream(choice.stream));
    let mut listing = StdoutListing::begin(shown.format, context.look, COLUMNS)?;
    store.quarantine_list(tenant.as_ref(), stream, &mut |entry| listing.row(&values(&entry))).map_err(|error| error.or(ground::failure))?;
    listing.finish()?;
    Ok(Exit::Done)
}

fn values(entry: &QuarantineEntry) -> [Value; COLUMNS.len()] {
    [
        Value::from(entry.tenant.as_str()),
        Value::from(entry.stream.word()),
        Value::from(entry.quarantine_id.as_str()),
        Value::from(entry.record.record_id.as_ref().map(|id| id.as_str())),
        Value::from(entry.record.scope_id.as_ref().map(|id| id.as_str())),
        Value::from(entry.record.reason.as_str()),
        Value::from(entry.record.page),
        Value::from(entry.n_seen),
        ground::time(entry.first_seen_at),
        ground::time(entry.last_seen_at),
    ]
}

/// The whole record as one JSON object, the raw source as text in it.
fn show(id: &str, choice: &Choice, context: &Context) -> Outcome {
    let entries = chosen(&ground::open(context)?, id, choice)?;
    for entry in &entries {
        let object = json!({
            "tenant": entry.tenant.as_str(),
            "stream": entry.stream.word(),
            "quarantine_id": entry.quarantine_id,
            "record_id": entry.record.record_id.as_ref().map(|id| id.as_str()),
            "reason": entry.record.reason,
            "source_url": entry.record.source_url,
            "page": entry.record.page,
            "scope_id": entry.record.scope_id.as_ref().map(|id| id.as_str()),
            "dialect": entry.record.dialect,
            "first_seen_at": ground::time(entry.first_seen_at),
            "last_seen_at": ground::time(entry.last_seen_at),
            "n_seen": entry.n_seen,
            "raw": entry.record.raw,
        });
        print(&format!("{object:#}\n"))?;
    }
    Ok(Exit::Done)
}

/// The records whose id begins so, of the chosen tenant and stream.
fn chosen(store: &engine::store::Store, id: &str, choice: &Choice) -> Outcome<Vec<QuarantineEntry>> {
    let (tenant, stream) = (ground::tenant(choice.tenant.as_deref()), ground::stream(choice.stream));
    let mut entries = store.quarantine_show(id).map_err(ground::failure)?;
    entries
        .retain(|entry| tenant.as_ref().is_none_or(|tenant| *tenant == entry.tenant) && stream.is_none_or(|stream| stream == entry.stream));
    if id.is_empty() || entries.is_empty() {
        return Err(Failure::usage(format!("no record `{id}` in quarantine")).with_hint("`scorelake quarantine list` shows them"));
    }
    Ok(entries)
}

/// Reads everything in quarantine again and tells how much left it.
fn replay(choice: &Choice, shown: Shown, context: &Context) -> Outcome {
    let mut config = context.config(Secrets::All)?;
    let workspace = config.take_workspace();
    let chosen: Vec<String> = choice.tenant.iter().cloned().collect();
    let tenants: Vec<Arc<_>> = config.chosen(&chosen)?;
    let stream = ground::stream(choice.stream);
    let bench = Bench::open(workspace, Ground::Existing, context)?;
    let mut listing = StdoutListing::begin(shown.format, context.look, ["tenant", "landed", "kept"])?;
    let mut troubles: Vec<Trouble> = Vec::new();
    for tenant in &tenants {
        let (report, replayed) = bench.runtime.block_on(bench.engine.replay(tenant, stream, &bench.run_id));
        listing.row(&[Value::from(tenant.name.as_str()), Value::from(replayed.n_landed), Value::from(replayed.n_kept)])?;
        troubles.extend(report.troubles);
        if bench.stopped_by().is_some() {
            break;
        }
    }
    listing.finish()?;
    say_troubles(&troubles);
    Ok(bench.exit_of(&troubles))
}

fn drop_entries(ids: &[String], all: bool, choice: &Choice, context: &Context) -> Outcome {
    let entries = {
        let store = ground::open(context)?;
        if all { everything(&store, choice)? } else { named(&store, ids, choice)? }
    };
    let mut n_dropped = 0_u64;
    let mut rest = entries.as_slice();
    // Entries are in the order of tenants, so each tenant is held once.
    while let Some(first) = rest.first() {
        let n_of_tenant = rest.iter().take_while(|entry| entry.tenant == first.tenant).count();
        let (of_tenant, others) = rest.split_at(n_of_tenant);
        let (mut store, _lease) = ground::open_held(context, &first.tenant)?;
        for entry in of_tenant {
            n_dropped += u64::from(store.quarantine_drop(&entry.tenant, entry.stream, &entry.quarantine_id).map_err(ground::failure)?);
        }
        rest = others;
    }
    say("dropped", &format!("{n_dropped} records from quarantine"));
    Ok(Exit::Done)
}

fn everything(store: &engine::store::Store, choice: &Choice) -> Outcome<Vec<QuarantineEntry>> {
    let (tenant, stream) = (ground::tenant(choice.tenant.as_deref()), ground::stream(choice.stream));
    let mut entries = Vec::new();
    let mut keep = |mut entry: QuarantineEntry| {
        // Only the key is needed, and raw records may be large.
        entry.record.raw = String::new();
        entries.push(entry);
        Ok::<(), Failure>(())
    };
    store.quarantine_list(tenant.as_ref(), stream, &mut keep).map_err(|error| error.or(ground::failure))?;
    Ok(entries)
}

/// Each id must mean exactly one record.
fn named(store: &engine::store::Store, ids: &[String], choice: &Choice) -> Outcome<Vec<QuarantineEntry>> {
    let mut entries = Vec::new();
    for id in ids {
        let mut found = chosen(store, id, choice)?;
        if found.len() != 1 {
            let failure = Failure::usage(format!("`{id}` means {} records in quarantine", found.len()));
            return Err(failure.with_hint("give the whole id, `--tenant` and `--stream`"));
        }
        entries.append(&mut found);
    }
    entries.sort_by(|one, other| one.tenant.cmp(&other.tenant));
    Ok(entries)
}
