//! Writes of tickets: create, update, delete, reply, tag; and a conversation that becomes one.
//! Source: spec, `POST /tickets`, `PUT` and `DELETE /tickets/{id}`, `/reply`, `/tags`,
//! `POST /conversations/{id}/convert`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::body::{id as id_in, maybe_object, object, wrong};
use super::contact_links::company_missing;
use super::conversation_writes::{admin, assignee, html};
use super::errors::Refusal;
use super::tickets::{known, known_type, one};
use super::versions::Version;
use super::whom::{Whom, holder, whom};
use super::{Answer, Ask, conversations, show};
use crate::json::Json;
use crate::world::World;
use crate::world::conversations::{Assignee, Author};
use crate::world::ids::Kind;
use crate::world::ticket_types::{Category, TicketType, ticket_state, ticket_type};
use crate::world::tickets::Ticket;

/// An attribute as it is to be: its place in the type, its name, the value.
type Wanted = (u32, &'static str, Value);

/// The attributes of a body, checked. The texts are those of spec 2.16, `/tickets/{id}/change_type`,
/// and 2.14, `/tickets/enqueue`.
fn attributes(value: Option<&Value>, (kind, of): (u32, &'static TicketType)) -> Result<Vec<Wanted>, Refusal> {
    let own = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(own)) => own,
        Some(_) => return Err(wrong("ticket_attributes", "an object")),
    };
    let find = |name: &String| of.attributes().find(|(_, attribute)| attribute.name == name);
    let extra: Vec<&str> = own.keys().filter(|name| find(name).is_none()).map(String::as_str).collect();
    if !extra.is_empty() {
        let message = format!("Extra attributes provided that are not found on ticket type: {}", extra.join(", "));
        return Err(Refusal::invalid(message));
    }
    let mut wanted = Vec::new();
    for (name, value) in own {
        let Some((place, attribute)) = find(name) else { continue };
        if !attribute.takes(kind, place, value) {
            return Err(Refusal::invalid(format!("Invalid value for ticket attribute '{name}' of type {}", attribute.data_type)));
        }
        wanted.push((place, attribute.name, value.clone()));
    }
    Ok(wanted)
}

fn complete(of: &'static TicketType, wanted: &[Wanted]) -> Result<(), Refusal> {
    let has = |name: &str| wanted.iter().any(|(_, at, value)| *at == name && !value.is_null());
    let lacks = of.attributes().any(|(_, attribute)| attribute.required && !has(attribute.name));
    if lacks { Err(Refusal::invalid("Missing required ticket attributes")) } else { Ok(()) }
}

fn stored(wanted: Vec<Wanted>) -> BTreeMap<String, Value> {
    wanted.into_iter().map(|(_, name, value)| (name.to_owned(), value)).collect()
}

/// Intercom's own id of a company; `null` is nobody's.
fn company(world: &World, body: &Map<String, Value>) -> Result<Option<u32>, Refusal> {
    let Some(id) = id_in(body, "company_id") else { return Ok(None) };
    let company = Kind::Company.serial(&id).filter(|company| world.companies.primary(*company).is_some());
    company.map(Some).ok_or_else(company_missing)
}

/// Exactly one contact. Source: spec, `create_ticket_request`: "Currently only one".
fn contact(world: &World, ask: &Ask<'_>, body: &Map<String, Value>) -> Result<Whom, Refusal> {
    let all = body.get("contacts").and_then(Value::as_array);
    let all = all.ok_or_else(|| Refusal::new(400, "parameter_not_found", "contacts is a required parameter"))?;
    match all.as_slice() {
        [Value::Object(named)] => whom(world, ask, named, ["id", "external_id", "email"]),
        _ => Err(Refusal::invalid("contacts must have exactly one contact")),
    }
}

pub(super) fn create(world: &mut World, ask: &Ask<'_>) -> Answer {
    let body = object(ask)?;
    let id = id_in(&body, "ticket_type_id");
    let id = id.ok_or_else(|| Refusal::new(400, "parameter_not_found", "ticket_type_id is a required parameter"))?;
    let (kind, of) = known_type(&id)?;
    if of.archived {
        return Err(Refusal::invalid("Ticket type is archived"));
    }
    let wanted = attributes(body.get("ticket_attributes"), (kind, of))?;
    complete(of, &wanted)?;
    let company = company(world, &body)?;
    let contact = contact(world, ask, &body)?;
    let newer = ask.version >= Version::V2_14;
    let assignment = body.get("assignment").and_then(Value::as_object).filter(|_| newer);
    let given = |key: &str| match assignment.and_then(|given| id_in(given, key)) {
        None => Ok(None),
        Some(id) => assignee(world, &Map::from_iter([("assignee_id".to_owned(), id.into())])).map(Some),
    };
    let (admin, team) = (given("admin_assignee_id")?, given("team_assignee_id")?);
    let linked = match id_in(&body, "conversation_to_link_id").filter(|_| newer) {
        Some(id) => vec![conversations::known(world, &id)?.serial],
        None => Vec::new(),
    };
    let at = body.get("created_at").and_then(Value::as_i64);
    let contact = contact.settle(world, ask.now_ms);
    let serial = world.add_ticket((kind, contact), stored(wanted), ask.now_ms, |row| {
        row.created_at = at.unwrap_or(row.created_at);
        row.shared = of.category == Category::Customer;
        (row.company, row.linked) = (company, linked);
        admin.into_iter().chain(team).for_each(|to| assign(row, to));
    });
    one(world, ask, &Kind::Ticket.id(serial))
}

fn assign(row: &mut Ticket, to: Assignee) {
    match to {
        Assignee::Nobody => (row.admin, row.team) = (None, None),
        Assignee::Admin(admin) => row.admin = Some(admin),
        Assignee::Team(team) => row.team = Some(team),
    }
}

/// One thing that an update does.
enum Change {
    Attribute(Wanted),
    State(u32),
    Assign(Assignee),
    Open(bool),
    Shared(bool),
    Snooze(i64),
    Company(Option<u32>),
}

/// `state` and `assignment` until 2.11, `ticket_state_id`, `admin_id` and `assignee_id` from 2.12 on;
/// the other form is ignored. Source: spec diff 2.11 to 2.14; the version between is assumed.
fn changes(world: &World, ask: &Ask<'_>, body: &Map<String, Value>, row: &Ticket) -> Result<(Author, Vec<Change>), Refusal> {
    let nobody = || Refusal::new(404, "assignee_not_found", "Assignee not found");
    let older = ask.version < Version::V2_12;
    let given = if older { body.get("assignment").and_then(Value::as_object) } else { Some(body) };
    let by = given.and_then(|given| id_in(given, "admin_id"));
    let by = by.map(|id| Kind::Admin.serial(&id).filter(|at| (*at as usize) < world.options.admins).ok_or_else(nobody));
    let author = by.transpose()?.map_or(Author::Bot, Author::Admin);
    let kind = (row.kind, row.ticket_type());
    let mut all: Vec<Change> = attributes(body.get("ticket_attributes"), kind)?.into_iter().map(Change::Attribute).collect();
    all.extend(state(body, row.kind, older)?.map(Change::State));
    if let Some(given) = given.filter(|given| given.contains_key("assignee_id")) {
        all.push(Change::Assign(assignee(world, given)?));
    }
    for (key, change) in [("open", Change::Open as fn(bool) -> Change), ("is_shared", Change::Shared)] {
        if let Some(value) = body.get(key) {
            all.push(change(value.as_bool().ok_or_else(|| wrong(key, "a boolean"))?));
        }
    }
    if let Some(until) = body.get("snoozed_until") {
        all.push(Change::Snooze(until.as_i64().ok_or_else(|| wrong("snoozed_until", "a unix timestamp"))?));
    }
    if body.contains_key("company_id") {
        all.push(Change::Company(company(world, body)?));
    }
    Ok((author, all))
}

fn state(body: &Map<String, Value>, kind: u32, older: bool) -> Result<Option<u32>, Refusal> {
    if older {
        let Some(name) = body.get("state") else { return Ok(None) };
        let place = ["in_progress", "waiting_on_customer", "resolved"].iter().position(|at| name == at);
        let place = place.and_then(|place| u32::try_from(place + 1).ok());
        return place.map(Some).ok_or_else(|| wrong("state", "in_progress, waiting_on_customer or resolved"));
    }
    let Some(id) = id_in(body, "ticket_state_id") else { return Ok(None) };
    let found = Kind::TicketState.serial(&id).filter(|at| ticket_state(*at).is_some_and(|state| state.belongs_to(kind)));
    let message = "Ticket state id is not valid or is not associated with the ticket type";
    found.map(Some).ok_or_else(|| Refusal::new(400, "ticket_state_id_invalid", message))
}

fn apply(row: &mut Ticket, author: Author, change: Change, at: i64) {
    let mut part = row.part("ticket_attribute_updated_by_admin", author, at);
    match change {
        Change::Attribute((place, name, value)) => {
            part.changed = Some((place, value.clone()));
            row.attributes.insert(name.to_owned(), value);
        }
        Change::State(state) => {
            (part.kind, part.before, part.state) = ("ticket_state_updated_by_admin", Some(row.state), state);
            row.state = state;
        }
        Change::Assign(to) => {
            (part.kind, part.to) = ("assignment", Some(to));
            assign(row, to);
        }
        Change::Open(open) => {
            part.kind = if open { "open" } else { "close" };
            (row.open, row.snoozed_until) = (open, None);
        }
        Change::Snooze(until) => {
            part.kind = "snoozed";
            row.snoozed_until = Some(until);
        }
        Change::Shared(shared) => {
            row.shared = shared;
            return;
        }
        Change::Company(company) => {
            row.company = company;
            return;
        }
    }
    row.parts.push(part);
}

pub(super) fn update(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let row = known(world, id)?.clone();
    let (author, changes) = changes(world, ask, &object(ask)?, &row)?;
    let at = ask.now_ms.div_euclid(1000);
    world.edit_ticket(row.serial, ask.now_ms, |row| {
        changes.into_iter().for_each(|change| apply(row, author, change, at));
    });
    one(world, ask, id)
}

/// From 2.13 on. Source: spec 2.13, `DELETE /tickets/{ticket_id}`.
pub(super) fn delete(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    ask.version.require(Version::V2_13)?;
    let serial = known(world, id)?.serial;
    world.remove_ticket(serial, ask.now_ms);
    Ok(Json::object(|j| {
        j.put("id", id);
        j.put("object", "ticket");
        j.put("deleted", true);
    }))
}

/// Answered with the part. Contacts cannot reply to what they do not see.
/// Source: spec, `POST /tickets/{id}/reply`, 400.
pub(super) fn reply(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let row = known(world, id).map_err(|_| Refusal::not_found("Resource Not Found"))?.clone();
    let body = object(ask)?;
    let kind = body.get("message_type").and_then(Value::as_str).unwrap_or_default();
    let (kind, author) = match (body.get("type").and_then(Value::as_str), kind) {
        (Some("admin"), "comment") => ("comment", Author::Admin(admin(world, &body)?)),
        (Some("admin"), "note") => ("note", Author::Admin(admin(world, &body)?)),
        (Some("admin"), "quick_reply") => ("quick_reply", Author::Admin(admin(world, &body)?)),
        (Some("user"), "comment") if row.ticket_type().category == Category::BackOffice => {
            let message = "User replies are not allowed on Backoffice tickets";
            return Err(Refusal::new(400, "parameter_mismatch", message));
        }
        (Some("user"), "comment") => ("comment", Author::Contact(replier(world, ask, &body)?)),
        (Some("admin" | "user"), _) => return Err(Refusal::invalid("message_type must be comment, note or quick_reply")),
        _ => return Err(Refusal::invalid("type must be admin or user")),
    };
    let said = super::conversation_writes::said(&body, kind)?;
    let now = ask.now_ms.div_euclid(1000);
    let mut part = row.part(kind, author, body.get("created_at").and_then(Value::as_i64).unwrap_or(now));
    part.body = said.as_deref().map(html);
    world.edit_ticket(row.serial, ask.now_ms, |row| row.parts.push(part.clone()));
    Ok(Json::object(|j| show::ticket_part(j, world, &row, (row.parts.len(), &part), ask.version)))
}

/// The contact that replies.
pub(super) fn replier(world: &World, ask: &Ask<'_>, body: &Map<String, Value>) -> Result<u32, Refusal> {
    if let Some(id) = id_in(body, "intercom_user_id") {
        return super::contacts::known(world, ask.version, &id).map(|row| row.serial);
    }
    let found = holder(world, id_in(body, "user_id").as_deref(), id_in(body, "email").as_deref());
    found.ok_or_else(|| Refusal::not_found("User Not Found"))
}

pub(super) fn tag(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let row = known(world, id)?.clone();
    let body = object(ask)?;
    admin(world, &body)?;
    let tag = id_in(&body, "id").and_then(|id| Kind::Tag.serial(&id)).filter(|tag| world.tag_is_alive(*tag));
    let tag = tag.ok_or_else(|| Refusal::not_found("Resource Not Found"))?;
    let held = row.tags.iter().find(|(at, _)| *at == tag).copied();
    let at = held.map_or(ask.now_ms.div_euclid(1000), |(_, at)| at);
    if held.is_none() {
        world.edit_ticket(row.serial, ask.now_ms, |row| row.tags.push((tag, at)));
    }
    Ok(Json::object(|j| show::tag_with_origin(j, world, tag, at)))
}

/// The body of a `DELETE`, which names the admin, is not insisted on.
pub(super) fn untag(world: &mut World, ask: &Ask<'_>, id: &str, tag: &str) -> Answer {
    let row = known(world, id)?.clone();
    maybe_object(ask)?;
    let missing = || Refusal::new(404, "tag_not_found", "Tag not found");
    let tag = Kind::Tag.serial(tag).ok_or_else(missing)?;
    let (_, at) = row.tags.iter().find(|(at, _)| *at == tag).copied().ok_or_else(missing)?;
    world.edit_ticket(row.serial, ask.now_ms, |row| row.tags.retain(|(at, _)| *at != tag));
    Ok(Json::object(|j| show::tag_with_origin(j, world, tag, at)))
}

/// A conversation becomes a ticket for customers, once. The ticket links back to it.
/// Source: spec, 400 "Ticket type is not a customer ticket type"; that twice is refused is assumed.
pub(super) fn convert(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let row = conversations::known(world, id)?.clone();
    let body = object(ask)?;
    let wanted_type = id_in(&body, "ticket_type_id")
        .ok_or_else(|| Refusal::new(400, "parameter_not_found", "ticket_type_id is a required parameter"))?;
    let (kind, of) = known_type(&wanted_type)?;
    if of.category != Category::Customer || of.archived {
        return Err(Refusal::invalid("Ticket type is not a customer ticket type"));
    }
    let wanted = attributes(body.get("attributes"), (kind, of))?;
    complete(of, &wanted)?;
    let is_customers = |ticket: &u32| {
        let ticket = world.tickets.primary(*ticket).and_then(|ticket| ticket_type(ticket.kind));
        ticket.is_some_and(|of| of.category == Category::Customer)
    };
    if world.ticket_links.get(&row.serial).is_some_and(|all| all.iter().any(is_customers)) {
        return Err(Refusal::invalid("Conversation has already been converted to a ticket"));
    }
    let first = row.contacts.first().copied().ok_or_else(|| Refusal::not_found("User Not Found"))?;
    let (admin, team) = row.assigned();
    let serial = world.add_ticket((kind, first), stored(wanted), ask.now_ms, |ticket| {
        ticket.contacts.clone_from(&row.contacts);
        (ticket.admin, ticket.team, ticket.linked) = (admin, team, vec![row.serial]);
    });
    world.edit_conversation(row.serial, ask.now_ms, |_| {});
    one(world, ask, &Kind::Ticket.id(serial))
}
