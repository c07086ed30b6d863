//! Connections that were made at run time: who they lead to, and their secrets, sealed by whoever holds the key.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Row};
use tajo_core::codes;
use tajo_core::error::{Error, Result};

use crate::file::{self, fault};
use crate::layout::{APPLICATION, FORMAT};

/// The format that brought the table.
const SINCE: i64 = 4;
/// How long another process may hold up a look.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// More connections than anybody has; a list never grows beyond.
const ROWS_MAX: i64 = 10_000;
/// Columns in the order that `read` takes them.
const COLUMNS: &str = "name, platform, kind, region, api_version, workspace_id, workspace, hint, connected_at, sealed";

/// A connection that was made at run time. What it holds in the clear is fit to show.
#[derive(Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its name, unique over all platforms.
    pub name: String,
    /// `intercom` or `brevo`.
    pub platform: String,
    /// How it was made: `token`, `oauth` or `api_key`.
    pub kind: String,
    /// `us`, `eu` or `au`, for Intercom.
    pub region: Option<String>,
    /// The API version pinned for it.
    pub api_version: Option<String>,
    /// The platform's id of the workspace or account.
    pub workspace_id: Option<String>,
    /// What the workspace or account is called.
    pub workspace: Option<String>,
    /// The credential as it may be shown: `tok_…1a2b`.
    pub hint: String,
    /// When it was made, RFC 3339 in UTC.
    pub connected_at: String,
    /// The secrets, sealed; opaque here.
    pub sealed: Vec<u8>,
}

/// Without what is sealed.
impl std::fmt::Debug for Stored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Stored({} {} {})", self.platform, self.name, self.hint)
    }
}

/// The connections in `$TAJO_HOME/state.db`, for writing. Calls block.
pub struct Connections {
    path: PathBuf,
    connection: Mutex<Connection>,
}

impl Connections {
    /// Opens the file; creates it, for its owner alone, where missing. `STA_NEWER`, `STA_CORRUPT` and `DST_OPEN` as for
    /// [`Runs::open`](crate::Runs::open).
    pub fn open(home: &Path) -> Result<Connections> {
        let path = home.join("state.db");
        let connection = Mutex::new(file::open(home, &path)?);
        Ok(Connections { path, connection })
    }
    /// Every stored connection by name, without creating, changing or locking anything. None where there is no file, or an
    /// older one. [`codes::STA_NEWER`] and [`codes::STA_CORRUPT`] where it is not for us to read.
    pub fn peek(home: &Path) -> Result<Vec<Stored>> {
        let path = home.join("state.db");
        if !path.exists() {
            return Ok(Vec::new());
        }
        // Absolute, because the bundled SQLite would take a path that begins with `file:` for a URL.
        let full = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
        let look = || -> rusqlite::Result<(i64, i64, Vec<Stored>)> {
            let connection =
                Connection::open_with_flags(&full, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            connection.busy_timeout(BUSY_WAIT)?;
            let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
            let (format, application) = (number("PRAGMA user_version")?, number("PRAGMA application_id")?);
            let is_ours = application == APPLICATION && (SINCE..=FORMAT).contains(&format);
            let rows = if is_ours { all(&connection)? } else { Vec::new() };
            Ok((format, application, rows))
        };
        let (format, application, rows) =
            look().map_err(|e| fault(format!("Cannot read the connections in {}", path.display()), e))?;
        if format > FORMAT {
            let what = format!("{} is of format {format}; this version knows up to {FORMAT}", path.display());
            return Err(Error::new(&codes::STA_NEWER, what));
        }
        // A file just created has neither.
        if application != APPLICATION && (application, format) != (0, 0) {
            return Err(Error::new(
                &codes::STA_CORRUPT,
                format!("{} is not a state file of Tajo, or was altered", path.display()),
            ));
        }
        Ok(rows)
    }
    /// Writes a connection; one of the same name is replaced.
    pub fn put(&self, stored: &Stored) -> Result<()> {
        let sql = format!("INSERT OR REPLACE INTO connections ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
        let Stored { name, platform, kind, region, api_version, workspace_id, workspace, hint, connected_at, sealed } = stored;
        let row = (name, platform, kind, region, api_version, workspace_id, workspace, hint, connected_at, sealed);
        self.lock().execute(&sql, row).map(drop).map_err(|e| self.broken("Cannot store the connection", e))
    }
    /// Removes a connection, also from the write-ahead log; false where there is none of that name.
    pub fn remove(&self, name: &str) -> Result<bool> {
        let connection = self.lock();
        let gone = connection.execute("DELETE FROM connections WHERE name = ?1", [name]);
        let gone = gone.map_err(|e| self.broken("Cannot remove the connection", e))?;
        // Where another process reads just now, the log is folded back by whoever comes last.
        let _: rusqlite::Result<i64> = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        Ok(gone > 0)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn broken(&self, what: &str, cause: rusqlite::Error) -> Error {
        fault(format!("{what} in {}", self.path.display()), cause)
    }
}

fn all(connection: &Connection) -> rusqlite::Result<Vec<Stored>> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM connections ORDER BY name LIMIT ?1"))?;
    statement.query_map([ROWS_MAX], read)?.collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        name: row.get(0)?,
        platform: row.get(1)?,
        kind: row.get(2)?,
        region: row.get(3)?,
        api_version: row.get(4)?,
        workspace_id: row.get(5)?,
        workspace: row.get(6)?,
        hint: row.get(7)?,
        connected_at: row.get(8)?,
        sealed: row.get(9)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acme() -> Stored {
        Stored {
            name: "acme".into(),
            platform: "intercom".into(),
            kind: "token".into(),
            region: Some("eu".into()),
            api_version: None,
            workspace_id: Some("abc123".into()),
            workspace: Some("Acme".into()),
            hint: "tok_…1a2b".into(),
            connected_at: "2026-11-20T10:00:00Z".into(),
            sealed: vec![1, 2, 3],
        }
    }

    #[test]
    fn a_look_creates_nothing_and_sees_what_was_put() {
        let home = tempfile::tempdir().unwrap();
        assert!(Connections::peek(home.path()).unwrap().is_empty());
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
        let store = Connections::open(home.path()).unwrap();
        store.put(&acme()).unwrap();
        store.put(&Stored { hint: "tok_…9z9z".into(), ..acme() }).unwrap();
        assert_eq!(Connections::peek(home.path()).unwrap(), [Stored { hint: "tok_…9z9z".into(), ..acme() }]);
        assert!(store.remove("acme").unwrap() && !store.remove("acme").unwrap());
        assert!(Connections::peek(home.path()).unwrap().is_empty());
    }

    #[test]
    fn what_was_removed_is_in_no_file_any_more() {
        let home = tempfile::tempdir().unwrap();
        let store = Connections::open(home.path()).unwrap();
        let sealed = b"sealed-canary-0123456789".to_vec();
        store.put(&Stored { sealed: sealed.clone(), ..acme() }).unwrap();
        let holds = || {
            let files = std::fs::read_dir(home.path()).unwrap().flatten();
            files.into_iter().any(|file| std::fs::read(file.path()).unwrap().windows(sealed.len()).any(|part| part == sealed))
        };
        assert!(holds(), "the test can fail");
        store.remove("acme").unwrap();
        assert!(!holds());
    }

    #[test]
    fn a_file_that_is_not_ours_is_said_to_be_so() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("state.db"), b"not a database, though long enough to be looked at as one".repeat(20))
            .unwrap();
        assert_eq!(Connections::peek(home.path()).unwrap_err().code(), &codes::STA_CORRUPT);
        std::fs::remove_file(home.path().join("state.db")).unwrap();
        Connections::open(home.path()).unwrap();
        let newer = Connection::open(home.path().join("state.db")).unwrap();
        newer.execute_batch("PRAGMA user_version = 99").unwrap();
        drop(newer);
        assert_eq!(Connections::peek(home.path()).unwrap_err().code(), &codes::STA_NEWER);
    }
}
