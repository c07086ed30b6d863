//! What can be asked of Intercom. An action is one file and one line here.

mod answer;
mod companies;
pub mod contact_fields;
mod contact_query;
mod conversation_contact;
mod conversation_text;
mod moment;
mod paths;
pub mod ticket;
mod whole;

pub use answer::{Deleted, Record, Rows};
pub use moment::Moment;
pub use whole::Whole;

/// Declares the modules and the list.
macro_rules! actions {
    ($($module:ident :: $action:ident),* $(,)?) => {
        $(pub mod $module;)*
        /// Every action, in the order of help and docs.
        pub static ACTIONS: &[tajo_core::Command<crate::Intercom>] = &[$(tajo_core::Command::of::<$module::$action>()),*];
    };
}

actions! {
    contact_create::Create,
    contact_update::Update,
    contact_upsert::Upsert,
    contact_get::Get,
    contact_list::List,
    contact_search::Search,
    contact_archive::Archive,
    contact_unarchive::Unarchive,
    contact_delete::Delete,
    contact_block::Block,
    contact_preview_merge::PreviewMerge,
    contact_merge::Merge,
    contact_merge_history::MergeHistory,
    contact_list_companies::ListCompanies,
    contact_attach_company::AttachCompany,
    contact_detach_company::DetachCompany,
    contact_list_tags::ListTags,
    contact_attach_tag::AttachTag,
    contact_detach_tag::DetachTag,
    contact_list_notes::ListNotes,
    contact_list_segments::ListSegments,
    contact_list_subscriptions::ListSubscriptions,
    contact_attach_subscription::AttachSubscription,
    contact_detach_subscription::DetachSubscription,
    subscription_list::List,
    tag_list::List,
    tag_get::Get,
    tag_create::Create,
    tag_update::Update,
    tag_delete::Delete,
    note_create::Create,
    note_get::Get,
    segment_list::List,
    segment_get::Get,
    company_create::Create,
    company_update::Update,
    company_delete::Delete,
    company_get::Get,
    company_list::List,
    company_scroll::Scroll,
    company_list_contacts::ListContacts,
    company_list_segments::ListSegments,
    company_list_notes::ListNotes,
    company_create_note::CreateNote,
    conversation_list::List,
    conversation_get::Get,
    conversation_search::Search,
    conversation_create::Create,
    conversation_reply::Reply,
    conversation_update::Update,
    conversation_close::Close,
    conversation_open::Open,
    conversation_snooze::Snooze,
    conversation_assign::Assign,
    conversation_manage::Manage,
    conversation_convert::Convert,
    conversation_tag::Tag,
    conversation_untag::Untag,
    conversation_add_participant::AddParticipant,
    conversation_remove_participant::RemoveParticipant,
    conversation_redact::Redact,
    conversation_delete::Delete,
    message_create::Create,
    event_submit::Submit,
    event_list::List,
    attribute_list::List,
    attribute_create::Create,
    attribute_update::Update,
    ticket_create::Create,
    ticket_get::Get,
    ticket_search::Search,
    ticket_update::Update,
    ticket_reply::Reply,
    ticket_delete::Delete,
    ticket_tag::Attach,
    ticket_untag::Detach,
    ticket_type_list::List,
    ticket_type_get::Get,
    ticket_state_list::List,
    article_list::List,
    article_get::Get,
    article_search::Search,
    article_create::Create,
    article_update::Update,
    article_delete::Delete,
    collection_list::List,
    collection_get::Get,
    collection_create::Create,
    collection_update::Update,
    collection_delete::Delete,
    help_center_list::List,
    admin_list::List,
    admin_get::Get,
    admin_set_away::SetAway,
    admin_activity_log::ActivityLog,
    team_list::List,
    team_get::Get,
    workspace_get::Get,
    search::Search,
    fetch::Fetch,
    raw_request::RawRequest,
}

/// Permissions as the Developer Hub calls them. The seeds' scope names are aliases of them, see `scopes.rs`.
pub mod needs {
    /// Reading contacts and companies.
    pub const READ_PEOPLE: &str = "Read and list users and companies";
    /// Writing contacts.
    pub const WRITE_PEOPLE: &str = "Read and write users";
    /// Writing companies, tags and links of contacts.
    pub const WRITE_COMPANIES: &str = "Write users and companies";
    /// Reading tags.
    pub const READ_TAGS: &str = "Read tags";
    /// Writing tags.
    pub const WRITE_TAGS: &str = "Write tags";
    /// Reading conversations.
    pub const READ_CONVERSATIONS: &str = "Read conversations";
    /// Writing conversations.
    pub const WRITE_CONVERSATIONS: &str = "Write conversations";
    /// Reading tickets and their types.
    pub const READ_TICKETS: &str = "Read tickets";
    /// Writing tickets.
    pub const WRITE_TICKETS: &str = "Write tickets";
    /// Reading articles and collections.
    pub const READ_ARTICLES: &str = "Read articles";
    /// Writing articles and collections.
    pub const WRITE_ARTICLES: &str = "Read and write articles";
    /// Reading events.
    pub const READ_EVENTS: &str = "Read events";
    /// Writing events.
    pub const WRITE_EVENTS: &str = "Write events";
    /// Reading admins and teams.
    pub const READ_ADMINS: &str = "Read admins";
    /// Reading whose token it is.
    pub const READ_SELF: &str = "Read one admin";
    /// Setting admins away.
    pub const WRITE_ADMINS: &str = "Update admins";
    /// Reading the admins' activity log.
    pub const READ_ACTIVITY: &str = "Read admin activity logs";
    /// Writing data attributes.
    pub const WRITE_ATTRIBUTES: &str = "Write data attributes";
}

#[cfg(test)]
mod tests {
    use tajo_core::action::{checked, fields};

    use super::*;

    #[test]
    fn every_action_is_fit_to_show() {
        for (at, command) in ACTIONS.iter().enumerate() {
            let facts = &command.facts;
            let (noun, verb) = (facts.noun(), facts.verb());
            let is_word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            assert!(is_word(noun) && is_word(verb) && is_word(facts.alias), "{}", facts.name);
            assert!(facts.about().ends_with('.'), "{}: say what it does", facts.name);
            assert!(!facts.needs.is_empty() || noun == "requests", "{}: name the permissions", facts.name);
            for earlier in &ACTIONS[..at] {
                assert!(earlier.facts.name != facts.name && earlier.facts.alias != facts.alias, "{} stands twice", facts.name);
            }
            let known = fields(&facts.input());
            for field in &known {
                assert!(field.doc.ends_with('.'), "{}.{}: say what it is", facts.name, field.name);
                assert!(
                    !["connection", "json", "fields", "region", "config"].contains(&field.name.as_str()),
                    "{}.{}",
                    facts.name,
                    field.name
                );
            }
            for (spelling, field) in facts.also {
                assert!(known.iter().any(|f| f.name == *field) && !known.iter().any(|f| f.name == *spelling), "{}", facts.name);
            }
            if let Some(paged) = facts.paged {
                assert!(known.iter().any(|field| field.name == paged.after), "{}: no {}", facts.name, paged.after);
            }
            let example = serde_json::from_str(facts.example).expect(facts.name);
            checked(facts, example).expect(facts.name);
        }
    }
}
