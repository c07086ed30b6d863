//! Batches from plain values.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampSecondArray};
use arrow_schema::Schema;
use serde_json::Value;

use crate::table::{Kind, Table};

/// A batch of these columns of a table. Moments are unix seconds; JSON is its text.
pub fn batch(table: &Table, columns: &[&str], rows: &[Vec<Value>]) -> RecordBatch {
    let schema = table.arrow();
    let picked = columns.iter().map(|name| table.at(name).expect("a column of the table")).collect::<Vec<_>>();
    let array = |(at, column): (usize, &usize)| -> ArrayRef {
        let values = rows.iter().map(|row| row.get(at).unwrap_or(&Value::Null));
        match table.columns[*column].kind {
            Kind::Text | Kind::Json => Arc::new(values.map(Value::as_str).collect::<StringArray>()),
            Kind::Integer => Arc::new(values.map(Value::as_i64).collect::<Int64Array>()),
            Kind::Number => Arc::new(values.map(Value::as_f64).collect::<Float64Array>()),
            Kind::Boolean => Arc::new(values.map(Value::as_bool).collect::<BooleanArray>()),
            Kind::Timestamp => Arc::new(values.map(Value::as_i64).collect::<TimestampSecondArray>().with_timezone("UTC")),
        }
    };
    let arrays: Vec<ArrayRef> = picked.iter().enumerate().map(array).collect();
    let fields: Vec<_> = picked.iter().map(|at| schema.fields()[*at].clone()).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("the values fit the columns")
}

/// The values of a batch's row, by the names of its columns.
pub(super) fn values(table: &Table, batch: &RecordBatch, row: usize) -> Vec<(usize, Value)> {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float64Type, Int64Type, TimestampSecondType};
    let schema = batch.schema_ref();
    let value = |(field, array): (&Arc<arrow_schema::Field>, &ArrayRef)| {
        let at = table.at(field.name())?;
        let value = match table.columns[at].kind {
            _ if array.is_null(row) => Value::Null,
            Kind::Text | Kind::Json => array.as_string::<i32>().value(row).into(),
            Kind::Integer => array.as_primitive::<Int64Type>().value(row).into(),
            Kind::Number => array.as_primitive::<Float64Type>().value(row).into(),
            Kind::Boolean => array.as_boolean().value(row).into(),
            Kind::Timestamp => array.as_primitive::<TimestampSecondType>().value(row).into(),
        };
        Some((at, value))
    };
    schema.fields().iter().zip(batch.columns()).filter_map(value).collect()
}
