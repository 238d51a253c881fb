//! The lake of Parquet files: assessments cut by form version, feedback by month, archived rows in a cold tree of their own.
//! The partition's value stands in the folder's name only, as Hive has it: readers that find it in the file as well stumble over
//! two columns. It reads no Parquet back.
//! What must hold: a partition's file is whole, old or new; files of partitions that have no rows any more go last.
//!
//! ```text
//! assessment/form_version_id=<id>/data.parquet      archive/assessment/form_version_id=<id>/data.parquet
//! feedback/created_month=2024-01/data.parquet       archive/feedback/created_month=2024-01/data.parquet
//! <every other table>/data.parquet                  manifest.json
//! ```
//!
//! Some readers guess types from folders' names and take an id of digits for a number. DuckDB is told not to with
//! `hive_types_autocast = false`, pyarrow with a partitioning schema in which `form_version_id` is a string.

mod columns;
mod tree;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::table::PUBLISHED;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use sink::contract::{Abilities, Occasion, PartitionBy, Published, Rows, Sink};
use sink::disk::{Aside, Disk};
use sink::encode::Written;
use sink::error::{SinkError, SinkErrorKind};
use sink::folder::{self, Care, Piece, Plan};

use crate::parquet::columns::Columns;

/// Rows of a row group, unless their bytes end it before.
const GROUP_ROWS: usize = 65_536;
/// Bytes of a row group in memory, about.
const GROUP_BYTES: usize = 64 * 1024 * 1024;
/// Cells' bytes that are gathered before they go to the row group.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Rows that are gathered before they go to the row group.
const BATCH_ROWS: usize = 4_096;
/// Zstandard's own middle way.
const ZSTD_LEVEL: i32 = 3;

/// A folder with a tree of Parquet files.
#[derive(Debug)]
pub struct ParquetTree {
    disk: Disk,
    root: PathBuf,
}

impl ParquetTree {
    /// The tree in that folder.
    pub fn new(folder: &str) -> Self {
        Self { disk: Disk::real(), root: PathBuf::from(folder) }
    }

    /// The same on another disk, for tests.
    #[must_use]
    pub fn on(mut self, disk: Disk) -> Self {
        self.disk = disk;
        self
    }

    /// All files that are to be there, and what is to be told of their names.
    fn pieces(rows: &dyn Rows) -> Result<(Vec<Piece>, Vec<String>), SinkError> {
        let (mut pieces, mut warnings) = (Vec::new(), Vec::new());
        for table in PUBLISHED {
            let by = tree::cut(table);
            if by == PartitionBy::Whole {
                pieces.push(Piece::of_table(rows, table, format!("{}/{}", table.name, tree::FILE))?);
                continue;
            }
            for state in rows.partitions(table, by)? {
                let place = tree::place(table, by, &state.partition);
                if place.is_shortened {
                    warnings.push(format!(
                        "`{}`: the form version's id is too long for a folder's name; the file's metadata has it whole",
                        place.path
                    ));
                }
                pieces.push(Piece::of_partition(table, by, &state, place.path));
            }
        }
        Ok((pieces, warnings))
    }
}

impl Sink for ParquetTree {
    fn kind(&self) -> &'static str {
        "parquet"
    }

    fn abilities(&self) -> Abilities {
        Abilities { tables: PUBLISHED.to_vec(), keeps_nul: true, row_by_row: false, key_bytes_max: None }
    }

    fn publish(&mut self, rows: &dyn Rows, bookmark: Option<&str>, occasion: &Occasion) -> Result<Published, SinkError> {
        let (pieces, warnings) = Self::pieces(rows)?;
        let strays = tree::strays(&self.disk, &self.root, &pieces)?;
        let plan = Plan { disk: &self.disk, root: &self.root, care: Care::Size, pieces: &pieces, strays: &strays };
        let outcome = folder::publish(&plan, rows, bookmark, occasion, &mut |piece, aside| {
            write_file(rows, piece, aside, &self.root.join(&piece.path))
        })?;
        Ok(Published {
            bookmark: outcome.bookmark,
            rows_written: outcome.rows_written,
            files_written: outcome.files_written,
            changed: 0 < outcome.files_written + outcome.files_removed,
            where_: self.root.display().to_string(),
            warnings,
        })
    }
}

/// Writes the rows of a piece, holding one batch and one row group at a time.
fn write_file(rows: &dyn Rows, piece: &Piece, aside: Aside, path: &Path) -> Result<(Aside, Written), SinkError> {
    let wrong = |error: ParquetError| of_parquet(path, error);
    let in_folder = match piece.wanted.by {
        PartitionBy::Column(column) => Some(column),
        PartitionBy::Whole | PartitionBy::Month(_) => None,
    };
    let mut columns = Columns::new(piece.table, in_folder);
    let mut writer = ArrowWriter::try_new(aside, Arc::clone(columns.schema()), Some(properties(piece).map_err(wrong)?)).map_err(wrong)?;
    let mut n_rows = 0;
    let put = |writer: &mut ArrowWriter<Aside>, columns: &mut Columns| {
        let batch = columns.take().map_err(|error| of_parquet(path, error.into()))?;
        writer.write(&batch).map_err(|error| of_parquet(path, error))?;
        if GROUP_BYTES <= writer.in_progress_size() || GROUP_ROWS <= writer.in_progress_rows() {
            writer.flush().map_err(|error| of_parquet(path, error))?;
        }
        Ok::<(), SinkError>(())
    };
    rows.scan(piece.table, &piece.wanted, &mut |row, _| {
        columns.push(row).map_err(|reason| SinkError::new(SinkErrorKind::Contract, format!("`{}`: {reason}", path.display())))?;
        n_rows += 1;
        if BATCH_ROWS <= columns.n_rows() || BATCH_BYTES <= columns.n_bytes() { put(&mut writer, &mut columns) } else { Ok(()) }
    })?;
    if 0 < columns.n_rows() {
        put(&mut writer, &mut columns)?;
    }
    let aside = writer.into_inner().map_err(wrong)?;
    Ok((aside, Written { n_rows, n_nul: 0 }))
}

fn properties(piece: &Piece) -> Result<WriterProperties, ParquetError> {
    let value = piece.wanted.partition.as_ref().and_then(|partition| partition.value.clone());
    let facts = vec![
        KeyValue::new("scorelake.table".to_owned(), piece.table.name.to_owned()),
        KeyValue::new("scorelake.partition_value".to_owned(), value),
    ];
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_key_value_metadata(Some(facts))
        .build())
}

/// The writer's error; those of the file system come back as such.
fn of_parquet(path: &Path, error: ParquetError) -> SinkError {
    if let ParquetError::External(inner) = &error
        && let Some(inner) = inner.downcast_ref::<io::Error>()
    {
        return SinkError::of_io(path, inner);
    }
    SinkError::new(SinkErrorKind::Other, format!("`{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests;
