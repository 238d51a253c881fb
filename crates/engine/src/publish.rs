//! Publishing: every configured copy brought up to the store, each with its own bookmark, none of them asking a source.
//! A copy that fails leaves its bookmark where it was; the others go on.

use model::table::{Row, Table};
use sink::contract::{Occasion, PartitionBy, PartitionState, Published, Rows, RowsError, Sink, SinkError, SinkErrorKind, Wanted};
use store::{Filter, Store, StoreError, VisitError};

use crate::ledger::blocking;
use crate::monitor::Event;
use crate::report::{Trouble, TroubleKind, storage};
use crate::run::Engine;

/// One copy to be brought up to date.
pub struct Publication {
    /// Its name; the bookmark stands under it.
    pub name: String,
    /// The copy.
    pub sink: Box<dyn Sink>,
}

/// What became of one publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicationReport {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// What it did, or why not.
    pub outcome: Result<Published, Trouble>,
}

impl Engine {
    /// Brings every copy up to the store as it stands. With nothing new nothing is touched.
    pub fn publish(&self, publications: &mut [Publication], run_id: &str) -> Vec<PublicationReport> {
        publications
            .iter_mut()
            .map(|publication| {
                self.monitor.event(&Event::Publishing { name: publication.name.clone() });
                let outcome = blocking(|| self.publish_one(publication, run_id));
                PublicationReport { name: publication.name.clone(), kind: publication.sink.kind(), outcome }
            })
            .collect()
    }

    fn publish_one(&self, publication: &mut Publication, run_id: &str) -> Result<Published, Trouble> {
        let name = publication.name.as_str();
        let occasion = Occasion { run_id: run_id.to_owned(), now: self.clock.now() };
        // A connection of its own, held at one moment: a sync that goes on meanwhile does not show half of itself.
        let store = Store::open_read_only(&self.workspace.store).map_err(|error| storage(&error))?;
        let snapshot = store.snapshot().map_err(|error| storage(&error))?;
        let bookmark = store.bookmark(name).map_err(|error| storage(&error))?;
        let published =
            publication.sink.publish(&StoreRows(&store), bookmark.as_deref(), &occasion).map_err(|error| trouble(name, &error))?;
        drop(snapshot);
        if bookmark.as_deref() != Some(&published.bookmark) {
            self.ledger
                .with(|store| store.set_bookmark(name, &published.bookmark, run_id, occasion.now))
                .map_err(|error| storage(&error))?;
        }
        Ok(published)
    }
}

fn trouble(name: &str, error: &SinkError) -> Trouble {
    let kind = match error.kind {
        SinkErrorKind::Configuration | SinkErrorKind::Permission => TroubleKind::Configuration,
        _ => TroubleKind::Storage,
    };
    let trouble = Trouble::new(kind, format!("publication `{name}`: {error}"));
    match &error.hint {
        Some(hint) => trouble.with_hint(hint.clone()),
        None => trouble.with_hint(format!("mend it and run `scorelake publish {name}`; what was extracted is safe in the store")),
    }
}

/// The store as publications see it.
pub struct StoreRows<'a>(pub &'a Store);

fn unreadable(error: &StoreError) -> RowsError {
    RowsError::new(error.to_string())
}

fn cut(by: PartitionBy) -> store::PartitionBy {
    match by {
        PartitionBy::Whole => store::PartitionBy::Whole,
        PartitionBy::Column(column) => store::PartitionBy::Column(column),
        PartitionBy::Month(column) => store::PartitionBy::Month(column),
    }
}

fn ended(error: VisitError<SinkError>) -> SinkError {
    error.or(|error| SinkError::new(SinkErrorKind::Rows, error.to_string()))
}

impl Rows for StoreRows<'_> {
    fn store_id(&self) -> Result<String, RowsError> {
        self.0.store_id().map_err(|error| unreadable(&error))
    }

    fn partitions(&self, table: &'static Table, by: PartitionBy) -> Result<Vec<PartitionState>, RowsError> {
        let states = self.0.partitions(table, cut(by)).map_err(|error| unreadable(&error))?;
        Ok(states
            .into_iter()
            .map(|state| PartitionState { partition: state.partition, n_rows: state.n_rows, seq_max: state.seq_max })
            .collect())
    }

    fn scan(
        &self,
        table: &'static Table,
        wanted: &Wanted,
        visit: &mut dyn FnMut(&Row, i64) -> Result<(), SinkError>,
    ) -> Result<(), SinkError> {
        let filter = Filter { by: cut(wanted.by), partition: wanted.partition.clone(), changed_after: wanted.changed_after, tenant: None };
        self.0.scan(table, &filter, &mut |row: Row, seq| visit(&row, seq)).map_err(ended)
    }

    fn removed_after(
        &self,
        table: &'static Table,
        seq: i64,
        visit: &mut dyn FnMut(&str, &str, i64) -> Result<(), SinkError>,
    ) -> Result<(), SinkError> {
        let Some(stream) = model::record::Stream::ALL.into_iter().find(|stream| stream.table() == table) else { return Ok(()) };
        self.0
            .removals_after(stream, seq, &mut |tenant: model::id::TenantName, id: model::id::RecordId, seq| {
                visit(tenant.as_str(), id.as_str(), seq)
            })
            .map_err(ended)
    }

    fn seq_now(&self) -> Result<i64, RowsError> {
        self.0.seq_now().map_err(|error| unreadable(&error))
    }
}
