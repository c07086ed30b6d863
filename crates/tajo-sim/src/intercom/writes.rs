//! The routes that change something.

use super::errors::Refusal;
use super::{Answer, Ask, attributes, company_writes, contact_links, contact_writes, conversation_writes, events, tagging};
use crate::world::World;

/// Takes effect or refuses; what took effect is counted. Searches never come here.
pub(super) fn route(world: &mut World, ask: &Ask<'_>, path: &[&str]) -> Answer {
    let answer = match (ask.method, path) {
        ("POST", ["contacts"]) => contact_writes::create(world, ask),
        ("POST", ["contacts", "merge"]) => contact_writes::merge(world, ask),
        ("PUT", ["contacts", id]) => contact_writes::update(world, ask, id),
        ("DELETE", ["contacts", id]) => contact_writes::delete(world, ask, id),
        ("POST", ["contacts", id, "archive"]) => contact_writes::archive(world, ask, id),
        ("POST", ["contacts", id, "unarchive"]) => contact_writes::unarchive(world, ask, id),
        ("POST", ["contacts", id, "tags"]) => contact_links::tag(world, ask, id),
        ("DELETE", ["contacts", id, "tags", tag]) => contact_links::untag(world, ask, id, tag),
        ("POST", ["contacts", id, "companies"]) => contact_links::attach(world, ask, id),
        ("DELETE", ["contacts", id, "companies", company]) => contact_links::detach(world, ask, id, company),
        ("POST", ["contacts", id, "notes"]) => contact_links::note(world, ask, id),
        ("POST", ["companies"]) => company_writes::upsert(world, ask),
        ("PUT", ["companies", id]) => company_writes::update(world, ask, id),
        ("DELETE", ["companies", id]) => company_writes::delete(world, ask, id),
        ("POST", ["tags"]) => tagging::post(world, ask),
        ("DELETE", ["tags", id]) => tagging::delete(world, id),
        ("POST", ["data_attributes"]) => attributes::create(world, ask),
        ("PUT", ["data_attributes", id]) => attributes::update(world, ask, id),
        ("POST", ["events"]) => events::submit(world, ask),
        ("POST", ["conversations"]) => conversation_writes::create(world, ask),
        ("PUT", ["conversations", id]) => conversation_writes::update(world, ask, id),
        ("POST", ["conversations", id, "reply"]) => conversation_writes::reply(world, ask, id),
        ("POST", ["conversations", id, "parts"]) => conversation_writes::manage(world, ask, id),
        ("POST", ["conversations", id, "tags"]) => conversation_writes::tag(world, ask, id),
        ("DELETE", ["conversations", id, "tags", tag]) => conversation_writes::untag(world, ask, id, tag),
        _ => Err(Refusal::not_found("Resource Not Found")),
    };
    world.tally.writes += usize::from(answer.is_ok());
    answer
}

/// The status of a success: an event is accepted, anything else done. Source: spec, `POST /events`.
pub(super) fn status(method: &str, path: &str) -> u16 {
    if method == "POST" && path.trim_matches('/') == "events" { 202 } else { 200 }
}

/// Whether a request would change something, judged by method and path alone.
pub(super) fn is_write(method: &str, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    match method {
        "POST" => !path.ends_with("/search") && path != "/companies/list",
        "PUT" | "DELETE" | "PATCH" => true,
        _ => false,
    }
}
