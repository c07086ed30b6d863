//! The journal of effects: written before a call, settled when its outcome is known.

use std::collections::BTreeMap;

use rusqlite::Row;
use tajo_core::codes;
use tajo_core::error::{Error, Result};

use super::view::limit;
use super::words::words;
use super::{Ledger, Write};

words! {
    /// What became of an effect.
    EffectState {
        /// Noted; the call has not left.
        Planned = "planned",
        /// The call may have left.
        Sent = "sent",
        /// The target shows it.
        Confirmed = "confirmed",
        /// The platform refused it.
        Failed = "failed",
        /// Nobody knows, and it may not be sent twice.
        Unknown = "unknown",
        /// Given up, because the target had changed.
        Dropped = "dropped",
    }
}

impl EffectState {
    /// Whether the outcome is still to be found out by a run.
    pub fn is_open(self) -> bool {
        matches!(self, EffectState::Planned | EffectState::Sent)
    }
}

/// One write to a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Unique id, the same whenever the same write is planned again.
    pub effect_id: String,
    /// The run that it belongs to.
    pub run_id: String,
    /// Its place in the run.
    pub seq: i64,
    /// What kind of write it is.
    pub kind: String,
    /// `brevo` or `intercom`.
    pub side: String,
    /// Intercom id of the link it is for; may be empty.
    pub link: String,
    /// What it writes to.
    pub target: String,
    /// What is to be written, JSON.
    pub intent: Option<String>,
    /// What the target showed before, JSON.
    pub before: Option<String>,
    /// What became of it.
    pub state: EffectState,
    /// The reason, where there is one.
    pub detail: Option<String>,
    /// When it was planned.
    pub at: String,
    /// When it was settled, where [`Write::at`] said so.
    pub settled_at: Option<String>,
}

const COLUMNS: &str = "effect_id, run_id, seq, kind, side, link, target, intent, pre_image, state, detail, at, settled_at";
const BEGIN: &str = "INSERT OR REPLACE INTO effects (scope, effect_id, run_id, seq, kind, side, link, target, intent, \
    pre_image, state, detail, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";

fn read(row: &Row<'_>) -> rusqlite::Result<Effect> {
    Ok(Effect {
        effect_id: row.get(0)?,
        run_id: row.get(1)?,
        seq: row.get(2)?,
        kind: row.get(3)?,
        side: row.get(4)?,
        link: row.get(5)?,
        target: row.get(6)?,
        intent: row.get(7)?,
        before: row.get(8)?,
        state: row.get(9)?,
        detail: row.get(10)?,
        at: row.get(11)?,
        settled_at: row.get(12)?,
    })
}

impl Ledger {
    /// Effects planned or sent and not settled, oldest first: what a run that broke off left behind.
    pub fn open_effects(&self) -> Result<Vec<Effect>> {
        let sql = format!("SELECT {COLUMNS} FROM effects WHERE scope = ?1 AND state IN ('planned', 'sent') ORDER BY row");
        self.read(|view| view.all(&sql, [view.scope], read))
    }
    /// Effects for a link, newest first.
    pub fn effects_of(&self, intercom_id: &str, at_most: usize) -> Result<Vec<Effect>> {
        let sql = format!("SELECT {COLUMNS} FROM effects WHERE scope = ?1 AND link = ?2 ORDER BY row DESC LIMIT ?3");
        self.read(|view| view.all(&sql, (view.scope, intercom_id, limit(at_most)), read))
    }
    /// Effects of a run in their order, from the one after place `after_seq`.
    pub fn effects_of_run(&self, run_id: &str, after_seq: i64, at_most: usize) -> Result<Vec<Effect>> {
        let filter = "WHERE scope = ?1 AND run_id = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4";
        let sql = format!("SELECT {COLUMNS} FROM effects {filter}");
        self.read(|view| view.all(&sql, (view.scope, run_id, after_seq, limit(at_most)), read))
    }
    /// Effects of a run by the word of their state.
    pub fn effect_counts(&self, run_id: &str) -> Result<BTreeMap<String, u64>> {
        let sql = "SELECT count(*), state FROM effects WHERE scope = ?1 AND run_id = ?2 GROUP BY state";
        let read = |row: &Row<'_>| Ok((row.get(1)?, super::view::count(row)?));
        Ok(self.read(|view| view.all(sql, (view.scope, run_id), read))?.into_iter().collect())
    }
    /// Effects in a state, oldest first.
    pub fn effects_in_state(&self, state: EffectState, at_most: usize) -> Result<Vec<Effect>> {
        let sql = format!("SELECT {COLUMNS} FROM effects WHERE scope = ?1 AND state = ?2 ORDER BY row LIMIT ?3");
        self.read(|view| view.all(&sql, (view.scope, state, limit(at_most)), read))
    }
    /// The run that last planned an effect.
    pub fn last_run_with_effects(&self) -> Result<Option<String>> {
        let sql = "SELECT run_id FROM effects WHERE scope = ?1 ORDER BY row DESC LIMIT 1";
        self.read(|view| view.one(sql, [view.scope], |row| row.get(0)))
    }
}

impl Write<'_> {
    /// Notes an effect as planned, whatever state it says; one of the same id that is only planned is replaced.
    ///
    /// An id that was sent or is unknown is refused with `STA_UNKNOWN`: find out first what became of it. One that is
    /// settled is refused with `STA_PLAN`.
    pub fn begin(&mut self, effect: &Effect) -> Result<()> {
        match self.state(&effect.effect_id)? {
            None | Some(EffectState::Planned) => {}
            Some(state) => {
                let open = matches!(state, EffectState::Sent | EffectState::Unknown);
                let code = if open { &codes::STA_UNKNOWN } else { &codes::STA_PLAN };
                return Err(refused(code, "Effect", &effect.effect_id, state.word()));
            }
        }
        let e = effect;
        let values = rusqlite::params![
            self.view.scope,
            e.effect_id,
            e.run_id,
            e.seq,
            e.kind,
            e.side,
            e.link,
            e.target,
            e.intent,
            e.before,
            EffectState::Planned,
            e.detail,
            e.at
        ];
        self.view.run(BEGIN, values).map(drop)
    }
    /// Notes that the call leaves now. `BUG` where the effect is not planned; for one that was sent already nothing
    /// changes.
    pub fn sent(&mut self, effect_id: &str) -> Result<()> {
        match self.state(effect_id)? {
            Some(EffectState::Planned) => self.turn(effect_id, EffectState::Sent, None, None),
            Some(EffectState::Sent) => Ok(()),
            other => Err(refused(&codes::BUG, "Effect", effect_id, other.map_or("not known", EffectState::word))),
        }
    }
    /// Notes what became of an effect, with the reason and, where [`Write::at`] told it, the moment.
    ///
    /// Settling twice to the same state is allowed. An unknown one may be settled once it is known; everything else is
    /// final, and `BUG`.
    pub fn settle(&mut self, effect_id: &str, state: EffectState, detail: Option<&str>) -> Result<()> {
        let now = self.state(effect_id)?;
        let may = now.is_some_and(|now| now.is_open() || now == EffectState::Unknown || now == state);
        if !may || state.is_open() {
            return Err(refused(&codes::BUG, "Effect", effect_id, now.map_or("not known", EffectState::word)));
        }
        let at = self.now.clone();
        self.turn(effect_id, state, detail, at.as_deref())
    }

    fn state(&self, effect_id: &str) -> Result<Option<EffectState>> {
        let sql = "SELECT state FROM effects WHERE scope = ?1 AND effect_id = ?2";
        self.view.one(sql, (self.view.scope, effect_id), |row| row.get(0))
    }
    fn turn(&self, effect_id: &str, state: EffectState, detail: Option<&str>, at: Option<&str>) -> Result<()> {
        let sql = "UPDATE effects SET state = ?3, detail = coalesce(?4, detail), settled_at = coalesce(?5, settled_at) \
            WHERE scope = ?1 AND effect_id = ?2";
        self.view.run(sql, (self.view.scope, effect_id, state, detail, at)).map(drop)
    }
}

/// A step that the state of a thing does not allow.
pub fn refused(code: &'static codes::Code, thing: &str, id: &str, state: &str) -> Error {
    Error::new(code, format!("{thing} {id} is {state}, so this step cannot be taken"))
}
