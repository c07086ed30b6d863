//! Tickets, their types and states.

use serde_json::Value;

use super::super::versions::Version;
use super::staff::{admin_email, admin_name};
use crate::json::Json;
use crate::world::World;
use crate::world::conversations::{Assignee, Author};
use crate::world::ids::Kind;
use crate::world::ticket_types::{self, TicketAttribute, TicketState, TicketType, attribute_id, option_id, ticket_state};
use crate::world::tickets::{Ticket, TicketPart};

/// Source: facts of the vendor's help, "a maximum of 500 parts"; spec, schema `ticket_parts`.
const PARTS_MAX: usize = 500;
/// Room for the parts of one ticket.
const PARTS_ROOM: u64 = 100_000;

/// The state is a text until 2.11 and an object from 2.12 on; assignees are texts until 2.15.
/// Source: spec diffs 2.11 to 2.14 and 2.15 to 2.16.
pub(crate) fn ticket(j: &mut Json, world: &World, row: &Ticket, version: Version) {
    let kind = row.ticket_type();
    j.put("type", "ticket");
    j.put("id", Kind::Ticket.id(row.serial));
    // The number in the inbox, which no path takes.
    j.put("ticket_id", (row.serial + 1).to_string());
    attributes(j, row);
    if let Some(state) = ticket_state(row.state) {
        if version >= Version::V2_12 {
            j.sub("ticket_state", |j| brief_state(j, row.state, state));
        } else {
            j.put("ticket_state", state.category);
            j.put("ticket_state_internal_label", state.internal_label);
            j.put("ticket_state_external_label", state.external_label);
        }
    }
    if version >= Version::V2_16 {
        j.null("previous_ticket_state_id");
    }
    j.sub("ticket_type", |j| ticket_type(j, world, (row.kind, kind), false));
    j.sub("contacts", |j| {
        j.put("type", "contact.list");
        j.list("contacts", &row.contacts, |j, serial| {
            j.put("type", "contact");
            j.put("id", Kind::Contact.id(*serial));
            j.put("external_id", world.author(*serial).and_then(|person| person.external_id));
        });
    });
    assignee(j, "admin_assignee_id", row.admin.map(|serial| Kind::Admin.number(serial)), version);
    assignee(j, "team_assignee_id", row.team.map(|serial| Kind::Team.number(serial)), version);
    j.put("created_at", row.created_at);
    j.put("updated_at", row.updated_at);
    let skip = row.parts.len().saturating_sub(PARTS_MAX);
    j.sub("ticket_parts", |j| {
        j.put("type", "ticket_part.list");
        j.list("ticket_parts", row.parts.iter().enumerate().skip(skip), |j, (n, at)| part(j, world, row, (n, at), version));
        j.put("total_count", row.parts.len());
    });
    j.put("open", row.open);
    row.snoozed_until.into_iter().for_each(|until| j.put("snoozed_until", until));
    j.sub("linked_objects", |j| {
        j.put("type", "list");
        j.list("data", &row.linked, |j, serial| {
            j.put("type", "conversation");
            j.put("id", Kind::Conversation.id(*serial));
            j.null("category");
        });
        j.put("total_count", row.linked.len());
        j.put("has_more", false);
    });
    j.put("category", kind.category.name());
    j.put("is_shared", row.shared);
}

/// The default ones always, the others once they were set. A list shows the label of its option.
fn attributes(j: &mut Json, row: &Ticket) {
    let all = row.ticket_type().attributes();
    j.sub("ticket_attributes", |j| {
        for (place, attribute) in all {
            match row.attributes.get(attribute.name) {
                Some(value) => j.put(attribute.name, label(row.kind, place, attribute, value)),
                None if attribute.default => j.null(attribute.name),
                None => {}
            }
        }
    });
}

/// What is shown for a stored value.
pub(crate) fn label(kind: u32, place: u32, attribute: &TicketAttribute, value: &Value) -> Value {
    let option = (0..attribute.options.len()).find(|option| value.as_str() == Some(&option_id(kind, place, *option)));
    option.map_or_else(|| value.clone(), |option| attribute.options[option].into())
}

fn assignee(j: &mut Json, key: &str, id: Option<u64>, version: Version) {
    let id = id.unwrap_or(0);
    if version >= Version::V2_16 { j.put(key, id) } else { j.put(key, id.to_string()) }
}

fn category(state: u32) -> &'static str {
    ticket_state(state).map_or("submitted", |state| state.category)
}

pub(crate) fn part(j: &mut Json, world: &World, row: &Ticket, (index, part): (usize, &TicketPart), version: Version) {
    j.put("type", "ticket_part");
    let first = 175_000_000 + u64::from(row.serial) * PARTS_ROOM;
    j.put("id", (first + u64::try_from(index).unwrap_or(0)).to_string());
    j.put("part_type", part.kind);
    j.put("body", &part.body);
    part.before.into_iter().for_each(|before| j.put("previous_ticket_state", category(before)));
    j.put("ticket_state", category(part.state));
    j.put("created_at", part.at);
    j.put("updated_at", part.at);
    if let Some(to) = part.to {
        let (kind, id) = match to {
            Assignee::Team(team) => ("team", Some(Kind::Team.id(team))),
            Assignee::Admin(admin) => ("admin", Some(Kind::Admin.id(admin))),
            Assignee::Nobody => ("nobody_admin", None),
        };
        j.sub("assigned_to", |j| {
            j.put("type", kind);
            j.put("id", id);
        });
    }
    j.sub("author", |j| author(j, world, part.author));
    j.list("attachments", [(); 0], |_, ()| {});
    j.put("redacted", false);
    if let (Some((place, value)), true) = (&part.changed, version >= Version::V2_14) {
        changed(j, row, *place, value);
    }
}

/// Source: spec 2.14, schema `ticket_part`, `updated_attribute_data`.
fn changed(j: &mut Json, row: &Ticket, place: u32, value: &Value) {
    let Some((_, attribute)) = row.ticket_type().attributes().nth(place as usize) else { return };
    j.sub("updated_attribute_data", |j| {
        j.sub("attribute", |j| {
            j.put("type", "attribute");
            j.put("id", attribute_id(row.kind, place).to_string());
            j.put("label", attribute.name);
        });
        j.sub("value", |j| {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let id = value.as_str().filter(|_| attribute.data_type == "list").map(str::to_owned);
            j.put("type", "value");
            j.put("id", id);
            j.put("label", text(&label(row.kind, place, attribute, value)));
        });
    });
}

/// A contact is a `user` here, a lead too. Source: spec, schema `ticket_part_author`.
fn author(j: &mut Json, world: &World, author: Author) {
    let (kind, id, name, email) = match author {
        Author::Admin(serial) => ("admin", Kind::Admin.id(serial), Some(admin_name(serial)), Some(admin_email(serial))),
        Author::Bot => ("bot", "7299999".to_owned(), Some("Fin".to_owned()), Some("operator+town@helpdesk.example".to_owned())),
        Author::Contact(serial) => {
            let person = world.author(serial).unwrap_or_default();
            ("user", Kind::Contact.id(serial), person.name, person.email)
        }
    };
    j.put("type", kind);
    j.put("id", id);
    j.put("name", name);
    email.into_iter().for_each(|email| j.put("email", email));
}

/// `with_states` in lists and by id from 2.12 on, not within a ticket. Source: spec, examples of both.
pub(crate) fn ticket_type(j: &mut Json, world: &World, (serial, kind): (u32, &TicketType), with_states: bool) {
    basic_type(j, serial, kind);
    j.put("workspace_id", world.workspace_id());
    j.put("created_at", world.first_day);
    j.put("updated_at", world.first_day);
    j.sub("ticket_type_attributes", |j| {
        j.put("type", "list");
        j.list("data", kind.attributes(), |j, (place, attribute)| type_attribute(j, world, serial, (place, attribute)));
    });
    if with_states {
        j.sub("ticket_states", |j| {
            j.put("type", "list");
            let fitting = ticket_types::states().filter(|(_, state)| state.belongs_to(serial));
            j.list("data", fitting, |j, (serial, state)| brief_state(j, serial, state));
        });
    }
}

fn basic_type(j: &mut Json, serial: u32, kind: &TicketType) {
    j.put("type", "ticket_type");
    j.put("id", Kind::TicketType.id(serial));
    j.put("name", kind.name);
    j.put("description", kind.description);
    j.put("icon", kind.icon);
    j.put("archived", kind.archived);
    j.put("is_internal", false);
    j.put("category", kind.category.name());
}

fn type_attribute(j: &mut Json, world: &World, kind: u32, (place, attribute): (u32, &TicketAttribute)) {
    j.put("type", "ticket_type_attribute");
    j.put("id", attribute_id(kind, place).to_string());
    j.put("workspace_id", world.workspace_id());
    j.put("name", attribute.name);
    j.put("description", "");
    j.put("data_type", attribute.data_type);
    j.sub("input_options", |j| match attribute.data_type {
        "string" => j.put("multiline", attribute.multiline),
        "list" => j.list("list_options", attribute.options.iter().enumerate(), |j, (n, label)| {
            j.put("id", option_id(kind, place, n));
            j.put("label", label);
        }),
        _ => {}
    });
    j.put("order", place);
    j.put("required_to_create", attribute.required);
    j.put("required_to_create_for_contacts", false);
    j.put("visible_on_create", true);
    j.put("visible_to_contacts", true);
    j.put("default", attribute.default);
    j.put("ticket_type_id", Kind::TicketType.number(kind));
    j.put("archived", false);
    j.put("created_at", world.first_day);
    j.put("updated_at", world.first_day);
}

fn brief_state(j: &mut Json, serial: u32, state: &TicketState) {
    j.put("type", "ticket_state");
    j.put("id", Kind::TicketState.id(serial));
    j.put("category", state.category);
    j.put("internal_label", state.internal_label);
    j.put("external_label", state.external_label);
}

/// A state with the types that it is of. Source: spec, schema `ticket_state_detailed`.
pub(crate) fn state(j: &mut Json, serial: u32, state: &TicketState) {
    brief_state(j, serial, state);
    j.put("archived", false);
    j.sub("ticket_types", |j| {
        j.put("type", "list");
        let fitting = ticket_types::types().filter(|(kind, _)| state.belongs_to(*kind));
        j.list("data", fitting, |j, (serial, kind)| basic_type(j, serial, kind));
    });
}
