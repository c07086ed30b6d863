//! One contact into Brevo: look, note, write, look again.

use serde_json::Value;
use tajo_brevo::{Draft, Who};
use tajo_core::{Error, Result, codes};
use tajo_engine::pair::alike;
use tajo_state::{BrevoRow, EffectState, LinkState};

use super::super::Pair;
use super::super::entry::{Entry, Side, Step};
use super::super::mapping::{BrevoPatch, CONSENT, EMAIL};
use super::super::planner::rebuild;
use super::super::right::{body, row};
use super::journal::{Answer, Part, planned};
use super::{Outcome, Run};

impl Pair {
    /// Carries out what a step writes to Brevo; without the phone number where somebody took it since the plan.
    pub(super) async fn to_brevo(&self, entry: &Entry, step: &Step, run: &Run) -> Result<Outcome> {
        match self.write_to_brevo(entry, step, run).await? {
            Outcome::Failed(error) if is_phone_taken(&error) && step.right.contains_key("SMS") => {
                let mut without = step.clone();
                without.leave_out_phone();
                if without.right.is_empty() {
                    self.again(entry).await?;
                    return Ok(Outcome::Failed(error));
                }
                self.write_to_brevo(entry, &without, run).await
            }
            other => Ok(other),
        }
    }

    async fn write_to_brevo(&self, entry: &Entry, step: &Step, run: &Run) -> Result<Outcome> {
        let rebuilt = rebuild(step, self.mapping.keys());
        let patch = self.mapping.to_brevo(&rebuilt.decision.to_right);
        match entry.brevo {
            None => self.create_in_brevo(entry, step, &patch, run).await,
            Some(id) => {
                // The window for somebody's edit is now one round trip long.
                let Some((before, opt_outs)) = self.reread_whole(id).await? else {
                    self.bury(entry, LinkState::Gone, "deleted_in_brevo").await?;
                    return Ok(Outcome::Gone);
                };
                let now = self.values(&before);
                if rebuilt.decision.to_right.iter().any(|(n, _)| now[*n] != rebuilt.right[*n]) {
                    self.again(entry).await?;
                    return Ok(Outcome::Moved);
                }
                self.update_in_brevo(entry, step, &patch, (&before, opt_outs), run).await
            }
        }
    }

    pub(super) fn values(&self, row: &BrevoRow) -> Vec<Value> {
        self.mapping.right(&body(row), row.email.as_deref())
    }

    async fn update_in_brevo(
        &self,
        entry: &Entry,
        step: &Step,
        patch: &BrevoPatch,
        (before, opt_outs): (&BrevoRow, Vec<String>),
        run: &Run,
    ) -> Result<Outcome> {
        let blocked = body(before)["emailBlacklisted"] == Value::Bool(true);
        let effect = planned(run, entry, "contact.update", "brevo", before.id.to_string(), &step.right);
        let effect_id = effect.effect_id.clone();
        let draft = draft(patch, blocked);
        self.begin(effect).await?;
        self.trip.step("before the write to Brevo")?;
        let sent = self.brevo.update_contact(&Who::Id(before.id), &draft).await;
        self.trip.step("after the write to Brevo")?;
        if let Err(error) = sent {
            return self.refused(entry, &effect_id, error).await;
        }
        // A change of address lifts the block in Brevo; it was stated in the same write and is looked at again.
        let consent = match draft.email_blacklisted {
            Some(true) => Consent::Out,
            Some(false) => Consent::In { opt_outs },
            None => Consent::AsItIs,
        };
        self.read_back(entry, step, before.id, consent, effect_id).await
    }

    async fn create_in_brevo(&self, entry: &Entry, step: &Step, patch: &BrevoPatch, run: &Run) -> Result<Outcome> {
        let mut draft = draft(patch, false);
        draft.attributes.remove("EMAIL");
        draft.email = patch.email.clone().flatten();
        draft.email_blacklisted = patch.opt_out.then_some(true);
        // Survives a change of address, and tells a later look whose contact this is.
        if !self.mapping.keys().contains_key("EXT_ID") {
            draft.ext_id = Some(entry.id.clone());
        }
        let effect = planned(run, entry, "contact.create", "brevo", entry.who.clone(), &step.right);
        let effect_id = effect.effect_id.clone();
        self.begin(effect).await?;
        self.trip.step("before the contact is created in Brevo")?;
        let sent = self.brevo.create_contact(&draft).await;
        self.trip.step("after the contact was created in Brevo")?;
        let id = match sent {
            Ok(created) => match created.id {
                Some(id) => id,
                None => return self.look_up(entry, &effect_id).await,
            },
            Err(error) if error.code() == &codes::BRV_TAKEN => return self.taken(entry, &effect_id, error).await,
            Err(error) => return self.refused(entry, &effect_id, error).await,
        };
        let consent = if draft.email_blacklisted == Some(true) { Consent::Out } else { Consent::AsItIs };
        self.read_back(entry, step, id, consent, effect_id).await
    }

    /// Somebody created the contact since the plan: it is fetched, and the record planned again against it.
    async fn taken(&self, entry: &Entry, effect_id: &str, error: Error) -> Result<Outcome> {
        self.end(effect_id, EffectState::Dropped, Some("exists meanwhile".into())).await?;
        let who = if entry.who.contains('@') { Who::Email(entry.who.clone()) } else { Who::ExtId(entry.id.clone()) };
        match self.brevo.contact(&who).await? {
            Some(contact) => {
                let (row, scan) = (row(&contact, true), self.scan().await?);
                self.ledger.apart(move |ledger| ledger.write(|write| write.put_brevo(&row, scan))).await?;
                self.again(entry).await?;
                Ok(Outcome::Moved)
            }
            None => Ok(Outcome::Failed(error)),
        }
    }

    /// The effect stays open; the next run looks up what became of it before it does anything with the record.
    async fn look_up(&self, entry: &Entry, effect_id: &str) -> Result<Outcome> {
        self.again(entry).await?;
        let error = Error::new(&codes::STA_UNKNOWN, "Brevo did not say which contact it wrote").note("effect", effect_id);
        Ok(Outcome::Unknown(error))
    }

    /// A definite refusal ends the effect; everything else leaves it open, to be looked up.
    pub(super) async fn refused(&self, entry: &Entry, effect_id: &str, error: Error) -> Result<Outcome> {
        if super::outcome::is_about_the_record(&error) {
            self.end(effect_id, EffectState::Failed, Some(error.code().id.to_string())).await?;
            if error.code() == &codes::BRV_MISSING {
                self.bury(entry, LinkState::Gone, "deleted_in_brevo").await?;
                return Ok(Outcome::Gone);
            }
            return Ok(Outcome::Failed(error));
        }
        // Not carried out, and nobody else's business: this contact is planned again, the others go on.
        if error.code() == &codes::BRV_EARLY {
            self.end(effect_id, EffectState::Failed, Some(error.code().id.to_string())).await?;
            self.again(entry).await?;
            return Ok(Outcome::Failed(error));
        }
        self.again(entry).await?;
        if super::outcome::is_unknown(&error) {
            return Ok(Outcome::Unknown(error));
        }
        Err(error)
    }

    async fn read_back(&self, entry: &Entry, step: &Step, id: i64, consent: Consent, effect_id: String) -> Result<Outcome> {
        let Some((mut after, opt_outs_now)) = self.reread_whole(id).await? else {
            self.end(&effect_id, EffectState::Unknown, Some("gone after the write".into())).await?;
            self.bury(entry, LinkState::Gone, "deleted_in_brevo").await?;
            return Ok(Outcome::Gone);
        };
        // The change of address lifted a block that somebody set while the write was under way: only Brevo's list of opt-outs
        // still knows. The opt-out is stated again, and the next pass carries it over.
        let lifted = matches!(&consent, Consent::In { opt_outs } if opt_outs_now.iter().any(|at| !opt_outs.contains(at)));
        if (lifted || matches!(consent, Consent::Out)) && body(&after)["emailBlacklisted"] != Value::Bool(true) {
            let again = Draft { email_blacklisted: Some(true), ..Draft::default() };
            self.brevo.update_contact(&Who::Id(id), &again).await?;
            after = self.reread(id).await?.unwrap_or(after);
            if body(&after)["emailBlacklisted"] != Value::Bool(true) {
                let what = "Brevo does not keep the opt-out of this contact";
                return Ok(Outcome::Failed(Error::new(&codes::BRV_DROPPED, what).note("field", CONSENT)));
            }
        }
        let values = self.values(&after);
        let lost = self.lost(step, &values);
        let answer = Answer { part: Part::Right, brevo_id: Some(id), values: Some(values), left_at: None };
        self.confirm(entry, step, answer, Some(effect_id)).await?;
        if lifted {
            self.again(entry).await?;
        }
        if lost.is_empty() {
            return Ok(Outcome::Done);
        }
        let error = Error::new(&codes::BRV_DROPPED, "Brevo took the write and does not show the value");
        Ok(Outcome::Failed(error.note("field", lost.join(", "))))
    }

    /// Fields that were sent with a value and read back as before, or empty.
    pub(super) fn lost(&self, step: &Step, values: &[Value]) -> Vec<String> {
        let shown = |key: &str| self.mapping.keys().get(key).and_then(|n| values.get(*n));
        let mut lost = Vec::new();
        for (key, [sent, before]) in &step.right {
            let Some(now) = shown(key) else { continue };
            if !sent.is_null() && sent != &Value::Bool(false) && !alike(sent, now) && (now.is_null() || now == before) {
                lost.push(key.clone());
            }
        }
        lost
    }
}

/// What a write says about consent to e-mail.
enum Consent {
    /// Nothing.
    AsItIs,
    /// None is given.
    Out,
    /// It is given, beside a change of address; until then the contact had opted out at these moments.
    In { opt_outs: Vec<String> },
}

fn is_phone_taken(error: &Error) -> bool {
    error.code() == &codes::BRV_TAKEN && error.noted("taken").is_some_and(|keys| keys.split(", ").any(|key| key == "SMS"))
}

/// The body of a write. Consent is stated with every change of address: the address is what lifts a block.
fn draft(patch: &BrevoPatch, blocked: bool) -> Draft {
    let mut attributes = patch.attributes.clone();
    let moves = patch.email.as_ref().and_then(Option::as_ref);
    if let Some(address) = moves {
        attributes.insert("EMAIL".into(), Value::String(address.clone()));
    }
    let consent = match (patch.opt_out || blocked, moves.is_some()) {
        (out, true) => Some(out),
        (_, false) => patch.opt_out.then_some(true),
    };
    Draft {
        attributes,
        lists: patch.lists_add.clone(),
        unlink_lists: patch.lists_remove.clone(),
        email_blacklisted: consent,
        ..Draft::default()
    }
}

/// Whether an entry creates a contact in Brevo.
pub(super) fn creates(step: &Step) -> bool {
    step.new == Some(Side::Brevo)
}

/// Whether a step changes the address of an existing contact.
pub(super) fn moves_address(step: &Step) -> bool {
    !creates(step) && step.right.contains_key(EMAIL)
}
