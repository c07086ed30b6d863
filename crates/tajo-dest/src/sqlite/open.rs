//! Opening the file: who may read it, how durable it is, how much memory it takes.

use std::fs::{DirBuilder, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tajo_core::codes;
use tajo_core::error::{Error, Result};

use super::fault::{fault, refused};

/// How long another writer (a person's database browser, say) may hold us up.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// 3.51.3 mended a race of WAL resets that could lose commits.
const VERSION_MIN: i32 = 3_051_003;

/// Rows of 2 KB in 20,000: pages of 16 KB take a third less CPU and a third less room than 4 KB.
const PAGE: &str = "PRAGMA page_size = 16384";
/// FULL syncs the WAL at every commit, so `Ok` means durable. Checkpoints come every 32 MB (a segment is a few MB and each
/// checkpoint syncs twice); 8 MB of cache hold the upper levels of the trees of millions of rows.
const WRITER: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; \
    PRAGMA cache_size = -8000; PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 67108864; \
    PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF;";

/// Opens for reading and writing; creates the file (0600) and its folders (0700) where missing.
pub fn writer(path: &Path) -> Result<Connection> {
    create(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = connect(path, flags)?;
    let setup = || -> rusqlite::Result<()> {
        if connection.query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0))? == 0 {
            connection.execute_batch(PAGE)?;
        }
        connection.execute_batch(WRITER)
    };
    setup().map_err(|e| fault(format!("Cannot open the database {}", path.display()), e))?;
    if connection.is_readonly("main").unwrap_or(false) {
        return Err(Error::new(&codes::DST_OPEN, format!("The database {} may not be written", path.display()))
            .help(format!("Make it writable (`chmod u+w {}`), or choose another file with --to.", path.display())));
    }
    Ok(connection)
}

/// Opens for reading alone; takes no claim and creates nothing.
pub fn reader(path: &Path) -> Result<Connection> {
    if !path.is_file() {
        return Err(Error::new(&codes::DST_OPEN, format!("There is no database at {}", path.display()))
            .help("Run `tajo sync` first, or name the file with --to."));
    }
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// `x.db` to `x.db.lock` and the like.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Options that create a file only its owner can read.
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    if rusqlite::version_number() < VERSION_MIN {
        let found = rusqlite::version();
        return Err(Error::new(&codes::BUG, format!("Tajo was built with SQLite {found}, which can lose commits")));
    }
    // Made absolute because the bundled SQLite would take a path that begins with `file:` for a URL.
    let full = std::path::absolute(path).map_err(|e| refused(format!("Cannot open the database {}", path.display()), e))?;
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(&full, flags)?;
        connection.busy_timeout(BUSY_WAIT)?;
        // Without it SQLite prepares a statement anew for every other value of its parameters.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // A misspelt "column" is an error, not a text.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
        Ok(connection)
    };
    open().map_err(|e| fault(format!("Cannot open the database {}", path.display()), e))
}

fn create(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Err(Error::new(&codes::DST_OPEN, format!("{} is a folder, not a database", path.display()))
            .help("Name a file in it, such as sqlite:///folder/intercom.db."));
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(|e| refused(format!("Cannot create the folder {}", folder.display()), e))?;
    }
    let made = private().open(path);
    made.map_err(|e| refused(format!("Cannot write the database {}", path.display()), e)).map(drop)
}
