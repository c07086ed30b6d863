//! Events of contacts: stored whole, there are only those that somebody sent.

use serde_json::{Map, Value};

use super::World;

/// Metadata keys beyond these are ignored. Source: spec, `POST /events`, "Metadata behaviour".
const METADATA_MAX: usize = 10;

/// One event of one contact.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) at: i64,
    pub(crate) metadata: Map<String, Value>,
}

impl World {
    /// Stores an event. One with the contact, name and second of an earlier one is dropped without a
    /// word. Source: spec, `POST /events`, "Event de-duplication".
    pub(crate) fn add_event(&mut self, contact: u32, name: &str, at: i64, metadata: Map<String, Value>) {
        let id = self.stamp.uuid();
        let all = self.events.entry(contact).or_default();
        if all.iter().any(|event| event.name == name && event.at == at) {
            return;
        }
        let metadata = metadata.into_iter().take(METADATA_MAX).collect();
        all.push(Event { id, name: name.to_owned(), at, metadata });
        all.sort_by_key(|event| event.at);
    }

    /// A contact's events, oldest first.
    pub(crate) fn events_of(&self, contact: u32) -> &[Event] {
        self.events.get(&contact).map_or(&[], Vec::as_slice)
    }
}
