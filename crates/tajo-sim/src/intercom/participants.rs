//! Who takes part in a conversation, what is taken out of one, and its end.
//! Source: spec, `POST` and `DELETE /conversations/{id}/customers`, `POST /conversations/redact`,
//! `DELETE /conversations/{id}`.

use serde_json::Value;

use super::body::{id as id_in, maybe_object, object, text};
use super::contacts::known as known_contact;
use super::conversations::{known, one};
use super::errors::Refusal;
use super::versions::Version;
use super::whom::whom;
use super::{Answer, Ask};
use crate::json::Json;
use crate::world::World;
use crate::world::ids::{Kind, part_id};

/// The answer has `customers`, as in the spec's examples; the schema says it is a conversation.
fn customers(world: &World, serial: u32) -> Vec<u8> {
    let all = world.conversations.primary(serial).map(|row| row.contacts.clone()).unwrap_or_default();
    Json::object(|j| {
        j.list("customers", all, |j, contact| {
            let is_lead = world.contacts.primary(contact).is_some_and(crate::world::people::Contact::is_lead);
            j.put("type", if is_lead { "lead" } else { "user" });
            j.put("id", Kind::Contact.id(contact));
        });
    })
}

/// Adding twice is as good as once; an unknown address becomes a lead.
pub(super) fn attach(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let serial = known(world, id)?.serial;
    let body = object(ask)?;
    let named = body.get("customer").and_then(Value::as_object);
    let named = named.ok_or_else(|| Refusal::new(400, "parameter_not_found", "customer not specified"))?;
    let found = whom(world, ask, named, ["intercom_user_id", "user_id", "email"])?;
    let contact = found.settle(world, ask.now_ms);
    if !world.conversations.primary(serial).is_some_and(|row| row.contacts.contains(&contact)) {
        world.edit_conversation(serial, ask.now_ms, |row| row.contacts.push(contact));
    }
    Ok(customers(world, serial))
}

pub(super) fn detach(world: &mut World, ask: &Ask<'_>, id: &str, contact: &str) -> Answer {
    let row = known(world, id)?.clone();
    maybe_object(ask)?;
    let contact = known_contact(world, ask.version, contact)?.serial;
    if !row.contacts.contains(&contact) {
        return Err(Refusal::not_found("User Not Found"));
    }
    if row.contacts.len() == 1 {
        return Err(Refusal::new(422, "parameter_invalid", "Removing the last customer is not allowed"));
    }
    world.edit_conversation(row.serial, ask.now_ms, |row| row.contacts.retain(|at| *at != contact));
    Ok(customers(world, row.serial))
}

/// A part that has a body, or the message of a contact that began it all.
pub(super) fn redact(world: &mut World, ask: &Ask<'_>) -> Answer {
    let body = object(ask)?;
    let missing = || Refusal::new(404, "conversation_part_or_message_not_found", "Conversation part or message not found");
    let id = id_in(&body, "conversation_id").ok_or_else(missing)?;
    let row = known(world, &id).map_err(|_| missing())?;
    let (serial, refusal) = (row.serial, || Refusal::new(400, "conversation_part_not_redactable", "Not redactable"));
    match text(&body, "type")? {
        "conversation_part" => {
            let wanted = id_in(&body, "conversation_part_id").ok_or_else(missing)?;
            let index = (0..row.count_parts()).find(|index| part_id(serial, *index).to_string() == wanted).ok_or_else(missing)?;
            let part = row.parts(world.seed).nth(index).ok_or_else(missing)?;
            row.body(world.seed, &part).ok_or_else(refusal)?;
            world.edit_conversation(serial, ask.now_ms, |row| row.note().redacted.push(index));
        }
        "source" => {
            let shown: Value = serde_json::from_slice(&super::conversations::without_parts(world, ask, &id)?).unwrap_or_default();
            let source = shown.get("source").cloned().unwrap_or_default();
            if source.get("id").and_then(Value::as_str) != id_in(&body, "source_id").as_deref() {
                return Err(missing());
            }
            if source.pointer("/author/type").is_some_and(|kind| kind == "admin") {
                return Err(refusal());
            }
            world.edit_conversation(serial, ask.now_ms, |row| row.note().source_redacted = true);
        }
        _ => return Err(Refusal::invalid("type must be conversation_part or source")),
    }
    one(world, ask, &Kind::Conversation.id(serial))
}

/// For good, from 2.13 on. Source: spec 2.13, `DELETE /conversations/{conversation_id}`.
pub(super) fn delete(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    ask.version.require(Version::V2_13)?;
    let serial = known(world, id)?.serial;
    world.remove_conversation(serial, ask.now_ms);
    Ok(Json::object(|j| {
        j.put("id", id);
        j.put("object", "conversation");
        j.put("deleted", true);
    }))
}
