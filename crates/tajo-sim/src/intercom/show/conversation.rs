//! Conversations, as in lists and searches; parts are added by `GET` by id.

use serde_json::Value;

use super::super::versions::Version;
use super::company;
use super::part::{author, is_machine};
use super::staff::tag_with_origin;
use super::statistics::statistics;
use crate::dice::Dice;
use crate::json::Json;
use crate::world::World;
use crate::world::conversations::{Author, Conversation, REDACTED, State};
use crate::world::ids::Kind;
use crate::world::words::{ARTICLES, QUESTIONS, REMARKS};

pub(crate) fn conversation(j: &mut Json, world: &World, row: &Conversation, version: Version) {
    let mut dice = Dice::of(world.seed, 101, row.serial);
    let question = *dice.pick(&QUESTIONS);
    let open = row.state == State::Open;
    j.put("type", "conversation");
    j.put("id", Kind::Conversation.id(row.serial));
    j.put("created_at", row.created_at);
    j.put("updated_at", row.updated_at);
    j.put("waiting_since", open.then_some(row.updated_at));
    let until = row.written("snoozed_until").and_then(Value::as_i64).unwrap_or(row.updated_at + 86_400);
    j.put("snoozed_until", (row.state == State::Snoozed).then_some(until));
    source(j, world, row, question, version);
    contacts(j, world, row);
    let replied = (!row.contacts.is_empty()).then_some(row.created_at);
    j.sub_or_null("first_contact_reply", replied, |j, at| {
        j.put("created_at", at);
        j.put("type", "conversation");
        j.null("url");
    });
    let (admin, team) = row.assigned();
    assignee(j, "admin_assignee_id", admin.map(|serial| Kind::Admin.number(serial)), version);
    assignee(j, "team_assignee_id", team.map(|serial| Kind::Team.number(serial)), version);
    j.put("open", row.state != State::Closed);
    j.put("state", row.state.name());
    let read = dice.per_mille(800);
    j.put("read", row.written("read").and_then(Value::as_bool).unwrap_or(read));
    j.sub("tags", |j| {
        j.put("type", "tag.list");
        let alive = row.tags.iter().filter(|(tag, _)| world.tag_is_alive(*tag));
        j.list("tags", alive, |j, (tag, at)| tag_with_origin(j, world, *tag, *at));
    });
    j.put("priority", priority(&mut dice, version));
    j.sub_or_null("sla_applied", dice.per_mille(200).then_some(()), |j, ()| {
        j.put("type", "conversation_sla_summary");
        j.put("sla_name", "First reply in two hours");
        j.put("sla_status", if open { "active" } else { "hit" });
    });
    statistics(j, world, row, version);
    rating(j, world, row, version);
    j.sub_or_null("teammates", admin, |j, admin| {
        j.put("type", "admin.list");
        j.list("teammates", [admin], |j, admin| {
            j.put("type", "admin");
            j.put("id", Kind::Admin.id(admin));
        });
    });
    let title = dice.per_mille(600).then_some(question.0);
    match row.written("title") {
        Some(own) => j.put("title", own),
        None => j.put("title", title),
    }
    custom_attributes(j, row, &mut dice);
    j.sub("topics", |_| {});
    j.null("ticket");
    linked_tickets(j, world, row);
    if version >= Version::V2_11 {
        agent(j, world, row, version);
    }
    if version >= Version::V2_15 {
        of_company(j, world, row, version);
    }
    if world.options.unknown_fields {
        j.put("sim_unknown", row.serial);
    }
}

/// The tickets that link to it. Source: spec, schema `linked_object_list`.
fn linked_tickets(j: &mut Json, world: &World, row: &Conversation) {
    j.sub("linked_objects", |j| {
        j.put("type", "list");
        let tickets = world.ticket_links.get(&row.serial).map_or(&[][..], Vec::as_slice);
        j.list("data", tickets, |j, ticket| {
            j.put("type", "ticket");
            j.put("id", Kind::Ticket.id(*ticket));
            j.put("category", world.tickets.primary(*ticket).map(|ticket| ticket.ticket_type().category.name()));
        });
        j.put("total_count", tickets.len());
        j.put("has_more", false);
    });
}

fn source(j: &mut Json, world: &World, row: &Conversation, question: (&str, &str), version: Version) {
    let mut dice = Dice::of(world.seed, 102, row.serial);
    let chosen = if row.written("source.body").is_some() { 0 } else { dice.below(10) };
    let started_by = row.happened.as_ref().and_then(|happened| happened.started_by);
    let (kind, delivered_as) = match chosen {
        _ if started_by.is_some() => ("conversation", "admin_initiated"),
        0..=5 => ("conversation", "customer_initiated"),
        6..=8 => ("email", "customer_initiated"),
        _ => ("conversation", "admin_initiated"),
    };
    let admin = row.admin.filter(|_| delivered_as == "admin_initiated").map(Author::Admin);
    let writer = admin.or(row.contacts.first().map(|contact| Author::Contact(*contact))).unwrap_or(Author::Bot);
    j.sub("source", |j| {
        j.put("type", kind);
        j.put("id", (403_000_000 + u64::from(row.serial)).to_string());
        j.put("delivered_as", delivered_as);
        let own = |field: &str| row.written(field).and_then(Value::as_str).map(str::to_owned);
        let subject = if kind == "email" { question.0 } else { "" };
        j.put("subject", own("source.subject").unwrap_or_else(|| subject.to_owned()));
        let redacted = row.happened.as_ref().is_some_and(|happened| happened.source_redacted);
        let own = |field: &str| if redacted && field == "source.body" { Some(REDACTED.to_owned()) } else { own(field) };
        j.put("body", own("source.body").unwrap_or_else(|| format!("<p>{}</p>", question.1)));
        j.sub("author", |j| {
            author(j, world, writer);
            // The author of a source has a schema of its own in 2.16: `conversation_source_author`.
            if (Version::V2_14..Version::V2_16).contains(&version) {
                is_machine(j, writer);
            }
        });
        j.list("attachments", [(); 0], |_, ()| {});
        j.null("url");
        j.put("redacted", redacted);
    });
}

fn external_id(world: &World, contact: u32) -> Option<String> {
    world.author(contact).and_then(|person| person.external_id)
}

fn contacts(j: &mut Json, world: &World, row: &Conversation) {
    j.sub("contacts", |j| {
        j.put("type", "contact.list");
        j.list("contacts", &row.contacts, |j, serial| {
            j.put("type", "contact");
            j.put("id", Kind::Contact.id(*serial));
            j.put("external_id", external_id(world, *serial));
        });
    });
}

/// Nobody is `null` until 2.15 and 0 from 2.16 on. Source: spec diff 2.15 to 2.16.
fn assignee(j: &mut Json, key: &str, id: Option<u64>, version: Version) {
    if version >= Version::V2_16 { j.put(key, id.unwrap_or(0)) } else { j.put(key, id) }
}

/// Two levels until 2.15, five from 2.16 on. Source: spec diff 2.15 to 2.16.
fn priority(dice: &mut Dice, version: Version) -> &'static str {
    let high = dice.per_mille(100);
    match (version >= Version::V2_16, high) {
        (true, true) => "high",
        (true, false) => "none",
        (false, true) => "priority",
        (false, false) => "not_priority",
    }
}

/// Three in ten closed conversations are rated; the latest rating shows.
fn rating(j: &mut Json, world: &World, row: &Conversation, version: Version) {
    let mut dice = Dice::of(world.seed, 103, row.serial);
    let rated = row.settled_closed && dice.per_mille(300) && !world.options.blank;
    let given = row.happened.as_ref().and_then(|happened| happened.rating.as_ref());
    let teammate = if given.is_some() { row.assigned().0 } else { row.admin };
    let contact = row.contacts.first().filter(|_| given.is_some() || rated && teammate.is_some());
    j.sub_or_null("conversation_rating", contact, |j, contact| {
        let (stars, remark) = (dice.between(1, 5), *dice.pick(&REMARKS));
        let at = given.map_or(row.settled_at, |given| given.at);
        j.put("rating", given.map_or(stars, |given| i64::from(given.stars)));
        j.put("remark", given.map_or(remark, |given| given.remark.as_str()));
        j.put("created_at", at);
        if version >= Version::V2_14 {
            j.put("updated_at", at);
        }
        j.sub("contact", |j| {
            j.put("type", "contact");
            j.put("id", Kind::Contact.id(*contact));
            j.put("external_id", external_id(world, *contact));
        });
        j.sub_or_null("teammate", teammate, |j, admin| {
            j.put("type", "admin");
            j.put("id", Kind::Admin.id(admin));
        });
    });
}

fn custom_attributes(j: &mut Json, row: &Conversation, dice: &mut Dice) {
    let own = |name: &str| row.happened.as_ref().is_some_and(|happened| happened.written.custom.contains_key(name));
    j.sub("custom_attributes", |j| {
        let issue = *dice.pick(&["Billing", "Bug", "How to", "その他"]);
        if !own("issue_type") {
            j.put("issue_type", issue);
        }
        if dice.per_mille(300) && !own("Promised days") {
            j.put("Promised days", dice.between(1, 14));
        }
        for (name, value) in row.happened.iter().flat_map(|happened| &happened.written.custom) {
            j.put(name, value);
        }
    });
}

/// The name of a resolution in a version; see [`agent`].
fn resolution(state: &str, version: Version) -> &str {
    match state {
        "routed_to_team" | "abandoned" if version >= Version::V2_15 => "escalated",
        "escalated" | "negative_feedback" | "procedure_handoff" if version < Version::V2_15 => "routed_to_team",
        other => other,
    }
}

/// Whether the AI agent took part.
pub(crate) fn takes_part(world: &World, row: &Conversation) -> bool {
    row.happened.as_ref().is_some_and(|happened| happened.agent.is_some()) || (row.ai && !world.options.blank)
}

/// The AI agent's part. The names of resolutions changed in 2.15. Source: spec diff 2.14 to 2.15.
fn agent(j: &mut Json, world: &World, row: &Conversation, version: Version) {
    let mut dice = Dice::of(world.seed, 104, row.serial);
    let took_part = takes_part(world, row);
    let given = row.happened.as_ref().and_then(|happened| happened.agent.as_ref());
    j.sub_or_null("ai_agent", took_part.then_some(()), |j, ()| {
        let settled = if row.settled_closed { "assumed_resolution" } else { "routed_to_team" };
        let (rated, stars, remark) = (dice.per_mille(300), dice.between(1, 5), *dice.pick(&REMARKS));
        let rating = given.map_or(rated.then_some(stars), |given| given.rating.map(i64::from));
        let rated_at = |after: i64| rating.map(|_| given.map_or(row.created_at + after, |given| given.at));
        j.put("source_type", "workflow");
        j.put("source_title", "Answer first, then hand over");
        j.put("last_answer_type", "ai_answer");
        j.put("resolution_state", resolution(given.map_or(settled, |given| given.state.as_str()), version));
        j.put("rating", rating);
        j.put("rating_remark", (given.is_none() && rated).then_some(remark));
        if version >= Version::V2_14 {
            j.put("created_at", rated_at(60));
            j.put("updated_at", rated_at(90));
        }
        j.sub("content_sources", |j| {
            let title = *dice.pick(&ARTICLES);
            j.put("type", "content_source.list");
            j.put("total_count", 1u32);
            j.list("content_sources", [title], |j, title| {
                j.put("content_type", "article");
                j.put("url", "https://help.town.example/en/articles/8200000");
                j.put("title", title);
                j.put("locale", "en");
            });
        });
    });
    j.put("ai_agent_participated", took_part);
}

/// The company of the first contact, absent without one. Source: spec diff 2.14 to 2.15.
fn of_company(j: &mut Json, world: &World, row: &Conversation, version: Version) {
    let contact = row.contacts.first().and_then(|serial| world.contacts.primary(*serial));
    let first = contact.and_then(|contact| contact.companies.first()).copied();
    let serial = row.happened.as_ref().and_then(|happened| happened.company).or(first);
    let company_row = serial.and_then(|serial| world.companies.primary(serial));
    if let Some(company_row) = company_row {
        j.sub("company", |j| company(j, world, company_row, version));
    }
}
