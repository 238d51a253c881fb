//! The contract between the store, seen as rows, and a copy of it.
//! It knows neither how the store keeps its rows nor where a copy writes them.
//! What must hold: a copy is a function of the rows; how often, in which pieces and after which crash it was
//! published does not show in it.

use jiff::Timestamp;
use model::table::{Partition, Row, Table};

pub use crate::error::{RowsError, SinkError, SinkErrorKind};

/// The read side of the store as a publication sees it.
///
/// Every row carries its *seq*: the number of its last change, from one store-wide strictly growing counter. Rows may
/// change between two calls (a sync of another tenant is running); within one call they stand still.
pub trait Rows {
    /// Tells this store from every other; a copy made from another store is made anew.
    ///
    /// # Errors
    /// [`RowsError`] if the store cannot be read.
    fn store_id(&self) -> Result<String, RowsError>;

    /// The partitions that have rows, each with its state. Archived rows are always a partition apart in tables with
    /// `is_archived`; for [`PartitionBy::Whole`] the value is none.
    ///
    /// # Errors
    /// [`RowsError`] if the store cannot be read.
    fn partitions(&self, table: &'static Table, by: PartitionBy) -> Result<Vec<PartitionState>, RowsError>;

    /// Shows the wanted rows one by one with their seq: in the byte order of the table's key, or, when `changed_after` is given,
    /// in the order of their seq. Each row is shown once.
    ///
    /// # Errors
    /// Whatever `visit` returns ends the scan and is passed on as it is; otherwise [`SinkErrorKind::Rows`].
    fn scan(
        &self,
        table: &'static Table,
        wanted: &Wanted,
        visit: &mut dyn FnMut(&Row, i64) -> Result<(), SinkError>,
    ) -> Result<(), SinkError>;

    /// Shows what was taken out after that seq: tenant, id, seq of the removal. Asked for `assessment` and `feedback`
    /// only; the answers of an assessment go with it. A record that came back later is shown too.
    ///
    /// # Errors
    /// As [`Rows::scan`].
    fn removed_after(
        &self,
        table: &'static Table,
        seq: i64,
        visit: &mut dyn FnMut(&str, &str, i64) -> Result<(), SinkError>,
    ) -> Result<(), SinkError>;

    /// The last seq given out; 0 in an empty store. Everything up to it is seen by every later call.
    ///
    /// # Errors
    /// [`RowsError`] if the store cannot be read.
    fn seq_now(&self) -> Result<i64, RowsError>;
}

/// How a table is cut into partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionBy {
    /// Not at all.
    Whole,
    /// By the value of a text column.
    Column(&'static str),
    /// By the month (`2024-01`, UTC) of a time column.
    Month(&'static str),
}

/// The state of one partition. `(n_rows, seq_max)` is a sound fingerprint: any change to the partition's rows changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionState {
    /// Which partition.
    pub partition: Partition,
    /// Its rows; never 0.
    pub n_rows: u64,
    /// The seq of its last changed row.
    pub seq_max: i64,
}

/// Which rows of a table a scan shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// How `partition` is to be read.
    pub by: PartitionBy,
    /// Only that partition; all rows, archived or not, when none.
    pub partition: Option<Partition>,
    /// Only rows with a greater seq.
    pub changed_after: Option<i64>,
}

impl Wanted {
    /// All rows in the order of the key.
    pub const fn all() -> Self {
        Self { by: PartitionBy::Whole, partition: None, changed_after: None }
    }

    /// The rows of one partition in the order of the key.
    pub const fn of_partition(by: PartitionBy, partition: Partition) -> Self {
        Self { by, partition: Some(partition), changed_after: None }
    }

    /// The rows changed after that seq, in the order of their seq.
    pub const fn changed_after(seq: i64) -> Self {
        Self { by: PartitionBy::Whole, partition: None, changed_after: Some(seq) }
    }
}

/// The run that publishes, and its moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// The run.
    pub run_id: String,
    /// The moment written beside what is written.
    pub now: Timestamp,
}

/// What a copy can show of the rows. The common suite expects exactly this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abilities {
    /// The tables it holds.
    pub tables: Vec<&'static Table>,
    /// The character U+0000 survives; otherwise U+2400 stands in its place and a warning counts it.
    pub keeps_nul: bool,
    /// Only changed rows are written, not the whole file they belong to.
    pub row_by_row: bool,
    /// A key column longer than this is refused with an error.
    pub key_bytes_max: Option<usize>,
}

/// What one publication did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// To be kept and given back at the next call. Opaque.
    pub bookmark: String,
    /// Rows in the files that were written, or rows that the database changed.
    pub rows_written: u64,
    /// Files whose bytes changed; 0 for databases.
    pub files_written: u64,
    /// Anything in the copy changed, removals included.
    pub changed: bool,
    /// Where the copy stands: a path, or a database without its password.
    pub where_: String,
    /// What the operator should know although it went well; one line each.
    pub warnings: Vec<String>,
}

/// A copy of the store's tables.
pub trait Sink: Send {
    /// The word of the configuration: `json`, `ndjson`, `csv`, `parquet`, `postgres`.
    fn kind(&self) -> &'static str;

    /// What this copy can show.
    fn abilities(&self) -> Abilities;

    /// Makes the copy equal to the rows. May be called any number of times; with nothing new it touches nothing.
    ///
    /// `bookmark` is what the last successful call returned; none the first time or when it was lost, which costs work but
    /// changes nothing in the result. It blocks: call it where blocking is allowed.
    ///
    /// # Errors
    /// [`SinkError`]; the copy then holds parts of the old and of the new rows, each whole, and the next call repairs it.
    fn publish(&mut self, rows: &dyn Rows, bookmark: Option<&str>, occasion: &Occasion) -> Result<Published, SinkError>;
}
