//! What a link remembers beside its two bases.

use serde::{Deserialize, Serialize};
use tajo_engine::pair::Base;
use tajo_state::{Link, LinkState};

use super::mapping::Mapping;

/// Notes on a link, kept as JSON in its `detail`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    /// Why it is not live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `updated_at` that Intercom answered to our last write: an older row of the mirror does not know of it yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_at: Option<i64>,
    /// `updated_at` of the mirror's row when that write was planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_was: Option<i64>,
    /// Up to when the contact's events were sent, unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_at: Option<i64>,
    /// Which change of the Brevo contact its engagement was last read after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engaged_at: Option<String>,
    /// Whether the contact in Brevo had opted out when it was deleted there: nothing else remembers that.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub opted_out: bool,
}

impl Notes {
    /// The notes of a link.
    pub fn of(link: &Link) -> Notes {
        link.detail.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
    /// What a tombstone keeps.
    pub fn of_the_dead(self) -> Notes {
        Notes { opted_out: self.opted_out, ..Notes::default() }
    }
    /// As text for the link; none where there is nothing to note.
    pub fn text(&self) -> Option<String> {
        (*self != Notes::default()).then(|| serde_json::to_string(self).unwrap_or_default())
    }
}

/// The bases of a link under the rules in force.
pub fn base(link: Option<&Link>, mapping: &Mapping) -> Base {
    let stored = link.and_then(|link| Base::decode(&link.base, mapping.keys()));
    stored.unwrap_or_else(|| Base::unseen(mapping.rules.len()))
}

/// A live link with these bases.
pub fn live(intercom_id: &str, brevo_id: Option<i64>, base: &Base, mapping: &Mapping, notes: &Notes, dirty: bool) -> Link {
    Link {
        intercom_id: intercom_id.to_string(),
        brevo_id,
        state: if brevo_id.is_some() { LinkState::Live } else { LinkState::Pending },
        detail: notes.text(),
        base: base.encode(mapping.rules.iter().map(|rule| rule.key.as_str())),
        dirty,
        waits_for: None,
    }
}
