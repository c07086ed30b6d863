//! What was heard and not yet looked into. Nothing of it is believed: it only says that a look is worth while.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension};
use tajo_core::codes;
use tajo_core::error::{Error, Result};

use crate::file::{self, fault};

/// Notifications that wait for one connection at most; a sender is told to come again beyond.
pub const WAITING_MAX: i64 = 1_000_000;
/// Notifications kept after they were looked into, to know repeated ones.
const KEPT_MAX: i64 = 100_000;

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The connection it is for.
    pub connection: String,
    /// What the sender calls it, or a hash of what it says: one of the same name is kept once.
    pub delivery: String,
    /// What it is about.
    pub topic: String,
    /// When it came, RFC 3339.
    pub received_at: String,
    /// What it says, as far as it is kept, as JSON.
    pub body: String,
}

/// Notifications of all connections, in `state.db`.
pub struct Inbox {
    path: PathBuf,
    connection: Mutex<Connection>,
}

impl Inbox {
    /// Opens `state.db` in `home`; creates both, for their owner alone, where missing.
    pub fn open(home: &Path) -> Result<Inbox> {
        let path = home.join("state.db");
        let connection = Mutex::new(file::open(home, &path)?);
        Ok(Inbox { path, connection })
    }
    /// Keeps a notification, durably when this returns; false where it was there already.
    pub fn put(&self, heard: &Heard) -> Result<bool> {
        let waiting = self.with("Cannot read the inbox", |connection| {
            let sql = "SELECT max(row) - min(row) FROM inbox WHERE connection = ?1 AND done_at IS NULL";
            connection.query_row(sql, [&heard.connection], |row| row.get::<_, Option<i64>>(0))
        })?;
        if waiting.is_some_and(|waiting| waiting >= WAITING_MAX) {
            return Err(Error::new(&codes::DST_FULL, "The inbox is full").help("See why syncs fail; then they empty it."));
        }
        self.with("Cannot write the inbox", |connection| {
            let sql = "INSERT INTO inbox (connection, delivery, topic, received_at, body) VALUES (?1, ?2, ?3, ?4, ?5) \
                ON CONFLICT (connection, delivery) DO NOTHING";
            let values = (&heard.connection, &heard.delivery, &heard.topic, &heard.received_at, &heard.body);
            connection.execute(sql, values).map(|rows| rows > 0)
        })
    }
    /// The latest notification that waits for a connection, by its number.
    pub fn waiting(&self, connection: &str) -> Result<Option<i64>> {
        self.with("Cannot read the inbox", |file| {
            let sql = "SELECT max(row) FROM inbox WHERE connection = ?1 AND done_at IS NULL";
            file.query_row(sql, [connection], |row| row.get(0)).optional().map(Option::flatten)
        })
    }
    /// The connections for which something waits.
    pub fn connections(&self) -> Result<Vec<String>> {
        self.with("Cannot read the inbox", |connection| {
            let sql = "SELECT DISTINCT connection FROM inbox WHERE done_at IS NULL ORDER BY connection";
            connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
        })
    }
    /// Everything of a connection up to that number was looked into.
    pub fn done(&self, connection: &str, up_to: i64, now: &str) -> Result<()> {
        self.with("Cannot write the inbox", |file| {
            let tx = file.unchecked_transaction()?;
            let sql = "UPDATE inbox SET done_at = ?3 WHERE connection = ?1 AND row <= ?2 AND done_at IS NULL";
            tx.execute(sql, (connection, up_to, now))?;
            tx.execute(
                "DELETE FROM inbox WHERE connection = ?1 AND row <= ?2 AND done_at IS NOT NULL",
                (connection, up_to - KEPT_MAX),
            )?;
            tx.commit()
        })
    }
    /// The latest `n` notifications of a connection, newest first, and when each was looked into.
    pub fn list(&self, connection: &str, n: usize) -> Result<Vec<(Heard, Option<String>)>> {
        self.with("Cannot read the inbox", |file| {
            let sql = "SELECT connection, delivery, topic, received_at, body, done_at FROM inbox WHERE connection = ?1 \
                ORDER BY row DESC LIMIT ?2";
            let mut statement = file.prepare(sql)?;
            let read = |row: &rusqlite::Row<'_>| {
                let (connection, delivery, topic) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok((Heard { connection, delivery, topic, received_at: row.get(3)?, body: row.get(4)? }, row.get(5)?))
            };
            statement.query_map((connection, i64::try_from(n).unwrap_or(i64::MAX)), read)?.collect()
        })
    }

    fn with<T>(&self, what: &str, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        work(&connection).map_err(|e| fault(format!("{what} in {}", self.path.display()), e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: &str = "2026-11-20T12:00:00Z";

    fn heard(connection: &str, delivery: &str) -> Heard {
        let [connection, delivery] = [connection, delivery].map(str::to_owned);
        Heard { connection, delivery, topic: "contact.user.updated".into(), received_at: NOON.into(), body: "{}".into() }
    }

    #[test]
    fn a_notification_is_kept_once_and_waits_until_it_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let inbox = Inbox::open(folder.path()).unwrap();
        assert!(inbox.put(&heard("acme", "n1")).unwrap() && !inbox.put(&heard("acme", "n1")).unwrap());
        assert!(inbox.put(&heard("globex", "n1")).unwrap(), "another connection's is another one");
        let first = inbox.waiting("acme").unwrap().unwrap();
        assert!(inbox.put(&heard("acme", "n2")).unwrap());
        inbox.done("acme", first, NOON).unwrap();
        assert!(inbox.waiting("acme").unwrap().unwrap() > first, "what came meanwhile still waits");
        assert_eq!(inbox.connections().unwrap(), ["acme", "globex"]);
        let last = inbox.waiting("acme").unwrap().unwrap();
        inbox.done("acme", last, NOON).unwrap();
        assert_eq!((inbox.waiting("acme").unwrap(), inbox.connections().unwrap()), (None, vec!["globex".to_owned()]));
        assert!(!inbox.put(&heard("acme", "n1")).unwrap(), "a repeated one is known after it was done");
        let told: Vec<(String, bool)> =
            inbox.list("acme", 10).unwrap().into_iter().map(|(heard, done)| (heard.delivery, done.is_some())).collect();
        assert_eq!(told, [("n2".to_owned(), true), ("n1".to_owned(), true)]);
    }
}
