//! Webhook payloads about contacts, as they would be posted. Source: facts §11.2. Subscriptions are
//! in camel case, events in snake case; the payload's `id` is the webhook's.

use serde_json::{Map, Value, json};

use super::contact::{Contact, Key};
use super::write::Change;
use super::{Account, By};
use crate::brevo::stamp;

/// The newest payloads that are kept.
const DELIVERED_MAX: usize = 100_000;

impl Account {
    /// Whether anybody listens to changes of the present kind.
    pub(super) fn watches(&self) -> bool {
        let speaks = self.by != By::Import || self.options.import_fires;
        speaks && self.webhooks.iter().any(|webhook| webhook.kind == "marketing")
    }

    /// The key's name for writes with a key; the vendor does not say what stands there for tokens
    /// and imports, and an empty one is the harder case.
    fn api_key_name(&self) -> &str {
        if self.by == By::Key { &self.options.key_name } else { "" }
    }

    fn deliver(&mut self, event: &str, payload: &Value) {
        let subscription = match event {
            "list_addition" => "listAddition",
            "contact_updated" => "contactUpdated",
            "contact_deleted" => "contactDeleted",
            _ => "unsubscribed",
        };
        for webhook in &self.webhooks {
            if webhook.kind != "marketing" || !webhook.events.iter().any(|name| name == subscription) {
                continue;
            }
            let mut whole = json!({"id": webhook.id, "event": event});
            if let (Some(whole), Some(payload)) = (whole.as_object_mut(), payload.as_object()) {
                whole.extend(payload.clone());
                whole.insert("date".to_owned(), stamp::local(self.now).into());
                whole.insert("ts".to_owned(), self.now.div_euclid(1000).into());
            }
            self.posts.take_in(webhook.id, webhook.is_batched(), &whole, self.now);
            self.delivered.push_back(whole);
            if self.delivered.len() > DELIVERED_MAX {
                self.delivered.pop_front();
            }
        }
    }

    pub(super) fn announce_change(&mut self, id: i64, change: &Change) {
        if !self.watches() {
            return;
        }
        let email = self.people.get(id).and_then(|row| row.contact.key(Key::Email)).map(|email| email.to_string());
        let who = || email.clone().map_or(Value::Null, Value::from);
        if !change.added.is_empty() {
            let payload = json!({"email": who(), "key": "twin", "list_id": change.added, "api_key_name": self.api_key_name()});
            self.deliver("list_addition", &payload);
        }
        if change.attributes.is_empty() && change.added.is_empty() && change.removed.is_empty() {
            return;
        }
        let named = |ids: &[u32]| -> Vec<Value> {
            let name = |id: &u32| self.list(*id).map_or("", |list| list.name.as_str());
            ids.iter().map(|id| json!({"id": id, "name": name(id)})).collect()
        };
        let (added, removed) = (named(&change.added), named(&change.removed));
        let content = json!([{
            "email": who(), "attributes": change.attributes, "list": {"addition": added, "deletion": removed},
        }]);
        let payload = json!({"email": who(), "key": "twin", "content": content, "api_key_name": self.api_key_name()});
        self.deliver("contact_updated", &payload);
    }

    /// `email` is an array here; someone without an address leaves it empty.
    pub(super) fn announce_deletion(&mut self, contact: &Contact) {
        let email: Vec<&str> = contact.key(Key::Email).map(|email| email.as_ref()).into_iter().collect();
        self.deliver("contact_deleted", &json!({"email": email, "key": "twin"}));
    }

    /// What an unsubscription in Brevo itself sends.
    pub(crate) fn announce_unsubscription(&mut self, id: i64) {
        let Some(row) = self.people.get(id) else { return };
        let Some(email) = row.contact.key(Key::Email).map(|email| email.to_string()) else { return };
        let now = self.now.div_euclid(1000);
        let mut payload = Map::new();
        payload.insert("email".to_owned(), email.into());
        payload.insert("camp_id".to_owned(), 1.into());
        payload.insert("campaign name".to_owned(), "Newsletter".into());
        payload.insert("list_id".to_owned(), json!(row.contact.lists));
        payload.insert("date_event".to_owned(), stamp::local(self.now).into());
        payload.insert("ts_event".to_owned(), now.into());
        self.deliver("unsubscribe", &Value::Object(payload));
    }
}
