//! Which contact of Intercom is which contact of Brevo, and what each side last showed of it.

use rusqlite::Row;
use tajo_core::codes;
use tajo_core::error::{Error, Result};

use super::view::{View, limit};
use super::words::words;
use super::{Ledger, Write};

words! {
    /// What became of a link.
    LinkState {
        /// Both sides are known.
        Live = "live",
        /// Only the Intercom side is known yet.
        Pending = "pending",
        /// One side was deleted.
        Gone = "gone",
        /// The Intercom contact was merged into another.
        Merged = "merged",
    }
}

/// A contact of Intercom and, where known, the one of Brevo that is the same person. Both ids occur in one link at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Intercom's id.
    pub intercom_id: String,
    /// Brevo's id.
    pub brevo_id: Option<i64>,
    /// What became of it.
    pub state: LinkState,
    /// The caller's notes.
    pub detail: Option<String>,
    /// What each side last showed; opaque here.
    pub base: String,
    /// Whether it is to be looked at again, whatever the platforms list as changed.
    pub dirty: bool,
    /// The phone number that is kept back because another contact of Brevo has it, digits alone. When that one loses it,
    /// the link becomes dirty by itself.
    pub waits_for: Option<String>,
}

impl Link {
    /// A contact of Intercom without a partner, to be looked at again.
    pub fn pending(intercom_id: String) -> Link {
        let (state, base) = (LinkState::Pending, "{}".into());
        Link { intercom_id, brevo_id: None, state, detail: None, base, dirty: true, waits_for: None }
    }
}

/// Links by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinkCounts {
    /// Of [`LinkState::Live`].
    pub live: u64,
    /// Of [`LinkState::Pending`].
    pub pending: u64,
    /// Of [`LinkState::Gone`].
    pub gone: u64,
    /// Of [`LinkState::Merged`].
    pub merged: u64,
}

const COLUMNS: &str = "intercom_id, brevo_id, state, detail, base, dirty, waits_for";
/// Where nobody is known to have the number that a link waits for, nothing would tell of its being free; and who waits gives
/// up a number that somebody else waits for.
const PUT: &str = "INSERT INTO links (scope, intercom_id, brevo_id, state, detail, base, dirty, waits_for) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7 OR (?8 IS NOT NULL AND (NOT EXISTS (SELECT 1 FROM brevo_contacts \
    WHERE scope = ?1 AND sms = ?8 AND id IS NOT ?3) OR EXISTS (SELECT 1 FROM brevo_contacts AS own JOIN links AS other \
    ON other.scope = own.scope AND other.waits_for = own.sms WHERE own.scope = ?1 AND own.id = ?3 AND other.state = 'live' \
    AND other.intercom_id <> ?2))), ?8) ON CONFLICT (scope, intercom_id) DO UPDATE SET brevo_id = excluded.brevo_id, \
    state = excluded.state, detail = excluded.detail, base = excluded.base, dirty = excluded.dirty, \
    waits_for = excluded.waits_for";

fn read(row: &Row<'_>) -> rusqlite::Result<Link> {
    Ok(Link {
        intercom_id: row.get(0)?,
        brevo_id: row.get(1)?,
        state: row.get(2)?,
        detail: row.get(3)?,
        base: row.get(4)?,
        dirty: row.get(5)?,
        waits_for: row.get(6)?,
    })
}

fn find(view: View<'_>, filter: &str, key: impl rusqlite::ToSql) -> Result<Option<Link>> {
    view.one(&format!("SELECT {COLUMNS} FROM links WHERE scope = ?1 AND {filter} = ?2"), (view.scope, key), read)
}

impl Ledger {
    /// The link of an Intercom contact.
    pub fn link(&self, intercom_id: &str) -> Result<Option<Link>> {
        self.read(|view| find(view, "intercom_id", intercom_id))
    }
    /// The link of a Brevo contact.
    pub fn link_of_brevo(&self, brevo_id: i64) -> Result<Option<Link>> {
        self.read(|view| find(view, "brevo_id", brevo_id))
    }
    /// Intercom ids of links to be looked at again, in order of id. The caller clears them with [`Write::put_link`] or
    /// [`Write::set_dirty`] to get further.
    pub fn dirty_links(&self, at_most: usize) -> Result<Vec<String>> {
        let sql = "SELECT intercom_id FROM links WHERE scope = ?1 AND dirty ORDER BY intercom_id LIMIT ?2";
        self.read(|view| view.all(sql, (view.scope, limit(at_most)), |row| row.get(0)))
    }
    /// Links in order of Intercom id, from the one after `after` (`""` for the first).
    pub fn links(&self, after: &str, at_most: usize) -> Result<Vec<Link>> {
        let filter = "WHERE scope = ?1 AND intercom_id > ?2 ORDER BY intercom_id LIMIT ?3";
        let sql = format!("SELECT {COLUMNS} FROM links {filter}");
        self.read(|view| view.all(&sql, (view.scope, after, limit(at_most)), read))
    }
    /// How many links there are.
    pub fn count_links(&self) -> Result<LinkCounts> {
        let sql = "SELECT state, count(*) FROM links WHERE scope = ?1 GROUP BY state";
        let rows: Vec<(LinkState, i64)> = self.read(|view| view.all(sql, [view.scope], |row| Ok((row.get(0)?, row.get(1)?))))?;
        let of = |state| rows.iter().find(|(word, _)| *word == state).map_or(0, |(_, n)| n.unsigned_abs());
        Ok(LinkCounts {
            live: of(LinkState::Live),
            pending: of(LinkState::Pending),
            gone: of(LinkState::Gone),
            merged: of(LinkState::Merged),
        })
    }
}

impl Ledger {
    /// Whether a link of another contact of Brevo than this one waits for the number, digits alone.
    pub fn is_waited_for(&self, digits: &str, brevo_id: Option<i64>) -> Result<bool> {
        let sql = "SELECT 1 FROM links WHERE scope = ?1 AND waits_for = ?2 AND state = 'live' AND brevo_id IS NOT ?3 LIMIT 1";
        Ok(self.read(|view| view.one(sql, (view.scope, digits, brevo_id), |_| Ok(())))?.is_some())
    }
}

impl Write<'_> {
    /// Stores a link as given, but dirty where it waits for a number that nobody is known to have, or has one itself that
    /// somebody waits for. A link that is no longer live gives up its Brevo contact to it; `STA_MOVED` where the
    /// contact belongs to one that is.
    pub fn put_link(&mut self, link: &Link) -> Result<()> {
        let (scope, id, waits_for) = (self.view.scope, &link.intercom_id, &link.waits_for);
        let values = (scope, id, link.brevo_id, link.state, &link.detail, &link.base, link.dirty, waits_for);
        let done = self.view.run(PUT, values);
        // Asked only after a failure: a million links are put where none is taken.
        if let (true, Some(brevo_id)) = (done.is_err(), link.brevo_id) {
            let sql = "UPDATE links SET brevo_id = NULL WHERE scope = ?1 AND brevo_id = ?2 AND intercom_id <> ?3 \
                AND state IN ('gone', 'merged')";
            if self.view.run(sql, (self.view.scope, brevo_id, &link.intercom_id))? > 0 {
                return self.view.run(PUT, values).map(drop);
            }
            self.refuse_taken(&link.intercom_id, brevo_id)?;
        }
        done.map(drop)
    }
    /// Says whether a link is to be looked at again; where there is none, nothing happens.
    pub fn set_dirty(&mut self, intercom_id: &str, dirty: bool) -> Result<()> {
        let sql = "UPDATE links SET dirty = ?3 WHERE scope = ?1 AND intercom_id = ?2 AND dirty <> ?3";
        self.view.run(sql, (self.view.scope, intercom_id, dirty)).map(drop)
    }
    /// Every link is to be looked at again: the rules changed.
    pub fn set_all_dirty(&mut self) -> Result<()> {
        self.view.run("UPDATE links SET dirty = 1 WHERE scope = ?1 AND NOT dirty", [self.view.scope]).map(drop)
    }
    /// An Intercom contact was merged into another, which takes over its Brevo contact and bases and becomes dirty.
    ///
    /// The merged one stays as [`LinkState::Merged`]. Where the other has a Brevo contact of its own, nothing passes
    /// over and the merged one keeps its own, so that nobody takes that for an unknown person. Saying it twice changes
    /// nothing more.
    pub fn repoint(&mut self, from: &str, to: &str) -> Result<()> {
        let merged = find(self.view, "intercom_id", from)?;
        let Some(merged) = merged.filter(|link| link.state != LinkState::Merged && from != to) else { return Ok(()) };
        let heir = find(self.view, "intercom_id", to)?;
        let passes = heir.as_ref().is_none_or(|heir| heir.brevo_id.is_none());
        let left = Link {
            brevo_id: merged.brevo_id.filter(|_| !passes),
            state: LinkState::Merged,
            detail: Some(to.to_string()),
            dirty: false,
            waits_for: None,
            ..merged.clone()
        };
        self.put_link(&left)?;
        self.view.run("DELETE FROM conflicts WHERE scope = ?1 AND intercom_id = ?2", (self.view.scope, from))?;
        if !passes {
            return self.set_dirty(to, true);
        }
        let detail = heir.and_then(|heir| heir.detail);
        self.put_link(&Link { intercom_id: to.to_string(), detail, dirty: true, ..merged })
    }
    /// Forgets a link and its conflicts; what was written for it stays in the journal.
    pub fn drop_link(&mut self, intercom_id: &str) -> Result<()> {
        for table in ["links", "conflicts"] {
            let sql = format!("DELETE FROM {table} WHERE scope = ?1 AND intercom_id = ?2");
            self.view.run(&sql, (self.view.scope, intercom_id))?;
        }
        Ok(())
    }

    fn refuse_taken(&self, intercom_id: &str, brevo_id: i64) -> Result<()> {
        let sql = "SELECT 1 FROM links WHERE scope = ?1 AND brevo_id = ?2 AND intercom_id <> ?3";
        match self.view.one(sql, (self.view.scope, brevo_id, intercom_id), |_| Ok(()))? {
            Some(()) => {
                let what = format!("Brevo contact {brevo_id} is linked to another Intercom contact than {intercom_id}");
                Err(Error::new(&codes::STA_MOVED, what))
            }
            None => Ok(()),
        }
    }
}
