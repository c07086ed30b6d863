//! After a run that was cut short: what became of the writes whose answers were never noted.

use std::collections::HashMap;

use serde_json::{Map, Value};
use tajo_brevo::Who;
use tajo_core::Result;
use tajo_engine::pair::Recovery;
use tajo_intercom::Found;
use tajo_state::{BrevoRow, Effect, EffectState, ImportState, LinkState};

use super::Pair;
use super::apply::{Run, STRIKES_MAX, is_of_one};
use super::links::{Notes, base, live};
use super::right::{body, row};

/// A new lead shows up in searches this much later at most, seconds; until then nobody creates it again.
const LAG_SECS: i64 = 900;

/// What recovery found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Recovered {
    /// Writes that had arrived.
    pub confirmed: u64,
    /// Writes that had not; they are planned again.
    pub dropped: u64,
    /// Writes of which nobody can say.
    pub unknown: u64,
}

impl Pair {
    /// Looks up every open effect and ends it. Called before anything is planned.
    pub async fn recover(&self, run: &Run) -> Result<Recovered> {
        let mut found = Recovered::default();
        let imports = self.ledger.apart(|ledger| ledger.open_imports()).await?;
        if !imports.is_empty() {
            let sent: Vec<String> = imports.iter().filter(|i| i.process_id.is_some()).map(|i| i.chunk.clone()).collect();
            if !sent.is_empty() {
                self.await_imports(&sent, run).await?;
            }
            // One walk shows what all of them did.
            let first = self.ledger.apart(|ledger| Ok(ledger.mark(super::refresh::SEEN)?.is_none())).await?;
            run.unless_stopped(self.refresh(first)).await?;
            self.ledger
                .apart(move |ledger| {
                    ledger.write(|write| {
                        imports.iter().try_for_each(|import| {
                            write.put_import(&tajo_state::Import { state: ImportState::Done, ..import.clone() })
                        })
                    })
                })
                .await?;
        }
        let mut strikes = 0;
        for effect in self.ledger.apart(|ledger| ledger.open_effects()).await? {
            let looked = match self.look_at(&effect, run).await {
                // It stays open for the next run, and holds up nobody else.
                Err(error) if strikes < STRIKES_MAX && is_of_one(&error) => {
                    strikes += 1;
                    tracing::warn!(
                        effect = effect.effect_id,
                        code = error.code().id,
                        "what became of a write cannot be seen yet"
                    );
                    found.unknown += 1;
                    continue;
                }
                looked => looked?,
            };
            strikes = 0;
            match looked {
                Some(EffectState::Confirmed) => found.confirmed += 1,
                Some(EffectState::Dropped) => found.dropped += 1,
                _ => found.unknown += 1,
            }
        }
        Ok(found)
    }

    /// One effect; `None` where it stays open because it is too early to tell.
    async fn look_at(&self, effect: &Effect, run: &Run) -> Result<Option<EffectState>> {
        let done = match effect.side.as_str() {
            _ if effect.kind == super::apply::DELETE => Some(self.look_for_deleted(effect).await?),
            "brevo" => self.look_at_brevo(effect).await?,
            _ => self.look_at_intercom(effect, run).await?,
        };
        if let Some(state) = done {
            let id = effect.effect_id.clone();
            self.ledger.apart(move |ledger| ledger.write(|write| write.settle(&id, state, Some("looked up")))).await?;
        }
        Ok(done)
    }

    async fn look_at_brevo(&self, effect: &Effect) -> Result<Option<EffectState>> {
        let who = match effect.target.parse::<i64>() {
            Ok(id) => Who::Id(id),
            Err(_) if effect.target.contains('@') => Who::Email(effect.target.clone()),
            Err(_) => Who::ExtId(effect.link.clone()),
        };
        let by_import = effect.kind == "contact.import";
        let shown = match (&who, by_import) {
            (Who::Email(email), true) => {
                let email = email.clone();
                self.ledger.apart(move |ledger| ledger.brevo_by_email(&email)).await?
            }
            _ => self.brevo.contact(&who).await?.map(|contact| row(&contact, true)),
        };
        // It may have moved to another address since; what we create carries our id.
        let shown = match (shown, effect.kind.as_str()) {
            (None, "contact.create") => {
                let contact = self.brevo.contact(&Who::ExtId(effect.link.clone())).await?;
                contact.map(|contact| row(&contact, true))
            }
            (shown, _) => shown,
        };
        let Some(shown) = shown else { return Ok(Some(EffectState::Dropped)) };
        let scan = self.scan().await?;
        let (pair, effect) = (self.clone(), effect.clone());
        self.ledger
            .apart(move |ledger| {
                let values = pair.mapping.right(&body(&shown), shown.email.as_deref());
                let holder = ledger.link_of_brevo(shown.id)?;
                let taken = holder.is_some_and(|link| link.state == LinkState::Live && link.intercom_id != effect.link);
                ledger.write(|write| write.put_brevo(&shown, scan))?;
                if taken {
                    return Ok(Some(EffectState::Dropped));
                }
                pair.adopt_written(ledger, &effect, &values, Some(&shown))
            })
            .await
    }

    /// A deletion is done when the contact is gone; one that is still there is not deleted again by itself.
    async fn look_for_deleted(&self, effect: &Effect) -> Result<EffectState> {
        let gone = match (effect.side.as_str(), effect.target.parse::<i64>()) {
            ("brevo", Ok(id)) => self.reread(id).await?.is_none(),
            _ => !matches!(self.intercom.contact(&effect.target).await?, Found::Here(_)),
        };
        Ok(if gone { EffectState::Confirmed } else { EffectState::Dropped })
    }

    async fn look_at_intercom(&self, effect: &Effect, run: &Run) -> Result<Option<EffectState>> {
        if effect.link.is_empty() {
            return self.look_for_new(effect, run).await;
        }
        let Found::Here(contact) = self.intercom.contact(&effect.link).await? else { return Ok(Some(EffectState::Dropped)) };
        self.adopt_left(effect, &contact).await
    }

    async fn adopt_left(&self, effect: &Effect, contact: &Map<String, Value>) -> Result<Option<EffectState>> {
        let Some((left, values)) = self.seen_left(&effect.link, contact).await? else { return Ok(Some(EffectState::Dropped)) };
        let (pair, effect) = (self.clone(), effect.clone());
        self.ledger
            .apart(move |ledger| {
                let state = pair.adopt_written(ledger, &effect, &values, None)?;
                if state == Some(EffectState::Confirmed)
                    && let Some(link) = ledger.link(&effect.link)?
                {
                    let was = effect_changed_at(&effect);
                    let notes = Notes { left_at: Some(left.updated_at), left_was: was, ..Notes::of(&link) };
                    ledger
                        .write(|write| write.put_link(&tajo_state::Link { detail: notes.text(), dirty: true, ..link.clone() }))?;
                }
                Ok(state)
            })
            .await
    }

    /// A contact that was perhaps created in Intercom: found by its address, or not yet, or not at all.
    async fn look_for_new(&self, effect: &Effect, run: &Run) -> Result<Option<EffectState>> {
        let found = self.intercom.contacts_by_email(&effect.target).await?;
        if let Some(contact) = found.first()
            && let Some(id) = contact.get("id").and_then(Value::as_str)
        {
            let email = effect.target.clone();
            let partner = self.ledger.apart(move |ledger| ledger.brevo_by_email(&email)).await?;
            let effect = Effect { link: id.to_string(), ..effect.clone() };
            let state = self.adopt_left(&effect, contact).await?;
            if let Some(partner) = partner {
                self.ledger
                    .apart(move |ledger| {
                        // Somebody who signed up meanwhile may have the contact by now.
                        let held = ledger.link_of_brevo(partner.id)?.is_some_and(|link| link.state == LinkState::Live);
                        match ledger.link(&effect.link)?.filter(|link| !held && link.state == LinkState::Pending) {
                            Some(link) => ledger.write(|write| {
                                let (brevo_id, state) = (Some(partner.id), LinkState::Live);
                                write.put_link(&tajo_state::Link { brevo_id, state, dirty: true, ..link.clone() })
                            }),
                            None => Ok(()),
                        }
                    })
                    .await?;
            }
            return Ok(state);
        }
        let sent: Option<jiff::Timestamp> = effect.at.parse().ok();
        let young = sent.is_some_and(|at| run.clock - at.as_second() < LAG_SECS);
        Ok((!young).then_some(EffectState::Dropped))
    }

    /// Judges each field of a write by what the target shows; fields that arrived move the bases.
    fn adopt_written(
        &self,
        ledger: &tajo_state::Ledger,
        effect: &Effect,
        now: &[Value],
        shown: Option<&BrevoRow>,
    ) -> Result<Option<EffectState>> {
        let intent = fields(effect.intent.as_deref(), self.mapping.keys());
        let before = fields(effect.before.as_deref(), self.mapping.keys());
        let other = fields(effect.detail.as_deref().and_then(others).as_deref(), self.mapping.keys());
        let link = ledger.link(&effect.link)?;
        let mut next = base(link.as_ref(), &self.mapping);
        let mut arrived = 0;
        for (n, value) in &intent {
            let was = before.get(n).unwrap_or(&Value::Null);
            if (self.laws.recover)(value, was, &now[*n]) == Recovery::Confirm {
                arrived += 1;
                let sides = (other.get(n).unwrap_or(value).clone(), now[*n].clone());
                (next.left[*n], next.right[*n]) = match shown {
                    Some(_) => (Some(sides.0), Some(sides.1)),
                    None => (Some(sides.1), Some(sides.0)),
                };
            }
        }
        if arrived == 0 && (!intent.is_empty() || shown.is_none()) {
            return Ok(Some(EffectState::Dropped));
        }
        // Consent of somebody who has no partner: there is no link to be moved.
        if effect.link.is_empty() {
            return Ok(Some(EffectState::Confirmed));
        }
        let notes = link.as_ref().map(Notes::of).unwrap_or_default();
        let brevo_id = shown.map(|row| row.id).or(link.and_then(|link| link.brevo_id));
        let link = live(&effect.link, brevo_id, &next, &self.mapping, &notes, true);
        ledger.write(|write| write.put_link(&link))?;
        Ok(Some(EffectState::Confirmed))
    }
}

fn fields(text: Option<&str>, keys: &HashMap<String, usize>) -> HashMap<usize, Value> {
    let map: Map<String, Value> = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    map.into_iter().filter_map(|(key, value)| Some((*keys.get(&key)?, value))).collect()
}

/// What the other side showed of fields that were not written to agree with it.
fn others(detail: &str) -> Option<String> {
    let detail: Value = serde_json::from_str(detail).ok()?;
    detail.get("other").map(Value::to_string)
}

fn effect_changed_at(effect: &Effect) -> Option<i64> {
    let detail: Value = effect.detail.as_deref().and_then(|text| serde_json::from_str(text).ok())?;
    detail["changed_at"][0].as_i64()
}
