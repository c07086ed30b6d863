//! From a page's raw records to an Arrow batch, by the table's declaration.
//!
//! Nothing is filtered by the declaration: keys without a column, and values of another type than their column's, go to
//! `_extra` as they were sent.

mod cell;
mod columns;
mod key;
mod record;

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use serde_json::value::RawValue;
use tajo_core::table::{EXTRA, HASH, SYNCED_AT};
use tajo_core::{Error, Link, Result, Spec, Table, codes};

use cell::Cell;
use columns::Columns;
pub(crate) use key::id;
use record::{Node, Scratch};

/// Decodes the records of one table.
#[derive(Debug)]
pub struct Decoder {
    table: Arc<Table>,
    tree: Node,
    links: &'static [Link],
    /// The record's id: the single key column, if there is one.
    id: Option<usize>,
    newest: Option<usize>,
    extra: usize,
    synced_at: usize,
    hash: usize,
}

/// What a page's records became.
#[derive(Debug)]
pub struct Rows {
    /// The rows, columns in table order.
    pub batch: RecordBatch,
    /// What the engine needs to know of each row.
    pub heads: Vec<Head>,
}

/// What the engine needs to know of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its id; empty where the key has several columns.
    pub id: String,
    /// Its change stamp.
    pub newest: Option<i64>,
    /// Hash of the record as sent.
    pub hash: i64,
    /// For each declared link, the list found; `None` where the record has no such list.
    pub links: Vec<Option<Listed>>,
}

/// An embedded list of references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Ids in the list.
    pub ids: Vec<String>,
    /// Whether the list was cut.
    pub cut: bool,
}

/// What stands in columns that the record itself does not fill.
#[derive(Debug, Clone, Copy)]
pub struct Stamp<'a> {
    /// The platform's clock when the record was fetched, unix seconds.
    pub synced_at: i64,
    /// Values of injected columns by position in the table: the parent's id of a child.
    pub inject: Option<(usize, &'a str)>,
}

impl Rows {
    /// The rows from the first up to those stamped later than `last`; the rows are ordered by stamp.
    pub fn until(mut self, last: i64) -> Rows {
        let kept = self.heads.iter().take_while(|head| head.newest.is_none_or(|at| at <= last)).count();
        self.heads.truncate(kept);
        Rows { batch: self.batch.slice(0, kept), heads: self.heads }
    }

    /// Replaces whole columns, by position.
    pub fn replace(&mut self, columns: Vec<(usize, ArrayRef)>) -> Result<()> {
        let mut arrays = self.batch.columns().to_vec();
        for (at, array) in columns {
            arrays[at] = array;
        }
        self.batch = RecordBatch::try_new(self.batch.schema(), arrays)
            .map_err(|e| Error::new(&codes::BUG, "A batch does not fit its table").because(e))?;
        Ok(())
    }
}

impl Decoder {
    /// A decoder for the table of this declaration.
    pub fn new(spec: &Spec, table: Arc<Table>) -> Decoder {
        let at = |name: &str| table.at(name).expect("system columns stand in every resource table");
        Decoder {
            tree: Node::of(&table, spec.links),
            links: spec.links,
            id: match spec.key {
                [one] => table.at(one),
                _ => None,
            },
            newest: spec.newest.and_then(|column| table.at(column)),
            extra: at(EXTRA),
            synced_at: at(SYNCED_AT),
            hash: at(HASH),
            table,
        }
    }

    /// Position of the hash column.
    pub fn hash_column(&self) -> usize {
        self.hash
    }

    /// The table.
    pub fn table(&self) -> &Arc<Table> {
        &self.table
    }

    /// Decodes records; `keep` sees every row and decides which enter the batch.
    /// Fails with [`codes::INT_DRIFT`] where a record is no object or lacks its key.
    pub fn decode(&self, items: &[&RawValue], stamp: Stamp<'_>, mut keep: impl FnMut(&Head) -> bool) -> Result<Rows> {
        let mut columns = Columns::new(&self.table, items.len());
        let mut heads = Vec::with_capacity(items.len());
        let mut scratch = Scratch::new(self.table.columns.len(), self.links.len());
        for item in items {
            scratch.clear();
            if let Some((column, id)) = stamp.inject {
                scratch.cells[column] = Cell::Text(id.into());
            }
            record::read(&self.tree, item.get(), self.links, &mut scratch).map_err(|why| self.drift(&why))?;
            let head = self.head(item, &mut scratch)?;
            if !keep(&head) {
                continue;
            }
            scratch.cells[self.synced_at] = Cell::Timestamp(stamp.synced_at);
            scratch.cells[self.hash] = Cell::Integer(head.hash);
            if let Some(extra) = scratch.take_extra() {
                scratch.cells[self.extra] = Cell::Text(extra.into());
            }
            columns.push(&scratch.cells);
            heads.push(head);
        }
        Ok(Rows { batch: columns.finish(&self.table)?, heads })
    }

    fn head(&self, item: &RawValue, scratch: &mut Scratch<'_>) -> Result<Head> {
        for key in &self.table.key {
            let at = self.table.at(key).expect("key columns stand in the table");
            if matches!(scratch.cells[at], Cell::Null) {
                return Err(self.drift(&format!("a record has no `{key}`")));
            }
        }
        let id = match self.id.map(|at| &scratch.cells[at]) {
            Some(Cell::Text(id)) => id.to_string(),
            _ => String::new(),
        };
        let newest = match self.newest.map(|at| &scratch.cells[at]) {
            Some(Cell::Timestamp(at)) => Some(*at),
            _ => None,
        };
        let hash = xxhash_rust::xxh3::xxh3_64(item.get().as_bytes()).cast_signed();
        Ok(Head { id, newest, hash, links: std::mem::take(&mut scratch.links) })
    }

    fn drift(&self, why: &str) -> Error {
        Error::new(&codes::INT_DRIFT, format!("A record for `{}` cannot be read", self.table.name)).note("reason", why)
    }
}

#[cfg(test)]
mod tests;
