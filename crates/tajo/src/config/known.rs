//! The names that declarations bring in from outside.

/// The names that a configuration may use and that are declared elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Resources, in the order of the declarations.
    pub resources: &'a [&'a str],
    /// API versions, oldest first.
    pub versions: &'a [&'a str],
    /// The version used where none is pinned.
    pub version: &'a str,
}

impl Known<'static> {
    /// The names of this release.
    pub const DECLARED: Known<'static> = Known {
        resources: &[
            "contacts",
            "companies",
            "conversations",
            "conversation_parts",
            "articles",
            "tags",
            "segments",
            "admins",
            "teams",
            "data_attributes",
            "events",
        ],
        versions: &["2.7", "2.8", "2.9", "2.10", "2.11", "2.12", "2.13", "2.14", "2.15", "2.16", "2.17"],
        version: "2.14",
    };
}
