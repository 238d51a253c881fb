//! Rows as Arrow columns: gathered cell by cell, taken as a batch.
//! Times are UTC milliseconds, lists are lists of text, JSON is text, and every column may be null.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, StringBuilder, TimestampMillisecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use model::table::{Cell, Kind, Row, Table};

/// The columns of one table, filling up.
pub(super) struct Columns {
    schema: SchemaRef,
    builders: Vec<(usize, Builder)>,
    n_rows: usize,
    n_bytes: usize,
}

enum Builder {
    Text(StringBuilder),
    Real(Float64Builder),
    Int(Int64Builder),
    Bool(BooleanBuilder),
    Time(TimestampMillisecondBuilder),
    TextList(ListBuilder<StringBuilder>),
}

impl Columns {
    /// The table's columns but the one that stands in the folder's name.
    pub(super) fn new(table: &Table, in_folder: Option<&str>) -> Self {
        let columns = || table.columns.iter().enumerate().filter(|(_, column)| Some(column.name) != in_folder);
        let fields: Vec<Field> = columns().map(|(_, column)| Field::new(column.name, data_type(column.kind), true)).collect();
        let builders = columns().map(|(place, column)| (place, builder(column.kind))).collect();
        Self { schema: Arc::new(Schema::new(fields)), builders, n_rows: 0, n_bytes: 0 }
    }

    pub(super) const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Rows gathered since the last batch.
    pub(super) const fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// About the memory of the gathered rows.
    pub(super) const fn n_bytes(&self) -> usize {
        self.n_bytes
    }

    /// Adds a row; says which cell is not of its column's kind.
    pub(super) fn push(&mut self, row: &Row) -> Result<(), String> {
        for (place, builder) in &mut self.builders {
            let cell = row.get(*place).unwrap_or(&Cell::Null);
            self.n_bytes += append(builder, cell).ok_or_else(|| format!("column {place} cannot hold {cell:?}"))?;
        }
        self.n_rows += 1;
        Ok(())
    }

    /// The gathered rows; afterwards there are none.
    pub(super) fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        (self.n_rows, self.n_bytes) = (0, 0);
        let arrays = self.builders.iter_mut().map(|(_, builder)| finish(builder)).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
    }
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text | Kind::Json => DataType::Utf8,
        Kind::Real => DataType::Float64,
        Kind::Int => DataType::Int64,
        Kind::Bool => DataType::Boolean,
        Kind::Time => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        Kind::TextList => DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))),
    }
}

fn builder(kind: Kind) -> Builder {
    match kind {
        Kind::Text | Kind::Json => Builder::Text(StringBuilder::new()),
        Kind::Real => Builder::Real(Float64Builder::new()),
        Kind::Int => Builder::Int(Int64Builder::new()),
        Kind::Bool => Builder::Bool(BooleanBuilder::new()),
        Kind::Time => Builder::Time(TimestampMillisecondBuilder::new().with_timezone("UTC")),
        Kind::TextList => Builder::TextList(ListBuilder::new(StringBuilder::new())),
    }
}

/// Gives the cell's bytes, about; none if it does not fit.
fn append(builder: &mut Builder, cell: &Cell) -> Option<usize> {
    match (builder, cell) {
        (Builder::Text(builder), Cell::Null) => builder.append_null(),
        (Builder::Text(builder), Cell::Text(words) | Cell::Json(words)) => {
            builder.append_value(words);
            return Some(words.len() + 8);
        }
        (Builder::Real(builder), Cell::Null) => builder.append_null(),
        (Builder::Real(builder), Cell::Real(number)) => builder.append_value(*number),
        (Builder::Int(builder), Cell::Null) => builder.append_null(),
        (Builder::Int(builder), Cell::Int(number)) => builder.append_value(*number),
        (Builder::Bool(builder), Cell::Null) => builder.append_null(),
        (Builder::Bool(builder), Cell::Bool(truth)) => builder.append_value(*truth),
        (Builder::Time(builder), Cell::Null) => builder.append_null(),
        (Builder::Time(builder), Cell::Time(moment)) => builder.append_value(moment.as_millisecond()),
        (Builder::TextList(builder), Cell::Null) => builder.append_null(),
        (Builder::TextList(builder), Cell::TextList(words)) => {
            builder.append_value(words.iter().map(Some));
            return Some(words.iter().map(|one| one.len() + 8).sum());
        }
        _ => return None,
    }
    Some(8)
}

fn finish(builder: &mut Builder) -> ArrayRef {
    match builder {
        Builder::Text(builder) => Arc::new(builder.finish()),
        Builder::Real(builder) => Arc::new(builder.finish()),
        Builder::Int(builder) => Arc::new(builder.finish()),
        Builder::Bool(builder) => Arc::new(builder.finish()),
        Builder::Time(builder) => Arc::new(builder.finish()),
        Builder::TextList(builder) => Arc::new(builder.finish()),
    }
}
