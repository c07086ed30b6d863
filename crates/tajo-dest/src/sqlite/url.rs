//! The URLs of SQLite files.

use std::path::PathBuf;
use std::sync::Arc;

use tajo_core::codes;
use tajo_core::error::{Error, Result};

use super::SqliteDestination;
use crate::Driver;

/// The line in the list of destinations.
pub const DRIVER: Driver = Driver {
    name: "SQLite",
    scheme: "sqlite",
    doc: "A SQLite file: sqlite:///path/to/file.db, or sqlite:file.db for a relative path.",
    open: |rest, trip| Ok(Arc::new(SqliteDestination::open_with(&path(rest)?, trip)?)),
};

/// The file of a URL without its scheme: `///tmp/x.db` and `////tmp/x.db` are `/tmp/x.db`, `x.db` is relative.
pub fn path(rest: &str) -> Result<PathBuf> {
    let slashes = rest.len() - rest.trim_start_matches('/').len();
    let named = &rest[slashes..];
    let wrong = |what: &'static str| Err(Error::new(&codes::CFG_DESTINATION, what));
    match slashes {
        _ if named.is_empty() || named.ends_with('/') => wrong("The destination names no file"),
        _ if named.contains('\0') => wrong("The destination's path holds a NUL"),
        0 if named == ":memory:" => wrong("A database in memory would be lost at the end"),
        0 => Ok(named.into()),
        2 => wrong("The destination has two slashes, which name a host; three name a file"),
        _ => Ok(format!("/{named}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_files() {
        for (rest, expect) in [
            ("///tmp/x.db", Some("/tmp/x.db")),
            ("////tmp/x.db", Some("/tmp/x.db")),
            ("/tmp/x.db", Some("/tmp/x.db")),
            ("x.db", Some("x.db")),
            ("./a b/x?y.db", Some("./a b/x?y.db")),
            ("//host/x.db", None),
            ("", None),
            ("///", None),
            ("///tmp/", None),
            (":memory:", None),
        ] {
            assert_eq!(path(rest).ok().as_deref(), expect.map(std::path::Path::new), "{rest}");
        }
    }
}
