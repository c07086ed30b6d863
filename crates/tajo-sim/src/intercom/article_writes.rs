//! Writes of articles and collections.
//! Source: spec, `POST /articles`, `PUT` and `DELETE /articles/{id}`, `/help_center/collections`.

use serde_json::{Map, Value};

use super::articles::{collection, known, known_collection, one};
use super::body::{Takes, fields, id as id_in, object, wrong};
use super::errors::Refusal;
use super::versions::Version;
use super::{Answer, Ask};
use crate::json::Json;
use crate::world::World;
use crate::world::articles::{Article, Collection};
use crate::world::ids::Kind;
use crate::world::written::Written;

/// What a body asks to be written, checked.
struct Wanted {
    texts: Vec<(&'static str, Value)>,
    author: Option<u32>,
    draft: Option<bool>,
    /// The outer: whether it is named; the inner: none.
    collection: Option<Option<u32>>,
}

fn read(world: &World, ask: &Ask<'_>, body: &Map<String, Value>) -> Result<Wanted, Refusal> {
    let mut texts = fields(body, &[("title", Takes::Text), ("description", Takes::Text), ("body", Takes::Text)])?;
    for (key, value) in &mut texts {
        if let ("body", Some(html)) = (*key, value.as_str()) {
            *value = rewritten(html).into();
        }
    }
    match body.get("translated_content") {
        None | Some(Value::Null) => {}
        Some(content @ Value::Object(_)) => texts.push(("translated_content", content.clone())),
        Some(_) => return Err(wrong("translated_content", "an object")),
    }
    let own = body.get("translated_content").and_then(|content| content.get("en")).and_then(Value::as_object);
    let author = id_in(body, "author_id").or_else(|| id_in(own?, "author_id"));
    let admin = |id: String| {
        let found = Kind::Admin.serial(&id).filter(|admin| (*admin as usize) < world.options.admins);
        found.ok_or_else(|| Refusal::new(404, "admin_not_found", "Admin not found"))
    };
    let draft = match body.get("state").map(Value::as_str) {
        None => None,
        Some(Some("published")) => Some(false),
        Some(Some("draft")) => Some(true),
        Some(_) => return Err(wrong("state", "published or draft")),
    };
    Ok(Wanted { texts, author: author.map(admin).transpose()?, draft, collection: parent(world, ask, body)? })
}

/// Paragraphs come back with a class of the vendor's. Source: spec, example of `POST /articles`.
fn rewritten(html: &str) -> String {
    html.replace("<p>", "<p class=\"no-margin\">")
}

/// `parent_id` until 2.15, `parent_ids` from 2.16 on; a section is a nested collection.
/// Source: spec diff 2.15 to 2.16. What an unknown one is answered with is assumed.
fn parent(world: &World, ask: &Ask<'_>, body: &Map<String, Value>) -> Result<Option<Option<u32>>, Refusal> {
    if body.get("parent_type").is_some_and(|kind| !kind.is_null() && kind != "collection" && kind != "section") {
        return Err(wrong("parent_type", "collection or section"));
    }
    let named = if ask.version >= Version::V2_16 {
        body.get("parent_ids").map(|ids| ids.get(0).cloned().unwrap_or_default())
    } else {
        body.get("parent_id").cloned()
    };
    let id = match named {
        None => return Ok(None),
        Some(Value::Null) => return Ok(Some(None)),
        Some(Value::String(id)) => id,
        Some(id) => id.to_string(),
    };
    known_collection(world, &id).map(|serial| Some(Some(serial))).map_err(|_| Refusal::invalid("Parent not found"))
}

fn apply(row: &mut Article, wanted: Wanted) {
    let written = row.written.get_or_insert_default();
    wanted.texts.into_iter().for_each(|(key, value)| written.set(key, value));
    row.author = wanted.author.unwrap_or(row.author);
    row.draft = wanted.draft.unwrap_or(row.draft);
    row.collection = wanted.collection.unwrap_or(row.collection);
}

/// A draft unless told. Source: spec, `create_article_request`.
pub(super) fn create(world: &mut World, ask: &Ask<'_>) -> Answer {
    let body = object(ask)?;
    super::body::text(&body, "title")?;
    let wanted = read(world, ask, &body)?;
    if wanted.author.is_none() {
        let message = "author_id must be in the main body or default locale translated_content object";
        return Err(Refusal::new(400, "parameter_not_found", message));
    }
    let serial = world.write_article(ask.now_ms, |row| {
        (row.written, row.draft, row.collection) = (Some(Written::plain()), true, None);
        apply(row, wanted);
    });
    one(world, ask, &Kind::Article.id(serial))
}

pub(super) fn update(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let serial = known(world, id)?.serial;
    let wanted = read(world, ask, &object(ask)?)?;
    world.change_article(serial, ask.now_ms, |row| apply(row, wanted));
    one(world, ask, id)
}

fn deleted(id: &str, object: &str) -> Vec<u8> {
    Json::object(|j| {
        j.put("id", id);
        j.put("object", object);
        j.put("deleted", true);
    })
}

pub(super) fn delete(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let serial = known(world, id)?.serial;
    world.remove_article(serial, ask.now_ms);
    Ok(deleted(id, "article"))
}

/// The collection within which another one is to lie.
fn outer(world: &World, body: &Map<String, Value>) -> Result<Option<Option<u32>>, Refusal> {
    match (body.get("parent_id"), id_in(body, "parent_id")) {
        (None, _) => Ok(None),
        (Some(_), Some(id)) => known_collection(world, &id).map(|serial| Some(Some(serial))),
        (Some(Value::Null), None) => Ok(Some(None)),
        _ => Err(wrong("parent_id", "a string")),
    }
}

pub(super) fn create_collection(world: &mut World, ask: &Ask<'_>) -> Answer {
    let body = object(ask)?;
    let name = body.get("name").and_then(Value::as_str).filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| Refusal::new(400, "parameter_not_found", "Name is a required parameter."))?.to_owned();
    let description = body.get("description").and_then(Value::as_str).map(str::to_owned);
    let (parent, now) = (outer(world, &body)?.flatten(), ask.now_ms.div_euclid(1000));
    world.collections.push(Collection { name, description, created_at: now, updated_at: now, parent, alive: true });
    let serial = u32::try_from(world.collections.len() - 1).unwrap_or(u32::MAX);
    collection(world, &Kind::Collection.id(serial))
}

pub(super) fn update_collection(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let serial = known_collection(world, id)?;
    let body = object(ask)?;
    let texts = fields(&body, &[("name", Takes::Text), ("description", Takes::Text)])?;
    let parent = outer(world, &body)?;
    if parent == Some(Some(serial)) {
        return Err(Refusal::invalid("A collection cannot be its own parent"));
    }
    if let Some(row) = world.collections.get_mut(serial as usize) {
        for (key, value) in texts {
            match (key, value.as_str()) {
                ("name", Some(name)) => name.clone_into(&mut row.name),
                ("description", text) => row.description = text.map(str::to_owned),
                _ => {}
            }
        }
        row.parent = parent.unwrap_or(row.parent);
        row.updated_at = ask.now_ms.div_euclid(1000);
    }
    collection(world, id)
}

/// Its articles stay, without a parent.
pub(super) fn delete_collection(world: &mut World, id: &str) -> Answer {
    let serial = known_collection(world, id)?;
    if let Some(row) = world.collections.get_mut(serial as usize) {
        row.alive = false;
    }
    Ok(deleted(id, "collection"))
}
