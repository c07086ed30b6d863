//! Writes of conversations: create, reply, manage, tag, update.
//! Source: spec, `POST /conversations`, `/reply`, `/parts`, `/tags`, `PUT /conversations/{id}`.

use serde_json::{Map, Value};

use super::body::{Takes, fields, id as id_in, maybe_object, object, text, wrong};
use super::contacts::known as known_contact;
use super::conversations::{known, one};
use super::errors::Refusal;
use super::ticket_writes::replier;
use super::versions::Version;
use super::{Answer, Ask, attributes, show};
use crate::json::Json;
use crate::world::World;
use crate::world::conversations::{Assignee, Author, Conversation};
use crate::world::ids::Kind;

pub(super) fn html(text: &str) -> String {
    if text.starts_with('<') { text.to_owned() } else { format!("<p>{text}</p>") }
}

/// Started by a contact; the answer is a message, not the conversation.
pub(super) fn create(world: &mut World, ask: &Ask<'_>) -> Answer {
    let body = object(ask)?;
    let from = body.get("from").and_then(Value::as_object);
    let from = from.ok_or_else(|| Refusal::new(400, "parameter_not_found", "from not specified"))?;
    if !matches!(from.get("type").and_then(Value::as_str), Some("user" | "lead" | "contact")) {
        return Err(Refusal::invalid("from.type must be user, lead or contact"));
    }
    let said = text(&body, "body")?.to_owned();
    let contact = known_contact(world, ask.version, text(from, "id")?)?.serial;
    let at = body.get("created_at").and_then(Value::as_i64).unwrap_or(ask.now_ms.div_euclid(1000));
    let subject = body.get("subject").and_then(Value::as_str).map(str::to_owned);
    let serial = world.open_conversation(ask.now_ms, 0, |row| {
        (row.contacts, row.ai, row.admin, row.team, row.created_at) = (vec![contact], false, None, None, at);
        let happened = row.note();
        happened.written.set("source.body", html(&said).into());
        happened.written.set("source.subject", subject.clone().unwrap_or_default().into());
        happened.written.set("title", subject.clone().map_or(Value::Null, Value::String));
    });
    Ok(Json::object(|j| {
        j.put("type", "user_message");
        j.put("id", (403_000_000 + u64::from(serial)).to_string());
        j.put("created_at", at);
        j.put("subject", subject.unwrap_or_default());
        j.put("body", said);
        j.put("message_type", "inapp");
        j.put("conversation_id", Kind::Conversation.id(serial));
    }))
}

pub(super) fn admin(world: &World, body: &Map<String, Value>) -> Result<u32, Refusal> {
    let missing = || Refusal::new(400, "parameter_not_found", "admin_id not specified");
    let id = id_in(body, "admin_id").ok_or_else(missing)?;
    let known = Kind::Admin.serial(&id).filter(|admin| (*admin as usize) < world.options.admins);
    known.ok_or_else(|| Refusal::new(404, "admin_not_found", "Admin not found"))
}

/// The id in the path; `last` is the one changed last, of the contact that replies if one does.
/// Source: spec, `POST /conversations/{id}/reply`, "User last conversation reply".
fn serial_of(world: &World, id: &str, of: Option<u32>) -> Result<u32, Refusal> {
    if id == "last" {
        let fits = |row: &&Conversation| of.is_none_or(|contact| row.contacts.contains(&contact));
        let last = world.conversations.live().filter(fits).max_by_key(|row| (row.updated_at, row.serial));
        return last.map(|row| row.serial).ok_or_else(|| Refusal::not_found("Resource Not Found"));
    }
    known(world, id).map(|row| row.serial)
}

/// An admin comments, notes or offers answers; a contact comments or picks one, which opens the
/// conversation again.
pub(super) fn reply(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    if id != "last" {
        known(world, id)?;
    }
    let body = object(ask)?;
    // Quick replies came with 2.14 or before. Source: spec diff 2.11 to 2.14.
    let known = |kind: &&str| *kind != "quick_reply" || ask.version >= Version::V2_12;
    let kind = body.get("message_type").and_then(Value::as_str).filter(known).unwrap_or_default();
    let (kind, author) = match (body.get("type").and_then(Value::as_str), kind) {
        (Some("admin"), "comment") => ("comment", Author::Admin(admin(world, &body)?)),
        (Some("admin"), "note") => ("note", Author::Admin(admin(world, &body)?)),
        (Some("admin"), "quick_reply") => ("quick_reply", Author::Admin(admin(world, &body)?)),
        (Some("user"), "comment" | "quick_reply") => ("comment", Author::Contact(replier(world, ask, &body)?)),
        (Some("admin" | "user"), _) => return Err(Refusal::invalid("message_type must be comment, note or quick_reply")),
        _ => return Err(Refusal::invalid("type must be admin or user")),
    };
    let of = if let Author::Contact(contact) = author { Some(contact) } else { None };
    let serial = serial_of(world, id, of)?;
    let said = match picked(&body) {
        Some(answer) if of.is_some() => Some(answer),
        _ => said(&body, kind)?,
    };
    let options = body.get("reply_options").filter(|_| kind == "quick_reply").cloned();
    world.add_part_to(serial, (kind, Some(author)), said.as_deref().map(html).as_deref(), None, ask.now_ms);
    let at = body.get("created_at").and_then(Value::as_i64);
    if at.is_some() || options.is_some() {
        world.edit_conversation(serial, ask.now_ms, |row| {
            if let Some(part) = row.added.last_mut() {
                part.at = at.unwrap_or(part.at);
                part.options = options.clone().map(Box::new);
            }
        });
    }
    one(world, ask, &Kind::Conversation.id(serial))
}

/// What is said; answers to choose from have no text of their own, and there is at least one.
pub(super) fn said(body: &Map<String, Value>, kind: &str) -> Result<Option<String>, Refusal> {
    if kind != "quick_reply" {
        return text(body, "body").map(|said| Some(said.to_owned()));
    }
    let fits =
        |option: &Value| option.get("text").is_some_and(Value::is_string) && option.get("uuid").is_some_and(Value::is_string);
    match body.get("reply_options").and_then(Value::as_array) {
        Some(options) if !options.is_empty() && options.iter().all(fits) => Ok(None),
        _ => Err(Refusal::invalid("reply_options must be a list of text and uuid")),
    }
}

/// The answer that a contact picked.
fn picked(body: &Map<String, Value>) -> Option<String> {
    let options = body
        .get("reply_options")
        .and_then(Value::as_array)
        .filter(|_| body.get("message_type") == Some(&"quick_reply".into()))?;
    options.first()?.get("text")?.as_str().map(str::to_owned)
}

/// Closes, opens, snoozes or assigns; messages go to `/reply`.
pub(super) fn manage(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let serial = serial_of(world, id, None)?;
    let body = object(ask)?;
    let author = Some(Author::Admin(admin(world, &body)?));
    let said = body.get("body").and_then(Value::as_str).map(html);
    let (kind, to) = match body.get("message_type").and_then(Value::as_str) {
        Some("close") => ("close", None),
        Some("open") => ("open", None),
        Some("snoozed") => ("snoozed", None),
        Some("assignment") => ("assignment", Some(assignee(world, &body)?)),
        _ => return Err(Refusal::invalid("message_type must be close, open, snoozed or assignment")),
    };
    if kind == "snoozed" {
        let until = body.get("snoozed_until").and_then(Value::as_i64);
        let until = until.ok_or_else(|| Refusal::new(400, "parameter_not_found", "snoozed_until not specified"))?;
        world.edit_conversation(serial, ask.now_ms, |row| row.note().written.set("snoozed_until", until.into()));
    }
    world.add_part_to(serial, (kind, author), said.as_deref(), to, ask.now_ms);
    one(world, ask, &Kind::Conversation.id(serial))
}

/// `0` takes it from everybody; an id of a team or an admin gives it to them.
pub(super) fn assignee(world: &World, body: &Map<String, Value>) -> Result<Assignee, Refusal> {
    let missing = || Refusal::new(400, "parameter_not_found", "assignee_id not specified");
    let id = id_in(body, "assignee_id").ok_or_else(missing)?;
    if id == "0" {
        return Ok(Assignee::Nobody);
    }
    let team = Kind::Team.serial(&id).filter(|team| (*team as usize) < world.options.teams).map(Assignee::Team);
    let admin = Kind::Admin.serial(&id).filter(|admin| (*admin as usize) < world.options.admins).map(Assignee::Admin);
    team.or(admin).ok_or_else(|| Refusal::new(404, "assignee_not_found", "Assignee not found"))
}

fn tagged(world: &World, id: &str) -> Result<u32, Refusal> {
    known(world, id).map(|row| row.serial).map_err(|_| Refusal::not_found("Conversation not found"))
}

pub(super) fn tag(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let serial = tagged(world, id)?;
    let body = object(ask)?;
    admin(world, &body)?;
    let tag = id_in(&body, "id").and_then(|id| Kind::Tag.serial(&id)).filter(|tag| world.tag_is_alive(*tag));
    let tag = tag.ok_or_else(|| Refusal::not_found("Resource Not Found"))?;
    let now = ask.now_ms.div_euclid(1000);
    let held = world.conversations.primary(serial).and_then(|row| row.tags.iter().find(|(at, _)| *at == tag)).copied();
    if held.is_none() {
        world.edit_conversation(serial, ask.now_ms, |row| row.tags.push((tag, now)));
    }
    Ok(Json::object(|j| show::tag_with_origin(j, world, tag, held.map_or(now, |(_, at)| at))))
}

/// The body of a `DELETE`, which names the admin, is not insisted on.
pub(super) fn untag(world: &mut World, ask: &Ask<'_>, id: &str, tag: &str) -> Answer {
    let serial = tagged(world, id)?;
    maybe_object(ask)?;
    let missing = || Refusal::new(404, "tag_not_found", "Tag not found");
    let tag = Kind::Tag.serial(tag).ok_or_else(missing)?;
    let held = world.conversations.primary(serial).and_then(|row| row.tags.iter().find(|(at, _)| *at == tag)).copied();
    let (_, at) = held.ok_or_else(missing)?;
    world.edit_conversation(serial, ask.now_ms, |row| row.tags.retain(|(at, _)| *at != tag));
    Ok(Json::object(|j| show::tag_with_origin(j, world, tag, at)))
}

pub(super) fn update(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let serial = known(world, id)?.serial;
    let body = object(ask)?;
    let wanted = fields(&body, &[("read", Takes::Flag), ("title", Takes::Text)])?;
    let custom = attributes::checked(world, "conversation", body.get("custom_attributes"))?;
    let company = match id_in(&body, "company_id") {
        None if body.get("company_id").is_some_and(|id| !id.is_null()) => return Err(wrong("company_id", "a string")),
        None => None,
        Some(id) => {
            let company = Kind::Company.serial(&id).filter(|company| world.companies.primary(*company).is_some());
            Some(company.ok_or_else(super::contact_links::company_missing)?)
        }
    };
    world.edit_conversation(serial, ask.now_ms, |row| {
        let happened = row.note();
        wanted.into_iter().for_each(|(key, value)| happened.written.set(key, value));
        happened.company = company.or(happened.company);
        for (name, value) in custom {
            happened.written.custom.insert(name.into(), value);
        }
    });
    one(world, ask, id)
}
