//! What a write wants, checked against the account.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Account;
use super::contact::{Key, Val};
use super::registry::{Field, Kind};
use crate::brevo::ask::ids;
use crate::brevo::options::UnknownAttribute;
use crate::brevo::refusal::Refusal;

/// Changes to one contact. What is not named stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    /// The top-level e-mail of `POST /contacts`: who is meant, while `keys` says who it becomes.
    pub(crate) email: Option<Arc<str>>,
    /// Identifiers to set, or to clear with an inner `None`.
    pub(crate) keys: [Option<Option<Arc<str>>>; 5],
    pub(crate) values: Vec<(u16, Option<Val>)>,
    pub(crate) lists: Vec<u32>,
    pub(crate) unlink: Vec<u32>,
    pub(crate) email_blocked: Option<bool>,
    pub(crate) sms_blocked: Option<bool>,
}

impl Draft {
    /// The identifiers that say who is meant, in order of precedence.
    pub(crate) fn identity(&self) -> impl Iterator<Item = (Key, &Arc<str>)> {
        Key::ALL.into_iter().filter_map(|key| match &self.email {
            Some(email) if key == Key::Email => Some((key, email)),
            _ => Some((key, self.keys[key.slot()].as_ref()?.as_ref()?)),
        })
    }

    /// The identifiers that the contact shall have.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = (Key, &Arc<str>)> {
        Key::ALL.into_iter().filter_map(|key| Some((key, self.keys[key.slot()].as_ref()?.as_ref()?)))
    }

    pub(crate) fn set_key(&mut self, key: Key, value: Option<Arc<str>>) {
        self.keys[key.slot()] = Some(value);
    }
}

fn flag(body: &Map<String, Value>, key: &str) -> Result<Option<bool>, Refusal> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(Refusal::invalid(format!("{key} should be a boolean"))),
    }
}

fn bad(key: Key) -> Refusal {
    // Wording for numbers: facts §3.2; for e-mails: none was seen.
    Refusal::invalid(match key {
        Key::Email => "Invalid email address",
        Key::ExtId => "Invalid ext_id",
        _ => "Invalid phone number",
    })
}

impl Account {
    /// Reads the body of `POST /contacts`, `PUT /contacts/{id}` or an item of a batch.
    pub(crate) fn draft(&self, body: &Map<String, Value>) -> Result<Draft, Refusal> {
        let mut draft = Draft::default();
        for (name, key) in [("email", Key::Email), ("ext_id", Key::ExtId)] {
            let Some(value) = body.get(name).filter(|value| !value.is_null()) else { continue };
            let text = value.as_str().and_then(|text| key.canonical(text)).ok_or_else(|| bad(key))?;
            if key == Key::Email {
                draft.email = Some(Arc::clone(&text));
            }
            draft.set_key(key, Some(text));
        }
        match body.get("attributes") {
            None | Some(Value::Null) => {}
            Some(Value::Object(attributes)) => self.read_attributes(attributes, &mut draft)?,
            Some(_) => return Err(Refusal::invalid("attributes should be an object")),
        }
        draft.lists = self.known_lists(&ids(body.get("listIds"), "listIds")?)?;
        draft.unlink = self.known_lists(&ids(body.get("unlinkListIds"), "unlinkListIds")?)?;
        draft.email_blocked = flag(body, "emailBlacklisted")?;
        draft.sms_blocked = flag(body, "smsBlacklisted")?;
        Ok(draft)
    }

    pub(crate) fn read_attributes(&self, attributes: &Map<String, Value>, draft: &mut Draft) -> Result<(), Refusal> {
        let has_id =
            attributes.keys().filter_map(|name| self.registry.find(name)).any(|attribute| attribute.kind == Some(Kind::Id));
        for (name, value) in attributes {
            match self.registry.read(name, value) {
                Field::Key(key, value) => draft.set_key(key, value),
                Field::Value(number, value) => draft.values.push((number, value)),
                Field::Invalid(key) => return Err(bad(key)),
                Field::Transactional if !has_id => {
                    return Err(Refusal::invalid("Transactional attribute as primary Key is missing"));
                }
                Field::Unknown if self.options.unknown_attribute == UnknownAttribute::Refuse => {
                    return Err(Refusal::invalid("Invalid attribute name"));
                }
                Field::Dropped | Field::Unknown | Field::Transactional => {}
            }
        }
        Ok(())
    }
}
