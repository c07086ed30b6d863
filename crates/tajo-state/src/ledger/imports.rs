//! Imports under way: Brevo works on them by itself, and a run that broke off has to find them again.

use rusqlite::Row;
use tajo_core::error::Result;

use super::words::words;
use super::{Ledger, Write};

words! {
    /// How far an import is.
    ImportState {
        /// Noted; the call has not left.
        Planned = "planned",
        /// The call may have left.
        Sent = "sent",
        /// Brevo finished it and the result was read.
        Done = "done",
        /// Brevo refused it or gave it up.
        Failed = "failed",
    }
}

/// One import call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Unique id, ours.
    pub chunk: String,
    /// The run that it belongs to.
    pub run_id: String,
    /// Brevo's id of it, once the call was answered.
    pub process_id: Option<i64>,
    /// How far it is.
    pub state: ImportState,
    /// Records in it.
    pub rows: i64,
    /// The caller's notes.
    pub detail: Option<String>,
}

fn read(row: &Row<'_>) -> rusqlite::Result<Import> {
    Ok(Import {
        chunk: row.get(0)?,
        run_id: row.get(1)?,
        process_id: row.get(2)?,
        state: row.get(3)?,
        rows: row.get(4)?,
        detail: row.get(5)?,
    })
}

impl Ledger {
    /// Imports planned or sent, oldest first.
    pub fn open_imports(&self) -> Result<Vec<Import>> {
        let sql = "SELECT chunk, run_id, process_id, state, rows, detail FROM imports \
            WHERE scope = ?1 AND state IN ('planned', 'sent') ORDER BY rowid";
        self.read(|view| view.all(sql, [view.scope], read))
    }
}

impl Write<'_> {
    /// Stores an import as given; one of the same id is replaced and keeps its place.
    pub fn put_import(&mut self, import: &Import) -> Result<()> {
        let sql = "INSERT INTO imports (scope, chunk, run_id, process_id, state, rows, detail) \
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (scope, chunk) DO UPDATE SET run_id = excluded.run_id, \
            process_id = excluded.process_id, state = excluded.state, rows = excluded.rows, detail = excluded.detail";
        let i = import;
        self.view.run(sql, (self.view.scope, &i.chunk, &i.run_id, i.process_id, i.state, i.rows, &i.detail)).map(drop)
    }
}
