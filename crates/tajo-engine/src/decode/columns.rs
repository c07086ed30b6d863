//! Arrow builders of a table, one per column.

use std::sync::Arc;

use arrow_array::builder::{ArrayBuilder, BooleanBuilder, Float64Builder, Int64Builder, StringBuilder, TimestampSecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use tajo_core::table::Kind;
use tajo_core::{Error, Result, Table, codes};

use super::cell::Cell;

pub(super) struct Columns(Vec<Builder>);

enum Builder {
    Text(StringBuilder),
    Integer(Int64Builder),
    Number(Float64Builder),
    Boolean(BooleanBuilder),
    Timestamp(TimestampSecondBuilder),
}

impl Columns {
    pub(super) fn new(table: &Table, rows: usize) -> Columns {
        let builder = |kind| match kind {
            Kind::Text | Kind::Json => Builder::Text(StringBuilder::with_capacity(rows, rows * 16)),
            Kind::Integer => Builder::Integer(Int64Builder::with_capacity(rows)),
            Kind::Number => Builder::Number(Float64Builder::with_capacity(rows)),
            Kind::Boolean => Builder::Boolean(BooleanBuilder::with_capacity(rows)),
            Kind::Timestamp => Builder::Timestamp(TimestampSecondBuilder::with_capacity(rows)),
        };
        Columns(table.columns.iter().map(|c| builder(c.kind)).collect())
    }

    pub(super) fn push(&mut self, cells: &[Cell<'_>]) {
        for (builder, cell) in self.0.iter_mut().zip(cells) {
            match (builder, cell) {
                (Builder::Text(b), Cell::Text(text)) => b.append_value(text),
                (Builder::Text(b), _) => b.append_null(),
                (Builder::Integer(b), Cell::Integer(n)) => b.append_value(*n),
                (Builder::Integer(b), _) => b.append_null(),
                (Builder::Number(b), Cell::Number(n)) => b.append_value(*n),
                (Builder::Number(b), _) => b.append_null(),
                (Builder::Boolean(b), Cell::Boolean(yes)) => b.append_value(*yes),
                (Builder::Boolean(b), _) => b.append_null(),
                (Builder::Timestamp(b), Cell::Timestamp(at)) => b.append_value(*at),
                (Builder::Timestamp(b), _) => b.append_null(),
            }
        }
    }

    pub(super) fn finish(self, table: &Table) -> Result<RecordBatch> {
        let arrays = self.0.into_iter().map(|builder| -> ArrayRef {
            match builder {
                Builder::Text(mut b) => ArrayBuilder::finish(&mut b),
                Builder::Integer(mut b) => ArrayBuilder::finish(&mut b),
                Builder::Number(mut b) => ArrayBuilder::finish(&mut b),
                Builder::Boolean(mut b) => ArrayBuilder::finish(&mut b),
                Builder::Timestamp(mut b) => Arc::new(b.finish().with_timezone("UTC")),
            }
        });
        let arrays = arrays.collect();
        RecordBatch::try_new(table.arrow(), arrays)
            .map_err(|e| Error::new(&codes::BUG, format!("A batch for `{}` does not fit its table", table.name)).because(e))
    }
}
