//! The file: private, durable, and never reset without a word.

use std::fs::{DirBuilder, OpenOptions};
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::ffi::ErrorCode;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use tajo_core::codes;
use tajo_core::error::{Error, Result};

use crate::layout::{self, APPLICATION, FORMAT};

/// How long another process may hold us up.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// Opens and, where it is new, lays out the file.
pub fn open(home: &Path, path: &Path) -> Result<Connection> {
    create(home, path).map_err(|e| {
        Error::new(&codes::DST_OPEN, format!("Cannot write {}", path.display()))
            .because(e)
            .help("Make the folder writable, or name another one in TAJO_HOME.")
    })?;
    // Absolute, because the bundled SQLite would take a path that begins with `file:` for a URL.
    let full = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let start = || -> rusqlite::Result<(Connection, i64, i64)> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(full, flags)?;
        connection.busy_timeout(BUSY_WAIT)?;
        // Without it SQLite prepares a statement anew for every other value of its parameters.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let (format, application) = (number("PRAGMA user_version")?, number("PRAGMA application_id")?);
        Ok((connection, format, application))
    };
    let (mut connection, format, application) = start().map_err(|e| fault(format!("Cannot open {}", path.display()), e))?;
    if format > FORMAT {
        let what = format!("{} is of format {format}; this version knows up to {FORMAT}", path.display());
        return Err(Error::new(&codes::STA_NEWER, what));
    }
    let mut lay_out = || -> rusqlite::Result<bool> {
        // Content that is dropped or replaced is overwritten; what was moved is left to `Ledger::scrub`.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cache_size = -1000;",
        )?;
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Decided under the lock: another process may have laid it out meanwhile.
        let whole = layout::bring_up(&tx)?;
        tx.commit().map(|()| whole)
    };
    let whole = (application == APPLICATION || (application == 0 && format == 0))
        && lay_out().map_err(|e| fault(format!("Cannot set up {}", path.display()), e))?;
    if !whole {
        return Err(Error::new(&codes::STA_CORRUPT, format!("{} is not a state file of Tajo, or was altered", path.display())));
    }
    Ok(connection)
}

fn create(home: &Path, path: &Path) -> std::io::Result<()> {
    let mut folder = DirBuilder::new();
    folder.recursive(true);
    let mut file = OpenOptions::new();
    file.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    }
    folder.create(home)?;
    file.open(path).map(drop)
}

/// What SQLite reported, as an error of the house.
pub fn fault(what: String, cause: rusqlite::Error) -> Error {
    let code = match cause.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => &codes::DST_FULL,
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => &codes::DST_OPEN,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => &codes::STA_BUSY,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => &codes::STA_CORRUPT,
        // Values that are not what was written.
        None => &codes::STA_CORRUPT,
        Some(_) => &codes::DST_FAILED,
    };
    Error::new(code, what).because(cause)
}
