//! `/events`: taken without an id, so that a repeated event is a second one. Source: facts §8.

use serde_json::{Map, Value, json};

use super::account::contact::Key;
use super::account::{Account, Draft};
use super::ask::{Answer, Ask, Reply};
use super::refusal::Refusal;
use super::stamp::{iso, parse};

const NAME_MAX: usize = 255;
const PROPERTIES_MAX: usize = 50 * 1024;
/// Events per batch; the vendor's sources name no number.
const BATCH_MAX: usize = 100;
const STANDARD: usize = 100;
const LIMIT_MAX: usize = 10_000;
const HALF_YEAR_MS: i64 = 183 * 86_400_000;

#[derive(Debug)]
pub(crate) struct Event {
    /// Nobody where the contact was unknown: taken with 204 all the same.
    contact: Option<i64>,
    name: String,
    date: i64,
    object: Option<String>,
    properties: Value,
    contact_properties: Value,
}

impl Event {
    pub(super) fn show(&self) -> Value {
        let mut shown = json!({"event_name": self.name, "event_date": iso(self.date), "source": "api"});
        if let Some(contact) = self.contact {
            shown["contact_id"] = contact.into();
        }
        if let Some(object) = &self.object {
            shown["object_type"] = object.as_str().into();
        }
        for (key, value) in [("event_properties", &self.properties), ("contact_properties", &self.contact_properties)] {
            if !value.is_null() {
                shown[key] = value.clone();
            }
        }
        shown
    }
}

fn is_word(name: &str) -> bool {
    let plain = |sign: u8| sign.is_ascii_alphanumeric() || sign == b'_' || sign == b'-';
    !name.is_empty() && name.len() <= NAME_MAX && name.bytes().all(plain)
}

/// `contact_id` wins over every other identifier.
fn whose(account: &Account, identifiers: &Map<String, Value>) -> Option<i64> {
    if let Some(id) = identifiers.get("contact_id").and_then(Value::as_i64) {
        return account.people.get(id).map(|row| row.id);
    }
    let named = |(name, value): (&String, &Value)| {
        let key = Key::of_type(name)?;
        account.people.owner(key, &key.canonical(value.as_str()?)?)
    };
    identifiers.iter().find_map(named)
}

fn read(account: &Account, body: &Map<String, Value>) -> Result<Event, Refusal> {
    let name = body.get("event_name").and_then(Value::as_str).ok_or_else(|| Refusal::missing("event_name is missing"))?;
    if !is_word(name) {
        return Err(Refusal::invalid("event_name is not valid"));
    }
    let identifiers = body.get("identifiers").and_then(Value::as_object).filter(|all| !all.is_empty());
    let identifiers = identifiers.ok_or_else(|| Refusal::missing("At least one identifier is required"))?;
    let known = |name: &String| name == "contact_id" || Key::of_type(name).is_some();
    if !identifiers.keys().any(known) {
        return Err(Refusal::invalid("identifiers are not valid"));
    }
    let date = match body.get("event_date").and_then(Value::as_str) {
        Some(text) => parse(text).ok_or_else(|| Refusal::invalid("event_date is not valid"))?,
        None => account.now,
    };
    let properties = body.get("event_properties").cloned().unwrap_or_default();
    if properties.to_string().len() > PROPERTIES_MAX {
        return Err(Refusal::invalid("event_properties should not exceed 50 KB"));
    }
    if properties.as_object().is_some_and(|all| !all.keys().all(|key| is_word(key))) {
        return Err(Refusal::invalid("event_properties keys are not valid"));
    }
    Ok(Event {
        contact: whose(account, identifiers),
        name: name.to_owned(),
        date,
        object: body.get("object").and_then(|object| object["type"].as_str()).map(str::to_owned),
        properties,
        contact_properties: body.get("contact_properties").cloned().unwrap_or_default(),
    })
}

/// Its `contact_properties` change the contact, which bumps `modifiedAt` and may come back as an echo.
fn keep(account: &mut Account, event: Event) {
    if let (Some(id), Some(attributes)) = (event.contact, event.contact_properties.as_object()) {
        let mut draft = Draft::default();
        if account.read_attributes(attributes, &mut draft).is_ok() {
            // What cannot be set is lost; the event counts all the same.
            drop(account.update(id, draft, false));
        }
    }
    account.events.push(event);
}

pub(super) fn create(account: &mut Account, ask: &Ask<'_>) -> Answer {
    let event = read(account, &ask.object()?)?;
    keep(account, event);
    Reply::done()
}

/// The array has to be wrapped since 2026-04-21.
pub(super) fn create_many(account: &mut Account, ask: &Ask<'_>) -> Answer {
    let body = ask.object()?;
    let events = body.get("events").and_then(Value::as_array).ok_or_else(|| Refusal::missing("events is missing"))?;
    if events.is_empty() || events.len() > BATCH_MAX {
        return Err(Refusal::out_of_range(format!("events should hold 1 to {BATCH_MAX} events")));
    }
    let mut errors: Vec<(String, Vec<usize>)> = Vec::new();
    let empty = Map::new();
    for (at, event) in events.iter().enumerate() {
        match read(account, event.as_object().unwrap_or(&empty)) {
            Ok(event) => keep(account, event),
            Err(refusal) => match errors.iter_mut().find(|(message, _)| *message == refusal.message) {
                Some((_, places)) => places.push(at),
                None => errors.push((refusal.message, vec![at])),
            },
        }
    }
    let failed: usize = errors.iter().map(|(_, places)| places.len()).sum();
    if failed == 0 {
        let message = "Batch accepted. Valid events have been added to the processing queue.";
        return Reply::json(202, &json!({"message": message, "count": events.len()}));
    }
    if failed == events.len() {
        return Err(Refusal::invalid(errors.swap_remove(0).0));
    }
    let errors: Vec<Value> =
        errors.into_iter().map(|(message, places)| json!({"eventIndex": places, "message": message})).collect();
    Reply::json(
        207,
        &json!({
            "status": "partial_success", "total_events": events.len(),
            "successful_events": events.len() - failed, "failed_events": failed, "errors": errors,
        }),
    )
}

/// Newest first; the last six months unless dates are given.
pub(super) fn list(account: &Account, ask: &Ask<'_>) -> Answer {
    let page = ask.paging(STANDARD, LIMIT_MAX)?;
    let (start, end) = (ask.instant("startDate")?, ask.instant("endDate")?);
    if start.is_some() != end.is_some() {
        return Err(Refusal::missing("startDate and endDate should both be passed"));
    }
    let (start, end) = (start.unwrap_or(account.now - HALF_YEAR_MS), end.unwrap_or(i64::MAX));
    let contacts: Vec<i64> = ask.numbers("contact_id")?;
    let (names, objects) = (ask.all("event_name"), ask.all("object_type"));
    let fits = |event: &&Event| {
        (start..=end).contains(&event.date)
            && (contacts.is_empty() || event.contact.is_some_and(|id| contacts.contains(&id)))
            && (names.is_empty() || names.contains(&event.name.as_str()))
            && (objects.is_empty() || event.object.as_deref().is_some_and(|object| objects.contains(&object)))
    };
    let mut found: Vec<&Event> = account.events.iter().filter(fits).collect();
    found.sort_by_key(|event| event.date);
    let count = found.len();
    let shown: Vec<Value> = page.cut(found).into_iter().map(Event::show).collect();
    Reply::json(200, &json!({"events": shown, "count": count}))
}
