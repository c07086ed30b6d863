//! From Arrow arrays to bound parameters, without allocating.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampSecondType};
use arrow_array::{Array, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampSecondArray};
use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};
use tajo_core::codes;
use tajo_core::error::{Error, Result};
use tajo_core::table::{Kind, Table};

use super::moment;

/// A batch column, downcast once.
pub struct Source<'a> {
    /// Name of the table's column.
    pub name: &'a str,
    values: Values<'a>,
}

enum Values<'a> {
    Text(&'a StringArray),
    Integer(&'a Int64Array),
    Number(&'a Float64Array),
    Boolean(&'a BooleanArray),
    Moment(&'a TimestampSecondArray),
}

/// One value on its way to SQLite.
pub enum Cell<'a> {
    Null,
    Integer(i64),
    Number(f64),
    Text(&'a str),
    Moment(moment::Text),
}

/// The batch's columns; refuses one that the table does not have or that is of another type.
pub fn sources<'a>(table: &'a Table, batch: &'a RecordBatch) -> Result<Vec<Source<'a>>> {
    let schema = batch.schema_ref();
    let mut sources = Vec::with_capacity(batch.num_columns());
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        let Some(at) = table.at(field.name()) else {
            return Err(Error::new(&codes::BUG, format!("A batch for {} has a column {} too many", table.name, field.name())));
        };
        let column = &table.columns[at];
        let values = match column.kind {
            Kind::Text | Kind::Json => array.as_string_opt::<i32>().map(Values::Text),
            Kind::Integer => array.as_primitive_opt::<Int64Type>().map(Values::Integer),
            Kind::Number => array.as_primitive_opt::<Float64Type>().map(Values::Number),
            Kind::Boolean => array.as_boolean_opt().map(Values::Boolean),
            Kind::Timestamp => array.as_primitive_opt::<TimestampSecondType>().map(Values::Moment),
        };
        let Some(values) = values else {
            let what = format!("A batch for {} has {} as {}", table.name, column.name, array.data_type());
            return Err(Error::new(&codes::BUG, what));
        };
        sources.push(Source { name: &column.name, values });
    }
    match table.key.iter().find(|key| !sources.iter().any(|s| s.name == **key)) {
        Some(key) => Err(Error::new(&codes::BUG, format!("A batch for {} lacks the key {key}", table.name))),
        None => Ok(sources),
    }
}

impl<'a> Source<'a> {
    /// The value of a row.
    pub fn cell(&self, row: usize) -> Cell<'a> {
        match &self.values {
            Values::Text(a) if a.is_valid(row) => Cell::Text(a.value(row)),
            Values::Integer(a) if a.is_valid(row) => Cell::Integer(a.value(row)),
            Values::Number(a) if a.is_valid(row) => Cell::Number(a.value(row)),
            Values::Boolean(a) if a.is_valid(row) => Cell::Integer(a.value(row).into()),
            Values::Moment(a) if a.is_valid(row) => Cell::Moment(moment::Text::of(a.value(row))),
            _ => Cell::Null,
        }
    }
    /// The integer, or the moment in unix seconds, of a row.
    pub fn integer(&self, row: usize) -> Option<i64> {
        match &self.values {
            Values::Integer(a) if a.is_valid(row) => Some(a.value(row)),
            Values::Moment(a) if a.is_valid(row) => Some(a.value(row)),
            _ => None,
        }
    }
    /// The text of a row; empty for null and other types.
    pub fn text(&self, row: usize) -> &'a str {
        match &self.values {
            Values::Text(a) if a.is_valid(row) => a.value(row),
            _ => "",
        }
    }
}

impl Cell<'_> {
    /// As SQLite sees it.
    pub fn value(&self) -> ValueRef<'_> {
        match self {
            Cell::Null => ValueRef::Null,
            Cell::Integer(i) => ValueRef::Integer(*i),
            Cell::Number(f) => ValueRef::Real(*f),
            Cell::Text(text) => ValueRef::Text(text.as_bytes()),
            Cell::Moment(text) => ValueRef::Text(text.as_str().as_bytes()),
        }
    }
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.value()))
    }
}

/// A stored integer, or a stored moment in unix seconds.
pub fn integer(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(i) => Some(i),
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok().and_then(moment::seconds),
        _ => None,
    }
}

/// Appends a value to a row's key so that different keys differ.
pub fn extend(key: &mut Vec<u8>, value: ValueRef<'_>) {
    let mut put = |tag: u8, bytes: &[u8]| {
        key.push(tag);
        key.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        key.extend_from_slice(bytes);
    };
    match value {
        ValueRef::Null => put(0, &[]),
        ValueRef::Integer(i) => put(1, &i.to_le_bytes()),
        ValueRef::Real(f) => put(2, &f.to_le_bytes()),
        ValueRef::Text(bytes) => put(3, bytes),
        ValueRef::Blob(bytes) => put(4, bytes),
    }
}
