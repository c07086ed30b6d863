//! What a person or a product does on Intercom's side, and what the API was made to do.

use serde_json::{Map, Value};

use crate::intercom;
use crate::town::Town;
use crate::world::World;
use crate::world::conversations::{Outcome, Rating, State};
use crate::world::ids::Kind;
use crate::world::ticket_types;
use crate::world::written::Written;

/// A company of that name; its `company_id` is made of it and of how many there were.
fn company_of(world: &World, name: &str, plan: &str, size: u32) -> Box<Written> {
    let mut written = Written::plain();
    let slug: String = name.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let own = format!("{slug}-{}", world.companies.len());
    for (key, value) in [("name", name.into()), ("plan", plan.into()), ("size", size.into()), ("company_id", Value::from(own))] {
        written.set(key, value);
    }
    written
}

impl Town {
    /// A plain contact, created now: nothing is made up about it. `role` is `user` or `lead`; an
    /// address that is taken is no obstacle. Returns its id.
    pub fn add_person(&self, role: &str, email: Option<&str>, name: Option<&str>) -> String {
        let mut written = Written::plain();
        written.set("role", role.into());
        for (key, value) in [("email", email), ("name", name)] {
            value.into_iter().for_each(|value| written.set(key, value.into()));
        }
        Kind::Contact.id(self.edit(|world, now_ms| world.add_person(written, now_ms)))
    }

    /// Sets any field of a contact, as a person or the product would: `email`, `phone`, `role`,
    /// `custom_attributes.plan_tier`, `location.country`, but also what the API only shows, such as
    /// `last_replied_at` (unix seconds). Neither names nor types are checked; `null` unsets.
    pub fn set_contact(&self, id: &str, field: &str, value: Value) {
        self.edit_contact(id, |world, serial, now_ms| {
            world.edit_contact(serial, now_ms, |row| {
                if let ("last_seen_at", Some(at)) = (field, value.as_i64()) {
                    row.seen_at = at;
                }
                row.write(field, value);
            });
        });
    }

    /// The contact unsubscribes from all e-mail.
    pub fn unsubscribe_contact(&self, id: &str) {
        self.set_contact(id, "unsubscribed_from_emails", true.into());
    }

    /// The contact subscribes again, itself; [`Town::resubscribed`] does not count it.
    pub fn resubscribe_contact(&self, id: &str) {
        self.set_contact(id, "unsubscribed_from_emails", false.into());
    }

    /// An event of a contact, now. The contact is not stamped; a second one of the same name within
    /// the same second is dropped.
    pub fn add_event(&self, contact: &str, name: &str, metadata: Value) {
        let metadata = metadata.as_object().cloned().unwrap_or_else(Map::new);
        self.edit_contact(contact, |world, serial, now_ms| {
            if world.contacts.primary(serial).is_some() {
                world.add_event(serial, name, now_ms.div_euclid(1000), metadata);
            }
        });
    }

    /// All events of a contact as `GET /events` shows them, oldest first, those of more than 90 days
    /// ago included.
    pub fn events_of(&self, contact: &str) -> Vec<Value> {
        Kind::Contact.serial(contact).map(|serial| intercom::events_of(&self.world(), serial)).unwrap_or_default()
    }

    /// An open conversation with that contact, two parts, no rating and no AI agent; returns its id.
    pub fn add_conversation_of(&self, contact: &str) -> String {
        let contact = Kind::Contact.serial(contact);
        Kind::Conversation.id(self.edit(|world, now_ms| {
            world.open_conversation(now_ms, 2, |row| (row.contacts, row.ai) = (contact.into_iter().collect(), false))
        }))
    }

    /// How many messages admins sent through the API.
    pub fn messages(&self) -> usize {
        self.world().ledger.messages
    }

    /// How many tickets there are.
    pub fn tickets(&self) -> usize {
        self.world().tickets.live().count()
    }

    /// A ticket of that contact and that type (its id) with a title, made now; its id, empty for a
    /// contact or a type that is not there.
    pub fn add_ticket(&self, contact: &str, ticket_type: &str, title: &str) -> String {
        let kind = Kind::TicketType.serial(ticket_type).filter(|kind| ticket_types::ticket_type(*kind).is_some());
        let attributes = [(ticket_types::TITLE.to_owned(), Value::from(title))].into();
        let added = Kind::Contact.serial(contact).zip(kind).and_then(|(contact, kind)| {
            self.edit(|world, now_ms| {
                world.contacts.primary(contact)?;
                Some(world.add_ticket((kind, contact), attributes, now_ms, |_| {}))
            })
        });
        added.map(|serial| Kind::Ticket.id(serial)).unwrap_or_default()
    }

    fn edit_conversation(&self, id: &str, change: impl FnOnce(&mut World, u32, i64)) {
        if let Some(serial) = Kind::Conversation.serial(id) {
            self.edit(|world, now_ms| change(world, serial, now_ms));
        }
    }

    /// The contact rates a conversation, 1 to 5; an earlier rating is replaced.
    pub fn rate_conversation(&self, id: &str, rating: u8, remark: &str) {
        self.edit_conversation(id, |world, serial, now_ms| {
            let rating = Rating { at: now_ms.div_euclid(1000), stars: rating, remark: remark.to_owned() };
            world.edit_conversation(serial, now_ms, |row| row.note().rating = Some(rating));
        });
    }

    /// The AI agent took part with this outcome, in the words of any version: `assumed_resolution`,
    /// `confirmed_resolution`, `escalated`, `routed_to_team`, … Answers use those of the version
    /// asked for. A resolution closes the conversation.
    pub fn set_ai_outcome(&self, conversation: &str, resolution_state: &str, rating: Option<u8>) {
        self.edit_conversation(conversation, |world, serial, now_ms| {
            let outcome = Outcome { at: now_ms.div_euclid(1000), state: resolution_state.to_owned(), rating };
            world.edit_conversation(serial, now_ms, |row| {
                row.note().agent = Some(outcome);
                if resolution_state.ends_with("_resolution") {
                    row.state = State::Closed;
                }
            });
        });
    }

    /// Sets a field of a company: `name`, `size`, `plan` (its name), `industry`,
    /// `custom_attributes.x`, … Nothing is checked.
    pub fn set_company(&self, id: &str, field: &str, value: Value) {
        let Some(serial) = Kind::Company.serial(id) else { return };
        self.edit(|world, now_ms| {
            world.edit_company(serial, now_ms, |row| match (field, value.as_i64()) {
                ("last_request_at", Some(at)) => row.last_request_at = at,
                _ => row.written.get_or_insert_default().set(field, value),
            });
        });
    }

    /// A plain company without users: lists hide it until it has one. Returns its id.
    pub fn add_named_company(&self, name: &str, plan: &str, size: u32) -> String {
        Kind::Company.id(self.edit(|world, now_ms| {
            let written = company_of(world, name, plan, size);
            world.add_company(Some(written), now_ms)
        }))
    }

    /// Mutating API calls that took effect, those of which the answer was lost included. Searches
    /// and refused calls are none.
    pub fn writes(&self) -> usize {
        self.world().tally.writes
    }

    /// Contacts ever created through the API.
    pub fn created_contacts(&self) -> usize {
        self.world().tally.created
    }

    /// Contacts whose `unsubscribed_from_emails` went from true to false through the API, once for
    /// each time.
    pub fn resubscribed(&self) -> Vec<String> {
        self.world().tally.resubscribed.iter().map(|serial| Kind::Contact.id(*serial)).collect()
    }
}
