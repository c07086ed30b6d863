//! Consent of one person, as both platforms show it; and the only way in which anybody is subscribed again.

use serde::Serialize;
use serde_json::{Map, Value, json};
use tajo_brevo::{Contact, Draft, Who};
use tajo_core::{Error, Result, codes};
use tajo_intercom::Found;
use tajo_state::{Effect, EffectState, Ledger, Link};

use super::known::Reach;
use super::links::Notes;
use super::mapping::CONSENT;
use super::now;
use super::refresh::SCAN;
use super::right::row;

/// Kind of the effect.
pub const KIND: &str = "consent.resubscribe";

/// Consent of one person.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Consent {
    /// Whether e-mail is allowed everywhere.
    pub subscribed: bool,
    /// In Intercom, one for each contact with the address.
    pub intercom: Vec<LeftConsent>,
    /// In Brevo.
    pub brevo: Option<RightConsent>,
}

/// Consent as Intercom shows it.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct LeftConsent {
    /// Intercom's id.
    pub id: String,
    /// `user` or `lead`.
    pub role: String,
    /// Whether it opted out of e-mail.
    pub unsubscribed: bool,
}

/// Consent as Brevo shows it.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct RightConsent {
    /// Brevo's id.
    pub id: i64,
    /// Whether it gets no marketing e-mail.
    pub blocklisted: bool,
    /// Lists that it unsubscribed from; nothing here puts it back.
    pub lists_unsubscribed: Vec<u64>,
}

impl Reach {
    /// What both platforms show of a person's consent, read now. `USAGE` where neither knows the address.
    pub async fn consent(&self, email: &str) -> Result<Consent> {
        let mut intercom = Vec::new();
        for id in self.lefts(email).await? {
            if let Found::Here(contact) = self.intercom.contact(&id).await? {
                let role = contact.get("role").and_then(Value::as_str).unwrap_or_default().to_string();
                intercom.push(LeftConsent { id, role, unsubscribed: is_out(&contact) });
            }
        }
        let brevo = self.partner(email, intercom.iter().map(|left| left.id.clone()).collect()).await?;
        let brevo = brevo.map(|contact| RightConsent {
            id: contact.id,
            blocklisted: contact.email_blacklisted,
            lists_unsubscribed: contact.list_unsubscribed,
        });
        if intercom.is_empty() && brevo.is_none() {
            return Err(Error::new(&codes::USAGE, "Neither Intercom nor Brevo has a contact with that address")
                .help("Check the spelling; a contact that is minutes old may not be found yet."));
        }
        let out = intercom.iter().any(|left| left.unsubscribed) || brevo.as_ref().is_some_and(|right| right.blocklisted);
        Ok(Consent { subscribed: !out, intercom, brevo })
    }

    /// Brevo's contact with this address; where there is none, the one that is linked, whose address may be another.
    async fn partner(&self, email: &str, lefts: Vec<String>) -> Result<Option<Contact>> {
        if let Some(contact) = self.brevo.contact(&Who::Email(email.to_lowercase())).await? {
            return Ok(Some(contact));
        }
        let links = move |ledger: &Ledger| lefts.iter().map(|id| ledger.link(id)).collect::<Result<Vec<_>>>();
        for id in self.known.ledger.apart(links).await?.into_iter().flatten().filter_map(|link| link.brevo_id) {
            if let Some(contact) = self.brevo.contact(&Who::Id(id)).await? {
                return Ok(Some(contact));
            }
        }
        Ok(None)
    }

    /// Allows e-mail again on both sides, reads it back, and notes who asked. Nothing else of the person is changed. Until
    /// the last write is done, the next sync would carry the opt-out over again: a half-done wish is no wish.
    pub async fn resubscribe(&self, email: &str, by: &str, run_id: &str) -> Result<Consent> {
        let before = self.consent(email).await?;
        for left in before.intercom.iter().filter(|left| left.unsubscribed) {
            self.allow_in_intercom(&left.id, by, run_id).await?;
        }
        if let Some(right) = before.brevo.as_ref().filter(|right| right.blocklisted) {
            self.allow_in_brevo(right.id, by, run_id).await?;
        }
        self.consent(email).await
    }

    async fn allow_in_intercom(&self, id: &str, by: &str, run_id: &str) -> Result<()> {
        let effect = self.begin("intercom", id, id.to_string(), by, run_id).await?;
        let fields: Map<String, Value> = [("unsubscribed_from_emails".to_string(), Value::Bool(false))].into_iter().collect();
        self.trip.step("before consent is written to Intercom")?;
        self.intercom.update_contact(id, &fields).await?;
        let Found::Here(shown) = self.intercom.contact(id).await? else { return self.unkept(&effect, "Intercom").await };
        if is_out(&shown) {
            return self.unkept(&effect, "Intercom").await;
        }
        // The mirror's row still says no; until it is read again, no sync may believe it.
        let (known, id) = (self.known.clone(), id.to_string());
        let at = shown.get("updated_at").and_then(Value::as_i64);
        self.known
            .ledger
            .apart(move |ledger| {
                let was = known.left(&id)?.filter(|left| left.unsubscribed).map(|left| left.updated_at);
                let link = ledger.link(&id)?.map(|link| {
                    let notes = Notes { left_at: at, left_was: was, ..Notes::of(&link) };
                    Link { detail: notes.text(), dirty: true, ..link }
                });
                ledger.write(|write| {
                    write.at(&now());
                    link.iter().try_for_each(|link| write.put_link(link))?;
                    write.settle(&effect, EffectState::Confirmed, None)
                })
            })
            .await
    }

    async fn allow_in_brevo(&self, id: i64, by: &str, run_id: &str) -> Result<()> {
        let link = self.known.ledger.apart(move |ledger| ledger.link_of_brevo(id)).await?;
        let link = link.map(|link| link.intercom_id).unwrap_or_default();
        let effect = self.begin("brevo", &link, id.to_string(), by, run_id).await?;
        let draft = Draft { email_blacklisted: Some(false), ..Draft::default() };
        self.trip.step("before consent is written to Brevo")?;
        self.brevo.update_contact(&Who::Id(id), &draft).await?;
        let shown = self.brevo.contact(&Who::Id(id)).await?;
        let Some(shown) = shown.filter(|contact| !contact.email_blacklisted) else { return self.unkept(&effect, "Brevo").await };
        self.known
            .ledger
            .apart(move |ledger| {
                let scan = ledger.mark(SCAN)?.and_then(|n| n.parse().ok()).unwrap_or(0);
                ledger.write(|write| {
                    write.at(&now());
                    write.put_brevo(&row(&shown, false), scan)?;
                    write.settle(&effect, EffectState::Confirmed, None)
                })
            })
            .await
    }

    /// Notes an effect durably, before its request leaves; gives its id.
    async fn begin(&self, side: &str, link: &str, target: String, by: &str, run_id: &str) -> Result<String> {
        let effect = Effect {
            effect_id: format!("{run_id}-{side}-{target}"),
            run_id: run_id.into(),
            seq: 1,
            kind: KIND.into(),
            side: side.into(),
            link: link.into(),
            target,
            intent: Some(json!({CONSENT: false}).to_string()),
            before: Some(json!({CONSENT: true}).to_string()),
            state: EffectState::Planned,
            detail: Some(json!({"by": by}).to_string()),
            at: now(),
            settled_at: None,
        };
        let id = effect.effect_id.clone();
        let noted = effect.effect_id.clone();
        self.known
            .ledger
            .apart(move |ledger| ledger.write(|write| write.begin(&effect).and_then(|()| write.sent(&noted))))
            .await?;
        Ok(id)
    }

    async fn unkept(&self, effect: &str, platform: &str) -> Result<()> {
        let id = effect.to_string();
        self.known
            .ledger
            .apart(move |ledger| ledger.write(|write| write.settle(&id, EffectState::Failed, Some("not shown"))))
            .await?;
        Err(Error::new(&codes::BRV_DROPPED, format!("{platform} took the change and does not show it"))
            .note("not done", "the opt-out stands; the next sync carries it over again"))
    }
}

fn is_out(contact: &Map<String, Value>) -> bool {
    contact.get("unsubscribed_from_emails") == Some(&Value::Bool(true))
}
