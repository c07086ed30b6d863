//! How statements are run: kept ready, and their faults told as the house does.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Row};
use tajo_core::error::Result;

use crate::file::fault;

/// The part of the file that belongs to one connection.
#[derive(Clone, Copy)]
pub struct View<'c> {
    pub connection: &'c Connection,
    pub scope: i64,
    pub place: &'c str,
}

impl View<'_> {
    /// The first row, if any.
    pub fn one<T>(&self, sql: &str, params: impl Params, read: fn(&Row<'_>) -> rusqlite::Result<T>) -> Result<Option<T>> {
        self.ready(sql, |mut statement| statement.query_row(params, read).optional())
    }
    /// All rows; the statement holds the limit.
    pub fn all<T>(&self, sql: &str, params: impl Params, read: fn(&Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<T>> {
        self.ready(sql, |mut statement| statement.query_map(params, read)?.collect())
    }
    /// Shows every row in turn.
    pub fn each(&self, sql: &str, params: impl Params, mut see: impl FnMut(&Row<'_>) -> rusqlite::Result<()>) -> Result<()> {
        self.ready(sql, |mut statement| {
            let mut rows = statement.query(params)?;
            while let Some(row) = rows.next()? {
                see(row)?;
            }
            Ok(())
        })
    }
    /// Runs a statement that changes rows; how many.
    pub fn run(&self, sql: &str, params: impl Params) -> Result<usize> {
        self.ready(sql, |mut statement| statement.execute(params))
    }

    fn ready<T>(&self, sql: &str, work: impl FnOnce(CachedStatement<'_>) -> rusqlite::Result<T>) -> Result<T> {
        let done = self.connection.prepare_cached(sql).and_then(work);
        done.map_err(|e| fault(format!("Cannot use the ledger in {}", self.place), e))
    }
}

/// As SQLite counts.
pub fn limit(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A count of SQLite's, which is never negative.
pub fn count(row: &Row<'_>) -> rusqlite::Result<u64> {
    row.get::<_, i64>(0).map(i64::unsigned_abs)
}
