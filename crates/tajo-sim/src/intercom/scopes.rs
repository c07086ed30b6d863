//! Which scope a route needs, for tokens that lack one.
//!
//! Source: spec 2.16, texts of the 403 answers, for the codes that it names; the others are made of
//! the permissions' labels in docs, "OAuth scopes".

use super::writes::is_write;

/// (family of paths, scope to read, scope to write); the first that fits counts.
const FAMILIES: [(&str, &str, &str); 24] = [
    ("/contacts", "read_users_companies", "read_write_users"),
    ("/companies", "read_users_companies", "write_users_companies"),
    ("/segments", "read_users_companies", "read_users_companies"),
    ("/subscription_types", "read_users_companies", "read_write_users"),
    ("/notes", "read_users_companies", "read_write_users"),
    ("/visitors", "read_users_companies", "read_write_users"),
    ("/data_attributes", "read_users_companies", "write_data_attributes"),
    ("/tags", "read_tags", "write_tags"),
    ("/conversations", "read_conversations", "write_conversations"),
    ("/messages", "write_conversations", "write_conversations"),
    ("/ticket_types", "read_tickets", "write_tickets"),
    ("/ticket_states", "read_tickets", "write_tickets"),
    ("/tickets", "read_tickets", "write_tickets"),
    ("/articles", "read_articles_scope", "read_write_articles_scope"),
    ("/help_center", "read_articles_scope", "read_write_articles_scope"),
    ("/admins/activity_logs", "read_admin_activity_logs", "read_admin_activity_logs"),
    ("/admins", "read_admins", "update_admins"),
    ("/teams", "read_admins", "update_admins"),
    ("/events", "read_events", "write_events"),
    ("/counts", "read_counts", "read_counts"),
    ("/export/content", "export_content_data", "export_content_data"),
    ("/export/cancel", "export_content_data", "export_content_data"),
    ("/download/content", "export_content_data", "export_content_data"),
    ("/me", "read_one_admin", "read_one_admin"),
];

/// The scope that a request needs; empty where none is known.
pub(super) fn needed(method: &str, path: &str) -> &'static str {
    if method == "DELETE" && path.starts_with("/conversations/") && path.trim_matches('/').split('/').count() == 2 {
        return "delete_conversations_and_metrics";
    }
    let within = |family: &str| path.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let found = FAMILIES.iter().find(|(family, ..)| within(family));
    found.map_or("", |(_, read, write)| if is_write(method, path) { write } else { read })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_and_writing_need_different_scopes() {
        assert_eq!(needed("POST", "/conversations/search"), "read_conversations");
        assert_eq!(needed("POST", "/conversations/1/reply"), "write_conversations");
        assert_eq!(needed("DELETE", "/conversations/1"), "delete_conversations_and_metrics");
        assert_eq!(needed("DELETE", "/conversations/1/tags/2"), "write_conversations");
        assert_eq!(needed("GET", "/admins/activity_logs"), "read_admin_activity_logs");
        assert_eq!(needed("GET", "/ticket_types"), "read_tickets");
        assert_eq!(needed("GET", "/nothing"), "");
    }
}
