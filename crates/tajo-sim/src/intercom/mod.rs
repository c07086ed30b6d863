//! The Intercom API over a world: one table of routes, one function per endpoint.

mod article_writes;
mod articles;
mod attributes;
mod body;
mod catalog;
mod companies;
mod company_writes;
mod consents;
mod contact_links;
mod contact_writes;
mod contacts;
mod conversation_writes;
mod conversations;
mod cursor;
pub(crate) mod echo;
mod errors;
mod events;
mod exports;
mod form;
mod gate;
pub(crate) mod oauth;
mod page;
mod pages;
mod participants;
pub(crate) mod rate;
mod scopes;
pub(crate) mod scroll;
mod search;
mod show;
mod staff;
mod tagging;
mod ticket_writes;
mod tickets;
mod versions;
mod whom;
mod writes;

use std::collections::BTreeMap;

use errors::Refusal;
use serde_json::Value;
use versions::Version;

use crate::json::Json;
use crate::town::Town;
use crate::world::World;

/// One request, past the gate.
pub(crate) struct Ask<'a> {
    method: &'a str,
    path: &'a str,
    query: &'a BTreeMap<String, String>,
    body: &'a [u8],
    version: Version,
    now_ms: i64,
}

impl Ask<'_> {
    fn query(&self, key: &str) -> Option<&str> {
        self.query.get(key).map(String::as_str)
    }
}

/// JSON with status 200, or a refusal.
type Answer = Result<Vec<u8>, Refusal>;

pub(crate) fn router(town: Town) -> axum::Router {
    axum::Router::new().fallback(gate::handle).with_state(town)
}

/// The routes. Parameter names move between versions, positions do not (spec 2.11 against 2.12),
/// so only positions count here.
fn route(world: &mut World, ask: &Ask<'_>) -> Answer {
    let path: Vec<&str> = ask.path.trim_matches('/').split('/').collect();
    match (ask.method, path.as_slice()) {
        ("GET", ["me"]) => catalog::me(world),
        ("GET", ["contacts"]) => contacts::list(world, ask),
        ("POST", ["contacts", "search"]) => contacts::search(world, ask),
        ("GET", ["contacts", "find_by_external_id", id]) => contact_writes::find(world, ask, id),
        ("GET", ["contacts", id]) => contacts::one(world, ask, id),
        ("GET", ["contacts", id, "companies"]) => contacts::companies(world, ask, id),
        ("GET", ["contacts", id, "tags"]) => contacts::tags(world, id),
        ("GET", ["contacts", id, "segments"]) => contacts::segments(world, id),
        ("GET", ["contacts", id, "subscriptions"]) => consents::subscriptions(world, ask, id),
        ("GET", ["contacts", id, "merge_history"]) => consents::merge_history(world, ask, id),
        ("GET", ["subscription_types"]) => consents::subscription_types(),
        ("GET", ["notes", id]) => consents::note(world, ask, id),
        ("GET", ["contacts", id, "notes"]) => contacts::notes(world, ask, id),
        ("POST", ["companies", "list"]) => companies::list(world, ask),
        ("GET", ["companies", "scroll"]) => scroll::page(world, ask),
        ("GET", ["companies"]) => companies::find(world, ask),
        ("GET", ["companies", id]) => companies::one(world, ask, id),
        ("GET", ["companies", id, "contacts"]) => companies::contacts(world, ask, id),
        ("GET", ["companies", id, "segments"]) => companies::segments(world, id),
        ("GET", ["conversations"]) => conversations::list(world, ask),
        ("POST", ["conversations", "search"]) => conversations::search(world, ask),
        ("GET", ["conversations", "attributes"]) => attributes::of_conversations(world, ask),
        ("GET", ["conversations", "deleted"]) => conversations::deleted(world, ask),
        ("GET", ["conversations", id]) => conversations::one(world, ask, id),
        ("GET", ["articles"]) => articles::list(world, ask),
        ("GET", ["articles", "search"]) => articles::search(world, ask),
        ("GET", ["articles", id]) => articles::one(world, ask, id),
        ("GET", ["help_center", "collections"]) => articles::collections(world, ask),
        ("GET", ["help_center", "collections", id]) => articles::collection(world, id),
        ("GET", ["help_center", "help_centers"]) => articles::help_centers(world),
        ("GET", ["help_center", "help_centers", id]) => articles::help_center(world, id),
        ("GET", ["tags"]) => catalog::tags(world),
        ("GET", ["tags", id]) => catalog::tag(world, id),
        ("GET", ["segments"]) => catalog::segments(world, ask),
        ("GET", ["segments", id]) => catalog::segment(world, ask, id),
        ("GET", ["admins"]) => catalog::admins(world, ask),
        ("GET", ["admins", "activity_logs"]) => staff::activity_logs(world, ask),
        ("GET", ["admins", id]) => catalog::admin(world, ask, id),
        ("GET", ["teams"]) => catalog::teams(world, ask),
        ("GET", ["teams", id]) => catalog::team(world, ask, id),
        ("GET", ["data_attributes"]) => attributes::list(world, ask),
        ("GET", ["export", "content", "data", job]) => exports::one(world, ask, job),
        ("GET", ["download", "content", "data", job]) => exports::download(world, ask, job),
        ("GET", ["ticket_types"]) => tickets::types(world, ask),
        ("GET", ["ticket_types", id]) => tickets::one_type(world, ask, id),
        ("GET", ["ticket_states"]) => tickets::states(ask),
        ("POST", ["tickets", "search"]) => tickets::search(world, ask),
        ("GET", ["tickets", id]) => tickets::one(world, ask, id),
        ("GET", ["events"]) => events::list(world, ask),
        _ => writes::route(world, ask, &path),
    }
}

/// A contact's events as `GET /events` shows them, oldest first, none too old.
pub(crate) fn events_of(world: &World, contact: u32) -> Vec<Value> {
    let Some(row) = world.contacts.primary(contact) else { return Vec::new() };
    let texts = world.events_of(contact).iter().map(|event| Json::object(|j| events::show(j, world, row, event)));
    texts.map(|text| serde_json::from_slice(&text).unwrap_or_default()).collect()
}

/// A record as `GET` by id gives it in version 2.14, without conversation parts.
pub(crate) fn record(world: &World, table: &str, id: &str) -> Option<Value> {
    let query = BTreeMap::new();
    let ask = Ask { method: "GET", path: "", query: &query, body: &[], version: Version::V2_14, now_ms: 0 };
    let body = match table {
        "contacts" => contacts::one(world, &ask, id),
        "companies" => companies::one(world, &ask, id),
        "conversations" => conversations::without_parts(world, &ask, id),
        "articles" => articles::one(world, &ask, id),
        "tags" => catalog::tag(world, id),
        "segments" => catalog::segment(world, &ask, id),
        "admins" => catalog::admin(world, &ask, id),
        "teams" => catalog::team(world, &ask, id),
        "collections" => articles::collection(world, id),
        "tickets" => tickets::one(world, &ask, id),
        _ => return None,
    };
    serde_json::from_slice(&body.ok()?).ok()
}

/// All parts of a conversation in version 2.14.
pub(crate) fn parts(world: &World, conversation: &str) -> Vec<Value> {
    let body = conversations::all_parts(world, conversation, Version::V2_14).unwrap_or_default();
    let mut body: Value = serde_json::from_slice(&body).unwrap_or_default();
    match body.get_mut("conversation_parts").map(Value::take) {
        Some(Value::Array(parts)) => parts,
        _ => Vec::new(),
    }
}
