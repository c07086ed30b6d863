//! What a contact chose and what became of it: subscriptions, blocking, merges; one note.
//! Source: spec, `/contacts/{id}/subscriptions`, `/block`, `/merge_history` (2.16),
//! `GET /subscription_types`, `GET /notes/{id}`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::body::{id as id_in, object, text};
use super::contacts::known;
use super::errors::Refusal;
use super::pages::Sizes;
use super::versions::Version;
use super::{Answer, Ask, show};
use crate::json::Json;
use crate::world::conversations::{Author, State};
use crate::world::ids::Kind;
use crate::world::ledger::{Merge, SUBSCRIPTIONS};
use crate::world::people::person;
use crate::world::{Gone, World};

/// Source: spec 2.16, `per_page` of `/merge_history`.
const MERGES: Sizes = Sizes(50, 150);

fn show_subscription(j: &mut Json, serial: u32) {
    let Some(kind) = SUBSCRIPTIONS.get(serial as usize) else { return };
    let translation = |j: &mut Json| {
        j.put("name", kind.name);
        j.put("description", "What this mail is about");
        j.put("locale", "en");
    };
    j.put("type", "subscription");
    j.put("id", Kind::Subscription.id(serial));
    j.put("state", kind.state);
    j.put("consent_type", kind.consent);
    j.sub("default_translation", translation);
    j.list("translations", [()], |j, ()| translation(j));
    j.values("content_types", [kind.content]);
}

fn listed(all: impl IntoIterator<Item = u32>) -> Vec<u8> {
    Json::object(|j| {
        j.put("type", "list");
        j.list("data", all, show_subscription);
    })
}

pub(super) fn subscription_types() -> Answer {
    Ok(listed((0u32..).zip(&SUBSCRIPTIONS).map(|(serial, _)| serial)))
}

/// Only what the contact chose explicitly.
pub(super) fn subscriptions(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    let row = known(world, ask.version, id)?;
    Ok(listed(world.subscriptions_of(row.serial).iter().copied()))
}

fn known_type(id: &str) -> Result<u32, Refusal> {
    let found = Kind::Subscription.serial(id).filter(|serial| (*serial as usize) < SUBSCRIPTIONS.len());
    found.ok_or_else(|| Refusal::not_found("Resource Not Found"))
}

/// Out of an opt-out type, into an opt-in one: `consent_type` must be the type's own. That another
/// one is refused is assumed.
pub(super) fn subscribe(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let contact = known(world, ask.version, id)?.serial;
    let body = object(ask)?;
    let wanted = id_in(&body, "id").ok_or_else(|| Refusal::new(400, "parameter_not_found", "id not specified"))?;
    let serial = known_type(&wanted)?;
    if SUBSCRIPTIONS[serial as usize].consent != text(&body, "consent_type")? {
        return Err(Refusal::invalid("consent_type must match the subscription type"));
    }
    if !world.subscriptions_of(contact).contains(&serial) {
        world.ledger.subscriptions.entry(contact).or_default().push(serial);
        world.edit_contact(contact, ask.now_ms, |_| {});
    }
    Ok(Json::object(|j| show_subscription(j, serial)))
}

pub(super) fn unsubscribe(world: &mut World, ask: &Ask<'_>, id: &str, subscription: &str) -> Answer {
    let contact = known(world, ask.version, id)?.serial;
    let serial = known_type(subscription)?;
    if !world.subscriptions_of(contact).contains(&serial) {
        return Err(Refusal::not_found("Resource Not Found"));
    }
    world.ledger.subscriptions.entry(contact).or_default().retain(|at| *at != serial);
    world.edit_contact(contact, ask.now_ms, |_| {});
    Ok(Json::object(|j| show_subscription(j, serial)))
}

/// From 2.13 on. The contact is gone and does not come back; its conversations are closed, which is
/// what the spec's "archived" is taken to mean.
pub(super) fn block(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    ask.version.require(Version::V2_13)?;
    let row = known(world, ask.version, id)?.clone();
    let of = |at: &&crate::world::conversations::Conversation| at.state != State::Closed && at.contacts.contains(&row.serial);
    let open: Vec<u32> = world.conversations.live().filter(of).map(|at| at.serial).collect();
    for conversation in open {
        world.add_part(conversation, "close", Some(Author::Bot), None, ask.now_ms);
    }
    world.remove_contact(row.serial, Gone::Blocked, ask.now_ms);
    Ok(Json::object(|j| {
        j.put("type", "contact");
        j.put("id", id);
        j.put("external_id", person(world.seed, &row).external_id);
        j.put("blocked", true);
    }))
}

/// Of users, from 2.16 on, by an opaque cursor, latest first unless told.
pub(super) fn merge_history(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    ask.version.require(Version::V2_16)?;
    let missing = || Refusal::not_found("Contact not found");
    let row = known(world, ask.version, id).map_err(|_| missing())?;
    if row.is_lead() {
        return Err(missing());
    }
    let per_page = MERGES.check(ask.query("per_page"))? as usize;
    let mut all: Vec<&Merge> = world.ledger.merges.iter().filter(|merge| merge.into == row.serial).collect();
    match ask.query("order") {
        None | Some("desc") => all.reverse(),
        Some("asc") => {}
        Some(_) => return Err(Refusal::invalid("order must be asc or desc")),
    }
    let from = match ask.query("cursor") {
        None => 0,
        Some(cursor) => read_cursor(cursor).ok_or_else(|| Refusal::invalid("Invalid cursor"))?,
    };
    let page: Vec<&Merge> = all.iter().skip(from).take(per_page).copied().collect();
    let next = from + page.len();
    let has_more = next < all.len();
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.list("data", page, |j, merge| {
            j.put("type", "merge_history");
            j.put("source_contact_id", Kind::Contact.id(merge.from));
            j.put("source_contact_role", if merge.was_lead { "lead" } else { "user" });
            j.put("merged_at", merge.at);
        });
        j.put("next_cursor", has_more.then(|| STANDARD.encode(json!({"id": next}).to_string())));
        j.put("has_more", has_more);
    }))
}

fn read_cursor(text: &str) -> Option<usize> {
    let cursor: Value = serde_json::from_slice(&STANDARD.decode(text).ok()?).ok()?;
    usize::try_from(cursor.get("id")?.as_u64()?).ok()
}

pub(super) fn note(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    let found = show::find_note(world, id);
    let (contact, n) = found.ok_or_else(|| Refusal::not_found("Resource Not Found"))?;
    Ok(Json::object(|j| show::note(j, world, contact, n, ask.version)))
}
