//! Rows by key: look up stamp and hash, then write if they say so. Two statements, prepared once a batch.
//!
//! The look-up is cheaper than an upsert that decides for itself: an unchanged row binds a key instead of every column.

use arrow_array::RecordBatch;
use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection};
use tajo_core::error::Result;
use tajo_core::table::{HASH, Table};

use super::bind::{self, Source, sources};
use super::fault::unfit;
use super::names::{self, quoted};

/// Writes the rows of one batch.
pub struct Merge<'a> {
    sources: Vec<Source<'a>>,
    /// Positions of the key's columns among the sources.
    key: Vec<usize>,
    /// Whether stamps count, and where they are in the batch.
    stamped: bool,
    newest: Option<usize>,
    hash: Option<usize>,
    find: CachedStatement<'a>,
    write: CachedStatement<'a>,
}

impl<'a> Merge<'a> {
    /// Prepares for a batch; `stamped` says whether the table's stamp counts.
    pub fn new(tx: &'a Connection, table: &'a Table, batch: &'a RecordBatch, stamped: bool) -> Result<Merge<'a>> {
        let sources = sources(table, batch)?;
        let at = |name: &str| sources.iter().position(|s| s.name == name);
        let key = table.key.iter().filter_map(|k| at(k)).collect();
        let newest = table.newest.as_deref().filter(|_| stamped);
        let hash = at(HASH);
        let named = |name: &str| quoted(&names::column(name));
        let name = quoted(&names::table(&table.name));
        let stamp = newest.map_or("NULL".into(), named);
        let held = if hash.is_some() { named(HASH) } else { "NULL".into() };
        let of: Vec<String> = table.key.iter().enumerate().map(|(n, k)| format!("{} = ?{}", named(k), n + 1)).collect();
        let find = format!("SELECT {stamp}, {held} FROM {name} WHERE {}", of.join(" AND "));
        let shape = |e| unfit(&table.name, e);
        Ok(Merge {
            key,
            stamped: newest.is_some(),
            newest: newest.and_then(at),
            hash,
            find: tx.prepare_cached(&find).map_err(shape)?,
            write: tx.prepare_cached(&upsert(table, &sources, hash.is_none())).map_err(shape)?,
            sources,
        })
    }

    /// Writes the row if it is accepted, and tells whether it was.
    pub fn row(&mut self, row: usize) -> rusqlite::Result<bool> {
        for (n, at) in self.key.iter().enumerate() {
            self.find.raw_bind_parameter(n + 1, self.sources[*at].cell(row))?;
        }
        let mut rows = self.find.raw_query();
        if let Some(held) = rows.next()? {
            let older = |stamp: Option<i64>| stamp.cmp(&self.newest.and_then(|at| self.sources[at].integer(row)));
            let equal = match self.stamped.then(|| held.get_ref(0).map(bind::integer)).transpose()?.map(older) {
                Some(std::cmp::Ordering::Greater) => return Ok(false),
                Some(std::cmp::Ordering::Less) => false,
                Some(std::cmp::Ordering::Equal) | None => true,
            };
            let hash = self.hash.map(|at| self.sources[at].integer(row));
            if equal && hash.is_some_and(|hash| held.get_ref(1).is_ok_and(|h| same(h, hash))) {
                return Ok(false);
            }
        }
        drop(rows);
        for (n, source) in self.sources.iter().enumerate() {
            self.write.raw_bind_parameter(n + 1, source.cell(row))?;
        }
        Ok(self.write.raw_execute()? > 0)
    }

    /// The row's key, in a form that can be compared with [`bind::extend`]ed values.
    pub fn key(&self, row: usize) -> Vec<u8> {
        let mut key = Vec::new();
        self.key.iter().for_each(|at| bind::extend(&mut key, self.sources[*at].cell(row).value()));
        key
    }

    /// The row's id (single-column keys) and hash.
    pub fn id(&self, row: usize) -> (&'a str, Option<i64>) {
        let id = self.key.first().map_or("", |at| self.sources[*at].text(row));
        (id, self.hash.and_then(|at| self.sources[at].integer(row)))
    }
}

fn same(held: ValueRef<'_>, hash: Option<i64>) -> bool {
    match held {
        ValueRef::Null => hash.is_none(),
        ValueRef::Integer(held) => Some(held) == hash,
        _ => false,
    }
}

/// One statement for new rows and known ones; columns that the batch lacks stay as they are. Rows without a hash are
/// compared column by column, so that repeating them writes nothing.
fn upsert(table: &Table, sources: &[Source<'_>], compare: bool) -> String {
    let columns: Vec<String> = sources.iter().map(|s| quoted(&names::column(s.name))).collect();
    let places: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
    let key: Vec<String> = table.key.iter().map(|k| quoted(&names::column(k))).collect();
    let others: Vec<&String> = columns.iter().filter(|c| !key.contains(c)).collect();
    let action = match () {
        () if others.is_empty() => "NOTHING".to_string(),
        () => {
            let set: Vec<String> = others.iter().map(|c| format!("{c} = excluded.{c}")).collect();
            format!("UPDATE SET {}", set.join(", "))
        }
    };
    let differs = match compare && !others.is_empty() {
        true => {
            format!(" WHERE {}", others.iter().map(|c| format!("t.{c} IS NOT excluded.{c}")).collect::<Vec<_>>().join(" OR "))
        }
        false => String::new(),
    };
    let (name, columns, places) = (quoted(&names::table(&table.name)), columns.join(", "), places.join(", "));
    format!("INSERT INTO {name} AS t ({columns}) VALUES ({places}) ON CONFLICT ({}) DO {action}{differs}", key.join(", "))
}
