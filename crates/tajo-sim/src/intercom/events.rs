//! Events of one contact: there is no list of all. Source: spec, `POST` and `GET /events`.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::body::{object, text, wrong};
use super::contacts::known;
use super::errors::Refusal;
use super::pages::{Sizes, host};
use super::{Answer, Ask};
use crate::json::Json;
use crate::world::World;
use crate::world::events::Event;
use crate::world::ids::Kind;
use crate::world::people::{Contact, person};

/// Source: spec, `GET /events`: "only events less than 90 days old".
const DAYS_MAX: i64 = 90;
/// The greatest page is not documented; the default of every cursor list.
const SIZES: Sizes = Sizes(50, 150);

/// The one contact that an identifier names. Leads are found by Intercom's id only.
fn whose<'a>(world: &'a World, ask: &Ask<'_>, by: &str, value: &str) -> Result<&'a Contact, Refusal> {
    let missing = || Refusal::not_found("User Not Found");
    let fits = |row: &&Contact| {
        let names = person(world.seed, row);
        let same = |at: &Option<String>| at.as_ref().is_some_and(|at| at.to_lowercase() == value.to_lowercase());
        !row.is_lead() && if by == "email" { same(&names.email) } else { names.external_id.as_deref() == Some(value) }
    };
    let holders = match by {
        "email" => world.holders_of_email(value),
        "user_id" => world.holders_of_external_id(value),
        _ => return known(world, ask.version, value),
    };
    holders.into_iter().filter_map(|serial| world.contacts.primary(serial)).find(fits).ok_or_else(missing)
}

/// 202 with nothing, for an event already known too; the contact is not stamped.
pub(super) fn submit(world: &mut World, ask: &Ask<'_>) -> Answer {
    let body = object(ask)?;
    let name = text(&body, "event_name")?.to_owned();
    let at = body.get("created_at").filter(|at| !at.is_null());
    let at = at.ok_or_else(|| Refusal::new(400, "parameter_not_found", "created_at not specified"))?;
    let at = at.as_i64().ok_or_else(|| wrong("created_at", "a unix timestamp"))?;
    let metadata = match body.get("metadata") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(metadata)) => metadata.clone(),
        Some(_) => return Err(wrong("metadata", "an object")),
    };
    if let Some((key, _)) = metadata.iter().find(|(_, value)| !is_flat(value)) {
        return Err(Refusal::invalid(format!("metadata value of '{key}' must not be nested")));
    }
    let by = ["id", "user_id", "email"].into_iter().find_map(|by| Some((by, body.get(by)?.as_str()?)));
    let (by, value) =
        by.ok_or_else(|| Refusal::new(400, "parameter_not_found", "One of id, user_id or email must be specified"))?;
    let contact = whose(world, ask, by, value)?.serial;
    world.add_event(contact, &name, at, metadata);
    Ok(Vec::new())
}

/// Plain values, and the two rich forms: a link and an amount.
fn is_flat(value: &Value) -> bool {
    match value {
        Value::Array(_) => false,
        Value::Object(rich) => {
            let has = |keys: [&str; 2]| rich.len() == 2 && keys.iter().all(|key| rich.contains_key(*key));
            has(["url", "value"]) || has(["amount", "currency"])
        }
        _ => true,
    }
}

/// Newest first; the next page is a URL with `before` in milliseconds.
pub(super) fn list(world: &World, ask: &Ask<'_>) -> Answer {
    if ask.query("type") != Some("user") {
        return Err(Refusal::invalid("type must be user"));
    }
    let named: Vec<(&str, &str)> =
        ["intercom_user_id", "user_id", "email"].into_iter().filter_map(|by| Some((by, ask.query(by)?))).collect();
    let [(by, value)] = named[..] else {
        return Err(Refusal::invalid("Exactly one of user_id, intercom_user_id or email must be specified"));
    };
    let contact = whose(world, ask, by, value)?;
    let oldest = ask.now_ms.div_euclid(1000) - DAYS_MAX * 86_400;
    let bound = |key: &str| ask.query(key).map(|ms| ms.parse::<i64>().map_err(|_| wrong(key, "a number"))).transpose();
    let (before, since) = (bound("before")?, bound("since")?);
    let fits = |event: &&Event| {
        let ms = event.at * 1000;
        event.at > oldest && before.is_none_or(|before| ms < before) && since.is_none_or(|since| ms > since)
    };
    let all: Vec<&Event> = world.events_of(contact.serial).iter().rev().filter(fits).collect();
    if ask.query("summary") == Some("true") {
        return Ok(summary(world, contact, &all));
    }
    let per_page = SIZES.check(ask.query("per_page"))? as usize;
    let page = one_page(&all, per_page);
    let url = |edge: &str, at: i64| {
        let host = host(&world.options.region);
        let id = Kind::Contact.id(contact.serial);
        format!("https://{host}/events?type=user&intercom_user_id={id}&per_page={per_page}&{edge}={}", at * 1000)
    };
    let next = page.last().filter(|_| page.len() < all.len()).map(|event| url("before", event.at));
    let later = page.first().map(|event| url("since", event.at));
    Ok(Json::object(|j| {
        j.put("type", "event.list");
        j.list("events", page, |j, event| show(j, world, contact, event));
        j.sub("pages", |j| {
            next.iter().for_each(|url| j.put("next", url));
            later.iter().for_each(|url| j.put("since", url));
        });
    }))
}

/// A page never ends between events of one second, or `before` would skip the rest of them.
fn one_page<'a>(all: &'a [&'a Event], per_page: usize) -> &'a [&'a Event] {
    let mut end = per_page.min(all.len());
    while end < all.len() && end > 0 && all[end].at == all[end - 1].at {
        end += 1;
    }
    &all[..end]
}

pub(super) fn show(j: &mut Json, world: &World, contact: &Contact, event: &Event) {
    let names = person(world.seed, contact);
    j.put("type", "event");
    j.put("id", &event.id);
    j.put("created_at", event.at);
    j.put("event_name", &event.name);
    names.external_id.iter().for_each(|id| j.put("user_id", id));
    names.email.iter().for_each(|email| j.put("email", email));
    j.put("intercom_user_id", Kind::Contact.id(contact.serial));
    j.sub("metadata", |j| event.metadata.iter().for_each(|(key, value)| j.put(key, value)));
}

/// First and last are ISO texts here. Source: spec, schema `data_event_summary_item`.
fn summary(world: &World, contact: &Contact, newest_first: &[&Event]) -> Vec<u8> {
    let mut names: Vec<&str> = newest_first.iter().map(|event| event.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let person = person(world.seed, contact);
    let iso =
        |at: i64| Timestamp::from_second(at).map(|at| at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()).unwrap_or_default();
    Json::object(|j| {
        j.put("type", "event.summary");
        j.put("email", person.email.unwrap_or_default());
        j.put("intercom_user_id", Kind::Contact.id(contact.serial));
        j.put("user_id", person.external_id.unwrap_or_default());
        j.list("events", names, |j, name| {
            let of = || newest_first.iter().filter(|event| event.name == name);
            j.put("name", name);
            j.put("first", of().next_back().map(|event| iso(event.at)));
            j.put("last", of().next().map(|event| iso(event.at)));
            j.put("count", of().count());
            j.put("description", "");
        });
    })
}
