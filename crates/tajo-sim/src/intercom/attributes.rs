//! Data attributes. Standard ones have no id and no times, and names repeat across models.
//! Source: spec, `GET`, `POST /data_attributes` and `PUT /data_attributes/{id}`.

use serde_json::{Map, Value};

use super::body::object;
use super::errors::Refusal;
use super::search::Holds;
use super::versions::Version;
use super::{Answer, Ask};
use crate::json::Json;
use crate::world::World;
use crate::world::attributes::{Attribute, CUSTOM};
use crate::world::ids::Kind;

const TYPES: [&str; 5] = ["string", "integer", "float", "boolean", "date"];

/// Conversation attributes left this list in 2.16. Source: spec 2.16, 422 of `GET /data_attributes`.
pub(super) fn list(world: &World, ask: &Ask<'_>) -> Answer {
    let model = ask.query("model");
    if model == Some("conversation") && ask.version >= Version::V2_16 {
        let message = "model=conversation is no longer supported. Use GET /conversations/attributes instead";
        return Err(Refusal::new(422, "parameter_invalid", message));
    }
    if model.is_some_and(|model| !matches!(model, "contact" | "company" | "conversation")) {
        return Err(Refusal::invalid("model must be one of: contact, company, conversation"));
    }
    let archived = ask.query("include_archived") == Some("true");
    let wanted = |attribute: &Attribute| match model {
        Some(model) => attribute.model == model,
        None => attribute.model != "conversation",
    };
    let all = (1u32..).zip(&world.attributes).filter(|(_, attribute)| wanted(attribute) && (archived || !attribute.archived));
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.list("data", all, |j, (id, attribute)| show(j, world, ask.version, id, attribute));
    }))
}

fn show(j: &mut Json, world: &World, version: Version, id: u32, attribute: &Attribute) {
    let (name, custom) = (attribute.name(), attribute.custom);
    if custom {
        j.put("id", id);
    }
    j.put("type", "data_attribute");
    j.put("name", name);
    j.put("full_name", &attribute.full_name);
    j.put("label", name);
    j.put("description", &attribute.description);
    j.put("data_type", &attribute.data_type);
    if !attribute.options.is_empty() {
        j.values("options", &attribute.options);
    }
    j.put("api_writable", custom);
    j.put("ui_writable", custom);
    if version >= Version::V2_11 {
        j.put("messenger_writable", attribute.messenger_writable);
    }
    j.put("custom", custom);
    j.put("archived", attribute.archived);
    if custom {
        j.put("admin_id", Kind::Admin.id(0));
        j.put("created_at", attribute.created_at.unwrap_or(world.first_day));
        j.put("updated_at", attribute.updated_at.unwrap_or(world.first_day));
    }
    j.put("model", attribute.model);
}

/// Source: spec 2.16, `GET /conversations/attributes`.
pub(super) fn of_conversations(world: &World, ask: &Ask<'_>) -> Answer {
    ask.version.require(Version::V2_16)?;
    let all = (1u32..).zip(&world.attributes).filter(|(_, attribute)| attribute.model == "conversation");
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.list("data", all, |j, (id, attribute)| {
            let options = &attribute.options;
            j.put("type", "conversation_attribute");
            j.put("id", id);
            j.put("name", attribute.name());
            j.put("description", "");
            j.put("data_type", if options.is_empty() { attribute.data_type.as_str() } else { "list" });
            j.put("required", false);
            j.values("visible_to_team_ids", [0u64; 0]);
            j.put("archived", false);
            j.put("created_at", world.first_day);
            j.put("updated_at", world.first_day);
            j.put("admin_id", Kind::Admin.id(0));
            if !options.is_empty() {
                j.list("options", (0u32..).zip(options), |j, (n, label)| {
                    j.put("id", format!("a1b2c3d4-e5f6-4890-8bcd-{:012x}", id * 100 + n));
                    j.put("label", label);
                    j.put("archived", false);
                });
            }
        });
    }))
}

/// A name is taken across models: 400 tells in which. Source: spec, `POST /data_attributes`, 400.
pub(super) fn create(world: &mut World, ask: &Ask<'_>) -> Answer {
    let body = object(ask)?;
    let model = match body.get("model").and_then(Value::as_str) {
        Some("contact") => "contact",
        Some("company") => "company",
        _ => return Err(Refusal::invalid("The Data Attribute model field must be either contact or company")),
    };
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
    if !is_name(name) {
        let message = "Your name for this attribute must only contain alphanumeric characters, currency symbols, and hyphens";
        return Err(Refusal::invalid(message));
    }
    let full_name = format!("{CUSTOM}{name}");
    if let Some(taken) = world.attributes.iter().find(|at| at.full_name == full_name && at.model != "conversation") {
        let here = if model == "contact" { "people" } else { "company" };
        let there = if taken.model == "contact" { "people" } else { "company" };
        let message =
            format!("You already have '{name}' in your {there} data. To save this as new {here} data, use a different name.");
        return Err(Refusal::invalid(message));
    }
    let options = body.get("options").map(options).transpose()?;
    let data_type = body.get("data_type").and_then(Value::as_str).or(options.as_ref().map(|_| "string")).unwrap_or_default();
    if !TYPES.contains(&data_type) {
        return Err(Refusal::invalid("Data Type isn't an option"));
    }
    let now = ask.now_ms.div_euclid(1000);
    world.attributes.push(Attribute {
        model,
        full_name,
        data_type: data_type.to_owned(),
        custom: true,
        options: options.unwrap_or_default(),
        description: body.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        archived: false,
        messenger_writable: body.get("messenger_writable").and_then(Value::as_bool).unwrap_or(false),
        created_at: Some(now),
        updated_at: Some(now),
    });
    Ok(answer(world, ask.version, world.attributes.len()))
}

/// The type never changes. Source: spec, `PUT /data_attributes/{id}`.
pub(super) fn update(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let body = object(ask)?;
    let place = id.parse::<usize>().ok().filter(|place| *place >= 1 && *place <= world.attributes.len());
    let found = place.and_then(|place| world.attributes.get_mut(place - 1).filter(|attribute| attribute.custom));
    let missing = || Refusal::new(404, "field_not_found", "We couldn't find that data attribute to update");
    let (attribute, place) = found.zip(place).ok_or_else(missing)?;
    if let Some(list) = body.get("options") {
        attribute.options = options(list)?;
    }
    if let Some(archived) = body.get("archived").and_then(Value::as_bool) {
        attribute.archived = archived;
    }
    if let Some(description) = body.get("description").and_then(Value::as_str) {
        description.clone_into(&mut attribute.description);
    }
    if let Some(writable) = body.get("messenger_writable").and_then(Value::as_bool) {
        attribute.messenger_writable = writable;
    }
    attribute.updated_at = Some(ask.now_ms.div_euclid(1000));
    Ok(answer(world, ask.version, place))
}

fn answer(world: &World, version: Version, place: usize) -> Vec<u8> {
    let id = u32::try_from(place).unwrap_or(u32::MAX);
    Json::object(|j| {
        if let Some(attribute) = world.attributes.get(place - 1) {
            show(j, world, version, id, attribute);
        }
    })
}

/// Letters, digits, blanks, hyphens, underscores and currency signs.
/// Source: spec, `POST /data_attributes`, "Invalid name".
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || " -_$€£¥".contains(c);
    !name.trim().is_empty() && name.chars().all(fits)
}

/// At least two, as `[{value}]`. Source: spec, `create_data_attribute_request`.
fn options(list: &Value) -> Result<Vec<String>, Refusal> {
    let texts = |all: &Vec<Value>| {
        let text = |option: &Value| option.get("value").unwrap_or(option).as_str().map(str::to_owned);
        all.iter().map(text).collect::<Option<Vec<String>>>()
    };
    let read = list.as_array().and_then(texts).filter(|options| options.len() >= 2);
    read.ok_or_else(|| Refusal::invalid("Options isn't an array"))
}

/// Checks custom attributes before a write. Since 2.0 none comes into being by being written
/// (docs, 2.0 changelog); the code of the refusal is not documented.
pub(super) fn checked(world: &World, model: &str, value: Option<&Value>) -> Result<Map<String, Value>, Refusal> {
    let own = match value {
        None | Some(Value::Null) => return Ok(Map::new()),
        Some(Value::Object(own)) => own,
        Some(_) => return Err(Refusal::invalid("custom_attributes must be an object")),
    };
    for (name, value) in own {
        let named = |at: &&Attribute| at.custom && !at.archived && at.model == model && at.name() == name;
        let known = world.attributes.iter().find(named);
        let known = known.ok_or_else(|| Refusal::invalid(format!("Custom attribute '{name}' does not exist")))?;
        if !fits(known, value) {
            let message = format!("Invalid value for custom attribute '{name}' of type {}", known.data_type);
            return Err(Refusal::invalid(message));
        }
    }
    Ok(own.clone())
}

/// `null` clears any of them; a list takes only its options.
fn fits(attribute: &Attribute, value: &Value) -> bool {
    match (attribute.data_type.as_str(), value) {
        (_, Value::Null) => true,
        ("string", Value::String(text)) => attribute.options.is_empty() || attribute.options.contains(text),
        ("integer" | "date", Value::Number(number)) => number.is_i64() || number.is_u64(),
        ("float", Value::Number(_)) | ("boolean", Value::Bool(_)) => true,
        _ => false,
    }
}

/// What a custom attribute holds, for searches.
pub(super) fn holds(world: &World, model: &str, full_name: &str) -> Option<Holds> {
    let found = world.attributes.iter().find(|at| at.custom && at.model == model && at.full_name == full_name)?;
    Some(match found.data_type.as_str() {
        "integer" | "float" => Holds::Number,
        "boolean" => Holds::Flag,
        "date" => Holds::OwnDate,
        _ => Holds::Text,
    })
}
