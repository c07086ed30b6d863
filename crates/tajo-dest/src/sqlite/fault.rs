//! What SQLite reports, as the errors of the house.

use rusqlite::ffi::ErrorCode;
use tajo_core::codes::{self, Code};
use tajo_core::error::Error;

/// The error for what SQLite reported while doing `what`.
pub fn fault(what: impl Into<String>, cause: rusqlite::Error) -> Error {
    Error::new(code(&cause), what.into()).because(cause)
}

/// As [`fault`] for statements of ours on a table: what SQLite cannot even run names a table or column that is gone.
pub fn unfit(table: &str, cause: rusqlite::Error) -> Error {
    let gone = cause.sqlite_error().is_some_and(|e| e.extended_code == rusqlite::ffi::SQLITE_ERROR);
    match gone {
        true => Error::new(&codes::DST_SHAPE, format!("The table {table} or one of its columns is gone")).because(cause),
        false => fault(format!("Cannot write the table {table}"), cause),
    }
}

fn code(cause: &rusqlite::Error) -> &'static Code {
    match cause.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => &codes::DST_FULL,
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => &codes::DST_OPEN,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => &codes::STA_BUSY,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => &codes::STA_CORRUPT,
        // Our own tables have no constraint that our rows can break, and take any type: a hand did this.
        Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch) => &codes::DST_SHAPE,
        _ => &codes::DST_FAILED,
    }
}

/// The error for a file operation that failed.
pub fn refused(what: impl Into<String>, cause: std::io::Error) -> Error {
    let code = match cause.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => &codes::DST_FULL,
        _ => &codes::DST_OPEN,
    };
    Error::new(code, what.into()).because(cause)
}
