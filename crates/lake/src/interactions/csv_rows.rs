//! Rows of comma-separated text.

use std::fs::File;

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};
use jiff::Timestamp;
use model::interaction::{ColumnMap, Field, Interaction};
use model::time;

use super::error::{InteractionsError, Named, Row};
use super::header::Header;

/// See the module.
pub(super) struct CsvRows {
    reader: Reader<File>,
    record: StringRecord,
    header: Header,
    named: Named,
    n_rows: u64,
}

impl CsvRows {
    pub(super) fn open(file: File, columns: &ColumnMap, named: Named) -> Result<Self, InteractionsError> {
        let mut reader = ReaderBuilder::new().from_reader(file);
        let names = reader.headers().map_err(|error| of_header(&error, &named))?.clone();
        if names.is_empty() {
            return Err(named.fact("is empty; its first line must name the columns"));
        }
        let names: Vec<&str> = names.iter().map(|name| name.trim_start_matches('\u{feff}').trim()).collect();
        let header = Header::find(&names, columns, &named)?;
        Ok(Self { reader, record: StringRecord::new(), header, named, n_rows: 0 })
    }

    pub(super) fn next_row(&mut self) -> Option<Result<Interaction, InteractionsError>> {
        let number = self.n_rows + 1;
        match self.reader.read_record(&mut self.record) {
            Ok(false) => None,
            Ok(true) => {
                self.n_rows = number;
                let row = Row { number, line: self.record.position().map(csv::Position::line) };
                Some(self.interaction(&row))
            }
            Err(error) => Some(Err(of_record(&error, number, &self.named))),
        }
    }

    fn interaction(&self, row: &Row) -> Result<Interaction, InteractionsError> {
        let interaction = Interaction {
            interaction_id: self.text(Field::InteractionId),
            external_reference_id: self.text(Field::ExternalReferenceId),
            segment_id: self.text(Field::SegmentId),
            agent_id: self.text(Field::AgentId),
            started_at: self.moment(Field::StartedAt, row)?,
            ended_at: self.moment(Field::EndedAt, row)?,
            media: self.text(Field::Media),
        };
        self.header.with_id(interaction, row, &self.named)
    }

    fn cell(&self, field: Field) -> Option<(&str, &str)> {
        let (place, column) = self.header.place(field)?;
        self.record.get(place).filter(|words| !words.trim().is_empty()).map(|words| (words, column))
    }

    /// Ids are compared byte for byte, so nothing is cut off.
    fn text(&self, field: Field) -> Option<String> {
        self.cell(field).map(|(words, _)| words.to_owned())
    }

    fn moment(&self, field: Field, row: &Row) -> Result<Option<Timestamp>, InteractionsError> {
        let Some((words, column)) = self.cell(field) else { return Ok(None) };
        time::read(words.trim()).map(Some).map_err(|fact| self.named.cell(row, column, fact))
    }
}

fn of_header(error: &csv::Error, named: &Named) -> InteractionsError {
    match error.kind() {
        ErrorKind::Io(error) => named.io(error),
        ErrorKind::Utf8 { .. } => named.fact("is no UTF-8 text"),
        _ => named.fact(format!("cannot be read: {error}")),
    }
}

fn of_record(error: &csv::Error, number: u64, named: &Named) -> InteractionsError {
    let row = Row { number, line: error.position().map(csv::Position::line) };
    match error.kind() {
        ErrorKind::Io(error) => named.io(error),
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            named.row(&row, format!("{len} fields where the heading has {expected_len}"))
        }
        ErrorKind::Utf8 { .. } => named.row(&row, "not UTF-8 text"),
        _ => named.row(&row, error),
    }
}
