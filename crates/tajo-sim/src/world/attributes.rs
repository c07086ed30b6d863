//! Data attributes: the standard ones, those of the start, and those created since.

/// A data attribute; its id is its place in the list, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// `contact`, `company` or `conversation`.
    pub(crate) model: &'static str,
    pub(crate) full_name: String,
    pub(crate) data_type: String,
    pub(crate) custom: bool,
    pub(crate) options: Vec<String>,
    pub(crate) description: String,
    pub(crate) archived: bool,
    pub(crate) messenger_writable: bool,
    /// `None`: as old as the workspace.
    pub(crate) created_at: Option<i64>,
    pub(crate) updated_at: Option<i64>,
}

impl Attribute {
    /// The name without the prefix of custom ones; of a nested one the last part.
    pub(crate) fn name(&self) -> &str {
        if self.custom {
            self.full_name.trim_start_matches(CUSTOM)
        } else {
            self.full_name.rsplit('.').next().unwrap_or_default()
        }
    }
}

/// The prefix of custom attributes' full names.
pub(crate) const CUSTOM: &str = "custom_attributes.";

const TIERS: &[&str] = &["Starter", "Growth", "Scale", "Enterprise"];

/// model, full name, type, options
type Seed = (&'static str, &'static str, &'static str, &'static [&'static str]);

const SEEDS: [Seed; 40] = [
    ("contact", "id", "string", &[]),
    ("contact", "external_id", "string", &[]),
    ("contact", "role", "string", &[]),
    ("contact", "name", "string", &[]),
    ("contact", "email", "string", &[]),
    ("contact", "phone", "string", &[]),
    ("contact", "owner_id", "integer", &[]),
    ("contact", "created_at", "date", &[]),
    ("contact", "updated_at", "date", &[]),
    ("contact", "last_seen_at", "date", &[]),
    ("contact", "unsubscribed_from_emails", "boolean", &[]),
    ("contact", "location.country", "string", &[]),
    ("contact", "location.city", "string", &[]),
    ("contact", "custom_attributes.plan_tier", "string", TIERS),
    ("contact", "custom_attributes.feature_usage", "integer", &[]),
    ("contact", "custom_attributes.mrr", "float", &[]),
    ("contact", "custom_attributes.onboarded", "boolean", &[]),
    ("contact", "custom_attributes.Favourite colour", "string", &[]),
    ("contact", "custom_attributes.größe", "string", &[]),
    ("contact", "custom_attributes.trial_ends_at", "date", &[]),
    ("company", "id", "string", &[]),
    ("company", "company_id", "string", &[]),
    ("company", "name", "string", &[]),
    ("company", "plan.id", "string", &[]),
    ("company", "plan.name", "string", &[]),
    ("company", "created_at", "date", &[]),
    ("company", "updated_at", "date", &[]),
    ("company", "last_request_at", "date", &[]),
    ("company", "remote_created_at", "date", &[]),
    ("company", "user_count", "integer", &[]),
    ("company", "session_count", "integer", &[]),
    ("company", "monthly_spend", "float", &[]),
    ("company", "size", "integer", &[]),
    ("company", "industry", "string", &[]),
    ("company", "website", "string", &[]),
    ("company", "custom_attributes.account_owner", "string", &[]),
    ("company", "custom_attributes.Contract type", "string", &["monthly", "annual"]),
    ("conversation", "custom_attributes.issue_type", "string", &["Billing", "Bug", "How to", "その他"]),
    ("conversation", "custom_attributes.Promised days", "integer", &[]),
    ("contact", "custom_attributes.old_plan", "string", &[]),
];

/// The attributes at the start; the last one is archived.
pub(crate) fn settle() -> Vec<Attribute> {
    let read = |(model, full_name, data_type, options): &Seed| {
        let custom = full_name.starts_with(CUSTOM);
        Attribute {
            model,
            full_name: (*full_name).to_owned(),
            data_type: (*data_type).to_owned(),
            custom,
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            description: if custom { String::new() } else { "A standard attribute".to_owned() },
            archived: *full_name == "custom_attributes.old_plan",
            messenger_writable: true,
            created_at: None,
            updated_at: None,
        }
    };
    SEEDS.iter().map(read).collect()
}
