//! Interactions files: a listing of calls, chats and e-mails as CSV or Parquet, read row by row.
//! Nothing is joined here, and nothing is guessed: a time in words without an offset is refused, with its row and column.
//! Rows are counted from 1, the heading aside.

mod csv_rows;
mod error;
mod header;
mod parquet_rows;

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::Path;

use model::interaction::{ColumnMap, Interaction};

pub use error::InteractionsError;

use csv_rows::CsvRows;
use error::Named;
use parquet_rows::ParquetRows;

/// What every Parquet file begins with.
const PARQUET_MAGIC: [u8; 4] = *b"PAR1";

/// The rows of an interactions file. After an error there are no more.
pub struct InteractionRows {
    rows: Rows,
    warnings: Vec<String>,
    is_over: bool,
}

enum Rows {
    Csv(Box<CsvRows>),
    Parquet(Box<ParquetRows>),
}

/// Opens an interactions file. What begins like Parquet is Parquet, anything else is comma-separated text with a heading,
/// in UTF-8.
///
/// The columns of the agent and of the end must be there, those that the operator named, and at least one of an id.
///
/// # Errors
/// [`InteractionsError`] for a file that is not there or cannot be read, a column that is missing or comes twice, and a
/// Parquet column of an unfit type. The rows' own errors come with the rows.
pub fn read(path: &Path, columns: &ColumnMap) -> Result<InteractionRows, InteractionsError> {
    let named = Named::new(path);
    let mut file = File::open(path).map_err(|error| named.io(&error))?;
    let mut magic = [0; 4];
    let is_parquet = match file.read_exact(&mut magic) {
        Ok(()) => magic == PARQUET_MAGIC,
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => false,
        Err(error) => return Err(named.io(&error)),
    };
    if !is_parquet && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet")) {
        return Err(named.fact("is called `.parquet` and does not begin like a Parquet file"));
    }
    file.rewind().map_err(|error| named.io(&error))?;
    if is_parquet {
        let (rows, warnings) = ParquetRows::open(file, columns, named)?;
        return Ok(InteractionRows { rows: Rows::Parquet(Box::new(rows)), warnings, is_over: false });
    }
    let rows = CsvRows::open(file, columns, named)?;
    Ok(InteractionRows { rows: Rows::Csv(Box::new(rows)), warnings: Vec::new(), is_over: false })
}

impl InteractionRows {
    /// What the operator should know of the file's columns; complete from the start.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

impl Iterator for InteractionRows {
    type Item = Result<Interaction, InteractionsError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = match &mut self.rows {
            Rows::Csv(rows) => rows.next_row(),
            Rows::Parquet(rows) => rows.next_row(),
        };
        self.is_over = !matches!(next, Some(Ok(_)));
        next
    }
}

#[cfg(test)]
mod tests;
