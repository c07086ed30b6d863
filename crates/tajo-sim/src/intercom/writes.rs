//! The routes that change something.

use super::errors::Refusal;
use super::{Answer, Ask};
use super::{article_writes, attributes, company_writes, consents, contact_links, contact_writes, conversation_writes};
use super::{events, exports, participants, staff, tagging, ticket_writes};
use crate::world::World;

/// Takes effect or refuses; what took effect is counted. Searches never come here.
pub(super) fn route(world: &mut World, ask: &Ask<'_>, path: &[&str]) -> Answer {
    let answer = match path {
        ["contacts" | "companies", ..] => people(world, ask, path),
        ["conversations" | "messages", ..] => talk(world, ask, path),
        ["tickets", ..] => tickets(world, ask, path),
        _ => rest(world, ask, path),
    };
    world.tally.writes += usize::from(answer.is_ok());
    answer
}

fn nowhere() -> Refusal {
    Refusal::not_found("Resource Not Found")
}

fn people(world: &mut World, ask: &Ask<'_>, path: &[&str]) -> Answer {
    match (ask.method, path) {
        ("POST", ["contacts"]) => contact_writes::create(world, ask),
        ("POST", ["contacts", "merge"]) => contact_writes::merge(world, ask),
        ("PUT", ["contacts", id]) => contact_writes::update(world, ask, id),
        ("DELETE", ["contacts", id]) => contact_writes::delete(world, ask, id),
        ("POST", ["contacts", id, "archive"]) => contact_writes::archive(world, ask, id),
        ("POST", ["contacts", id, "unarchive"]) => contact_writes::unarchive(world, ask, id),
        ("POST", ["contacts", id, "block"]) => consents::block(world, ask, id),
        ("POST", ["contacts", id, "subscriptions"]) => consents::subscribe(world, ask, id),
        ("DELETE", ["contacts", id, "subscriptions", subscription]) => consents::unsubscribe(world, ask, id, subscription),
        ("POST", ["contacts", id, "tags"]) => contact_links::tag(world, ask, id),
        ("DELETE", ["contacts", id, "tags", tag]) => contact_links::untag(world, ask, id, tag),
        ("POST", ["contacts", id, "companies"]) => contact_links::attach(world, ask, id),
        ("DELETE", ["contacts", id, "companies", company]) => contact_links::detach(world, ask, id, company),
        ("POST", ["contacts", id, "notes"]) => contact_links::note(world, ask, id),
        ("POST", ["companies"]) => company_writes::upsert(world, ask),
        ("PUT", ["companies", id]) => company_writes::update(world, ask, id),
        ("DELETE", ["companies", id]) => company_writes::delete(world, ask, id),
        _ => Err(nowhere()),
    }
}

fn talk(world: &mut World, ask: &Ask<'_>, path: &[&str]) -> Answer {
    match (ask.method, path) {
        ("POST", ["conversations"]) => conversation_writes::create(world, ask),
        ("POST", ["conversations", "redact"]) => participants::redact(world, ask),
        ("PUT", ["conversations", id]) => conversation_writes::update(world, ask, id),
        ("DELETE", ["conversations", id]) => participants::delete(world, ask, id),
        ("POST", ["conversations", id, "reply"]) => conversation_writes::reply(world, ask, id),
        ("POST", ["conversations", id, "parts"]) => conversation_writes::manage(world, ask, id),
        ("POST", ["conversations", id, "convert"]) => ticket_writes::convert(world, ask, id),
        ("POST", ["conversations", id, "customers"]) => participants::attach(world, ask, id),
        ("DELETE", ["conversations", id, "customers", contact]) => participants::detach(world, ask, id, contact),
        ("POST", ["conversations", id, "tags"]) => conversation_writes::tag(world, ask, id),
        ("DELETE", ["conversations", id, "tags", tag]) => conversation_writes::untag(world, ask, id, tag),
        ("POST", ["messages"]) => staff::message(world, ask),
        _ => Err(nowhere()),
    }
}

fn tickets(world: &mut World, ask: &Ask<'_>, path: &[&str]) -> Answer {
    match (ask.method, path) {
        ("POST", ["tickets"]) => ticket_writes::create(world, ask),
        ("PUT", ["tickets", id]) => ticket_writes::update(world, ask, id),
        ("DELETE", ["tickets", id]) => ticket_writes::delete(world, ask, id),
        ("POST", ["tickets", id, "reply"]) => ticket_writes::reply(world, ask, id),
        ("POST", ["tickets", id, "tags"]) => ticket_writes::tag(world, ask, id),
        ("DELETE", ["tickets", id, "tags", tag]) => ticket_writes::untag(world, ask, id, tag),
        _ => Err(nowhere()),
    }
}

fn rest(world: &mut World, ask: &Ask<'_>, path: &[&str]) -> Answer {
    match (ask.method, path) {
        ("POST", ["tags"]) => tagging::post(world, ask),
        ("DELETE", ["tags", id]) => tagging::delete(world, id),
        ("POST", ["data_attributes"]) => attributes::create(world, ask),
        ("PUT", ["data_attributes", id]) => attributes::update(world, ask, id),
        ("POST", ["events"]) => events::submit(world, ask),
        ("PUT", ["admins", id, "away"]) => staff::away(world, ask, id),
        ("POST", ["articles"]) => article_writes::create(world, ask),
        ("PUT", ["articles", id]) => article_writes::update(world, ask, id),
        ("DELETE", ["articles", id]) => article_writes::delete(world, ask, id),
        ("POST", ["help_center", "collections"]) => article_writes::create_collection(world, ask),
        ("PUT", ["help_center", "collections", id]) => article_writes::update_collection(world, ask, id),
        ("DELETE", ["help_center", "collections", id]) => article_writes::delete_collection(world, id),
        ("POST", ["export", "content", "data"]) => exports::start(world, ask),
        ("POST", ["export", "cancel", job]) => exports::cancel(world, ask, job),
        _ => Err(nowhere()),
    }
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
