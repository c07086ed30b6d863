//! One contact into Intercom: look, note, write, take the answer.

use serde_json::{Map, Value};
use tajo_core::{Error, Result, codes};
use tajo_intercom::Found;
use tajo_state::{EffectState, LinkState};

use super::super::Pair;
use super::super::entry::{Entry, Step};
use super::super::left::{Left, LeftReader};
use super::super::links::base;
use super::super::mapping::{EMAIL, NewInIntercom};
use super::super::planner::rebuild;
use super::super::right::body;
use super::journal::{Answer, Part, planned};
use super::{Outcome, Run};

impl Pair {
    /// Carries out what a step writes to Intercom.
    pub(super) async fn to_intercom(&self, entry: &Entry, step: &Step, run: &Run) -> Result<Outcome> {
        let rebuilt = rebuild(step, self.mapping.keys());
        let before = match self.intercom.contact(&entry.id).await? {
            Found::Here(contact) => self.seen_left(&entry.id, &contact).await?,
            Found::Merged { .. } | Found::Gone => {
                self.bury(entry, LinkState::Merged, "gone").await?;
                return Ok(Outcome::Gone);
            }
        };
        let Some((left, now)) = before else { return self.moved_left(entry).await };
        if rebuilt.decision.to_left.iter().any(|(n, _)| now[*n] != rebuilt.left[*n]) {
            return self.moved_left(entry).await;
        }
        let fields = self.mapping.to_intercom(&rebuilt.decision.to_left, &left, &now);
        if fields.is_empty() {
            return Ok(Outcome::Done);
        }
        let effect = planned(run, entry, "contact.update", "intercom", entry.id.clone(), &step.left);
        let effect_id = effect.effect_id.clone();
        self.begin(effect).await?;
        self.trip.step("before the write to Intercom")?;
        let sent = self.intercom.update_contact(&entry.id, &fields).await;
        self.trip.step("after the write to Intercom")?;
        match sent {
            Ok(contact) => self.written_left(entry, step, &contact, effect_id).await,
            Err(error) if error.kind() == tajo_core::Kind::Missing => {
                self.end(&effect_id, EffectState::Failed, Some(error.code().id.into())).await?;
                self.bury(entry, LinkState::Merged, "gone").await?;
                Ok(Outcome::Gone)
            }
            Err(error) => self.refused(entry, &effect_id, error).await,
        }
    }

    async fn moved_left(&self, entry: &Entry) -> Result<Outcome> {
        self.again(entry).await?;
        Ok(Outcome::Moved)
    }

    async fn written_left(&self, entry: &Entry, step: &Step, contact: &Map<String, Value>, effect_id: String) -> Result<Outcome> {
        let values = self.seen_left(&entry.id, contact).await?.map(|(_, values)| values);
        let left_at = contact.get("updated_at").and_then(Value::as_i64);
        let answer = Answer { part: Part::Left, brevo_id: entry.brevo, values, left_at };
        self.confirm(entry, step, answer, Some(effect_id)).await?;
        Ok(Outcome::Done)
    }

    /// A contact as Intercom's API shows it, with the facts that only the mirror has, and its values.
    pub(in crate::pairs) async fn seen_left(&self, id: &str, contact: &Map<String, Value>) -> Result<Option<(Left, Vec<Value>)>> {
        let (pair, id, contact) = (self.clone(), id.to_string(), contact.clone());
        self.ledger
            .apart(move |ledger| {
                let reader = LeftReader::open(&pair.mirror, &pair.mapping)?;
                let held = reader.one(&id)?.unwrap_or_else(|| Left { id, ..Left::default() });
                let left = held.seen(&pair.mapping, &Value::Object(contact));
                let mut values = pair.mapping.left(&left).values;
                let link = ledger.link(&left.id)?;
                let row = link.as_ref().and_then(|link| link.brevo_id).map(|id| ledger.brevo(id)).transpose()?.flatten();
                let right = row.map(|row| pair.mapping.right(&body(&row), row.email.as_deref())).unwrap_or_default();
                pair.mapping.divide_name(&left, &mut values, &base(link.as_ref(), &pair.mapping), &right);
                Ok(Some((left, values)))
            })
            .await
    }

    /// A contact that Brevo alone has. Intercom takes leads with an address that others have, so it is searched for
    /// first; the journal knows of the attempt, so a lost answer makes no second lead.
    pub(super) async fn create_in_intercom(&self, entry: &Entry, step: &Step, run: &Run) -> Result<Outcome> {
        let found = self.intercom.contacts_by_email(&entry.who).await?;
        if let Some(id) = found.first().and_then(|contact| contact.get("id")).and_then(Value::as_str) {
            let known = Entry { id: id.to_string(), ..entry.clone() };
            self.again(&known).await?;
            return Ok(Outcome::Moved);
        }
        let rebuilt = rebuild(step, self.mapping.keys());
        let mut fields = self.mapping.to_intercom(&rebuilt.decision.to_left, &Left::default(), &[]);
        fields.insert("email".into(), Value::String(entry.who.clone()));
        let role = if self.mapping.new_in_intercom == NewInIntercom::User { "user" } else { "lead" };
        fields.insert("role".into(), role.into());
        let effect = planned(run, entry, "contact.create", "intercom", entry.who.clone(), &step.left);
        let effect_id = effect.effect_id.clone();
        self.begin(effect).await?;
        self.trip.step("before the contact is created in Intercom")?;
        let sent = self.intercom.create_contact(&fields).await;
        self.trip.step("after the contact was created in Intercom")?;
        let contact = match sent {
            Ok(contact) => contact,
            Err(error) => return self.refused_new(entry, &effect_id, error).await,
        };
        let Some(id) = contact.get("id").and_then(Value::as_str) else {
            return Err(Error::new(&codes::INT_DRIFT, "Intercom's new contact has no id"));
        };
        let created = Entry { id: id.to_string(), ..entry.clone() };
        self.written_left(&created, step, &contact, effect_id).await
    }

    async fn refused_new(&self, entry: &Entry, effect_id: &str, error: Error) -> Result<Outcome> {
        if error.code() != &codes::INT_CONFLICT {
            return self.refused(entry, effect_id, error).await;
        }
        self.end(effect_id, EffectState::Dropped, Some("exists meanwhile".into())).await?;
        if error.noted("archived") == Some("true") {
            return Ok(Outcome::Failed(error.note("field", EMAIL)));
        }
        match error.noted("existing") {
            Some(id) => self.moved_left(&Entry { id: id.to_string(), ..entry.clone() }).await,
            None => Ok(Outcome::Failed(error)),
        }
    }
}
