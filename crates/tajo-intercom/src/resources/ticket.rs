//! Tickets. <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tickets>

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use tajo_core::{Epoch, Grain, Id, Link, Read, Resource, Row, Spec};

use crate::client::Intercom;
use crate::search::updated_between;

/// A request that somebody's contacts made, or that the team follows up by itself.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Ticket {
    /// Intercom's id; unique in the workspace only.
    pub id: Id,
    /// Always `ticket`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// The number shown in the inbox; calls do not take it.
    #[serde(default)]
    pub ticket_id: Option<Id>,
    /// `Customer`, `Back-office` or `Tracker`.
    #[serde(default)]
    pub category: Option<String>,
    /// Values of its form; title and description are `_default_title_` and `_default_description_`.
    #[serde(default)]
    pub ticket_attributes: Option<Row>,
    /// The state it is in.
    #[serde(default, deserialize_with = "state")]
    pub ticket_state: Option<State>,
    /// Id of the state before (2.16 on).
    #[serde(default)]
    pub previous_ticket_state_id: Option<Id>,
    /// The type, as it is now.
    #[serde(default)]
    pub ticket_type: Option<Form>,
    /// Admin it is assigned to; 0 or null where nobody.
    #[serde(default)]
    pub admin_assignee_id: Option<Id>,
    /// Team it is assigned to; 0 or null where none.
    #[serde(default)]
    pub team_assignee_id: Option<Id>,
    /// When it was created.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// When anything in it last changed.
    #[serde(default)]
    pub updated_at: Option<Epoch>,
    /// Whether it is open.
    #[serde(default)]
    pub open: Option<bool>,
    /// Until when it is snoozed.
    #[serde(default)]
    pub snoozed_until: Option<Epoch>,
    /// Conversations and tickets linked to it.
    #[serde(default)]
    pub linked_objects: Option<Value>,
    /// What was said and done: the 500 newest parts under `ticket_parts`, their true number under `total_count`.
    #[serde(default)]
    pub ticket_parts: Option<Value>,
    /// Whether the contact sees it.
    #[serde(default)]
    pub is_shared: Option<bool>,
}

/// A state that the workspace defined for its tickets.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct State {
    /// Always `ticket_state`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Intercom's id of the state.
    #[serde(default)]
    pub id: Option<Id>,
    /// `submitted`, `in_progress`, `waiting_on_customer` or `resolved`.
    #[serde(default)]
    pub category: Option<String>,
    /// What the team sees.
    #[serde(default)]
    pub internal_label: Option<String>,
    /// What the contact sees.
    #[serde(default)]
    pub external_label: Option<String>,
}

/// The type of a ticket: the form it is made of.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Form {
    /// Always `ticket_type`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Intercom's id of the type.
    #[serde(default)]
    pub id: Option<Id>,
    /// Name of the type.
    #[serde(default)]
    pub name: Option<String>,
    /// What the type is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Its emoji.
    #[serde(default)]
    pub icon: Option<String>,
    /// `Customer`, `Back-office` or `Tracker`.
    #[serde(default)]
    pub category: Option<String>,
    /// Workspace it belongs to.
    #[serde(default)]
    pub workspace_id: Option<Id>,
    /// Its fields.
    #[serde(default)]
    pub ticket_type_attributes: Option<Value>,
    /// States that its tickets can have, where they are sent.
    #[serde(default)]
    pub ticket_states: Option<Value>,
    /// Whether the type is out of use.
    #[serde(default)]
    pub archived: Option<bool>,
    /// Whether it is the team's own.
    #[serde(default)]
    pub is_internal: Option<bool>,
    /// When the type was created.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// When the type last changed.
    #[serde(default)]
    pub updated_at: Option<Epoch>,
}

/// An object from 2.12 on; up to 2.11 a word, which is the category.
fn state<'de, D: Deserializer<'de>>(from: D) -> Result<Option<State>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        Value::String(word) => Ok(Some(State { category: Some(word), ..State::default() })),
        object => State::deserialize(object).map(Some).map_err(serde::de::Error::custom),
    }
}

// The search gives the parts along: a table of their own would cost a call for each ticket, and hold them twice.
impl Resource for Ticket {
    type On = Intercom;
    const SPEC: Spec = Spec::of::<Self>(
        "tickets",
        Read::Search {
            path: "/tickets/search",
            items: "tickets",
            grain: |_| Grain::Second,
            page_max: 150,
            body: updated_between,
        },
    )
    .since((2, 10))
    .newest("updated_at")
    .links(&[Link {
        table: "ticket_contacts",
        at: "contacts",
        items: "contacts",
        columns: ["ticket_id", "contact_id"],
        rest: None,
    }])
    .permission("Read tickets")
    .caveat(
        "From API version 2.10 on. Deleted tickets stay in the table. Tags are not in the API's answers. Of the parts Intercom \
         gives the 500 newest, with their true number beside them. Up to 2.11 the state is a word, kept in `_extra`.",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_read_as_each_version_sends_it() {
        for (sent, category) in [
            (r#"{"id": "7", "ticket_state": "resolved"}"#, Some("resolved")),
            (r#"{"id": "7", "ticket_state": {"id": 3, "category": "in_progress"}}"#, Some("in_progress")),
            (r#"{"id": "7", "ticket_state": null}"#, None),
            (r#"{"id": "7"}"#, None),
        ] {
            let ticket: Ticket = serde_json::from_str(sent).unwrap();
            assert_eq!(ticket.ticket_state.and_then(|state| state.category).as_deref(), category, "{sent}");
        }
        assert!(serde_json::from_str::<Ticket>(r#"{"id": "7", "ticket_state": 3}"#).is_err());
    }
}
