//! The monitor: what a run tells while it goes on, and the word by which it is asked to stop.
//! Nothing here prints; the command line draws bars or lines from the events.

use std::sync::atomic::{AtomicBool, Ordering};

use model::id::TenantName;
use model::record::Stream;
use tokio::sync::Notify;

/// What happens while a run goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A stream's work is known: so many listings.
    Planned {
        /// Whose.
        tenant: TenantName,
        /// Which.
        stream: Stream,
        /// How many listings there are to read.
        n_listings: u64,
    },
    /// One page of a stream was landed.
    Page {
        /// Whose.
        tenant: TenantName,
        /// Which.
        stream: Stream,
        /// Records on it.
        n_records: u64,
    },
    /// One listing ended, well or not.
    ListingOver {
        /// Whose.
        tenant: TenantName,
        /// Which.
        stream: Stream,
    },
    /// A stream's work is over.
    StreamOver {
        /// Whose.
        tenant: TenantName,
        /// Which.
        stream: Stream,
        /// Listings that failed.
        n_failed: u64,
    },
    /// Something the operator should know.
    Warning {
        /// Whose.
        tenant: TenantName,
        /// One line.
        message: String,
    },
    /// A publication begins.
    Publishing {
        /// Its name.
        name: String,
    },
}

/// Hears of events. Called from many tasks at a time, often; it must be quick and must not fail.
pub trait Monitor: Send + Sync {
    /// Takes in one event.
    fn event(&self, event: &Event);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Monitor for Quiet {
    fn event(&self, _event: &Event) {}
}

/// Asked once, heard by everyone: finish the page and come home.
#[derive(Debug, Default)]
pub struct Stop {
    asked: AtomicBool,
    bell: Notify,
}

impl Stop {
    /// Asks the run to stop after the page it is at.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::SeqCst);
        self.bell.notify_waiters();
    }

    /// Whether it was asked.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// Returns as soon as it is asked.
    pub async fn heard(&self) {
        let mut bell = std::pin::pin!(self.bell.notified());
        // Listening begins before the question, so that a word said in between is not missed.
        bell.as_mut().enable();
        if !self.is_asked() {
            bell.await;
        }
    }
}
