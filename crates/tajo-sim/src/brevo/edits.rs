//! What a person does in Brevo's own app: no key, so webhooks name none.

use std::sync::MutexGuard;

use serde_json::{Map, Value};

use super::account::contact::Key;
use super::account::registry::{Attribute, Field, Kind};
use super::account::{Account, By, Draft};
use super::handle::Brevo;

impl Brevo {
    fn person(&self) -> MutexGuard<'_, Account> {
        let mut account = self.account();
        account.by = By::Person;
        account
    }

    /// Adds a contact; `attributes` is an object like that of `POST /contacts`. Gives its id, or
    /// that of the contact which has one of its identifiers already, or 0 where nothing identifies it.
    pub fn add_contact(&self, email: Option<&str>, attributes: Value) -> i64 {
        let mut account = self.person();
        let mut draft = Draft::default();
        if let Some(email) = email.and_then(|email| Key::Email.canonical(email)) {
            draft.set_key(Key::Email, Some(email));
        }
        // What Brevo would not take is left out; the test sees it missing.
        drop(account.read_attributes(attributes.as_object().unwrap_or(&Map::new()), &mut draft));
        if draft.wanted().next().is_none() {
            return 0;
        }
        let taken = draft.wanted().find_map(|(key, value)| account.people.owner(key, value));
        taken.unwrap_or_else(|| account.create(draft))
    }

    /// Sets one attribute, identifiers included; `null` or empty text clears it. Values of the wrong
    /// type, unknown names and taken identifiers change nothing.
    pub fn set_attribute(&self, id: i64, name: &str, value: Value) {
        let mut account = self.person();
        let mut draft = Draft::default();
        match account.registry.read(name, &value) {
            Field::Key(key, value) => draft.set_key(key, value),
            Field::Value(number, value) => draft.values.push((number, value)),
            _ => return,
        }
        drop(account.update(id, draft, false));
    }

    /// Gives another address; this takes a blocklisted contact off the blocklist, as in the API.
    pub fn change_email(&self, id: i64, email: &str) {
        self.set_attribute(id, "EMAIL", email.into());
    }

    /// The contact unsubscribes from e-mail.
    pub fn blocklist(&self, id: i64) {
        let mut account = self.person();
        let draft = Draft { email_blocked: Some(true), ..Draft::default() };
        if account.update(id, draft, false).is_ok() {
            account.note_unsubscription(id);
            account.announce_unsubscription(id);
        }
    }

    /// The contact subscribes again.
    pub fn unblocklist(&self, id: i64) {
        drop(self.person().update(id, Draft { email_blocked: Some(false), ..Draft::default() }, false));
    }

    /// Puts a contact on a list.
    pub fn add_to_list(&self, id: i64, list: u64) {
        self.person().move_in_list(id, u32::try_from(list).unwrap_or(0), true);
    }

    /// Takes a contact off a list.
    pub fn remove_from_list(&self, id: i64, list: u64) {
        self.person().move_in_list(id, u32::try_from(list).unwrap_or(0), false);
    }

    /// Deletes a contact for good.
    pub fn delete_contact(&self, id: i64) {
        self.person().delete(id);
    }

    /// Adds an attribute of a type of `POST /contacts/attributes/normal`, or a category without options.
    pub fn add_attribute(&self, name: &str, kind: &str) {
        let category = if kind == "category" { "category" } else { "normal" };
        self.person().registry.add(Attribute::new(&name.to_uppercase(), category, Kind::parse(kind)));
    }

    /// Adds options to a category or multiple-choice attribute; each is its own label.
    pub fn add_options(&self, name: &str, labels: &[&str]) {
        let mut account = self.person();
        let Some(attribute) = account.registry.find_mut(name) else { return };
        for label in labels {
            let value = match attribute.kind {
                Some(Kind::Category) => (attribute.options.len() + 1).to_string(),
                _ => (*label).to_owned(),
            };
            attribute.options.push((value, (*label).to_owned()));
        }
    }
}
