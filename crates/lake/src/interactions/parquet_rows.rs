//! Rows of Parquet: only the columns that are needed, a batch at a time.
//! Timestamps without a zone are UTC by the format's own reading of them, and the operator is told.

use std::collections::BTreeMap;
use std::fs::File;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use jiff::Timestamp;
use model::interaction::{ColumnMap, Field, Interaction};
use model::time;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;

use super::error::{InteractionsError, Named, Row};
use super::header::Header;

/// Rows held at a time.
const BATCH_ROWS: usize = 4096;

/// See the module.
pub(super) struct ParquetRows {
    reader: ParquetRecordBatchReader,
    header: Header,
    named: Named,
    columns: BTreeMap<Field, ArrayRef>,
    n_in_batch: usize,
    next_in_batch: usize,
    n_rows: u64,
}

impl ParquetRows {
    /// Opens the file and gives what is to be told of its columns.
    pub(super) fn open(file: File, columns: &ColumnMap, named: Named) -> Result<(Self, Vec<String>), InteractionsError> {
        let wrong = |error: ParquetError| of_parquet(&error, &named);
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(wrong)?;
        let schema = builder.schema().clone();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let header = Header::find(&names, columns, &named)?;
        let mut warnings = Vec::new();
        for (field, place, column) in header.places() {
            let Some(found) = schema.fields().get(place) else { continue };
            check_type(field, column, found.data_type(), &named)?;
            if matches!(found.data_type(), DataType::Timestamp(_, None)) {
                warnings.push(named.fact(format!("keeps `{column}` without a time zone; it is read as UTC")).message);
            }
        }
        let mask = ProjectionMask::roots(builder.parquet_schema(), header.places().map(|(_, place, _)| place));
        let reader = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build().map_err(wrong)?;
        Ok((Self { reader, header, named, columns: BTreeMap::new(), n_in_batch: 0, next_in_batch: 0, n_rows: 0 }, warnings))
    }

    pub(super) fn next_row(&mut self) -> Option<Result<Interaction, InteractionsError>> {
        while self.next_in_batch == self.n_in_batch {
            match self.reader.next()? {
                Ok(batch) => self.take_up(&batch),
                Err(error) => return Some(Err(of_words(&error.to_string(), &self.named))),
            }
        }
        let index = self.next_in_batch;
        self.next_in_batch += 1;
        self.n_rows += 1;
        Some(self.interaction(index, &Row { number: self.n_rows, line: None }))
    }

    fn take_up(&mut self, batch: &RecordBatch) {
        let found = self.header.places().filter_map(|(field, _, column)| Some((field, batch.column_by_name(column)?.clone())));
        self.columns = found.collect();
        (self.n_in_batch, self.next_in_batch) = (batch.num_rows(), 0);
    }

    fn interaction(&self, index: usize, row: &Row) -> Result<Interaction, InteractionsError> {
        let text = |field: Field| self.columns.get(&field).and_then(|array| text(array, index)).filter(|words| !words.trim().is_empty());
        let interaction = Interaction {
            interaction_id: text(Field::InteractionId),
            external_reference_id: text(Field::ExternalReferenceId),
            segment_id: text(Field::SegmentId),
            agent_id: text(Field::AgentId),
            started_at: self.moment(Field::StartedAt, index, row)?,
            ended_at: self.moment(Field::EndedAt, index, row)?,
            media: text(Field::Media),
        };
        self.header.with_id(interaction, row, &self.named)
    }

    fn moment(&self, field: Field, index: usize, row: &Row) -> Result<Option<Timestamp>, InteractionsError> {
        let (Some(array), Some((_, column))) = (self.columns.get(&field), self.header.place(field)) else { return Ok(None) };
        let wrong = |fact: String| self.named.cell(row, column, fact);
        match stamp(array, index) {
            Some(Ok(moment)) => Ok(Some(time::to_millisecond(moment))),
            Some(Err(fact)) => Err(wrong(fact)),
            None => {
                let words = text(array, index).filter(|words| !words.trim().is_empty());
                words.map(|words| time::read(words.trim()).map_err(wrong)).transpose()
            }
        }
    }
}

fn check_type(field: Field, column: &str, found: &DataType, named: &Named) -> Result<(), InteractionsError> {
    let is_time = matches!(field, Field::StartedAt | Field::EndedAt);
    let fits = match found {
        DataType::Timestamp(..) => is_time,
        DataType::Dictionary(_, value) => is_text(value),
        // Ids that are numbers where they come from; a number is no time.
        DataType::Int32 | DataType::Int64 | DataType::UInt32 | DataType::UInt64 => !is_time,
        other => is_text(other) || *other == DataType::Null,
    };
    let wanted = if is_time { "a timestamp or text" } else { "text" };
    if fits { Ok(()) } else { Err(named.fact(format!("has a column `{column}` of type {found}; it must be {wanted}"))) }
}

fn is_text(found: &DataType) -> bool {
    matches!(found, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// A cell of text, or of a whole number as text.
fn text(array: &dyn Array, index: usize) -> Option<String> {
    if array.is_null(index) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8 => array.as_string_opt::<i32>()?.value(index).to_owned(),
        DataType::LargeUtf8 => array.as_string_opt::<i64>()?.value(index).to_owned(),
        DataType::Utf8View => array.as_string_view_opt()?.value(index).to_owned(),
        DataType::Int32 => array.as_primitive_opt::<Int32Type>()?.value(index).to_string(),
        DataType::Int64 => array.as_primitive_opt::<Int64Type>()?.value(index).to_string(),
        DataType::UInt32 => array.as_primitive_opt::<UInt32Type>()?.value(index).to_string(),
        DataType::UInt64 => array.as_primitive_opt::<UInt64Type>()?.value(index).to_string(),
        DataType::Dictionary(key, _) => return word(key, array, index),
        _ => return None,
    })
}

/// A cell of a dictionary.
fn word(key: &DataType, array: &dyn Array, index: usize) -> Option<String> {
    match key {
        DataType::Int8 => looked_up::<Int8Type>(array, index),
        DataType::Int16 => looked_up::<Int16Type>(array, index),
        DataType::Int32 => looked_up::<Int32Type>(array, index),
        DataType::Int64 => looked_up::<Int64Type>(array, index),
        DataType::UInt8 => looked_up::<UInt8Type>(array, index),
        DataType::UInt16 => looked_up::<UInt16Type>(array, index),
        DataType::UInt32 => looked_up::<UInt32Type>(array, index),
        DataType::UInt64 => looked_up::<UInt64Type>(array, index),
        _ => None,
    }
}

fn looked_up<K: ArrowDictionaryKeyType>(array: &dyn Array, index: usize) -> Option<String> {
    let words = array.as_dictionary_opt::<K>()?;
    text(words.values(), words.key(index)?)
}

/// A cell of timestamps; none for an empty one and for other types.
fn stamp(array: &dyn Array, index: usize) -> Option<Result<Timestamp, String>> {
    let DataType::Timestamp(unit, _) = array.data_type() else { return None };
    if array.is_null(index) {
        return None;
    }
    let (value, moment) = match unit {
        TimeUnit::Second => {
            let value = array.as_primitive_opt::<TimestampSecondType>()?.value(index);
            (value, Timestamp::from_second(value))
        }
        TimeUnit::Millisecond => {
            let value = array.as_primitive_opt::<TimestampMillisecondType>()?.value(index);
            (value, Timestamp::from_millisecond(value))
        }
        TimeUnit::Microsecond => {
            let value = array.as_primitive_opt::<TimestampMicrosecondType>()?.value(index);
            (value, Timestamp::from_microsecond(value))
        }
        TimeUnit::Nanosecond => {
            let value = array.as_primitive_opt::<TimestampNanosecondType>()?.value(index);
            (value, Timestamp::from_nanosecond(value.into()))
        }
    };
    Some(moment.map_err(|_| format!("`{value}` {} since 1970 is no time", unit_word(unit))))
}

fn unit_word(unit: &TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "seconds",
        TimeUnit::Millisecond => "milliseconds",
        TimeUnit::Microsecond => "microseconds",
        TimeUnit::Nanosecond => "nanoseconds",
    }
}

fn of_parquet(error: &ParquetError, named: &Named) -> InteractionsError {
    of_words(&error.to_string(), named)
}

/// The reader's words. A compression that this program was built without is named.
pub(super) fn of_words(words: &str, named: &Named) -> InteractionsError {
    match words.split_once("Disabled feature at compile time: ") {
        None => named.fact(format!("cannot be read: {words}")),
        Some((_, compression)) => {
            let error = named.fact(format!("is compressed with `{compression}`, which is not read here"));
            error.with_hint("write it with `zstd` or `snappy` compression, or as CSV")
        }
    }
}
