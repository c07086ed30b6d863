//! Somebody may have several records in Intercom and opt out under any of them; Brevo knows the person once.

use serde_json::Value;
use tajo_core::Result;
use tajo_engine::pair::Decision;
use tajo_state::LinkState;

use super::super::left::Left;
use super::super::links::Notes;
use super::super::mapping::{CONSENT, EMAIL};
use super::Planner;

/// Effects of a contact that are looked through for the last one about consent.
const EFFECTS_MAX: usize = 1000;

impl Planner<'_> {
    /// An opt-out of another record with the address travels as one of the contact that speaks for it.
    pub(super) fn opt_out_of_namesakes(
        &self,
        left: &Left,
        values: &[Value],
        right: &[Value],
        decision: &mut Decision,
    ) -> Result<Option<String>> {
        let Some(n) = self.at(CONSENT).filter(|n| self.mapping.rules[*n].flow.right()) else { return Ok(None) };
        let is_out = right[n] == Value::Bool(true) || decision.to_right.iter().any(|(at, _)| *at == n);
        let email = self.at(EMAIL).and_then(|n| values[n].as_str()).filter(|_| !is_out && self.shares);
        let Some(email) = email else { return Ok(None) };
        if !self.is_out_elsewhere(left, email)? {
            return Ok(None);
        }
        decision.to_right.push((n, Value::Bool(true)));
        Ok(Some("opted out of e-mail under another record with this address".into()))
    }

    /// Whether another record of the same address opted out since consent was last written for this one: what came
    /// before was carried over then, or a person subscribed again since.
    fn is_out_elsewhere(&self, left: &Left, email: &str) -> Result<bool> {
        let mut written: Option<i64> = None;
        for (id, changed_at) in self.reader.opted_out(&email.to_lowercase())? {
            if id == left.id {
                continue;
            }
            let link = self.ledger.link(&id)?;
            let behind = link.as_ref().map(Notes::of).and_then(|notes| notes.left_at).is_some_and(|at| changed_at < at);
            if behind || link.is_some_and(|link| link.state == LinkState::Merged) {
                continue;
            }
            let since = match written {
                Some(at) => at,
                None => *written.insert(self.consent_written(&left.id)?),
            };
            if changed_at > since {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// When consent was last written for a contact, unix seconds; the first moment of all where it never was.
    fn consent_written(&self, id: &str) -> Result<i64> {
        let effects = self.ledger.effects_of(id, EFFECTS_MAX)?;
        let about = |intent: &str| serde_json::from_str::<Value>(intent).is_ok_and(|intent| intent.get(CONSENT).is_some());
        let last = effects.iter().find(|effect| effect.intent.as_deref().is_some_and(about));
        Ok(last.and_then(|effect| effect.at.parse::<jiff::Timestamp>().ok()).map_or(i64::MIN, |at| at.as_second()))
    }
}
