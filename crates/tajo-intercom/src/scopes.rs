//! Permissions: as the Developer Hub calls them, as Intercom's errors and descriptions call them, and as others call them.
//!
//! Permissions are ticked on the app in Developer Hub, never asked for in a URL.
//! <https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/oauth-scopes>

/// One permission of an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// The label to tick in the Developer Hub.
    pub label: &'static str,
    /// Intercom's own code, where an error message or a description of the API shows one.
    pub code: Option<&'static str>,
    /// The name that other connectors have for it, which is none of Intercom's.
    pub alias: Option<&'static str>,
}

const fn scope(label: &'static str, code: Option<&'static str>, alias: Option<&'static str>) -> Scope {
    Scope { label, code, alias }
}

/// Every permission that an action can need, in the order of the Developer Hub's page.
pub static SCOPES: &[Scope] = &[
    scope("Read and list users and companies", Some("read_users_companies"), Some("read_contacts")),
    scope("Read and write users", Some("read_write_users"), Some("write_contacts")),
    scope("Write users and companies", None, Some("write_contacts")),
    scope("Read tags", None, None),
    scope("Write tags", None, None),
    scope("Read conversations", Some("read_conversations"), Some("read_conversations")),
    scope("Write conversations", Some("write_conversations"), Some("write_conversations")),
    scope("Read events", None, None),
    scope("Write events", None, None),
    scope("Write data attributes", None, None),
    scope("Export content data", None, None),
    scope("Read content data", Some("read_content"), None),
    scope("Read tickets", Some("read_tickets"), None),
    scope("Write tickets", Some("write_tickets"), None),
    scope("Read admins", None, Some("read_admins")),
    scope("Read one admin", None, None),
    scope("Update admins", None, None),
    scope("Read admin activity logs", None, None),
    scope("Read articles", Some("read_articles_scope"), Some("read_articles")),
    scope("Read and write articles", Some("read_write_articles_scope"), Some("write_articles")),
];

/// The permission of that label or code, in any case.
pub fn find(name: &str) -> Option<&'static Scope> {
    let is = |text: &str| text.eq_ignore_ascii_case(name.trim());
    SCOPES.iter().find(|scope| is(scope.label) || scope.code.is_some_and(is))
}

/// The permissions that a name of other connectors, such as `write_contacts`, stands for.
pub fn of_alias(alias: &str) -> impl Iterator<Item = &'static Scope> + '_ {
    SCOPES.iter().filter(move |scope| scope.alias.is_some_and(|name| name.eq_ignore_ascii_case(alias.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_leads_to_its_permissions_and_none_stands_twice() {
        for (at, scope) in SCOPES.iter().enumerate() {
            assert_eq!(find(scope.label), Some(scope));
            assert!(scope.code.is_none_or(|code| find(code) == Some(scope)), "{}", scope.label);
            assert!(SCOPES[..at].iter().all(|earlier| earlier.label != scope.label), "{} stands twice", scope.label);
        }
        for (alias, labels) in [
            ("read_contacts", vec!["Read and list users and companies"]),
            ("write_contacts", vec!["Read and write users", "Write users and companies"]),
            ("read_conversations", vec!["Read conversations"]),
            ("write_conversations", vec!["Write conversations"]),
            ("read_articles", vec!["Read articles"]),
            ("write_articles", vec!["Read and write articles"]),
            ("READ_ADMINS", vec!["Read admins"]),
            ("read_everything", vec![]),
        ] {
            assert_eq!(of_alias(alias).map(|scope| scope.label).collect::<Vec<_>>(), labels, "{alias}");
        }
        assert_eq!(find("nothing"), None);
    }
}
