//! The join: assessments and feedback brought together with the calls, chats and e-mails they are about.
//! A record gives exactly one row, whatever the file repeats. The agent is part of the key: a record joined to another
//! agent's part of a call would be a false coaching correlation. No end of an interaction is taken from a submission.
//!
//! The records are read twice, at one moment of the store: first for the ids they ask for, so that of the file only the
//! interactions are kept that some record names. Both the records and the file may be far greater than memory.

mod asked;
mod book;
mod row;
mod summary;
mod verdict;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use model::id::TenantName;
use model::interaction::{Interaction, JoinKey};
use model::privacy::Privacy;
use model::record::Stream;
use model::table::{Cell, FORM_VERSION, Partition, Row};
use store::{Filter, PartitionBy, Store};

use crate::ledger::blocking;
use crate::report::{Trouble, storage};
use crate::run::Engine;

pub use summary::{Differences, JoinSummary};
pub use verdict::JoinStatus;

use asked::Asked;
use book::{Book, Fingerprint, Wanted, identity};
use summary::Tally;
use verdict::{Verdict, verdict};

/// What is joined and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinOptions {
    /// Only records of these tenants; of all when empty.
    pub tenants: BTreeSet<TenantName>,
    /// Records of these streams.
    pub streams: Vec<Stream>,
    /// The ids to join by, in the order in which they are tried.
    pub keys: Vec<JoinKey>,
    /// Only interactions that ended at this moment or later: by the record's own time, else by the file.
    pub from: Option<Timestamp>,
    /// Only interactions that ended before this moment.
    pub to: Option<Timestamp>,
    /// Ends in record and file that differ by more than this are misaligned.
    pub tolerance: Duration,
    /// A stream with a smaller percentage of matched records is warned of.
    pub warn_below_percent: u64,
}

impl Default for JoinOptions {
    fn default() -> Self {
        Self {
            tenants: BTreeSet::new(),
            streams: Stream::ALL.to_vec(),
            keys: JoinKey::ALL.to_vec(),
            from: None,
            to: None,
            tolerance: Duration::from_secs(1),
            warn_below_percent: 98,
        }
    }
}

impl JoinOptions {
    fn has_window(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    fn is_in_window(&self, end: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= end) && self.to.is_none_or(|to| end < to)
    }
}

/// What a join found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JoinReport {
    /// By stream, tenant and platform.
    pub summaries: Vec<JoinSummary>,
    /// Rows of the file.
    pub n_rows: u64,
    /// Interactions of the file, each counted once however many agents and rows it has; within the window, if there is one.
    pub n_interactions: u64,
    /// Those of them that no live assessment names; none when assessments were not asked for.
    pub n_unassessed: Option<u64>,
    /// Lines for the operator.
    pub warnings: Vec<String>,
}

impl Engine {
    /// Joins the live records of the store with interactions. `visit` gets the rows of `table::joined::JOINED` as they come,
    /// by stream, tenant and id. Nothing is written. Agents that privacy made pseudonyms of are found under them.
    ///
    /// # Errors
    /// That of the interactions or of `visit`, as it came; a trouble of storage.
    pub fn join(
        &self,
        interactions: impl IntoIterator<Item = Result<Interaction, Trouble>>,
        options: &JoinOptions,
        visit: &mut dyn FnMut(Row) -> Result<(), Trouble>,
    ) -> Result<JoinReport, Trouble> {
        blocking(|| {
            let store = Store::open_read_only(&self.workspace.store).map_err(|error| storage(&error))?;
            join(&store, &self.workspace.privacy, interactions, options, visit)
        })
    }
}

/// The join over a store that is open.
///
/// # Errors
/// As [`Engine::join`].
pub fn join(
    store: &Store,
    privacy: &Privacy,
    interactions: impl IntoIterator<Item = Result<Interaction, Trouble>>,
    options: &JoinOptions,
    visit: &mut dyn FnMut(Row) -> Result<(), Trouble>,
) -> Result<JoinReport, Trouble> {
    let snapshot = store.snapshot().map_err(|error| storage(&error))?;
    let mut wanted = Wanted::default();
    each_record(store, options, &mut |asked, _| {
        wanted.add(&asked);
        Ok(())
    })?;
    let read = read_file(interactions, &wanted, privacy, options)?;
    drop(wanted);
    let hashes = content_hashes(store)?;
    let mut tallies: BTreeMap<(Stream, String, String), Tally> = BTreeMap::new();
    let mut assessed: HashSet<Fingerprint> = HashSet::new();
    each_record(store, options, &mut |asked, row| {
        let found = verdict(&asked, &read.book);
        if asked.stream == Stream::Assessments {
            assessed.extend(found.interaction.map(identity));
        }
        let tally = tallies.entry((asked.stream, asked.tenant.clone(), asked.platform.clone())).or_default();
        if !is_counted(&asked, &found, options, tally) {
            return Ok(());
        }
        let difference = found.end_difference_ms(&asked);
        tally.add(&found, difference, options.tolerance);
        visit(row::joined(&asked, &found, difference, row, &hashes))
    })?;
    drop(snapshot);
    let mut report = JoinReport {
        n_rows: read.n_rows,
        n_interactions: read.identities.len() as u64,
        n_unassessed: options.streams.contains(&Stream::Assessments).then(|| {
            let is_unassessed = |one: &&Fingerprint| !assessed.contains(*one);
            read.identities.iter().filter(is_unassessed).count() as u64
        }),
        ..JoinReport::default()
    };
    for ((stream, tenant, platform), tally) in tallies {
        let summary = tally.summary(stream, tenant, platform, options.tolerance);
        report.warnings.extend(summary.warnings(options.warn_below_percent, options.tolerance));
        report.summaries.push(summary);
    }
    Ok(report)
}

/// Whether the record's interaction ended within the window. One of which no end is known stands in no window.
fn is_counted(asked: &Asked, found: &Verdict<'_>, options: &JoinOptions, tally: &mut Tally) -> bool {
    if !options.has_window() {
        return true;
    }
    match asked.interaction_end_time.or_else(|| found.interaction.and_then(|interaction| interaction.ended_at)) {
        Some(end) => options.is_in_window(end),
        None => {
            tally.n_undated += 1;
            false
        }
    }
}

/// What is kept of the file.
struct Read {
    book: Book,
    n_rows: u64,
    /// Each interaction once, those outside the window left out.
    identities: Vec<Fingerprint>,
}

fn read_file(
    interactions: impl IntoIterator<Item = Result<Interaction, Trouble>>,
    wanted: &Wanted,
    privacy: &Privacy,
    options: &JoinOptions,
) -> Result<Read, Trouble> {
    let (mut kept, mut identities, mut n_rows) = (Vec::new(), Vec::new(), 0);
    for interaction in interactions {
        let interaction = interaction?;
        n_rows += 1;
        if !options.has_window() || interaction.ended_at.is_some_and(|end| options.is_in_window(end)) {
            identities.push(identity(&interaction));
        }
        if wanted.has(&interaction) {
            kept.push(interaction);
        }
    }
    identities.sort_unstable();
    identities.dedup();
    Ok(Read { book: Book::new(kept, privacy), n_rows, identities })
}

/// Visits the live records of all wanted streams and tenants.
fn each_record(store: &Store, options: &JoinOptions, visit: &mut dyn FnMut(Asked, &Row) -> Result<(), Trouble>) -> Result<(), Trouble> {
    let only = if options.tenants.len() == 1 { options.tenants.first().cloned() } else { None };
    let live = Some(Partition { value: None, archived: false });
    let filter = Filter { by: PartitionBy::Whole, partition: live, changed_after: None, tenant: only };
    let streams: BTreeSet<Stream> = options.streams.iter().copied().collect();
    for stream in streams {
        let mut look = |row: Row, _seq: i64| {
            let asked = Asked::of(stream, &row, &options.keys);
            let is_wanted = options.tenants.is_empty() || options.tenants.iter().any(|tenant| tenant.as_str() == asked.tenant);
            if is_wanted { visit(asked, &row) } else { Ok(()) }
        };
        store.scan(stream.table(), &filter, &mut look).map_err(|error| error.or(|error| storage(&error)))?;
    }
    Ok(())
}

/// The content hash of each form version, by tenant and id.
fn content_hashes(store: &Store) -> Result<HashMap<(String, String), String>, Trouble> {
    let mut hashes = HashMap::new();
    let mut look = |row: Row, _seq: i64| -> Result<(), Trouble> {
        let text = |column| FORM_VERSION.cell(&row, column).and_then(Cell::as_text).map(ToOwned::to_owned);
        if let (Some(tenant), Some(id), Some(hash)) = (text("tenant"), text("form_version_id"), text("content_hash")) {
            hashes.insert((tenant, id), hash);
        }
        Ok(())
    };
    store.scan(&FORM_VERSION, &Filter::default(), &mut look).map_err(|error| error.or(|error| storage(&error)))?;
    Ok(hashes)
}

#[cfg(test)]
mod tests;
