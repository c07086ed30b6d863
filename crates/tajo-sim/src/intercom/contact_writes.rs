//! Writes of contacts: create, update, delete, archive, merge.
//! Source: spec, `POST /contacts`, `PUT` and `DELETE /contacts/{id}`, `/archive`, `/merge`.

use serde_json::{Map, Value};

use super::body::{Takes, fields, object, wrong};
use super::contacts::known;
use super::errors::Refusal;
use super::versions::Version;
use super::{Answer, Ask, attributes, show};
use crate::json::Json;
use crate::world::ids::Kind;
use crate::world::people::{Contact, Person, person};
use crate::world::written::Written;
use crate::world::{Gone, World};

const FIELDS: [(&str, Takes); 8] = [
    ("external_id", Takes::Text),
    ("email", Takes::Text),
    ("phone", Takes::Text),
    ("name", Takes::Text),
    ("avatar", Takes::Text),
    ("signed_up_at", Takes::Moment),
    ("last_seen_at", Takes::Moment),
    ("unsubscribed_from_emails", Takes::Flag),
];

/// What a body asks to be written, checked.
struct Wanted {
    fields: Vec<(&'static str, Value)>,
    custom: Map<String, Value>,
}

fn read(world: &World, ask: &Ask<'_>, body: &Map<String, Value>) -> Result<Wanted, Refusal> {
    let mut fields = fields(body, &FIELDS)?;
    for (key, value) in &mut fields {
        match (*key, value.as_str()) {
            ("email", Some(email)) if !is_address(email) => return Err(Refusal::invalid("Email is invalid")),
            // An empty text unsets; addresses keep the case they came in.
            ("email" | "external_id" | "phone" | "name", Some("")) => *value = Value::Null,
            _ => {}
        }
    }
    match body.get("role") {
        None | Some(Value::Null) => {}
        Some(Value::String(role)) if role == "user" || role == "lead" => fields.push(("role", role.clone().into())),
        Some(_) => return Err(wrong("role", "user or lead")),
    }
    if let Some(owner) = body.get("owner_id") {
        fields.push(("owner_id", owner_of(world, ask.version, owner)?));
    }
    let custom = attributes::checked(world, "contact", body.get("custom_attributes"))?;
    Ok(Wanted { fields, custom })
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return text.is_empty() };
    !local.is_empty() && domain.contains('.') && !text.contains(char::is_whitespace) && !domain.contains('@')
}

/// A number until 2.15, a text from 2.16 on. Source: spec diff 2.15 to 2.16.
fn owner_of(world: &World, version: Version, owner: &Value) -> Result<Value, Refusal> {
    let number = match owner {
        Value::Null => return Ok(Value::Null),
        Value::String(text) if version >= Version::V2_16 => text.parse().ok(),
        Value::Number(number) if version < Version::V2_16 => number.as_u64(),
        _ => return Err(wrong("owner_id", if version >= Version::V2_16 { "a string" } else { "an integer" })),
    };
    let admin = number.and_then(|number: u64| Kind::Admin.serial(&number.to_string()));
    let known = admin.filter(|admin| (*admin as usize) < world.options.admins);
    known.map(|admin| Kind::Admin.number(admin).into()).ok_or_else(|| Refusal::new(404, "admin_not_found", "Admin not found"))
}

/// Who stands in the way of a user with these names, leads never: equal external ids clash; equal
/// addresses clash unless both sides have external ids.
/// Source: help 5053685, "several users may share one email"; the matrix itself is assumed.
fn clash(world: &World, of: &Person, except: Option<u32>) -> Option<(u32, bool)> {
    let row = |serial: u32| match world.contacts.primary(serial) {
        Some(row) => Some((row, false)),
        None => world.archived.get(&serial).map(|row| (row, true)),
    };
    let hit = |serial: &u32, test: &dyn Fn(&Person) -> bool| {
        let (other, archived) = row(*serial).filter(|(other, _)| Some(*serial) != except && !other.is_lead())?;
        test(&person(world.seed, other)).then_some((*serial, archived))
    };
    if let Some(id) = &of.external_id {
        let same = |other: &Person| other.external_id.as_ref() == Some(id);
        if let Some(found) = world.holders_of_external_id(id).iter().find_map(|serial| hit(serial, &same)) {
            return Some(found);
        }
    }
    let email = of.email.as_ref()?;
    let same = |other: &Person| {
        let alike = other.email.as_ref().is_some_and(|at| at.to_lowercase() == email.to_lowercase());
        alike && (of.external_id.is_none() || other.external_id.is_none())
    };
    world.holders_of_email(email).iter().find_map(|serial| hit(serial, &same))
}

/// Source: Intercom-OpenAPI#543: the two texts, with the id of who is in the way.
fn conflict((serial, archived): (u32, bool)) -> Refusal {
    let who = if archived { "An archived contact" } else { "A contact" };
    let message = format!("{who} matching those details already exists with id={}", Kind::Contact.id(serial));
    Refusal::new(409, "conflict", message)
}

fn answer(world: &World, version: Version, serial: u32) -> Answer {
    let row = world.contacts.primary(serial).ok_or_else(|| Refusal::not_found("User Not Found"))?;
    Ok(Json::object(|j| show::contact(j, world, row, version)))
}

/// A user unless `role` says otherwise; at least one of three keys must be there.
pub(super) fn create(world: &mut World, ask: &Ask<'_>) -> Answer {
    let body = object(ask)?;
    let wanted = read(world, ask, &body)?;
    let named = |key: &str| wanted.fields.iter().any(|(at, value)| *at == key && !value.is_null());
    if !named("email") && !named("external_id") && !named("role") {
        return Err(Refusal::new(400, "parameter_not_found", "One of email, external_id or role must be specified"));
    }
    let mut written = Written::plain();
    written.set("role", "user".into());
    wanted.fields.into_iter().for_each(|(key, value)| written.set(key, value));
    wanted.custom.into_iter().for_each(|(name, value)| {
        written.custom.insert(name.into(), value);
    });
    let text = |key: &str| written.fields.get(key).and_then(Value::as_str).map(str::to_owned);
    let names = Person { name: None, email: text("email"), external_id: text("external_id") };
    if text("role").as_deref() == Some("user")
        && let Some(found) = clash(world, &names, None)
    {
        return Err(conflict(found));
    }
    world.tally.created += 1;
    let serial = world.add_person(written, ask.now_ms);
    answer(world, ask.version, serial)
}

/// Partial: what is not named stays; custom attributes are merged by name; `null` clears.
pub(super) fn update(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let row = known(world, ask.version, id)?.clone();
    let wanted = read(world, ask, &object(ask)?)?;
    let after = after(&row, &wanted);
    if !after.is_lead() {
        let (before, names) = (person(world.seed, &row), person(world.seed, &after));
        let is_renamed = (&before.email, &before.external_id) != (&names.email, &names.external_id);
        let found = if row.is_lead() || is_renamed { clash(world, &names, Some(row.serial)) } else { None };
        if let Some(found) = found {
            return Err(conflict(found));
        }
    }
    let was_out = is_unsubscribed(world, &row);
    world.edit_contact(row.serial, ask.now_ms, |row| {
        (row.written, row.seen_at) = (after.written, after.seen_at);
    });
    let is_out = world.contacts.primary(row.serial).is_some_and(|row| is_unsubscribed(world, row));
    if was_out && !is_out {
        world.tally.resubscribed.push(row.serial);
    }
    answer(world, ask.version, row.serial)
}

fn after(row: &Contact, wanted: &Wanted) -> Contact {
    let mut after = row.clone();
    for (key, value) in &wanted.fields {
        after.write(key, value.clone());
        if *key == "last_seen_at" {
            after.seen_at = value.as_i64().unwrap_or(after.seen_at);
        }
    }
    for (name, value) in &wanted.custom {
        after.written.get_or_insert_default().custom.insert(name.as_str().into(), value.clone());
    }
    after
}

fn is_unsubscribed(world: &World, row: &Contact) -> bool {
    let text = Json::object(|j| show::contact(j, world, row, Version::V2_14));
    let all: Value = serde_json::from_slice(&text).unwrap_or_default();
    all.get("unsubscribed_from_emails").and_then(Value::as_bool).unwrap_or(false)
}

fn fate(world: &World, row: &Contact, key: &str, value: bool) -> Vec<u8> {
    Json::object(|j| {
        j.put("type", "contact");
        j.put("id", Kind::Contact.id(row.serial));
        j.put("external_id", person(world.seed, row).external_id);
        j.put(key, value);
    })
}

/// For good. Source: spec, `DELETE /contacts/{id}`.
pub(super) fn delete(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let archived = Kind::Contact.serial(id).and_then(|serial| world.archived.remove(&serial));
    if let Some(row) = archived {
        world.gone_contacts.insert(row.serial, Gone::Deleted);
        return Ok(fate(world, &row, "deleted", true));
    }
    let row = known(world, ask.version, id)?.clone();
    world.remove_contact(row.serial, Gone::Deleted, ask.now_ms);
    Ok(fate(world, &row, "deleted", true))
}

/// Archiving twice is as good as once.
pub(super) fn archive(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    if let Some(row) = Kind::Contact.serial(id).and_then(|serial| world.archived.get(&serial)) {
        return Ok(fate(world, row, "archived", true));
    }
    let row = known(world, ask.version, id)?.clone();
    world.remove_contact(row.serial, Gone::Archived, ask.now_ms);
    Ok(fate(world, &row, "archived", true))
}

/// A deleted contact does not come back. Source: docs, error codes, `not_restorable`.
pub(super) fn unarchive(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let serial = Kind::Contact.serial(id).ok_or_else(|| Refusal::not_found("User Not Found"))?;
    if matches!(world.gone_contacts.get(&serial), Some(Gone::Deleted | Gone::Blocked)) {
        return Err(Refusal::new(400, "not_restorable", "This contact has been deleted and cannot be restored"));
    }
    world.unarchive_contact(serial, ask.now_ms);
    let row = known(world, ask.version, id)?;
    Ok(fate(world, row, "archived", false))
}

/// A lead into a user, never otherwise; from 2.16 on only duplicates unless told to skip that.
/// Source: spec 2.16, `POST /contacts/merge`, "Not a duplicate".
pub(super) fn merge(world: &mut World, ask: &Ask<'_>) -> Answer {
    let body = object(ask)?;
    let side = |key: &str| super::body::text(&body, key).and_then(|id| known(world, ask.version, id));
    let (from, into) = (side("from")?.clone(), side("into")?.clone());
    if !from.is_lead() || into.is_lead() {
        return Err(Refusal::new(422, "merge_failed", "Only a lead can be merged, and only into a user"));
    }
    let skips = body.get("skip_duplicate_validation") == Some(&Value::Bool(true));
    if ask.version >= Version::V2_16 && !skips && !are_alike(world, &from, &into) {
        let message = "Contacts can only be merged when they are duplicates (matching email or phone). Pass skip_duplicate_validation=true to override this check.";
        return Err(Refusal::new(400, "invalid_merge", message));
    }
    world.merge_contact(from.serial, into.serial, ask.now_ms);
    answer(world, ask.version, into.serial)
}

fn are_alike(world: &World, a: &Contact, b: &Contact) -> bool {
    let names = |row: &Contact| {
        let text = Json::object(|j| show::contact(j, world, row, Version::V2_14));
        let all: Value = serde_json::from_slice(&text).unwrap_or_default();
        ["email", "phone"].map(|key| all.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_lowercase))
    };
    names(a).iter().zip(&names(b)).any(|(a, b)| a.is_some() && a == b)
}

/// Users only, from 2.13 on. Source: spec 2.13, `GET /contacts/find_by_external_id/{external_id}`.
pub(super) fn find(world: &World, ask: &Ask<'_>, external_id: &str) -> Answer {
    ask.version.require(Version::V2_13)?;
    let wanted = percent_decoded(external_id);
    let fits = |row: &&Contact| !row.is_lead() && person(world.seed, row).external_id.as_ref() == Some(&wanted);
    let row = world.holders_of_external_id(&wanted).into_iter().filter_map(|serial| world.contacts.primary(serial)).find(fits);
    let row = row.ok_or_else(|| Refusal::not_found("User Not Found"))?;
    Ok(Json::object(|j| show::contact(j, world, row, ask.version)))
}

/// A path segment as it was meant.
pub(super) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let pair = after.get(..2).filter(|_| *first == b'%').and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or(&[]);
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
