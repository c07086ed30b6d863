//! The ledger of the two-way sync: which records belong together, what was written and what became of it, and what a
//! person has to decide. It decides nothing itself, and knows no clock: moments are handed in, as RFC 3339 in UTC.

mod companies;
mod conflicts;
mod erase;
mod imports;
mod journal;
mod links;
mod marks;
mod mirror;
mod plans;
mod sent;
mod view;
mod words;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use tajo_core::codes;
use tajo_core::error::{Error, Result};
use tajo_core::trip::Trip;

use crate::file::{self, fault};
use crate::layout;

pub use companies::Company;
pub use conflicts::Conflict;
pub use erase::Erase;
pub use imports::{Import, ImportState};
pub use journal::{Effect, EffectState};
pub use links::{Link, LinkCounts, LinkState};
pub use mirror::BrevoRow;
pub use plans::Plan;
pub use sent::SentState;

use view::View;

/// Statements kept ready; there are fewer.
const STATEMENTS: usize = 128;
/// Memory for pages of the file, kept small because the system caches them too; and how large the write-ahead log
/// stays once it is folded back.
const PRAGMAS: &str = "PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 67108864; PRAGMA wal_autocheckpoint = 4000;";

/// The ledger of one connection. Clones share one handle on the file; calls block, see [`Ledger::apart`].
#[derive(Clone)]
pub struct Ledger(Arc<Inner>);

struct Inner {
    connection: Mutex<Connection>,
    /// Who is inside [`Ledger::write`]: a call back into the ledger from there would wait for itself.
    writer: Mutex<Option<ThreadId>>,
    scope: i64,
    salt: Vec<u8>,
    place: String,
    home: Option<PathBuf>,
    held: Mutex<Option<File>>,
    trip: Trip,
}

impl Ledger {
    /// Opens the ledger of a connection in `home`'s `state.db`; creates what is missing, and brings an older file up to
    /// date. `STA_NEWER`, `STA_CORRUPT` and `DST_OPEN` as for [`Runs::open`](crate::Runs::open).
    pub fn open(home: &Path, connection: &str, trip: Trip) -> Result<Ledger> {
        let path = home.join("state.db");
        Ledger::over(file::open(home, &path)?, connection, Some(home), path.display().to_string(), trip)
    }
    /// A ledger that lives as long as its clones do.
    pub fn in_memory(trip: Trip) -> Result<Ledger> {
        let laid_out = Connection::open_in_memory().and_then(|connection| layout::bring_up(&connection).map(|_| connection));
        let connection = laid_out.map_err(|e| fault("Cannot set up a ledger in memory".into(), e))?;
        Ledger::over(connection, "", None, "memory".into(), trip)
    }

    fn over(connection: Connection, name: &str, home: Option<&Path>, place: String, trip: Trip) -> Result<Ledger> {
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        let settle = || -> rusqlite::Result<(i64, Vec<u8>)> {
            connection.execute_batch(PRAGMAS)?;
            let known = || connection.query_row("SELECT scope FROM scopes WHERE name = ?1", [name], |row| row.get(0)).optional();
            let scope = match known()? {
                Some(scope) => scope,
                None => {
                    connection.execute("INSERT OR IGNORE INTO scopes (name) VALUES (?1)", [name])?;
                    known()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?
                }
            };
            Ok((scope, connection.query_row("SELECT salt FROM salts", [], |row| row.get(0))?))
        };
        let (scope, salt) = settle().map_err(|e| fault(format!("Cannot open the ledger in {place}"), e))?;
        let (connection, writer, held) = (Mutex::new(connection), Mutex::new(None), Mutex::new(None));
        let home = home.map(PathBuf::from);
        Ok(Ledger(Arc::new(Inner { connection, writer, scope, salt, place, home, held, trip })))
    }

    /// Keeps every other process from doing the same until this handle and its clones are gone: two runs that plan from one
    /// ledger would both create whom neither knows of yet. `STA_BUSY` where another one is at it.
    pub fn hold(&self) -> Result<()> {
        let inner = &*self.0;
        let mut held = inner.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(home), None) = (&inner.home, &*held) {
            let at = home.join(format!("state.{}.lock", inner.scope));
            *held = Some(tajo_core::hold(&at, &format!("This connection's ledger in {}", inner.place))?);
        }
        Ok(())
    }

    /// Runs `work` on a thread that may block, so that the runtime is not held up.
    pub async fn apart<T: Send + 'static>(&self, work: impl FnOnce(&Ledger) -> Result<T> + Send + 'static) -> Result<T> {
        let this = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&this));
        done.await.unwrap_or_else(|stopped| Err(Error::new(&codes::BUG, "Work on the ledger broke off").because(stopped)))
    }

    /// Writes in one transaction: all of `work` or, where it fails, nothing.
    ///
    /// An error does not always mean nothing was written: the failpoint behind the commit stands for a process that
    /// dies there. Inside `work` the ledger itself must not be called; that is refused with `BUG`.
    pub fn write<T>(&self, work: impl FnOnce(&mut Write<'_>) -> Result<T>) -> Result<T> {
        let inner = &*self.0;
        inner.trip.step("ledger write")?;
        let mut connection = self.lock()?;
        let _inside = Inside::enter(&inner.writer);
        let broken = |e| fault(format!("Cannot write the ledger in {}", inner.place), e);
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(broken)?;
        let done = work(&mut Write { view: inner.view(&tx), salt: &inner.salt, now: None })?;
        tx.commit().map_err(broken)?;
        inner.trip.step("ledger written")?;
        Ok(done)
    }

    /// Reads many times from one state of the ledger, which also saves a lock for each look-up. Nothing may be written
    /// until it ends.
    pub fn snapshot<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let run = |sql: &str| {
            let broken = |e| fault(format!("Cannot read the ledger in {}", self.0.place), e);
            self.lock()?.execute_batch(sql).map_err(broken)
        };
        run("BEGIN DEFERRED")?;
        let done = work();
        run("COMMIT")?;
        done
    }

    /// Leaves nothing in the file but what the ledger still says; to be called after an erase.
    ///
    /// Every delete overwrites what it drops, but when SQLite moves rows from page to page, old copies may stay behind
    /// in the gaps. So the file is written anew, which takes as much room again for the time being. `STA_BUSY` where
    /// another process holds the file for too long.
    pub fn scrub(&self) -> Result<()> {
        let connection = self.lock()?;
        let place = &self.0.place;
        let broken = |e| fault(format!("Cannot scrub {place}"), e);
        connection.execute_batch("VACUUM").map_err(broken)?;
        let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(broken)?;
        if busy {
            return Err(Error::new(&codes::STA_BUSY, format!("{place} is being read; its log could not be emptied")));
        }
        Ok(())
    }

    fn read<T>(&self, work: impl FnOnce(View<'_>) -> Result<T>) -> Result<T> {
        work(self.0.view(&*self.lock()?))
    }

    fn lock(&self) -> Result<MutexGuard<'_, Connection>> {
        let writer = *self.0.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if writer == Some(std::thread::current().id()) {
            return Err(Error::new(&codes::BUG, "The ledger was called from inside its own transaction"));
        }
        // After a panic the transaction was rolled back, so the connection is sound.
        Ok(self.0.connection.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Inner {
    fn view<'c>(&'c self, connection: &'c Connection) -> View<'c> {
        View { connection, scope: self.scope, place: &self.place }
    }
}

/// Notes which thread writes, until dropped.
struct Inside<'c>(&'c Mutex<Option<ThreadId>>);

impl Inside<'_> {
    fn enter(writer: &Mutex<Option<ThreadId>>) -> Inside<'_> {
        *writer.lock().unwrap_or_else(PoisonError::into_inner) = Some(std::thread::current().id());
        Inside(writer)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// A transaction on the ledger; see [`Ledger::write`].
pub struct Write<'c> {
    view: View<'c>,
    salt: &'c [u8],
    now: Option<String>,
}

impl Write<'_> {
    /// The moment that what follows happens at, RFC 3339 in UTC: [`Write::settle`] notes it. Without it none is noted.
    pub fn at(&mut self, now: &str) {
        self.now = Some(now.to_string());
    }
}
