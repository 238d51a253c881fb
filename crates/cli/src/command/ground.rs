//! What the commands over the store share: opening it, choosing in it, and the exit codes of what goes wrong with it.

use engine::model::id::TenantName;
use engine::model::record::Stream;
use engine::store::{Lease, LeaseError, Store, StoreError, StoreErrorKind};
use serde_json::Value;

use engine::report::{Trouble, TroubleKind};
use engine::sink::error::{SinkError, SinkErrorKind};
use engine::wire::clock::Clock as _;

use crate::command::Context;
use crate::config::{Config, Secrets};
use crate::exit::{Exit, Failure, Outcome};
use crate::flags::StreamWord;

/// Opens the configured store for reading.
///
/// # Errors
/// A wrong configuration; a store that is not there or cannot be read.
pub(crate) fn open(context: &Context) -> Outcome<Store> {
    open_at(&context.config(Secrets::None)?)
}

/// Opens the store of a configuration for reading.
///
/// # Errors
/// A store that is not there or cannot be read.
pub(crate) fn open_at(config: &Config) -> Outcome<Store> {
    Store::open_read_only(&config.workspace.store).map_err(failure)
}

/// Opens the configured store for writing what belongs to one tenant, which nobody else may be extracting meanwhile.
///
/// # Errors
/// A wrong configuration; a store that is not there or cannot be written; a tenant held by another run.
pub(crate) fn open_held(context: &Context, tenant: &TenantName) -> Outcome<(Store, Lease)> {
    let config = context.config(Secrets::None)?;
    let path = &config.workspace.store;
    // A store that is not there would be made by opening it for writing.
    drop(Store::open_read_only(path).map_err(failure)?);
    let lease = Lease::take(path, tenant).map_err(|error| match error {
        LeaseError::Held { .. } => {
            Failure::new(Exit::Trouble(TroubleKind::Held.exit_code()), error.to_string()).with_hint("wait until it is over")
        }
        LeaseError::Unusable { .. } => Failure::storage(error.to_string()),
    })?;
    let store = Store::open(path, context.clock.now()).map_err(failure)?;
    Ok((store, lease))
}

/// What went wrong with the store, with its exit code: words that are no query are the caller's, the rest the store's.
pub(crate) fn failure(error: StoreError) -> Failure {
    let failure = match error.kind() {
        StoreErrorKind::Query => Failure::usage(error.to_string()),
        StoreErrorKind::Bug => Failure::new(Exit::Bug, format!("bug: {error}")),
        _ => Failure::storage(error.to_string()),
    };
    match error.hint() {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

/// A file or copy that could not be written, as a trouble of `what`.
pub(crate) fn unwritten(what: &str, error: &SinkError) -> Trouble {
    let kind = match error.kind {
        SinkErrorKind::Configuration | SinkErrorKind::Permission => TroubleKind::Configuration,
        _ => TroubleKind::Storage,
    };
    Trouble { kind, message: format!("{what}: {error}"), hint: error.hint.clone() }
}

/// A tenant by its name.
pub(crate) fn tenant(name: Option<&str>) -> Option<TenantName> {
    name.map(TenantName::new)
}

/// A stream by its word.
pub(crate) fn stream(word: Option<StreamWord>) -> Option<Stream> {
    word.map(Stream::from)
}

/// A moment as every listing shows it.
pub(crate) fn time(moment: jiff::Timestamp) -> Value {
    Value::from(engine::model::time::text(moment))
}

/// A moment, or nothing.
pub(crate) fn maybe_time(moment: Option<jiff::Timestamp>) -> Value {
    moment.map_or(Value::Null, time)
}
