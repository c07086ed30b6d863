//! Writes of companies. Source: spec, `POST /companies`, `PUT` and `DELETE /companies/{id}`.

use serde_json::{Map, Value};

use super::body::{Takes, fields, id as id_in, object};
use super::companies::by_own_id;
use super::contact_links::company_missing;
use super::errors::Refusal;
use super::{Answer, Ask, attributes, show};
use crate::json::Json;
use crate::world::World;
use crate::world::ids::Kind;
use crate::world::written::Written;

const FIELDS: [(&str, Takes); 5] =
    [("name", Takes::Text), ("plan", Takes::Text), ("size", Takes::Integer), ("website", Takes::Text), ("industry", Takes::Text)];

/// The fields and custom attributes of a body, checked. `monthly_spend` is cut to an integer.
fn read(world: &World, body: &Map<String, Value>) -> Result<Vec<(String, Value)>, Refusal> {
    let mut all: Vec<(String, Value)> = fields(body, &FIELDS)?.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    if let Some(spend) = body.get("monthly_spend") {
        let whole = spend.as_i64().or_else(|| spend.as_f64().map(|spend| spend.trunc() as i64));
        let fits = whole.filter(|whole| i32::try_from(*whole).is_ok());
        all.push(("monthly_spend".to_owned(), fits.ok_or_else(|| Refusal::invalid("monthly_spend must be an integer"))?.into()));
    }
    let custom = attributes::checked(world, "company", body.get("custom_attributes"))?;
    all.extend(custom.into_iter().map(|(name, value)| (format!("custom_attributes.{name}"), value)));
    Ok(all)
}

fn answer(world: &World, ask: &Ask<'_>, serial: u32) -> Answer {
    let row = world.companies.primary(serial).ok_or_else(company_missing)?;
    Ok(Json::object(|j| show::company(j, world, row, ask.version)))
}

/// By `company_id`: updates the one that has it, creates it otherwise. A company without users is
/// not listed. Source: spec, `POST /companies`: "Companies are looked up via `company_id`".
pub(super) fn upsert(world: &mut World, ask: &Ask<'_>) -> Answer {
    let body = object(ask)?;
    let own = id_in(&body, "company_id").filter(|own| !own.is_empty());
    let mut wanted = read(world, &body)?;
    for (key, value) in fields(&body, &[("remote_created_at", Takes::Moment)])? {
        wanted.push((key.to_owned(), value));
    }
    if let Some(serial) = own.as_deref().and_then(|own| by_own_id(world, own)) {
        write(world, ask, serial, wanted);
        return answer(world, ask, serial);
    }
    let mut written = Written::plain();
    let own = own.or_else(|| body.get("name").and_then(Value::as_str).map(str::to_owned));
    let own = own.ok_or_else(|| Refusal::new(400, "parameter_not_found", "company_id not specified"))?;
    written.set("company_id", own.into());
    wanted.into_iter().for_each(|(key, value)| written.set(&key, value));
    let serial = world.add_company(Some(written), ask.now_ms);
    answer(world, ask, serial)
}

fn write(world: &mut World, ask: &Ask<'_>, serial: u32, wanted: Vec<(String, Value)>) {
    world.edit_company(serial, ask.now_ms, |row| {
        let written = row.written.get_or_insert_default();
        wanted.into_iter().for_each(|(key, value)| written.set(&key, value));
    });
}

/// By Intercom's id; `company_id` and `remote_created_at` stay. Source: spec, `PUT /companies/{id}`.
pub(super) fn update(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let serial = Kind::Company.serial(id).filter(|serial| world.companies.primary(*serial).is_some());
    let serial = serial.ok_or_else(company_missing)?;
    let body = if ask.body.is_empty() { Map::new() } else { object(ask)? };
    let wanted = read(world, &body)?;
    write(world, ask, serial, wanted);
    answer(world, ask, serial)
}

pub(super) fn delete(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let serial = Kind::Company.serial(id).filter(|serial| world.companies.primary(*serial).is_some());
    let serial = serial.ok_or_else(company_missing)?;
    world.remove_company(serial, ask.now_ms);
    Ok(Json::object(|j| {
        j.put("id", id);
        j.put("object", "company");
        j.put("deleted", true);
    }))
}
