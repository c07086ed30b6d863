//! Conversations: list, search, one with its parts.

use serde_json::{Value, json};

use super::cursor::Cursor;
use super::errors::Refusal;
use super::pages::{Sizes, cursor_pages, numbered_pages, page_number, slice};
use super::search::{Dates, Found, Grammar, Holds, Searched, Wanted, run};
use super::versions::Version;
use super::{Answer, Ask, show};
use crate::json::Json;
use crate::options::CompanyNext;
use crate::world::World;
use crate::world::conversations::{Conversation, Part, State};
use crate::world::ids::Kind;
use crate::world::table::Table;

/// Source: spec, `GET /conversations` and conversations/search: 20; docs, "Pagination": 150.
const SIZES: Sizes = Sizes(20, 150);
/// Source: spec 2.16, `GET /conversations/deleted`, `per_page`.
const DELETED: Sizes = Sizes(20, 60);
/// Source: spec, `GET /conversations/{id}`: "only the 500 most recent parts".
const PARTS_MAX: usize = 500;

/// Latest update first, without parts.
pub(super) fn list(world: &World, ask: &Ask<'_>) -> Answer {
    let after = ask.query("starting_after").map(|text| Cursor::parse(text, Kind::Conversation)).transpose()?;
    let wanted = Wanted::everything(SIZES.check(ask.query("per_page"))?, after);
    Ok(render(world, ask, wanted.per_page, &run(world, &wanted)))
}

/// By the second. Source: spec, conversations/search says nothing of days; `>` is "greater (or
/// equal)", which `inclusive_ops` takes at its word.
pub(super) fn search(world: &World, ask: &Ask<'_>) -> Answer {
    let grammar = Grammar { dates: Dates::Free { inclusive: world.options.inclusive_ops }, holds: &holds };
    let wanted = Wanted::read(ask, &grammar, SIZES, Kind::Conversation)?;
    Ok(render(world, ask, wanted.per_page, &run(world, &wanted)))
}

fn render(world: &World, ask: &Ask<'_>, per_page: u32, found: &Searched<'_, Conversation>) -> Vec<u8> {
    Json::object(|j| {
        j.put("type", "conversation.list");
        cursor_pages(j, world, Kind::Conversation, found.page, per_page, found.total, found.next);
        j.put("total_count", found.total);
        j.list("conversations", &found.rows, |j, row| show::conversation(j, world, row, ask.version));
    })
}

pub(super) fn known<'a>(world: &'a World, id: &str) -> Result<&'a Conversation, Refusal> {
    let row = Kind::Conversation.serial(id).and_then(|serial| world.conversations.primary(serial));
    row.ok_or_else(|| Refusal::not_found("Resource Not Found"))
}

/// With parts: the newest 500, while `total_count` tells of all.
pub(super) fn one(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    let row = known(world, id)?;
    let skip = row.count_parts().saturating_sub(PARTS_MAX);
    let plain = ask.query("display_as") == Some("plaintext");
    let text = Json::object(|j| {
        show::conversation(j, world, row, ask.version);
        j.sub("conversation_parts", |j| {
            j.put("type", "conversation_part.list");
            put_parts(j, world, row, row.parts(world.seed).skip(skip), ask.version);
            j.put("total_count", row.count_parts());
        });
    });
    Ok(if plain { without_markup(&text) } else { text })
}

/// Ids of deleted conversations, by page number, latest first unless told. From 2.16 on.
/// Source: spec 2.16, `GET /conversations/deleted`.
pub(super) fn deleted(world: &World, ask: &Ask<'_>) -> Answer {
    ask.version.require(Version::V2_16)?;
    let (per_page, page) = (DELETED.check(ask.query("per_page"))?, page_number(ask)?);
    let mut all = world.deleted_conversations.clone();
    if ask.query("order") != Some("asc") {
        all.reverse();
    }
    Ok(Json::object(|j| {
        j.put("type", "conversations.list");
        j.put("total_count", all.len());
        numbered_pages(j, world, CompanyNext::Url, ask.path, page, per_page, all.len());
        j.list("conversations", slice(&all, page, per_page), |j, (serial, at)| {
            j.put("type", "conversation");
            j.put("id", Kind::Conversation.id(*serial));
            j.put("metrics_retained", false);
            j.put("deleted_at", *at);
        });
    }))
}

fn put_parts(j: &mut Json, world: &World, row: &Conversation, parts: impl Iterator<Item = Part>, version: Version) {
    j.list("conversation_parts", parts, |j, part| show::part(j, world, row, &part, version));
}

/// `display_as=plaintext`: the bodies of the source and of the parts lose their markup.
/// Source: spec, `GET /conversations/{id}`.
fn without_markup(text: &[u8]) -> Vec<u8> {
    let mut all: Value = serde_json::from_slice(text).unwrap_or_default();
    let strip = |body: &mut Value| {
        if let Value::String(text) = body {
            *text = plain(text);
        }
    };
    all.pointer_mut("/source/body").into_iter().for_each(strip);
    let parts = all.pointer_mut("/conversation_parts/conversation_parts").and_then(Value::as_array_mut);
    parts.into_iter().flatten().filter_map(|part| part.get_mut("body")).for_each(strip);
    all.to_string().into_bytes()
}

/// HTML as text: tags go, paragraphs and breaks end lines, entities are what they stand for.
pub(super) fn plain(html: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(html.len()), html);
    while let Some((before, tag)) = rest.split_once('<') {
        out.push_str(before);
        let Some((name, after)) = tag.split_once('>') else { break };
        if matches!(name, "/p" | "br" | "br/" | "br /" | "/li" | "/h1" | "/h2") {
            out.push('\n');
        }
        rest = after;
    }
    out.push_str(rest);
    let text = out.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    text.replace("&amp;", "&").trim_end().to_owned()
}

pub(super) fn without_parts(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    let row = known(world, id)?;
    Ok(Json::object(|j| show::conversation(j, world, row, ask.version)))
}

pub(super) fn all_parts(world: &World, id: &str, version: Version) -> Answer {
    let row = known(world, id)?;
    Ok(Json::object(|j| put_parts(j, world, row, row.parts(world.seed), version)))
}

/// The searchable fields. Source: spec, conversations/search, "Accepted Fields".
fn holds(field: &str) -> Option<Holds> {
    match field {
        "created_at" | "updated_at" | "waiting_since" | "snoozed_until" => Some(Holds::Date),
        "contact_ids" | "teammate_ids" | "tag_ids" => Some(Holds::Ids),
        "open" | "read" | "ai_agent_participated" => Some(Holds::Flag),
        "id" | "admin_assignee_id" | "team_assignee_id" | "state" | "priority" | "channel_initiated" => Some(Holds::Text),
        "source.type" | "source.id" | "source.delivered_as" | "source.subject" | "source.body" | "source.url" => {
            Some(Holds::Text)
        }
        "source.author.id" | "source.author.type" | "source.author.name" | "source.author.email" => Some(Holds::Text),
        "conversation_rating.score" | "ai_agent.rating" => Some(Holds::Number),
        "conversation_rating.requested_at" | "conversation_rating.replied_at" => Some(Holds::Date),
        "conversation_rating.remark" | "conversation_rating.contact_id" | "conversation_rating.admin_id" => Some(Holds::Text),
        "ai_agent.resolution_state"
        | "ai_agent.last_answer_type"
        | "ai_agent.rating_remark"
        | "ai_agent.source_type"
        | "ai_agent.source_title" => Some(Holds::Text),
        _ => {
            let statistic = field.strip_prefix("statistics.")?;
            Some(if statistic.ends_with("_at") { Holds::Date } else { Holds::Number })
        }
    }
}

impl Found for Conversation {
    fn table(world: &World) -> &Table<Conversation> {
        &world.conversations
    }

    fn field(&self, world: &World, name: &str) -> Vec<Value> {
        let one = |value: Value| vec![value];
        match name {
            "id" => one(json!(Kind::Conversation.id(self.serial))),
            "created_at" => one(json!(self.created_at)),
            "updated_at" => one(json!(self.updated_at)),
            "state" => one(json!(self.state.name())),
            "open" => one(json!(self.state != State::Closed)),
            "ai_agent_participated" => one(json!(show::takes_part(world, self))),
            "admin_assignee_id" => one(json!(self.assigned().0.map(|serial| Kind::Admin.number(serial)))),
            "team_assignee_id" => one(json!(self.assigned().1.map(|serial| Kind::Team.number(serial)))),
            "contact_ids" => self.contacts.iter().map(|serial| json!(Kind::Contact.id(*serial))).collect(),
            "teammate_ids" => self.assigned().0.iter().map(|serial| json!(Kind::Admin.id(*serial))).collect(),
            "tag_ids" => {
                self.tags.iter().filter(|(tag, _)| world.tag_is_alive(*tag)).map(|(tag, _)| json!(Kind::Tag.id(*tag))).collect()
            }
            _ => one(deep(world, self, name)),
        }
    }
}

/// A field that only the rendered conversation has; some have other names in searches.
fn deep(world: &World, row: &Conversation, name: &str) -> Value {
    let text = Json::object(|j| show::conversation(j, world, row, Version::V2_14));
    let all: Value = serde_json::from_slice(&text).unwrap_or_default();
    let path = match name {
        "channel_initiated" => "source.type",
        "conversation_rating.score" => "conversation_rating.rating",
        "conversation_rating.requested_at" | "conversation_rating.replied_at" => "conversation_rating.created_at",
        "conversation_rating.contact_id" => "conversation_rating.contact.id",
        "conversation_rating.admin_id" => "conversation_rating.teammate.id",
        other => other,
    };
    let found = path.split('.').try_fold(&all, |at, key| at.get(key));
    found.cloned().unwrap_or_default()
}
