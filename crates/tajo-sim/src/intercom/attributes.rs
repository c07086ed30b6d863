//! Data attributes. Standard ones have no id and no times, and names repeat across models.
//! Source: spec, `GET /data_attributes`.

use super::errors::Refusal;
use super::versions::Version;
use super::{Answer, Ask};
use crate::json::Json;
use crate::world::World;
use crate::world::ids::Kind;

/// model, full name, type, custom, options
struct Attribute(&'static str, &'static str, &'static str, bool, &'static [&'static str]);

const TIERS: &[&str] = &["Starter", "Growth", "Scale", "Enterprise"];

const ATTRIBUTES: [Attribute; 40] = [
    Attribute("contact", "id", "string", false, &[]),
    Attribute("contact", "external_id", "string", false, &[]),
    Attribute("contact", "role", "string", false, &[]),
    Attribute("contact", "name", "string", false, &[]),
    Attribute("contact", "email", "string", false, &[]),
    Attribute("contact", "phone", "string", false, &[]),
    Attribute("contact", "owner_id", "integer", false, &[]),
    Attribute("contact", "created_at", "date", false, &[]),
    Attribute("contact", "updated_at", "date", false, &[]),
    Attribute("contact", "last_seen_at", "date", false, &[]),
    Attribute("contact", "unsubscribed_from_emails", "boolean", false, &[]),
    Attribute("contact", "location.country", "string", false, &[]),
    Attribute("contact", "location.city", "string", false, &[]),
    Attribute("contact", "custom_attributes.plan_tier", "string", true, TIERS),
    Attribute("contact", "custom_attributes.feature_usage", "integer", true, &[]),
    Attribute("contact", "custom_attributes.mrr", "float", true, &[]),
    Attribute("contact", "custom_attributes.onboarded", "boolean", true, &[]),
    Attribute("contact", "custom_attributes.Favourite colour", "string", true, &[]),
    Attribute("contact", "custom_attributes.größe", "string", true, &[]),
    Attribute("contact", "custom_attributes.trial_ends_at", "date", true, &[]),
    Attribute("company", "id", "string", false, &[]),
    Attribute("company", "company_id", "string", false, &[]),
    Attribute("company", "name", "string", false, &[]),
    Attribute("company", "plan.id", "string", false, &[]),
    Attribute("company", "plan.name", "string", false, &[]),
    Attribute("company", "created_at", "date", false, &[]),
    Attribute("company", "updated_at", "date", false, &[]),
    Attribute("company", "last_request_at", "date", false, &[]),
    Attribute("company", "remote_created_at", "date", false, &[]),
    Attribute("company", "user_count", "integer", false, &[]),
    Attribute("company", "session_count", "integer", false, &[]),
    Attribute("company", "monthly_spend", "float", false, &[]),
    Attribute("company", "size", "integer", false, &[]),
    Attribute("company", "industry", "string", false, &[]),
    Attribute("company", "website", "string", false, &[]),
    Attribute("company", "custom_attributes.account_owner", "string", true, &[]),
    Attribute("company", "custom_attributes.Contract type", "string", true, &["monthly", "annual"]),
    Attribute("conversation", "custom_attributes.issue_type", "string", true, &["Billing", "Bug", "How to", "その他"]),
    Attribute("conversation", "custom_attributes.Promised days", "integer", true, &[]),
    Attribute("contact", "custom_attributes.old_plan", "string", true, &[]),
];

/// The last contact attribute is archived.
fn is_archived(attribute: &Attribute) -> bool {
    attribute.1 == "custom_attributes.old_plan"
}

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
        Some(model) => attribute.0 == model,
        None => attribute.0 != "conversation",
    };
    let all = (1u32..).zip(&ATTRIBUTES).filter(|(_, attribute)| wanted(attribute) && (archived || !is_archived(attribute)));
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.list("data", all, |j, (id, attribute)| show(j, world, ask.version, id, attribute));
    }))
}

fn show(j: &mut Json, world: &World, version: Version, id: u32, attribute: &Attribute) {
    let Attribute(model, full_name, data_type, custom, options) = *attribute;
    let name = if custom {
        full_name.trim_start_matches("custom_attributes.")
    } else {
        full_name.rsplit('.').next().unwrap_or_default()
    };
    if custom {
        j.put("id", id);
    }
    j.put("type", "data_attribute");
    j.put("name", name);
    j.put("full_name", full_name);
    j.put("label", name);
    j.put("description", if custom { "" } else { "A standard attribute" });
    j.put("data_type", data_type);
    if !options.is_empty() {
        j.values("options", options);
    }
    j.put("api_writable", custom);
    j.put("ui_writable", custom);
    if version >= Version::V2_11 {
        j.put("messenger_writable", true);
    }
    j.put("custom", custom);
    j.put("archived", is_archived(attribute));
    if custom {
        j.put("admin_id", Kind::Admin.id(0));
        j.put("created_at", world.first_day);
        j.put("updated_at", world.first_day);
    }
    j.put("model", model);
}

/// Source: spec 2.16, `GET /conversations/attributes`.
pub(super) fn of_conversations(world: &World, ask: &Ask<'_>) -> Answer {
    ask.version.require(Version::V2_16)?;
    let all = (1u32..).zip(&ATTRIBUTES).filter(|(_, attribute)| attribute.0 == "conversation");
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.list("data", all, |j, (id, Attribute(_, full_name, data_type, _, options))| {
            j.put("type", "conversation_attribute");
            j.put("id", id);
            j.put("name", full_name.trim_start_matches("custom_attributes."));
            j.put("description", "");
            j.put("data_type", if options.is_empty() { data_type } else { "list" });
            j.put("required", false);
            j.values("visible_to_team_ids", [0u64; 0]);
            j.put("archived", false);
            j.put("created_at", world.first_day);
            j.put("updated_at", world.first_day);
            j.put("admin_id", Kind::Admin.id(0));
            if !options.is_empty() {
                j.list("options", (0u32..).zip(*options), |j, (n, label)| {
                    j.put("id", format!("a1b2c3d4-e5f6-4890-8bcd-{:012x}", id * 100 + n));
                    j.put("label", *label);
                    j.put("archived", false);
                });
            }
        });
    }))
}
