//! Conversations, as in lists and searches; parts are added by `GET` by id.

use super::super::versions::Version;
use super::company;
use super::part::{author, is_machine};
use super::staff::tag_with_origin;
use super::statistics::statistics;
use crate::dice::Dice;
use crate::json::Json;
use crate::world::World;
use crate::world::conversations::{Author, Conversation, State};
use crate::world::ids::Kind;
use crate::world::people;
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
    j.put("snoozed_until", (row.state == State::Snoozed).then_some(row.updated_at + 86_400));
    source(j, world, row, question, version);
    contacts(j, world, row);
    let replied = (!row.contacts.is_empty()).then_some(row.created_at);
    j.sub_or_null("first_contact_reply", replied, |j, at| {
        j.put("created_at", at);
        j.put("type", "conversation");
        j.null("url");
    });
    assignee(j, "admin_assignee_id", row.admin.map(|serial| Kind::Admin.number(serial)), version);
    assignee(j, "team_assignee_id", row.team.map(|serial| Kind::Team.number(serial)), version);
    j.put("open", row.state != State::Closed);
    j.put("state", row.state.name());
    j.put("read", dice.per_mille(800));
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
    j.sub_or_null("teammates", row.admin, |j, admin| {
        j.put("type", "admin.list");
        j.list("teammates", [admin], |j, admin| {
            j.put("type", "admin");
            j.put("id", Kind::Admin.id(admin));
        });
    });
    j.put("title", dice.per_mille(600).then_some(question.0));
    custom_attributes(j, &mut dice);
    j.sub("topics", |_| {});
    j.null("ticket");
    j.sub("linked_objects", |j| {
        j.put("type", "list");
        j.list("data", [(); 0], |_, ()| {});
        j.put("total_count", 0u32);
        j.put("has_more", false);
    });
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

fn source(j: &mut Json, world: &World, row: &Conversation, question: (&str, &str), version: Version) {
    let mut dice = Dice::of(world.seed, 102, row.serial);
    let (kind, delivered_as) = match dice.below(10) {
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
        j.put("subject", if kind == "email" { question.0 } else { "" });
        j.put("body", format!("<p>{}</p>", question.1));
        j.sub("author", |j| {
            author(j, world, writer);
            // The author of a source has a schema of its own in 2.16: `conversation_source_author`.
            if (Version::V2_14..Version::V2_16).contains(&version) {
                is_machine(j, writer);
            }
        });
        j.list("attachments", [(); 0], |_, ()| {});
        j.null("url");
        j.put("redacted", false);
    });
}

fn external_id(world: &World, contact: u32) -> Option<String> {
    world.origins.get(contact as usize).and_then(|origin| people::author(world.seed, *origin).external_id)
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

/// Three in ten closed conversations are rated.
fn rating(j: &mut Json, world: &World, row: &Conversation, version: Version) {
    let mut dice = Dice::of(world.seed, 103, row.serial);
    let rated = row.settled_closed && dice.per_mille(300);
    let contact = row.contacts.first().filter(|_| rated);
    j.sub_or_null("conversation_rating", contact.zip(row.admin), |j, (contact, admin)| {
        j.put("rating", dice.between(1, 5));
        j.put("remark", *dice.pick(&REMARKS));
        j.put("created_at", row.settled_at);
        if version >= Version::V2_14 {
            j.put("updated_at", row.settled_at);
        }
        j.sub("contact", |j| {
            j.put("type", "contact");
            j.put("id", Kind::Contact.id(*contact));
            j.put("external_id", external_id(world, *contact));
        });
        j.sub("teammate", |j| {
            j.put("type", "admin");
            j.put("id", Kind::Admin.id(admin));
        });
    });
}

fn custom_attributes(j: &mut Json, dice: &mut Dice) {
    j.sub("custom_attributes", |j| {
        j.put("issue_type", *dice.pick(&["Billing", "Bug", "How to", "その他"]));
        if dice.per_mille(300) {
            j.put("Promised days", dice.between(1, 14));
        }
    });
}

/// The AI agent's part. The names of resolutions changed in 2.15. Source: spec diff 2.14 to 2.15.
fn agent(j: &mut Json, world: &World, row: &Conversation, version: Version) {
    let mut dice = Dice::of(world.seed, 104, row.serial);
    j.sub_or_null("ai_agent", row.ai.then_some(()), |j, ()| {
        let handed_on = if version >= Version::V2_15 { "escalated" } else { "routed_to_team" };
        let rated = dice.per_mille(300);
        j.put("source_type", "workflow");
        j.put("source_title", "Answer first, then hand over");
        j.put("last_answer_type", "ai_answer");
        j.put("resolution_state", if row.settled_closed { "assumed_resolution" } else { handed_on });
        j.put("rating", rated.then(|| dice.between(1, 5)));
        j.put("rating_remark", rated.then(|| *dice.pick(&REMARKS)));
        if version >= Version::V2_14 {
            j.put("created_at", rated.then_some(row.created_at + 60));
            j.put("updated_at", rated.then_some(row.created_at + 90));
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
    j.put("ai_agent_participated", row.ai);
}

/// The company of the first contact, absent without one. Source: spec diff 2.14 to 2.15.
fn of_company(j: &mut Json, world: &World, row: &Conversation, version: Version) {
    let contact = row.contacts.first().and_then(|serial| world.contacts.primary(*serial));
    let company_row = contact.and_then(|contact| contact.companies.first()).and_then(|serial| world.companies.primary(*serial));
    if let Some(company_row) = company_row {
        j.sub("company", |j| company(j, world, company_row, version));
    }
}
