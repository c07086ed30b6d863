//! API versions, and what each can do: one row per version, printed by `tajo connectors describe intercom`.
//!
//! Sources: <https://developers.intercom.com/docs/build-an-integration/learn-more/rest-apis/update-your-api-version>, the
//! changelog of each version, and the published descriptions of 2.7 to 2.16.

use std::fmt;
use std::str::FromStr;

use tajo_core::{Error, Grain, Release, codes};

/// The header that selects the version; without it the app's own setting decides.
pub const HEADER: &str = "intercom-version";

const OLDEST: u16 = 7;
const NEWEST: u16 = 17;

/// A version of the API from 2.7 to 2.17, in order of age. `Preview` changes without notice and cannot be selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u16);

impl Version {
    /// The version used where none is configured.
    pub const DEFAULT: Version = Version(14);

    /// Every version that can be selected, oldest first.
    pub fn all() -> impl DoubleEndedIterator<Item = Version> + ExactSizeIterator {
        CAPABILITIES.iter().map(|row| row.version)
    }

    /// What this version can do.
    pub fn capabilities(self) -> &'static Capabilities {
        &CAPABILITIES[usize::from(self.0 - OLDEST)]
    }

    /// Major and minor number.
    pub const fn release(self) -> Release {
        (2, self.0)
    }
}

impl Default for Version {
    fn default() -> Version {
        Version::DEFAULT
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "2.{}", self.0)
    }
}

/// Reads exactly `2.7` to `2.17`; anything else is [`codes::CFG_VERSION`] with the list and, where it can be guessed, what
/// was meant.
impl FromStr for Version {
    type Err = Error;

    fn from_str(text: &str) -> Result<Version, Error> {
        let text = text.trim();
        if let Some(version) = Version::all().find(|version| version.to_string() == text) {
            return Ok(version);
        }
        let shown: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).take(20).collect();
        let error = Error::new(
            &codes::CFG_VERSION,
            format!("There is no Intercom API version {shown:?}; known are 2.{OLDEST} to 2.{NEWEST}"),
        );
        Err(match hint(text) {
            Some(hint) => error.help(hint),
            None => error,
        })
    }
}

/// What was probably meant.
fn hint(text: &str) -> Option<String> {
    let bare = text.trim_start_matches(['v', 'V']);
    match bare.to_ascii_lowercase().as_str() {
        "preview" | "unstable" => {
            return Some(format!(
                "Preview changes without notice and cannot be selected; use 2.{NEWEST} or {}.",
                Version::DEFAULT
            ));
        }
        // YAML reads an unquoted 2.10 as the number 2.1.
        "2.1" => return Some("If you meant 2.10, write it in quotes: \"2.10\".".to_owned()),
        _ => {}
    }
    let mut parts = bare.split(['.', ',', '_', '-']);
    let (major, minor) = (parts.next()?.parse::<u16>().ok()?, parts.next()?.parse::<u16>().ok()?);
    match (major, minor) {
        (2, OLDEST..=NEWEST) => Some(format!("Did you mean \"2.{minor}\"?")),
        (2, 18..) | (3.., _) => Some(format!("The newest version that Tajo knows is 2.{NEWEST}.")),
        _ => Some(format!("The oldest version that Tajo supports is 2.{OLDEST}.")),
    }
}

/// What a version can do, as far as Tajo depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// The version.
    pub version: Version,
    /// Whether the vendor has published a machine-readable description; without one we know it from its changelog only.
    pub published: bool,
    /// What to tell whoever selects it.
    pub warning: Option<&'static str>,
    /// How finely contact search compares dates: whole days of the workspace's timezone, or seconds.
    pub contact_search: Grain,
    /// Tickets exist.
    pub tickets: bool,
    /// `ticket_state` is an object of a state the workspace defined, not one of five words.
    pub ticket_custom_states: bool,
    /// What `ai_agent.resolution_state` can say.
    pub ai_agent: &'static [&'static str],
    /// Where the attributes of conversations are listed.
    pub conversation_data_attributes: &'static str,
    /// Nobody assigned is `0`, not `null`.
    pub unassigned_is_zero: bool,
    /// A contact's `owner_id` is text, not a number.
    pub owner_id_is_text: bool,
    /// A merged contact answers 410 and names its survivor, not 404.
    pub merged_is_410: bool,
    /// `GET /conversations/deleted` exists.
    pub deleted_conversations_feed: bool,
    /// Articles have `parent_ids`, not `parent_id` and `parent_type`.
    pub article_parent_ids: bool,
}

impl Capabilities {
    /// Name and value of each capability in words, in the order of the reference page.
    pub fn told(&self) -> [(&'static str, String); 11] {
        let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
        let grain = match self.contact_search {
            Grain::Day => "whole days of the workspace's timezone",
            Grain::Second => "exact seconds",
        };
        [
            ("published description", yes(self.published)),
            ("contact search by date", grain.to_owned()),
            ("tickets", yes(self.tickets)),
            ("custom ticket states", yes(self.ticket_custom_states)),
            ("AI agent resolution states", self.ai_agent.join(", ")),
            ("conversation attributes", self.conversation_data_attributes.to_owned()),
            ("unassigned is 0", yes(self.unassigned_is_zero)),
            ("owner_id is text", yes(self.owner_id_is_text)),
            ("merged contacts answer 410", yes(self.merged_is_410)),
            ("feed of deleted conversations", yes(self.deleted_conversations_feed)),
            ("article parent_ids", yes(self.article_parent_ids)),
        ]
    }
}

/// One row per version, oldest first.
pub static CAPABILITIES: [Capabilities; (NEWEST - OLDEST + 1) as usize] =
    [row(7), row(8), row(9), row(10), row(11), row(12), row(13), row(14), row(15), row(16), row(17)];

/// The changelogs, as thresholds.
const fn row(minor: u16) -> Capabilities {
    Capabilities {
        version: Version(minor),
        published: minor <= 16,
        warning: match minor {
            ..=10 => Some("old: some resources are missing or of another shape; 2.11 or newer is recommended"),
            17.. => Some("no published description: what it changed is known from its changelog only"),
            _ => None,
        },
        // https://developers.intercom.com/docs/references/2.17/changelog
        contact_search: if minor >= 17 { Grain::Second } else { Grain::Day },
        tickets: minor >= 9,
        ticket_custom_states: minor >= 12,
        ai_agent: if minor >= 15 {
            &["assumed_resolution", "confirmed_resolution", "escalated", "negative_feedback", "procedure_handoff"]
        } else {
            &["assumed_resolution", "confirmed_resolution", "routed_to_team", "abandoned"]
        },
        conversation_data_attributes: if minor >= 16 {
            "/conversations/attributes"
        } else {
            "/data_attributes?model=conversation"
        },
        unassigned_is_zero: minor >= 16,
        owner_id_is_text: minor >= 16,
        merged_is_410: minor >= 16,
        deleted_conversations_feed: minor >= 16,
        article_parent_ids: minor >= 16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_version_is_read_and_has_its_row() {
        let mut before = None;
        for minor in OLDEST..=NEWEST {
            let version: Version = format!("2.{minor}").parse().unwrap();
            assert_eq!((version.capabilities().version, version.release()), (version, (2, minor)));
            assert!(before.replace(version) < Some(version));
        }
        assert_eq!(Version::default().to_string(), "2.14");
        assert!("2.9".parse::<Version>().unwrap() < "2.11".parse::<Version>().unwrap());
    }

    #[test]
    fn an_unknown_version_is_refused_with_a_hint() {
        for (text, hint) in [
            ("2.1", "\"2.10\""),
            ("v2.14", "\"2.14\""),
            ("2.14.0", "\"2.14\""),
            ("2,11", "\"2.11\""),
            ("2.18", "2.17"),
            ("3.0", "2.17"),
            ("2.6", "2.7"),
            ("1.4", "2.7"),
            ("Preview", "cannot be selected"),
            ("unstable", "cannot be selected"),
            ("2.011", "2.11"),
            ("latest", "2.7 to 2.17"),
            ("", "2.7 to 2.17"),
        ] {
            let error = text.parse::<Version>().unwrap_err();
            assert_eq!(error.code(), &codes::CFG_VERSION, "{text}");
            assert!(error.what().contains("2.7 to 2.17") && error.remedy().contains(hint), "{text}: {error:?}");
        }
    }

    #[test]
    fn the_breaking_changes_stand_where_the_changelogs_put_them() {
        let at = |minor: u16| Version(minor).capabilities();
        assert_eq!((at(16).contact_search, at(17).contact_search), (Grain::Day, Grain::Second));
        assert!(!at(15).owner_id_is_text && at(16).owner_id_is_text);
        assert!(!at(15).unassigned_is_zero && at(16).unassigned_is_zero && at(16).merged_is_410);
        assert!(at(14).ai_agent.contains(&"abandoned") && !at(15).ai_agent.contains(&"abandoned"));
        assert!(!at(11).ticket_custom_states && at(12).ticket_custom_states && !at(8).tickets);
        assert_eq!(at(15).conversation_data_attributes, "/data_attributes?model=conversation");
        assert!(at(10).warning.is_some() && at(11).warning.is_none() && at(17).warning.is_some());
        assert!(at(16).published && !at(17).published);
    }
}
