//! What Brevo last showed of its contacts, so that planning asks it nothing.

use rusqlite::{Row, ToSql};
use tajo_core::error::Result;

use super::view::{count, limit};
use super::{Ledger, Write};

/// A contact of Brevo as last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrevoRow {
    /// Brevo's id.
    pub id: i64,
    /// E-mail address, in lower case.
    pub email: Option<String>,
    /// The caller's id for it.
    pub ext_id: Option<String>,
    /// Phone number, digits alone.
    pub sms: Option<String>,
    /// When Brevo says it changed.
    pub modified_at: String,
    /// The record, JSON.
    pub body: String,
    /// Whether it changed since it was last planned.
    pub dirty: bool,
}

const COLUMNS: &str = "id, email, ext_id, sms, modified_at, body, dirty";
/// A contact never seen before counts as changed.
const PUT: &str = "INSERT INTO brevo_contacts (scope, id, seen, email, ext_id, sms, modified_at, body, dirty) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1) ON CONFLICT (scope, id) DO UPDATE SET seen = max(seen, excluded.seen), \
    dirty = dirty OR ?9 OR body <> excluded.body, email = excluded.email, ext_id = excluded.ext_id, sms = excluded.sms, \
    modified_at = excluded.modified_at, body = excluded.body";

fn read(row: &Row<'_>) -> rusqlite::Result<BrevoRow> {
    Ok(BrevoRow {
        id: row.get(0)?,
        email: row.get(1)?,
        ext_id: row.get(2)?,
        sms: row.get(3)?,
        modified_at: row.get(4)?,
        body: row.get(5)?,
        dirty: row.get(6)?,
    })
}

impl Ledger {
    /// A contact of Brevo by its id.
    pub fn brevo(&self, id: i64) -> Result<Option<BrevoRow>> {
        self.by("id", id)
    }
    /// By e-mail address in lower case. An address that moved from one contact to another may stand in both rows until
    /// both were read again; then it is the one first stored.
    pub fn brevo_by_email(&self, email_lowercase: &str) -> Result<Option<BrevoRow>> {
        self.by("email", email_lowercase)
    }
    /// By the caller's id; where several rows have it, as for [`Ledger::brevo_by_email`].
    pub fn brevo_by_ext_id(&self, ext_id: &str) -> Result<Option<BrevoRow>> {
        self.by("ext_id", ext_id)
    }
    /// By phone number, digits alone; where several rows have it, as for [`Ledger::brevo_by_email`].
    pub fn brevo_by_sms(&self, digits: &str) -> Result<Option<BrevoRow>> {
        self.by("sms", digits)
    }
    /// Contacts in order of id, from the one after `after` (`i64::MIN` for the first).
    pub fn brevo_rows(&self, after: i64, at_most: usize) -> Result<Vec<BrevoRow>> {
        self.rows("", after, at_most)
    }
    /// Changed contacts in order of id. The caller clears them to get further.
    pub fn brevo_dirty(&self, at_most: usize) -> Result<Vec<BrevoRow>> {
        self.rows("AND dirty", i64::MIN, at_most)
    }
    /// Changed contacts in order of id, from the one after `after`: as many at a time as memory should hold.
    pub fn brevo_dirty_after(&self, after: i64, at_most: usize) -> Result<Vec<BrevoRow>> {
        self.rows("AND dirty", after, at_most)
    }
    /// How many contacts of Brevo are known.
    pub fn count_brevo(&self) -> Result<u64> {
        let sql = "SELECT count(*) FROM brevo_contacts WHERE scope = ?1";
        Ok(self.read(|view| view.one(sql, [view.scope], count))?.unwrap_or(0))
    }
    /// Ids of the rows that no [`Write::put_brevo`] of this full scan, or of a later one, has met.
    pub fn brevo_unseen(&self, pass: i64) -> Result<Vec<i64>> {
        let sql = "SELECT id FROM brevo_contacts WHERE scope = ?1 AND seen < ?2 ORDER BY id";
        self.read(|view| view.all(sql, (view.scope, pass), |row| row.get(0)))
    }

    /// Ids and moments of the contacts that changed after this moment, or at it with a higher id; in that order. Moments
    /// are compared as text, so they have to be written in one way.
    pub fn brevo_modified(&self, after: &str, id: i64, at_most: usize) -> Result<Vec<(i64, String)>> {
        // Made on first use: who never asks does not pay for it with every row.
        let index = "CREATE INDEX IF NOT EXISTS brevo_contacts_modified ON brevo_contacts (scope, modified_at, id)";
        let sql = "SELECT id, modified_at FROM brevo_contacts WHERE scope = ?1 AND (modified_at, id) > (?2, ?3) \
            ORDER BY modified_at, id LIMIT ?4";
        self.read(|view| {
            view.run(index, ())?;
            view.all(sql, (view.scope, after, id, limit(at_most)), |row| Ok((row.get(0)?, row.get(1)?)))
        })
    }

    fn by(&self, column: &'static str, key: impl ToSql) -> Result<Option<BrevoRow>> {
        let sql = format!("SELECT {COLUMNS} FROM brevo_contacts WHERE scope = ?1 AND {column} = ?2 ORDER BY row LIMIT 1");
        self.read(|view| view.one(&sql, (view.scope, key), read))
    }

    fn rows(&self, filter: &'static str, after: i64, at_most: usize) -> Result<Vec<BrevoRow>> {
        // From the smallest number on, because `>` would leave that one out.
        let order = format!("{filter} AND id >= ?2 ORDER BY id LIMIT ?3");
        let sql = format!("SELECT {COLUMNS} FROM brevo_contacts WHERE scope = ?1 {order}");
        let first = if after == i64::MIN { after } else { after.saturating_add(1) };
        self.read(|view| view.all(&sql, (view.scope, first, limit(at_most)), read))
    }
}

impl Write<'_> {
    /// Stores what Brevo shows, met by the full scan of number `pass`; outside a scan, the number of the last one.
    ///
    /// The row becomes dirty where it is new, where its body differs from the stored one, or where `row` says so.
    /// Nothing but [`Write::clear_brevo_dirty`] makes it clean, so a change noted twice is still a change.
    pub fn put_brevo(&mut self, row: &BrevoRow, pass: i64) -> Result<()> {
        let (scope, by) = (self.view.scope, (&row.email, &row.ext_id, &row.sms));
        let values = (scope, row.id, pass, by.0, by.1, by.2, &row.modified_at, &row.body, row.dirty);
        self.view.run(PUT, values).map(drop)
    }
    /// Forgets a contact that Brevo does not have any more.
    pub fn drop_brevo(&mut self, id: i64) -> Result<()> {
        self.view.run("DELETE FROM brevo_contacts WHERE scope = ?1 AND id = ?2", (self.view.scope, id)).map(drop)
    }
    /// A contact was planned as it stands now.
    pub fn clear_brevo_dirty(&mut self, id: i64) -> Result<()> {
        let sql = "UPDATE brevo_contacts SET dirty = 0 WHERE scope = ?1 AND id = ?2 AND dirty";
        self.view.run(sql, (self.view.scope, id)).map(drop)
    }
}
