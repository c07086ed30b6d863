//! Conversation parts and their authors.

use super::super::versions::Version;
use super::staff::{admin_email, admin_name};
use crate::json::Json;
use crate::world::World;
use crate::world::conversations::{Assignee, Author, Conversation, Part};
use crate::world::ids::Kind;

pub(crate) fn part(j: &mut Json, world: &World, row: &Conversation, part: &Part, version: Version) {
    j.put("type", "conversation_part");
    j.put("id", part.id.to_string());
    j.put("part_type", part.kind);
    j.put("body", row.body(world.seed, part));
    j.put("created_at", part.at);
    j.put("updated_at", part.at);
    j.put("notified_at", part.at);
    j.sub_or_null("assigned_to", part.to, |j, to| {
        let (kind, id) = match to {
            Assignee::Team(team) => ("team", Some(Kind::Team.id(team))),
            Assignee::Admin(admin) => ("admin", Some(Kind::Admin.id(admin))),
            Assignee::Nobody => ("nobody_admin", None),
        };
        j.put("type", kind);
        j.put("id", id);
    });
    j.sub("author", |j| {
        author(j, world, part.author);
        if version >= Version::V2_14 {
            is_machine(j, part.author);
        }
    });
    j.list("attachments", [(); 0], |_, ()| {});
    j.null("external_id");
    j.put("redacted", row.is_redacted(part));
    if version >= Version::V2_14 {
        since_2_14(j, row, part);
    }
}

/// Source: spec diff 2.11 to 2.14, schema `conversation_part`.
fn since_2_14(j: &mut Json, row: &Conversation, part: &Part) {
    j.null("email_message_metadata");
    if let Some(options) = row.options(part) {
        j.sub("metadata", |j| j.put("quick_reply_options", options));
    }
    j.put("state", if part.kind == "close" { "closed" } else { "open" });
    j.list("tags", [(); 0], |_, ()| {});
    let is_change = part.kind.starts_with("conversation_attribute_updated");
    j.sub_or_null("event_details", is_change.then_some(()), |j, ()| {
        j.sub("attribute", |j| j.put("name", "issue_type"));
        j.sub("value", |j| j.put("name", "Billing"));
    });
    j.null("app_package_code");
}

/// Who wrote something.
pub(crate) fn author(j: &mut Json, world: &World, author: Author) {
    let (kind, id, name, email) = match author {
        Author::Admin(serial) => ("admin", Kind::Admin.id(serial), Some(admin_name(serial)), Some(admin_email(serial))),
        Author::Bot => ("bot", "7299999".to_owned(), Some("Fin".to_owned()), Some("operator+town@helpdesk.example".to_owned())),
        Author::Contact(serial) => {
            let is_lead = world.origins.get(serial as usize).is_some_and(|origin| origin.lead);
            let person = world.author(serial).unwrap_or_default();
            (if is_lead { "lead" } else { "user" }, Kind::Contact.id(serial), person.name, person.email)
        }
    };
    j.put("type", kind);
    j.put("id", id);
    j.put("name", name);
    j.put("email", email.or_else(|| (!world.options.null_emails).then(String::new)));
}

/// Source: spec diff 2.11 to 2.14, schema `conversation_part_author`.
pub(crate) fn is_machine(j: &mut Json, author: Author) {
    j.put("from_ai_agent", author == Author::Bot);
    j.put("is_ai_answer", author == Author::Bot);
}
