//! Who stands on the other side of a contact.

use serde_json::Value;
use tajo_core::Result;
use tajo_state::{BrevoRow, Link, LinkState};

use super::super::left::Left;
use super::super::links::{Notes, base};
use super::{BEHIND_SECS, Planner};

/// With whom a contact is in step.
pub(super) enum Partner {
    Row(BrevoRow),
    Nobody,
    Skip(&'static str),
}

impl Planner<'_> {
    /// Whether the mirror's row does not know yet of what we wrote to Intercom at this moment. Where the row changed in
    /// the same second, its values have to tell; after an hour it counts as known in any case.
    pub(super) fn is_behind(&self, at: i64, notes: &Notes, left: &Left, link: Option<&Link>, values: &[Value]) -> bool {
        if left.updated_at != at || notes.left_was != Some(at) {
            return left.updated_at < at;
        }
        let base = base(link, self.mapping);
        let mut values = values.to_vec();
        self.mapping.divide_name(left, &mut values, &base, &[]);
        let as_written = base.left.iter().zip(&values).all(|(held, now)| held.as_ref().is_none_or(|held| held == now));
        !as_written && self.brevo_now.saturating_sub(at) < BEHIND_SECS
    }

    /// Who stands on the other side: the link decides, else the identity rules; more than one candidate is never a guess.
    pub(super) fn partner(&mut self, left: &Left, link: Option<&Link>, email: Option<&str>) -> Result<Partner> {
        self.shares = true;
        if let Some(id) = link.and_then(|link| link.brevo_id) {
            // The mirror loses a row only where Brevo said that the contact is gone.
            return Ok(self.ledger.brevo(id)?.map_or(Partner::Skip("deleted_in_brevo"), Partner::Row));
        }
        if let Some(email) = email
            && let Some(reason) = self.yields(left, email)?
        {
            return Ok(Partner::Skip(reason));
        }
        if self.brevo_is_empty {
            return self.nobody(left, email);
        }
        let by_email = email.map(|email| self.ledger.brevo_by_email(email)).transpose()?.flatten();
        let by_ext_id = self.ledger.brevo_by_ext_id(&left.id)?;
        let by_address = by_email.is_some();
        let row = match (by_email, by_ext_id) {
            (Some(a), Some(b)) if a.id != b.id => return Ok(Partner::Skip("two_candidates")),
            (Some(row), _) | (None, Some(row)) => row,
            (None, None) => return self.nobody(left, email),
        };
        // The address of one person, the id of another: whoever came first in this plan has it.
        if self.rows.get(&row.id).is_some_and(|id| *id != left.id) {
            return Ok(Partner::Skip("two_candidates"));
        }
        match self.ledger.link_of_brevo(row.id)? {
            Some(other) if other.intercom_id != left.id && other.state == LinkState::Live => {
                self.suspects.push((left.id.clone(), other.intercom_id));
                Ok(Partner::Skip(if by_address { "shares_email" } else { "two_candidates" }))
            }
            _ => {
                self.rows.insert(row.id, left.id.clone());
                Ok(Partner::Row(row))
            }
        }
    }

    /// Brevo does not have the person; whoever was deleted there under another record of the same address stays so.
    fn nobody(&self, left: &Left, email: Option<&str>) -> Result<Partner> {
        let Some(email) = email.filter(|_| !self.nobody_linked) else { return Ok(Partner::Nobody) };
        for (id, _) in self.reader.by_email(email)? {
            if id != left.id && self.ledger.link(&id)?.is_some_and(|link| link.state == LinkState::Gone) {
                return Ok(Partner::Skip("deleted_in_brevo"));
            }
        }
        Ok(Partner::Nobody)
    }

    /// Whether another contact of Intercom with the same address comes first: a user before leads, among leads the one
    /// with the smallest id. Several users with one address are nobody's to choose from.
    fn yields(&mut self, left: &Left, email: &str) -> Result<Option<&'static str>> {
        let same = self.reader.by_email(email)?;
        self.shares = same.len() > 1;
        if !self.shares {
            return Ok(None);
        }
        let mut rivals = Vec::new();
        for (id, role) in same {
            let link = self.ledger.link(&id)?;
            let out = link.as_ref().is_some_and(|link| matches!(link.state, LinkState::Gone | LinkState::Merged));
            if id != left.id && !out {
                rivals.push((role != "user", id, link.is_some_and(|link| link.brevo_id.is_some())));
            }
        }
        if left.role == "user" && rivals.iter().any(|(is_lead, _, linked)| !is_lead && !linked) {
            self.suspects.extend(rivals.into_iter().map(|(_, id, _)| (left.id.clone(), id)));
            return Ok(Some("two_candidates"));
        }
        let mine = (left.role != "user", &left.id);
        Ok(rivals.iter().any(|(is_lead, id, linked)| *linked && *is_lead == mine.0 || (*is_lead, id) < mine).then(|| {
            self.suspects.extend(rivals.iter().map(|(_, id, _)| (left.id.clone(), id.clone())));
            "shares_email"
        }))
    }
}
