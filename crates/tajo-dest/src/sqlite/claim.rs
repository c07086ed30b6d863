//! Who may write: the lock between processes, the epoch that fences zombies, the workspace, and the stored state.
//!
//! `_tajo_meta` holds the format, the workspace and an epoch per connection; `_tajo_state` a JSON text per stream, with a
//! checksum, because a flipped bit in a watermark would otherwise go unnoticed and skip data.

use std::fs::File;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use tajo_core::codes;
use tajo_core::destination::{Claim, StateNote};
use tajo_core::error::{Error, Result};

use super::fault::fault;
use super::{names, open};

/// Format of the two tables.
const FORMAT: i64 = 1;
const TABLES: &str = "CREATE TABLE _tajo_meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID; \
    CREATE TABLE _tajo_state (connection TEXT NOT NULL, stream TEXT NOT NULL, state TEXT NOT NULL, checksum INTEGER NOT NULL, \
    PRIMARY KEY (connection, stream)) WITHOUT ROWID;";

/// Locks the database for this process until the file is dropped; the system releases it if the process dies.
pub fn lock(path: &Path) -> Result<File> {
    tajo_core::hold(&open::beside(path, ".lock"), &path.display().to_string())
}

/// Reads the state and raises the epoch, in one transaction.
pub fn take(connection: &mut Connection, name: &str, workspace: &str) -> Result<Claim> {
    let stuck = |e| fault("Cannot claim the destination", e);
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(stuck)?;
    let found = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('_tajo_meta', '_tajo_state')";
    match tx.query_row(found, [], |row| row.get::<_, i64>(0)).map_err(stuck)? {
        0 => {
            tx.execute_batch(TABLES).map_err(stuck)?;
            set(&tx, "format", &FORMAT.to_string())?;
        }
        2 => {}
        _ => return Err(damaged("one of the tables _tajo_meta and _tajo_state is gone")),
    }
    match get(&tx, "format")?.as_deref().map(str::parse::<i64>) {
        Some(Ok(format)) if (1..=FORMAT).contains(&format) => {}
        Some(Ok(format)) if format > FORMAT => {
            let what = format!("The destination has state of format {format}; this version knows up to {FORMAT}");
            return Err(Error::new(&codes::STA_NEWER, what));
        }
        _ => return Err(damaged("_tajo_meta has no valid format")),
    }
    match get(&tx, "workspace")? {
        None => set(&tx, "workspace", workspace)?,
        Some(held) if held == workspace => {}
        Some(held) => {
            let what = format!("The destination holds workspace {held}; the token is of workspace {workspace}");
            return Err(Error::new(&codes::DST_WORKSPACE, what).note("workspace", held));
        }
    }
    let epoch = epoch(&tx, name)?.unwrap_or(0).checked_add(1).ok_or_else(|| damaged("the epoch is at its end"))?;
    set(&tx, &epoch_of(name), &epoch.to_string())?;
    let states = states(&tx, name)?;
    tx.commit().map_err(stuck)?;
    Ok(Claim { connection: name.into(), epoch, states })
}

/// Refuses a claim that is not the newest.
pub fn fence(tx: &Transaction<'_>, claim: &Claim) -> Result<()> {
    let held = epoch(tx, &claim.connection)?;
    if held == Some(claim.epoch) {
        return Ok(());
    }
    let what = format!("Connection {} was claimed again; this run holds an older claim", claim.connection);
    Err(Error::new(&codes::STA_FENCED, what).note("epoch", format!("{} (newest {})", claim.epoch, held.unwrap_or(0))))
}

/// Writes a stream's state.
pub fn note(tx: &Transaction<'_>, connection: &str, note: &StateNote) -> Result<()> {
    if !is_json(&note.state) {
        return Err(Error::new(&codes::BUG, format!("The state of {} is not JSON", note.stream)));
    }
    let sql = "INSERT INTO _tajo_state VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET state = excluded.state, \
        checksum = excluded.checksum WHERE state IS NOT excluded.state";
    let sum = checksum(connection, &note.stream, &note.state);
    tx.execute(sql, (connection, &note.stream, &note.state, sum)).map_err(|e| fault("Cannot write the state", e)).map(drop)
}

fn states(connection: &Connection, name: &str) -> Result<Vec<(String, String)>> {
    type Stored = (String, String, i64);
    let read = || -> rusqlite::Result<Vec<Stored>> {
        let sql = "SELECT stream, state, checksum FROM _tajo_state WHERE connection = ?1 ORDER BY stream";
        let mut statement = connection.prepare(sql)?;
        statement.query_map([name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
    };
    let mut states = Vec::new();
    for (stream, state, sum) in read().map_err(|e| unreadable("Cannot read the state", e))? {
        if checksum(name, &stream, &state) != sum || !is_json(&state) {
            return Err(damaged(&format!("the state of {stream} is not what was written")));
        }
        states.push((stream, state));
    }
    Ok(states)
}

fn checksum(connection: &str, stream: &str, state: &str) -> i64 {
    names::hash([connection.as_bytes(), stream.as_bytes(), state.as_bytes()])
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok()
}

fn epoch_of(connection: &str) -> String {
    format!("epoch:{connection}")
}

fn epoch(connection: &Connection, name: &str) -> Result<Option<i64>> {
    match get(connection, &epoch_of(name))?.map(|text| text.parse::<i64>()) {
        None => Ok(None),
        Some(Ok(epoch)) if epoch > 0 => Ok(Some(epoch)),
        Some(_) => Err(damaged("_tajo_meta has an invalid epoch")),
    }
}

fn get(connection: &Connection, name: &str) -> Result<Option<String>> {
    let sql = "SELECT value FROM _tajo_meta WHERE name = ?1";
    let value = connection.query_row(sql, [name], |row| row.get(0)).optional();
    value.map_err(|e| unreadable("Cannot read _tajo_meta", e))
}

fn set(connection: &Connection, name: &str, value: &str) -> Result<()> {
    let sql = "INSERT INTO _tajo_meta VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value";
    connection.execute(sql, (name, value)).map_err(|e| fault("Cannot write _tajo_meta", e)).map(drop)
}

/// Columns that are not there, values of another type, bytes that are not text: damage. A full disk stays a full disk.
fn unreadable(what: &'static str, cause: rusqlite::Error) -> Error {
    match fault(what, cause) {
        error if error.code() == &codes::DST_FAILED => Error::new(&codes::STA_CORRUPT, what).because(error),
        error => error,
    }
}

fn damaged(why: &str) -> Error {
    Error::new(&codes::STA_CORRUPT, format!("The stored state is damaged: {why}"))
}
