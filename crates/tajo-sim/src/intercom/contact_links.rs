//! What is hung on a contact and taken off again: tags, companies, notes.
//! Source: spec, `POST` and `DELETE` of `/contacts/{id}/tags`, `/companies`, `/notes`.

use super::body::{id as id_in, object, text};
use super::contacts::known;
use super::errors::Refusal;
use super::versions::Version;
use super::{Answer, Ask, show};
use crate::json::Json;
use crate::world::ids::Kind;
use crate::world::{Note, World};

/// Source: docs, "Unversioned changes", 2026-02.
const COMPANIES_MAX: usize = 1000;
/// Ids of notes written after the start lie above all others.
const NOTE_BASE: u32 = 900_000_000;

fn living_tag(world: &World, id: Option<String>) -> Result<u32, Refusal> {
    let tag = id.and_then(|id| Kind::Tag.serial(&id)).filter(|tag| world.tag_is_alive(*tag));
    tag.ok_or_else(|| Refusal::not_found("Resource Not Found"))
}

fn one_tag(world: &World, tag: u32, at: i64) -> Vec<u8> {
    Json::object(|j| show::tag_with_origin(j, world, tag, at))
}

/// Tagging twice is as good as once: the first `applied_at` stays.
pub(super) fn tag(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let row = known(world, ask.version, id)?.clone();
    let tag = living_tag(world, id_in(&object(ask)?, "id"))?;
    if let Some((_, at)) = row.tags.iter().find(|(at, _)| *at == tag) {
        return Ok(one_tag(world, tag, *at));
    }
    let now = ask.now_ms.div_euclid(1000);
    world.edit_contact(row.serial, ask.now_ms, |row| row.tags.push((tag, now)));
    Ok(one_tag(world, tag, now))
}

pub(super) fn untag(world: &mut World, ask: &Ask<'_>, id: &str, tag: &str) -> Answer {
    let row = known(world, ask.version, id)?.clone();
    let tag = living_tag(world, Some(tag.to_owned()))?;
    let held = row.tags.iter().find(|(at, _)| *at == tag);
    let (_, at) = *held.ok_or_else(|| Refusal::not_found("Resource Not Found"))?;
    world.edit_contact(row.serial, ask.now_ms, |row| row.tags.retain(|(at, _)| *at != tag));
    Ok(one_tag(world, tag, at))
}

fn one_company(world: &World, company: u32, version: Version) -> Answer {
    let row = world.companies.primary(company).ok_or_else(company_missing)?;
    Ok(Json::object(|j| show::company(j, world, row, version)))
}

pub(super) fn company_missing() -> Refusal {
    Refusal::new(404, "company_not_found", "Company Not Found")
}

fn living_company(world: &World, id: &str) -> Result<u32, Refusal> {
    Kind::Company.serial(id).filter(|company| world.companies.primary(*company).is_some()).ok_or_else(company_missing)
}

/// The body's id is Intercom's own.
pub(super) fn attach(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let row = known(world, ask.version, id)?;
    let (contact, held) = (row.serial, row.companies.len());
    let wanted = id_in(&object(ask)?, "id");
    let wanted = wanted.ok_or_else(|| Refusal::new(400, "parameter_not_found", "company not specified"))?;
    let company = living_company(world, &wanted)?;
    if held >= COMPANIES_MAX && !row_has(world, contact, company) {
        let message = "Contact has reached the maximum of 1000 company associations";
        return Err(Refusal::new(400, "contact_company_limit_exceeded", message));
    }
    world.attach_company(contact, company, ask.now_ms);
    one_company(world, company, ask.version)
}

fn row_has(world: &World, contact: u32, company: u32) -> bool {
    world.contacts.primary(contact).is_some_and(|row| row.companies.contains(&company))
}

pub(super) fn detach(world: &mut World, ask: &Ask<'_>, id: &str, company: &str) -> Answer {
    let contact = known(world, ask.version, id)?.serial;
    let company = living_company(world, company)?;
    if !row_has(world, contact, company) {
        return Err(company_missing());
    }
    world.detach_company(contact, company, ask.now_ms);
    one_company(world, company, ask.version)
}

/// A note needs a body; its author is the admin named, or nobody.
pub(super) fn note(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let row = known(world, ask.version, id)?.clone();
    let body = object(ask)?;
    let said = text(&body, "body")?;
    let admin = id_in(&body, "admin_id").map(|id| admin_of(world, &id)).transpose()?;
    let body = if said.starts_with('<') { said.to_owned() } else { format!("<p>{said}</p>") };
    let count: usize = world.notes.values().map(Vec::len).sum();
    let id = NOTE_BASE + u32::try_from(count).unwrap_or(0);
    let note = Note { id, at: ask.now_ms.div_euclid(1000), admin, body };
    world.notes.entry(row.serial).or_default().push(note);
    world.edit_contact(row.serial, ask.now_ms, |_| {});
    let last = show::note_count(world, &row).saturating_sub(1);
    Ok(Json::object(|j| show::note(j, world, &row, last, ask.version)))
}

/// The serial of an admin.
pub(super) fn admin_of(world: &World, id: &str) -> Result<u32, Refusal> {
    let admin = Kind::Admin.serial(id).filter(|admin| (*admin as usize) < world.options.admins);
    admin.ok_or_else(|| Refusal::not_found("Resource Not Found"))
}
