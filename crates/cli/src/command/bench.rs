//! The bench: what every command that runs the engine stands on. A runtime, the open engine, a run id, and ears for the
//! signals that ask it to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use engine::model::id::TenantName;
use engine::monitor::Stop;
use engine::report::{Trouble, TroubleKind, exit_code};
use engine::run::Engine;
use engine::settings::Workspace;
use engine::store::{Lease, LeaseError, Store};
use engine::wire::clock::{Clock, SystemClock};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::command::{Context, ground};
use crate::exit::{Exit, Failure, Outcome};
use crate::screen::Screen;

/// Holds publications apart: two processes that write the same files would only undo each other's work.
const PUBLICATIONS: &str = "_publications";

/// The tenant of a run over all.
const EVERYONE: &str = "*";

/// A store that has to be there already, or may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ground {
    /// It has to be there.
    Existing,
    /// It is made when it is not.
    Fresh,
}

/// An engine at work.
pub(crate) struct Bench {
    /// The runtime everything runs on.
    pub(crate) runtime: Runtime,
    /// The engine.
    pub(crate) engine: Engine,
    /// The id of this run.
    pub(crate) run_id: String,
    /// The clock of the run.
    pub(crate) clock: Arc<dyn Clock>,
    /// What is said meanwhile.
    pub(crate) screen: Screen,
    asked: Asked,
    store: std::path::PathBuf,
}

/// By which signal the run was asked to stop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked(Arc<AtomicU8>);

impl Asked {
    /// The exit it asks for.
    pub(crate) fn exit(&self) -> Option<Exit> {
        match self.0.load(Ordering::SeqCst) {
            0 => None,
            code if code == Exit::Interrupted.code() => Some(Exit::Interrupted),
            _ => Some(Exit::Terminated),
        }
    }
}

impl Bench {
    /// Opens the engine and listens for signals.
    ///
    /// # Errors
    /// A store that cannot be opened; a machine without room for a runtime.
    pub(crate) fn open(workspace: Workspace, ground: Ground, context: &Context) -> Outcome<Self> {
        Self::open_at(workspace, ground, context.clock.clone(), context)
    }

    /// The same with a clock of its own.
    ///
    /// # Errors
    /// As [`Bench::open`].
    pub(crate) fn open_at(workspace: Workspace, ground: Ground, clock: SystemClock, context: &Context) -> Outcome<Self> {
        let store = workspace.store.clone();
        if ground == Ground::Existing {
            drop(Store::open_read_only(&store).map_err(ground::failure)?);
        }
        let runtime = runtime()?;
        let stop = Arc::new(Stop::default());
        let asked = Asked::default();
        listen(&runtime, &stop, &asked, &context.screen)?;
        let clock: Arc<dyn Clock> = Arc::new(clock);
        let engine = Engine::open(workspace, Arc::clone(&clock), Arc::new(context.screen.clone()), stop)?;
        let run_id = engine.new_run_id();
        Ok(Self { runtime, engine, run_id, clock, screen: context.screen.clone(), asked, store })
    }

    /// The store's file.
    pub(crate) fn store(&self) -> &std::path::Path {
        &self.store
    }

    /// By which signal the run was asked to stop, if it was.
    pub(crate) fn stopped_by(&self) -> Option<Exit> {
        self.asked.exit()
    }

    /// Notes in the store that a run of this command began.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) fn begin(&self, command: &str) -> Outcome<()> {
        let now = self.clock.now();
        self.runtime
            .block_on(async { self.engine.ledger().with(|store| store.start_run(EVERYONE, &self.run_id, command, now)) })
            .map_err(ground::failure)
    }

    /// Notes how the run ended. A store that cannot note it is told, and makes a good end a bad one.
    pub(crate) fn end(&self, exit: Exit, summary: &Value) -> Exit {
        let (now, code) = (self.clock.now(), i64::from(exit.code()));
        let noted = self
            .runtime
            .block_on(async { self.engine.ledger().with(|store| store.end_run(EVERYONE, &self.run_id, code, &summary.to_string(), now)) });
        match noted {
            Ok(()) => exit,
            Err(error) => {
                let told = ground::failure(error).tell();
                if exit == Exit::Done { told } else { exit }
            }
        }
    }

    /// The exit of a run with these troubles: the signal's, if one asked it to stop.
    pub(crate) fn exit_of<'a>(&self, troubles: impl IntoIterator<Item = &'a Trouble>) -> Exit {
        self.stopped_by().unwrap_or(match exit_code(troubles) {
            0 => Exit::Done,
            code => Exit::Trouble(code),
        })
    }

    /// The right to publish, or a failure with exit code 8.
    ///
    /// # Errors
    /// Another run is publishing; a lock file that cannot be made.
    pub(crate) fn hold_publications(&self) -> Outcome<Lease> {
        Lease::take(&self.store, &TenantName::new(PUBLICATIONS)).map_err(|error| match error {
            LeaseError::Held { .. } => {
                Failure::new(Exit::Trouble(TroubleKind::Held.exit_code()), "publications are being written by another run")
                    .with_hint("wait until it is over, then `scorelake publish`")
            }
            other => Failure::storage(other.to_string()),
        })
    }
}

/// A runtime of many threads: the engine hands a thread back while it waits for the disk.
///
/// # Errors
/// A machine without room for one.
pub(crate) fn runtime() -> Outcome<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Bug, format!("no runtime: {error}")))
}

/// Waits for SIGINT or SIGTERM and tells which.
///
/// # Errors
/// A system that lets nobody listen.
pub(crate) struct Ears {
    interrupt: Signal,
    terminate: Signal,
}

impl Ears {
    /// Begins to listen; from here on a signal no longer ends the process. Must be called within a runtime.
    ///
    /// # Errors
    /// A system that lets nobody listen.
    pub(crate) fn open() -> Outcome<Self> {
        let listen = |kind| signal(kind).map_err(|error| Failure::new(Exit::Bug, format!("no ears for signals: {error}")));
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// Returns when one came.
    pub(crate) async fn hear(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
        }
    }
}

/// The first signal asks the run to stop, the second ends the process: every page is landed whole or not at all.
fn listen(runtime: &Runtime, stop: &Arc<Stop>, asked: &Asked, screen: &Screen) -> Outcome<()> {
    let _within = runtime.enter();
    let mut ears = Ears::open()?;
    let (stop, asked, screen) = (Arc::clone(stop), asked.clone(), screen.clone());
    runtime.spawn(async move {
        let exit = ears.hear().await;
        asked.0.store(exit.code(), Ordering::SeqCst);
        screen.say("stopping", "the page is finished and progress kept; once more to leave at once");
        stop.ask();
        let exit = ears.hear().await;
        std::process::exit(i32::from(exit.code()));
    });
    Ok(())
}
