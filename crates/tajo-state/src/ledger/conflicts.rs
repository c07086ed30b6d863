//! Fields that both sides changed, waiting for a person.

use rusqlite::Row;
use tajo_core::codes;
use tajo_core::error::Result;

use super::journal::refused;
use super::{Ledger, Write};

/// A field that both sides changed to different values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The Intercom contact.
    pub intercom_id: String,
    /// Key of the field.
    pub field: String,
    /// Intercom's value.
    pub left: String,
    /// Brevo's value.
    pub right: String,
    /// When the Intercom record changed, unix seconds.
    pub left_at: i64,
    /// When the Brevo record changed, unix seconds.
    pub right_at: i64,
    /// When the conflict was first found.
    pub first_seen: String,
    /// What a person chose.
    pub choice: Option<String>,
}

const SELECT: &str = "SELECT intercom_id, field, left_value, right_value, left_at, right_at, first_seen, choice FROM conflicts";
/// A choice holds for the values it was made for.
const PUT: &str = "INSERT INTO conflicts (scope, intercom_id, field, left_value, right_value, left_at, right_at, first_seen, \
    choice) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (scope, intercom_id, field) DO UPDATE SET \
    choice = CASE WHEN excluded.choice IS NULL AND left_value = excluded.left_value AND right_value = excluded.right_value \
    THEN choice ELSE excluded.choice END, left_value = excluded.left_value, right_value = excluded.right_value, \
    left_at = excluded.left_at, right_at = excluded.right_at";

fn read(row: &Row<'_>) -> rusqlite::Result<Conflict> {
    Ok(Conflict {
        intercom_id: row.get(0)?,
        field: row.get(1)?,
        left: row.get(2)?,
        right: row.get(3)?,
        left_at: row.get(4)?,
        right_at: row.get(5)?,
        first_seen: row.get(6)?,
        choice: row.get(7)?,
    })
}

impl Ledger {
    /// All conflicts, the oldest first.
    pub fn conflicts(&self) -> Result<Vec<Conflict>> {
        let sql = format!("{SELECT} WHERE scope = ?1 ORDER BY first_seen, intercom_id, field");
        self.read(|view| view.all(&sql, [view.scope], read))
    }
    /// The conflict of a field.
    pub fn conflict(&self, intercom_id: &str, field: &str) -> Result<Option<Conflict>> {
        let sql = format!("{SELECT} WHERE scope = ?1 AND intercom_id = ?2 AND field = ?3");
        self.read(|view| view.one(&sql, (view.scope, intercom_id, field), read))
    }
}

impl Write<'_> {
    /// Stores a conflict. One known already keeps when it was first seen and, as long as both values stay what they
    /// were, what was chosen.
    pub fn put_conflict(&mut self, conflict: &Conflict) -> Result<()> {
        let c = conflict;
        let (scope, at, values) = (self.view.scope, (c.left_at, c.right_at), (&c.left, &c.right));
        let row = (scope, &c.intercom_id, &c.field, values.0, values.1, at.0, at.1, &c.first_seen, &c.choice);
        self.view.run(PUT, row).map(drop)
    }
    /// Forgets a conflict.
    pub fn drop_conflict(&mut self, intercom_id: &str, field: &str) -> Result<()> {
        let sql = "DELETE FROM conflicts WHERE scope = ?1 AND intercom_id = ?2 AND field = ?3";
        self.view.run(sql, (self.view.scope, intercom_id, field)).map(drop)
    }
    /// Notes what a person chose; the next run carries it out. `STA_MOVED` where there is no such conflict (any more).
    pub fn settle_conflict(&mut self, intercom_id: &str, field: &str, choice: &str) -> Result<()> {
        let sql = "UPDATE conflicts SET choice = ?4 WHERE scope = ?1 AND intercom_id = ?2 AND field = ?3";
        match self.view.run(sql, (self.view.scope, intercom_id, field, choice))? {
            0 => Err(refused(&codes::STA_MOVED, "Field", field, "not in conflict for that contact")),
            _ => Ok(()),
        }
    }
}
