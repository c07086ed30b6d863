//! The runs of this machine.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};
use tajo_core::codes;
use tajo_core::error::{Error, Result};

use crate::file::{self, fault};

/// Outcome of a run that completed everything it set out to do.
pub const SUCCESS: &str = "success";

/// Columns in the order that `read` takes them.
const COLUMNS: &str = "run_id, connection, started_at, finished_at, outcome, report";

/// One run of a sync. Moments are RFC 3339 in UTC, to the second, so that they sort as text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Unique id.
    pub run_id: String,
    /// The connection it was for.
    pub connection: String,
    /// When it began.
    pub started_at: String,
    /// When it ended; none while it runs, or if it was killed.
    pub finished_at: Option<String>,
    /// [`SUCCESS`] or another word.
    pub outcome: String,
    /// The whole report, as `sync --json` prints it.
    pub report: serde_json::Value,
}

/// The runs of this machine. Clones share one connection; calls do not hold up the runtime.
#[derive(Clone)]
pub struct Runs {
    path: PathBuf,
    connection: Arc<Mutex<Connection>>,
}

impl Runs {
    /// Opens `state.db` in `home`; creates both, for their owner alone, where missing.
    pub fn open(home: &Path) -> Result<Runs> {
        let path = home.join("state.db");
        let connection = Arc::new(Mutex::new(file::open(home, &path)?));
        Ok(Runs { path, connection })
    }
    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// Writes a run; one of the same id is replaced.
    pub async fn record(&self, run: &Run) -> Result<()> {
        let run = run.clone();
        self.apart("Cannot record the run", move |connection| {
            let sql = format!("INSERT OR REPLACE INTO runs ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
            let report = run.report.to_string();
            connection.execute(&sql, (run.run_id, run.connection, run.started_at, run.finished_at, run.outcome, report)).map(drop)
        })
        .await
    }
    /// The latest run of a connection.
    pub async fn last(&self, connection: &str) -> Result<Option<Run>> {
        self.latest(connection, "").await
    }
    /// The latest run of a connection that succeeded.
    pub async fn last_success(&self, connection: &str) -> Result<Option<Run>> {
        self.latest(connection, "AND outcome = 'success'").await
    }
    /// The latest `n` runs of a connection, newest first.
    pub async fn list(&self, connection: &str, n: usize) -> Result<Vec<Run>> {
        let name = connection.to_string();
        self.apart("Cannot list the runs", move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM runs WHERE connection = ?1 ORDER BY started_at DESC, rowid DESC LIMIT ?2");
            let mut statement = connection.prepare(&sql)?;
            let limit = i64::try_from(n).unwrap_or(i64::MAX);
            statement.query_map((name, limit), read)?.collect()
        })
        .await
    }

    async fn latest(&self, connection: &str, filter: &'static str) -> Result<Option<Run>> {
        let name = connection.to_string();
        self.apart("Cannot read the runs", move |connection| {
            let order = "ORDER BY started_at DESC, rowid DESC LIMIT 1";
            let sql = format!("SELECT {COLUMNS} FROM runs WHERE connection = ?1 {filter} {order}");
            connection.query_row(&sql, [name], read).optional()
        })
        .await
    }

    /// Works on a thread that may block: SQLite waits up to five seconds for another process.
    async fn apart<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let this = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let mut connection = this.connection.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut connection).map_err(|e| fault(format!("{what} in {}", this.path.display()), e))
        });
        done.await.unwrap_or_else(|stopped| Err(Error::new(&codes::BUG, "Work on state.db broke off").because(stopped)))
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Run> {
    let report: String = row.get(5)?;
    let damaged = |e| rusqlite::Error::FromSqlConversionFailure(5, rusqlite::types::Type::Text, Box::new(e));
    Ok(Run {
        run_id: row.get(0)?,
        connection: row.get(1)?,
        started_at: row.get(2)?,
        finished_at: row.get(3)?,
        outcome: row.get(4)?,
        report: serde_json::from_str(&report).map_err(damaged)?,
    })
}
