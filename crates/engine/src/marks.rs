//! Marks: how far each stream has come, beside its windows. Each moves only forward, and only after what it stands for
//! is landed; a backfill moves none.

use jiff::Timestamp;
use model::id::ScopeId;
use model::record::Stream;
use store::StoreError;

use crate::board::StreamOutcome;
use crate::ledger::Ledger;
use crate::plan::{Present, before};
use crate::settings::Tenant;

/// Every change up to here is landed.
pub const MODIFIED_UNTIL: &str = "modified_until";
/// The last whole sweep, or the first run.
pub const SWEPT_AT: &str = "swept_at";
/// The statuses that closed windows were read with.
pub const STATUSES: &str = "statuses";

/// The scopes that showed no record at all up to the last whole run.
pub const SILENT: &str = "silent_scopes";

/// The marks of one tenant.
pub struct Marks<'a> {
    /// The store.
    pub ledger: &'a Ledger,
    /// Whose.
    pub tenant: &'a Tenant,
}

impl Marks<'_> {
    fn moment(&self, stream: Stream, name: &str) -> Result<Option<Timestamp>, StoreError> {
        let words = self.ledger.with(|store| store.mark(&self.tenant.name, stream, name))?;
        Ok(words.and_then(|words| model::time::read(&words).ok()))
    }

    fn set(&self, stream: Stream, name: &str, value: &str, now: Timestamp) -> Result<(), StoreError> {
        self.ledger.with(|store| store.set_mark(&self.tenant.name, stream, name, value, now))
    }

    /// From when modifications have to be read: the watermark less `lookback`. None on the first run, whose reading by
    /// creation shows everything as it is; the watermark is set before that reading begins.
    ///
    /// # Errors
    /// Those of the store.
    pub fn modified_since(&self, stream: Stream, present: Present, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let since = self.modified_from(stream)?;
        if since.is_none() {
            self.set(stream, MODIFIED_UNTIL, &model::time::text(present.settled), now)?;
        }
        Ok(since)
    }

    /// The same, setting nothing.
    ///
    /// # Errors
    /// Those of the store.
    pub fn modified_from(&self, stream: Stream) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.moment(stream, MODIFIED_UNTIL)?.map(|until| before(until, self.tenant.lookback)))
    }

    /// Whether the slow whole re-read is due. Not on the first run, which reads everything anyway.
    ///
    /// # Errors
    /// Those of the store.
    pub fn sweep_due(&self, stream: Stream, present: Present) -> Result<bool, StoreError> {
        let swept = self.moment(stream, SWEPT_AT)?;
        Ok(swept.is_some_and(|swept| swept <= before(present.settled, self.tenant.sweep.every)))
    }

    /// Whether assessments were last read with other statuses; if so their windows are opened again.
    ///
    /// # Errors
    /// Those of the store.
    pub fn statuses_changed(&self, now: Timestamp) -> Result<bool, StoreError> {
        let words: Vec<&str> = self.tenant.statuses.iter().map(String::as_str).collect();
        let words = words.join(",");
        let stream = Stream::Assessments;
        let kept = self.ledger.with(|store| store.mark(&self.tenant.name, stream, STATUSES))?;
        if kept.as_deref() == Some(&words) {
            return Ok(false);
        }
        if kept.is_some() {
            self.ledger.with(|store| store.reset_windows(&self.tenant.name, stream))?;
        }
        self.set(stream, STATUSES, &words, now)?;
        Ok(kept.is_some())
    }

    /// The scopes that were silent up to the last whole run. Kept in the store, because a run that dies after it has landed
    /// their first records must not take the memory of it along.
    ///
    /// # Errors
    /// Those of the store.
    pub fn silent(&self) -> Result<Vec<ScopeId>, StoreError> {
        let mut scopes: Vec<String> = Vec::new();
        for stream in Stream::ALL {
            let words = self.ledger.with(|store| store.mark(&self.tenant.name, stream, SILENT))?;
            scopes.extend(words.and_then(|words| serde_json::from_str::<Vec<String>>(&words).ok()).unwrap_or_default());
        }
        scopes.sort_unstable();
        scopes.dedup();
        Ok(scopes.into_iter().map(ScopeId::new).collect())
    }

    /// Keeps the silent scopes. They are the tenant's; each stream has them, so that a reset of one leaves them to the other.
    ///
    /// # Errors
    /// Those of the store.
    pub fn keep_silent(&self, scopes: &[ScopeId], now: Timestamp) -> Result<(), StoreError> {
        let words: Vec<&str> = scopes.iter().map(ScopeId::as_str).collect();
        let words = serde_json::Value::from(words).to_string();
        Stream::ALL.into_iter().try_for_each(|stream| self.set(stream, SILENT, &words, now))
    }

    /// Moves the marks of a stream whose part of a live run is over, as far as it was complete.
    ///
    /// # Errors
    /// Those of the store.
    pub fn advance(
        &self,
        stream: Stream,
        outcome: &StreamOutcome,
        swept: bool,
        present: Present,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let until = model::time::text(present.settled);
        let moved = self.moment(stream, MODIFIED_UNTIL)?.is_some_and(|kept| kept < present.settled);
        if stream == Stream::Feedback && outcome.modified_complete && outcome.n_failed == 0 && moved {
            self.set(stream, MODIFIED_UNTIL, &until, now)?;
        }
        let first = self.moment(stream, SWEPT_AT)?.is_none();
        if outcome.n_failed == 0 && (swept || first) {
            self.set(stream, SWEPT_AT, &until, now)?;
        }
        Ok(())
    }
}
