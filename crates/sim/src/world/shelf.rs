//! All records of one stream, written out ready to be sent, and sorted by the times that listings filter on.
//! Every key is `(time, id)`, so a listing can go on after any record, also after one that has gone.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use crate::world::words::Status;

/// A place in a listing: the time and the id of a record.
pub(crate) type Key = (i64, Arc<str>);

/// What a record's text is written from; together with the tenant it is all that makes the record.
#[derive(Clone, Debug)]
pub(crate) struct Making {
    pub(crate) serial: u32,
    /// Place of the division or site the record happened in.
    pub(crate) scope: u16,
    pub(crate) status: Status,
    /// Whether an assessment has been scored; a deleted one shows as much as it had.
    pub(crate) scored: bool,
    /// When the record first came up.
    pub(crate) born_ms: i64,
    /// Submission or creation, by which listings are filtered.
    pub(crate) time_ms: i64,
    /// `None` until the first change.
    pub(crate) modified_ms: Option<i64>,
    /// How often the content has been edited.
    pub(crate) n_edits: u32,
    /// Place of the form version; of no meaning for feedback.
    pub(crate) form_version: usize,
    /// The assessed call that a feedback entry speaks of.
    pub(crate) about: Option<About>,
}

/// An assessment whose call feedback speaks of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About {
    pub(crate) serial: u32,
    pub(crate) agent: u32,
}

/// A record as it stands.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) id: Arc<str>,
    pub(crate) body: Arc<str>,
    /// The text of a feedback entry before the last change that moved its modification time.
    pub(crate) previous: Option<Arc<str>>,
    pub(crate) scopes: [Option<u16>; 2],
    pub(crate) agent: u32,
    pub(crate) making: Making,
    /// The status to return to, while the record is deleted.
    pub(crate) status_before: Option<Status>,
}

impl Record {
    pub(crate) fn is_deleted(&self) -> bool {
        self.status_before.is_some()
    }

    pub(crate) fn modified_ms(&self) -> i64 {
        self.making.modified_ms.unwrap_or(self.making.time_ms)
    }
}

/// By which time a listing is filtered and ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Time,
    Modified,
}

/// The records of one stream.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    records: Vec<Record>,
    place_of_id: HashMap<Arc<str>, u32>,
    by_time: BTreeMap<Key, u32>,
    by_modified: BTreeMap<Key, u32>,
}

impl Shelf {
    pub(crate) fn insert(&mut self, record: Record) -> u32 {
        let place = self.records.len() as u32;
        self.place_of_id.insert(Arc::clone(&record.id), place);
        self.by_time.insert((record.making.time_ms, Arc::clone(&record.id)), place);
        self.by_modified.insert((record.modified_ms(), Arc::clone(&record.id)), place);
        self.records.push(record);
        place
    }

    /// Puts a changed record in the place of the old one.
    pub(crate) fn replace(&mut self, place: u32, record: Record) {
        let Some(old) = self.records.get_mut(place as usize) else { return };
        let old_keys = ((old.making.time_ms, Arc::clone(&old.id)), (old.modified_ms(), Arc::clone(&old.id)));
        let new_keys = ((record.making.time_ms, Arc::clone(&record.id)), (record.modified_ms(), Arc::clone(&record.id)));
        *old = record;
        if old_keys.0 != new_keys.0 {
            self.by_time.remove(&old_keys.0);
            self.by_time.insert(new_keys.0, place);
        }
        if old_keys.1 != new_keys.1 {
            self.by_modified.remove(&old_keys.1);
            self.by_modified.insert(new_keys.1, place);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    pub(crate) fn get(&self, place: u32) -> Option<&Record> {
        self.records.get(place as usize)
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<&Record> {
        self.place_of_id.get(id).and_then(|place| self.get(*place))
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Record> {
        self.records.iter()
    }

    /// Records with a time in `[from, to)`, in order, after the given key.
    pub(crate) fn range<'a>(
        &'a self,
        order: Order,
        from_ms: i64,
        to_ms: i64,
        after: Option<Key>,
    ) -> impl Iterator<Item = (i64, &'a Record)> + use<'a> {
        let index = match order {
            Order::Time => &self.by_time,
            Order::Modified => &self.by_modified,
        };
        let first: Key = (from_ms, "".into());
        let low = match after {
            Some(key) if key >= first => Bound::Excluded(key),
            _ => Bound::Included(first),
        };
        // A range that ends before it begins is empty, where the map would panic.
        let is_forward = match &low {
            Bound::Excluded(key) | Bound::Included(key) => key.0 < to_ms,
            Bound::Unbounded => true,
        };
        let bounds = (low, Bound::Excluded((to_ms, "".into())));
        let rows = is_forward.then(|| index.range(bounds)).into_iter().flatten();
        rows.filter_map(|(key, place)| self.get(*place).map(|record| (key.0, record)))
    }
}
