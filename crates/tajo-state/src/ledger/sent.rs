//! Events and messages that were sent: the platform does not notice a second one, so we do.

use tajo_core::codes;
use tajo_core::error::{Error, Result};

use super::words::words;
use super::{Ledger, Write};

words! {
    /// What became of an event.
    SentState {
        /// Claimed; the call may have left.
        Planned = "planned",
        /// The platform took it.
        Sent = "sent",
        /// The platform refused it; it is not sent again by itself.
        Failed = "failed",
        /// Nobody knows, and it may not be sent twice.
        Unknown = "unknown",
    }
}

impl Ledger {
    /// What became of an event; `None` where it was never claimed.
    pub fn was_sent(&self, key: &str) -> Result<Option<SentState>> {
        let sql = "SELECT state FROM sent WHERE scope = ?1 AND key = ?2";
        self.read(|view| view.one(sql, (view.scope, key), |row| row.get(0)))
    }
}

impl Write<'_> {
    /// Claims an event for sending. False where it was claimed before, whatever became of it.
    pub fn claim_event(&mut self, key: &str) -> Result<bool> {
        let sql = "INSERT OR IGNORE INTO sent (scope, key, state) VALUES (?1, ?2, ?3)";
        Ok(self.view.run(sql, (self.view.scope, key, SentState::Planned))? == 1)
    }
    /// Notes what became of a claimed event. `BUG` where it was not claimed.
    pub fn settle_event(&mut self, key: &str, state: SentState) -> Result<()> {
        match self.view.run("UPDATE sent SET state = ?3 WHERE scope = ?1 AND key = ?2", (self.view.scope, key, state))? {
            // The key is not printed: who knows what it is made of.
            0 => Err(Error::new(&codes::BUG, "An event was settled that nobody had claimed")),
            _ => Ok(()),
        }
    }
    /// Gives a claim back: the event certainly did not leave and may be claimed again. False where there was none, or
    /// where the platform took it or may have.
    pub fn release_event(&mut self, key: &str) -> Result<bool> {
        let sql = "DELETE FROM sent WHERE scope = ?1 AND key = ?2 AND state IN ('planned', 'failed')";
        Ok(self.view.run(sql, (self.view.scope, key))? == 1)
    }
}
