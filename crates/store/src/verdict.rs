//! What becomes of one landing: the rules by which a version is new, known, newer, late or deleted. Pure.
//! The effective time of a version is when the source last changed it, else when it happened, else before everything.
//! A version older than what is known never becomes current; on a tie the later seen wins.

use jiff::Timestamp;
use model::row::Landing;
use model::time;

/// What becomes of the row of a deleted record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeletedPolicy {
    /// It leaves the current table; history and tombstone stay.
    Exclude,
    /// It stays, archived.
    Archive,
}

/// Why a version stands in history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HistoryCause {
    /// A newer version took its place.
    Superseded,
    /// It came when a newer one was here already.
    Late,
    /// The source deleted the record.
    Deleted,
    /// The archived row of a record that came back.
    Resurrected,
    /// Its score was computed again with a form version that became known.
    Rescored,
}

impl HistoryCause {
    const ALL: [Self; 5] = [Self::Superseded, Self::Late, Self::Deleted, Self::Resurrected, Self::Rescored];

    /// The word in `cause`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Superseded => "superseded",
            Self::Late => "late",
            Self::Deleted => "deleted",
            Self::Resurrected => "resurrected",
            Self::Rescored => "rescored",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.word() == word)
    }
}

/// The current row of the record, as far as the rules ask.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Standing {
    pub(crate) source_hash: String,
    pub(crate) effective: Option<Timestamp>,
    pub(crate) is_archived: bool,
    pub(crate) scope_ids: Vec<String>,
    pub(crate) scopes_listed: bool,
}

/// What is known of the record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Known {
    /// Never seen, or only suspected of having vanished without ever having had a row.
    Nothing,
    /// It has a current row; `is_dead` when a tombstone stands on it.
    Current { standing: Standing, is_dead: bool },
    /// It was deleted and has no current row.
    Excluded { deleted_as_of: Option<Timestamp>, is_filed: bool },
}

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing, but for the scope that listed it.
    Unchanged,
    /// The row, as a record seen for the first time.
    Insert,
    /// The row; the one that was current goes to history.
    Replace,
    /// The row, live again; the one that was current, if any, goes to history.
    Resurrect,
    /// The deleted version as the current row, archived, and a tombstone.
    Archive,
    /// The deleted version to history, no current row, and a tombstone.
    Exclude,
    /// A further version of a record that is deleted and archived.
    ReplaceDeleted,
    /// A further version of a record that is deleted and excluded.
    FileDeleted,
    /// History only.
    Late,
}

/// When the source last changed this version, as far as it tells. None is before everything.
pub(crate) fn effective(modified_at: Option<Timestamp>, happened_at: Option<Timestamp>) -> Option<Timestamp> {
    modified_at.or(happened_at).map(time::to_millisecond)
}

/// The rules.
pub(crate) fn verdict(landing: &Landing, known: &Known, policy: DeletedPolicy) -> Verdict {
    let effective = effective(landing.modified_at, landing.happened_at);
    match known {
        Known::Nothing => match (landing.is_deleted, policy) {
            (false, _) => Verdict::Insert,
            (true, DeletedPolicy::Archive) => Verdict::Archive,
            (true, DeletedPolicy::Exclude) => Verdict::Exclude,
        },
        Known::Current { standing, .. } if standing.source_hash == landing.source_hash => {
            if standing.is_archived && !landing.is_deleted {
                Verdict::Resurrect
            } else {
                Verdict::Unchanged
            }
        }
        Known::Current { standing, .. } if effective < standing.effective => Verdict::Late,
        Known::Current { is_dead, .. } => match (landing.is_deleted, is_dead, policy) {
            (false, false, _) => Verdict::Replace,
            (false, true, _) => Verdict::Resurrect,
            (true, _, DeletedPolicy::Exclude) => Verdict::Exclude,
            (true, false, DeletedPolicy::Archive) => Verdict::Archive,
            (true, true, DeletedPolicy::Archive) => Verdict::ReplaceDeleted,
        },
        Known::Excluded { is_filed: true, .. } if landing.is_deleted => Verdict::Unchanged,
        Known::Excluded { deleted_as_of, .. } if effective < *deleted_as_of => Verdict::Late,
        Known::Excluded { .. } => match (landing.is_deleted, policy) {
            (false, _) => Verdict::Resurrect,
            (true, DeletedPolicy::Archive) => Verdict::ReplaceDeleted,
            (true, DeletedPolicy::Exclude) => Verdict::FileDeleted,
        },
    }
}
