//! What may not be written although it is wanted: what a person settled, and identifiers that somebody else has.

use serde_json::Value;
use tajo_core::Result;
use tajo_engine::pair::Decision;

use super::super::entry::Step;
use super::super::mapping::EMAIL;
use super::super::right::digits;
use super::Planner;

impl Planner<'_> {
    /// A conflict that somebody settled is no conflict, as long as both sides still show what was settled.
    pub(super) fn settle_conflicts(&self, id: &str, decision: &mut Decision, left: &[Value], right: &[Value]) -> Result<()> {
        for n in std::mem::take(&mut decision.conflicts) {
            let stored = self.ledger.conflict(id, &self.mapping.rules[n].key)?;
            let is = |text: &str, value: &Value| serde_json::from_str::<Value>(text).is_ok_and(|held| held == *value);
            let same = stored.filter(|held| is(&held.left, &left[n]) && is(&held.right, &right[n]));
            match same.and_then(|conflict| conflict.choice).as_deref() {
                Some("intercom") => decision.to_right.push((n, left[n].clone())),
                Some("brevo") => decision.to_left.push((n, right[n].clone())),
                _ => decision.conflicts.push(n),
            }
        }
        Ok(())
    }

    /// Identifiers are unique in Brevo: one that another contact has is left out and said, never forced. Says whether the
    /// phone number that is left out is known to be held.
    pub(super) fn refuse_taken(
        &mut self,
        decision: &mut Decision,
        step: &mut Step,
        known: Option<i64>,
        left: &[Value],
        right: &[Value],
        notes: &mut Vec<String>,
    ) -> Result<bool> {
        let mut held = false;
        if let Some(n) = self.at("SMS") {
            let phone = decision.to_right.iter().find(|(at, _)| *at == n).and_then(|(_, value)| value.as_str()).map(digits);
            if let Some(phone) = phone {
                let holder = if self.brevo_is_empty { None } else { self.ledger.brevo_by_sms(&phone)? };
                let holder = holder.filter(|row| Some(row.id) != known);
                let own = right[n].as_str().map(digits).filter(|_| holder.is_some());
                let awaited = match &own {
                    Some(own) => self.awaited.contains(own) || self.ledger.is_waited_for(own, known)?,
                    None => false,
                };
                if holder.is_some() || !self.phones.insert(phone.clone()) {
                    held = holder.is_some();
                    decision.to_right.retain(|(at, _)| *at != n);
                    self.awaited.insert(phone.clone());
                    step.waits_for = Some(phone);
                    notes.push("SMS left out: another contact has this phone number".into());
                    // The number that stands there is not the person's any more, and somebody waits for it: two people who
                    // swapped theirs, a longer round, or a row that ends with a number nobody gives up.
                    decision.to_right.extend(awaited.then_some((n, Value::Null)));
                }
            }
        }
        let Some(n) = self.at(EMAIL) else { return Ok(held) };
        // Brevo takes no address away, and knows the person by it.
        if let (Some(at), Some(_)) = (decision.to_right.iter().position(|(at, value)| *at == n && value.is_null()), known) {
            decision.to_right.remove(at);
            decision.settled.push(n);
            notes.push("e-mail address kept: Intercom has none any more, and Brevo knows the person by it".into());
        }
        let address = decision.to_right.iter().find(|(at, _)| *at == n).and_then(|(_, v)| v.as_str()).map(str::to_lowercase);
        if let (Some(address), Some(known)) = (address, known) {
            let holder = self.ledger.brevo_by_email(&address)?;
            if holder.is_some_and(|row| row.id != known) {
                decision.to_right.retain(|(at, _)| *at != n);
                step.conflicts.insert(EMAIL.into(), [left[n].clone(), right[n].clone()]);
                notes.push("e-mail address left as it is: another Brevo contact has the new one".into());
            }
        }
        Ok(held)
    }
}
