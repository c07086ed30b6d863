//! `POST /tags`, which is five operations told apart by their bodies; `DELETE /tags/{id}`.
//! Source: spec, `POST /tags`: create, rename, tag companies, untag companies, tag users.

use serde_json::{Map, Value};

use super::body::{id as id_in, object};
use super::companies::by_own_id;
use super::contact_links::company_missing;
use super::errors::Refusal;
use super::versions::Version;
use super::{Answer, Ask};
use crate::json::Json;
use crate::world::World;
use crate::world::ids::Kind;

/// Names are compared without case; an existing name gives the tag that has it.
fn by_name(world: &World, name: &str) -> Option<u32> {
    world.live_tags().find(|(_, at)| at.to_lowercase() == name.to_lowercase()).map(|(serial, _)| serial)
}

fn invalid() -> Refusal {
    Refusal::invalid("invalid tag parameters")
}

pub(super) fn post(world: &mut World, ask: &Ask<'_>) -> Answer {
    let body = object(ask)?;
    let name = body.get("name").and_then(Value::as_str).map(str::trim).filter(|name| !name.is_empty()).ok_or_else(invalid)?;
    if let Some(id) = id_in(&body, "id") {
        return rename(world, &id, name);
    }
    let listed = |key: &str| body.get(key).map(|list| list.as_array().cloned().ok_or_else(invalid)).transpose();
    let (companies, users) = (listed("companies")?, listed("users")?);
    // Who is not there is looked for before anything changes.
    let companies = targets(companies, |item| company_of(world, item), ask.version, company_missing)?;
    let users = targets(users, |item| user_of(world, item), ask.version, || Refusal::not_found("User Not Found"))?;
    let tag = by_name(world, name).unwrap_or_else(|| world.add_tag(name));
    let now = ask.now_ms.div_euclid(1000);
    for target in companies.iter().flatten() {
        let Some(serial) = target.serial else { continue };
        world.edit_company(serial, ask.now_ms, |row| {
            row.tags.retain(|at| *at != tag);
            if !target.untag {
                row.tags.push(tag);
            }
        });
    }
    for target in users.iter().flatten() {
        let Some(serial) = target.serial else { continue };
        world.edit_contact(serial, ask.now_ms, |row| {
            row.tags.retain(|(at, _)| *at != tag);
            if !target.untag {
                row.tags.push((tag, now));
            }
        });
    }
    let told = ask.version >= Version::V2_16;
    Ok(Json::object(|j| {
        basic(j, world, tag);
        for (key, list) in [("users", &users), ("companies", &companies)] {
            if told && (users.is_some() || companies.is_some()) {
                j.list(key, list.iter().flatten(), |j, target| {
                    j.put("id", &target.id);
                    j.put("tagged", target.serial.is_some() && !target.untag);
                });
            }
        }
    }))
}

/// One user or company of a body.
struct Target {
    id: String,
    serial: Option<u32>,
    untag: bool,
}

/// Who is missing is 404 until 2.15, and from 2.16 on skipped and reported.
/// Source: spec diff 2.15 to 2.16, `POST /tags`.
fn targets(
    list: Option<Vec<Value>>,
    find: impl Fn(&Map<String, Value>) -> Option<u32>,
    version: Version,
    missing: impl Fn() -> Refusal,
) -> Result<Option<Vec<Target>>, Refusal> {
    let read = |item: &Value| {
        let item = item.as_object().ok_or_else(invalid)?;
        let id = id_in(item, "id").or_else(|| id_in(item, "company_id")).ok_or_else(invalid)?;
        let serial = find(item);
        if serial.is_none() && version < Version::V2_16 {
            return Err(missing());
        }
        Ok(Target { id, serial, untag: item.get("untag") == Some(&Value::Bool(true)) })
    };
    list.map(|all| all.iter().map(read).collect()).transpose()
}

fn company_of(world: &World, item: &Map<String, Value>) -> Option<u32> {
    let by_id = id_in(item, "id").and_then(|id| Kind::Company.serial(&id));
    let serial = by_id.or_else(|| by_own_id(world, &id_in(item, "company_id")?))?;
    world.companies.primary(serial).map(|row| row.serial)
}

fn user_of(world: &World, item: &Map<String, Value>) -> Option<u32> {
    let serial = Kind::Contact.serial(&id_in(item, "id")?)?;
    world.contacts.primary(serial).map(|row| row.serial)
}

fn basic(j: &mut Json, world: &World, tag: u32) {
    j.put("type", "tag");
    j.put("id", Kind::Tag.id(tag));
    j.put("name", world.tags.get(tag as usize).map_or("", |tag| tag.name.as_str()));
}

fn rename(world: &mut World, id: &str, name: &str) -> Answer {
    let tag = living(world, id)?;
    if by_name(world, name).is_some_and(|other| other != tag) {
        return Err(Refusal::new(409, "resource_conflict", "Tag name already exists"));
    }
    if let Some(tag) = world.tags.get_mut(tag as usize) {
        name.clone_into(&mut tag.name);
    }
    Ok(Json::object(|j| basic(j, world, tag)))
}

fn living(world: &World, id: &str) -> Result<u32, Refusal> {
    let tag = Kind::Tag.serial(id).filter(|tag| world.tag_is_alive(*tag));
    tag.ok_or_else(|| Refusal::not_found("Resource Not Found"))
}

/// Answered with nothing. What carried the tag is not stamped.
pub(super) fn delete(world: &mut World, id: &str) -> Answer {
    let tag = living(world, id)?;
    if let Some(tag) = world.tags.get_mut(tag as usize) {
        tag.alive = false;
    }
    Ok(Vec::new())
}
