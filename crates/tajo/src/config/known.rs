//! The names that declarations bring in from outside.

use std::sync::LazyLock;

use tajo_intercom::resources::RESOURCES;
use tajo_intercom::version::Version;

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

/// A lane to Brevo rather than a table, named beside the tables by the documentation.
pub const EVENTS: &str = "events";

static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| RESOURCES.iter().map(|spec| spec.name).chain([EVENTS]).collect());
static VERSION_TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| Version::all().map(|version| version.to_string()).collect());
static VERSIONS: LazyLock<Vec<&'static str>> = LazyLock::new(|| VERSION_TEXTS.iter().map(String::as_str).collect());
static DEFAULT: LazyLock<String> = LazyLock::new(|| Version::DEFAULT.to_string());

impl Known<'static> {
    /// The names that this program declares.
    pub fn declared() -> Known<'static> {
        Known { resources: &NAMES, versions: &VERSIONS, version: &DEFAULT }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_names_are_declared() {
        let known = Known::declared();
        for name in [
            "contacts",
            "companies",
            "conversations",
            "tickets",
            "articles",
            "tags",
            "segments",
            "admins",
            "teams",
            "data_attributes",
            "events",
        ] {
            assert!(known.resources.contains(&name), "{name}");
        }
        assert_eq!((known.versions.first(), known.versions.last(), known.version), (Some(&"2.7"), Some(&"2.17"), "2.14"));
    }
}
