//! A SQLite file as destination: the default, because it needs nothing installed and nothing running.

mod bind;
mod claim;
mod ddl;
mod fault;
mod forget;
mod load;
mod look;
mod merge;
mod moment;
mod names;
mod open;
mod read;
mod url;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tajo_core::codes;
use tajo_core::destination::{BoxFuture, Claim, Destination, Held, Loaded, Segment, StateNote};
use tajo_core::error::{Error, Result};
use tajo_core::table::Table;
use tajo_core::trip::Trip;

pub use forget::{Forget, Forgotten, forget};
pub use look::Stored;
pub use names::{column as column_name, quoted, table as table_name};
pub use read::{Each, Index, Param, Reader, Row, ensure as ensure_indexes};
pub use url::{DRIVER, path as path_of};

/// Prepared statements kept: look-up and write of some fifteen tables and their links.
const STATEMENTS_MAX: usize = 64;

/// A SQLite file that takes rows.
#[derive(Clone)]
pub struct SqliteDestination {
    path: PathBuf,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    connection: Connection,
    trip: Trip,
    /// Held from the first claim to the end.
    lock: Option<File>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Closing is not enough: a process forked in this moment shares the lock until it runs its own program.
        if let Some(Err(error)) = self.lock.take().map(|file| file.unlock()) {
            tracing::debug!(%error, "The lock file could not be unlocked; the system does it when it closes");
        }
    }
}

/// A SQLite file that is only looked at, also while a sync writes to it.
#[derive(Debug, Clone)]
pub struct SqliteReader {
    path: PathBuf,
}

impl SqliteDestination {
    /// Opens the file; creates it (readable by its owner alone) and its folders where missing.
    pub fn open(path: &Path) -> Result<SqliteDestination> {
        SqliteDestination::open_with(path, Trip::default())
    }
    /// As `open`, with failpoints at: begin, each load, state, commit, committed.
    pub fn open_with(path: &Path, trip: Trip) -> Result<SqliteDestination> {
        let connection = open::writer(path)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        let inner = Inner { connection, trip, lock: None };
        Ok(SqliteDestination { path: path.into(), inner: Arc::new(Mutex::new(inner)) })
    }
    /// Looks at a file without claiming it; refuses if it does not exist.
    pub fn peek(path: &Path) -> Result<SqliteReader> {
        open::reader(path)?;
        Ok(SqliteReader { path: path.into() })
    }
    /// Makes the file behave as on a full disk beyond this many pages: for tests.
    #[doc(hidden)]
    pub async fn limit_pages(&self, pages: u32) -> Result<()> {
        self.run(move |inner, _| {
            let set = inner.connection.pragma_update(None, "max_page_count", pages);
            set.map_err(|e| fault::fault("Cannot limit the file", e))
        })
        .await
    }
    /// A reader of the same file.
    pub fn reader(&self) -> SqliteReader {
        SqliteReader { path: self.path.clone() }
    }
    /// See [`SqliteReader::query`].
    pub async fn query(&self, sql: &str, limit: usize) -> Result<(Vec<String>, Vec<Vec<String>>)> {
        self.reader().query(sql, limit).await
    }
    /// See [`SqliteReader::tables`].
    pub async fn tables(&self) -> Result<Vec<Stored>> {
        self.reader().tables().await
    }

    /// Runs on a thread that may block. A dropped future does not stop it: a transaction that began ends by itself.
    fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Inner, &Path) -> Result<T> + Send + 'static,
    ) -> BoxFuture<'_, Result<T>> {
        let this = self.clone();
        // A panic under the lock rolled its transaction back while unwinding: what the mutex guards is whole.
        Box::pin(apart(move || work(&mut this.inner.lock().unwrap_or_else(PoisonError::into_inner), &this.path)))
    }
}

impl SqliteReader {
    /// Runs a query that reads and returns its column names and at most `limit` rows as text.
    pub async fn query(&self, sql: &str, limit: usize) -> Result<(Vec<String>, Vec<Vec<String>>)> {
        let (path, sql) = (self.path.clone(), sql.to_string());
        apart(move || look::query(&path, &sql, limit)).await
    }
    /// All rows of a table in the order of its key; a value per column, moments in unix seconds, JSON as text.
    pub async fn rows(&self, table: &Table) -> Result<Vec<Vec<serde_json::Value>>> {
        let (path, table) = (self.path.clone(), table.clone());
        apart(move || look::rows(&path, &table)).await
    }
    /// The tables with their rows and columns, without Tajo's own.
    pub async fn tables(&self) -> Result<Vec<Stored>> {
        let path = self.path.clone();
        apart(move || look::tables(&path)).await
    }
}

impl Destination for SqliteDestination {
    fn name(&self) -> String {
        format!("sqlite:{}", self.path.display())
    }
    fn claim<'a>(&'a self, connection: &'a str, workspace: &'a str) -> BoxFuture<'a, Result<Claim>> {
        let (connection, workspace) = (connection.to_string(), workspace.to_string());
        self.run(move |inner, path| {
            if inner.lock.is_none() {
                inner.lock = Some(claim::lock(path)?);
            }
            claim::take(&mut inner.connection, &connection, &workspace)
        })
    }
    fn prepare<'a>(&'a self, table: &'a Table) -> BoxFuture<'a, Result<()>> {
        let table = table.clone();
        self.run(move |inner, _| ddl::prepare(&mut inner.connection, &table))
    }
    fn load<'a>(&'a self, claim: &'a Claim, segment: Segment, note: Option<StateNote>) -> BoxFuture<'a, Result<Loaded>> {
        let claim = Claim { connection: claim.connection.clone(), epoch: claim.epoch, states: Vec::new() };
        self.run(move |inner, _| load::load(&mut inner.connection, &inner.trip, &claim, &segment, note.as_ref()))
    }
    fn held<'a>(
        &'a self,
        table: &'a Table,
        flag: Option<&'a str>,
        ids: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Option<Held>>>> {
        let (table, flag, ids) = (table.clone(), flag.map(String::from), ids.to_vec());
        self.run(move |inner, _| look::held(&inner.connection, &table, flag.as_deref(), &ids))
    }
    fn count<'a>(&'a self, table: &'a str) -> BoxFuture<'a, Result<u64>> {
        let table = table.to_string();
        self.run(move |inner, _| look::count(&inner.connection, &table))
    }
}

async fn apart<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(stopped) => Err(Error::new(&codes::BUG, "Work on the SQLite file broke off").because(stopped)),
    }
}
