//! Ticket types and states: fixed ones, as a workspace has when nobody touches its settings.

use serde_json::Value;

/// For whom a ticket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Category {
    Customer,
    BackOffice,
    Tracker,
}

impl Category {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Category::Customer => "Customer",
            Category::BackOffice => "Back-office",
            Category::Tracker => "Tracker",
        }
    }

    /// Its name in searches. Source: spec, tickets/search, "Searching by Category".
    pub(crate) fn searched(self) -> &'static str {
        match self {
            Category::Customer => "request",
            Category::BackOffice => "task",
            Category::Tracker => "tracker",
        }
    }
}

/// A ticket type; its id is made of its place.
#[derive(Debug)]
pub(crate) struct TicketType {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) category: Category,
    pub(crate) archived: bool,
    own: &'static [TicketAttribute],
}

/// What a ticket of a type is asked for.
#[derive(Debug)]
pub(crate) struct TicketAttribute {
    pub(crate) name: &'static str,
    pub(crate) data_type: &'static str,
    pub(crate) options: &'static [&'static str],
    pub(crate) required: bool,
    pub(crate) multiline: bool,
    /// One of the two that every type has.
    pub(crate) default: bool,
}

const fn own(name: &'static str, data_type: &'static str, options: &'static [&'static str], required: bool) -> TicketAttribute {
    TicketAttribute { name, data_type, options, required, multiline: false, default: false }
}

pub(crate) const TITLE: &str = "_default_title_";
pub(crate) const DESCRIPTION: &str = "_default_description_";

static DEFAULTS: [TicketAttribute; 2] = [
    TicketAttribute { name: TITLE, data_type: "string", options: &[], required: false, multiline: false, default: true },
    TicketAttribute { name: DESCRIPTION, data_type: "string", options: &[], required: false, multiline: true, default: true },
];

static TYPES: [TicketType; 4] = [
    TicketType {
        name: "Bug report",
        description: "Something does not work as it should",
        icon: "🐞",
        category: Category::Customer,
        archived: false,
        own: &[
            own("Severity", "list", &["Low", "Medium", "High"], false),
            own("Reproducible", "boolean", &[], false),
            own("Orders affected", "integer", &[], false),
        ],
    },
    TicketType {
        name: "Refund check",
        description: "Finance looks at a refund",
        icon: "💶",
        category: Category::BackOffice,
        archived: false,
        own: &[own("Amount", "decimal", &[], true), own("Decide until", "datetime", &[], false)],
    },
    TicketType {
        name: "Outage",
        description: "One cause behind many conversations",
        icon: "🚨",
        category: Category::Tracker,
        archived: false,
        own: &[own("Affected area", "list", &["Website", "API"], false)],
    },
    TicketType {
        name: "Old request",
        description: "No longer used",
        icon: "🎟️",
        category: Category::Customer,
        archived: true,
        own: &[],
    },
];

/// All types with their serials.
pub(crate) fn types() -> impl Iterator<Item = (u32, &'static TicketType)> {
    (0u32..).zip(&TYPES)
}

pub(crate) fn ticket_type(serial: u32) -> Option<&'static TicketType> {
    TYPES.get(serial as usize)
}

impl TicketType {
    /// Its attributes with their places, the two that all have first.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (u32, &'static TicketAttribute)> {
        (0u32..).zip(DEFAULTS.iter().chain(self.own))
    }
}

/// The id of an attribute.
pub(crate) fn attribute_id(kind: u32, place: u32) -> u32 {
    61_000 + kind * 100 + place
}

/// The id of an option of a list attribute, which is what a ticket stores.
pub(crate) fn option_id(kind: u32, place: u32, option: usize) -> String {
    format!("de1825a0-{kind:04x}-4{place:03x}-8ca6-{option:012x}")
}

impl TicketAttribute {
    /// Whether a value fits; `null` always does. A list takes the id of an option.
    /// Source: spec, `ticket_request_custom_attributes`.
    pub(crate) fn takes(&self, kind: u32, place: u32, value: &Value) -> bool {
        match (self.data_type, value) {
            (_, Value::Null) => true,
            ("list", Value::String(id)) => (0..self.options.len()).any(|option| option_id(kind, place, option) == *id),
            ("string", Value::String(_)) | ("decimal", Value::Number(_)) | ("boolean", Value::Bool(_)) => true,
            ("integer" | "datetime", Value::Number(number)) => number.is_i64() || number.is_u64(),
            _ => false,
        }
    }
}

/// A state; the type restricts it where it is named.
#[derive(Debug)]
pub(crate) struct TicketState {
    pub(crate) category: &'static str,
    pub(crate) internal_label: &'static str,
    pub(crate) external_label: &'static str,
    only: Option<u32>,
}

const fn state(
    category: &'static str,
    internal_label: &'static str,
    external_label: &'static str,
    only: Option<u32>,
) -> TicketState {
    TicketState { category, internal_label, external_label, only }
}

static STATES: [TicketState; 5] = [
    state("submitted", "Submitted", "Submitted", None),
    state("in_progress", "In progress", "In progress", None),
    state("waiting_on_customer", "Waiting on customer", "Waiting on you", None),
    state("resolved", "Resolved", "Resolved", None),
    state("in_progress", "With finance", "In review", Some(1)),
];

/// All states with their serials; the first is that of a new ticket.
pub(crate) fn states() -> impl Iterator<Item = (u32, &'static TicketState)> {
    (0u32..).zip(&STATES)
}

pub(crate) fn ticket_state(serial: u32) -> Option<&'static TicketState> {
    STATES.get(serial as usize)
}

impl TicketState {
    /// Whether tickets of a type can be in it.
    pub(crate) fn belongs_to(&self, kind: u32) -> bool {
        self.only.is_none_or(|only| only == kind)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_takes_the_id_of_an_option_and_nothing_else() {
        let (place, severity) = types().next().unwrap().1.attributes().nth(2).unwrap();
        assert_eq!(severity.name, "Severity");
        assert!(severity.takes(0, place, &json!(option_id(0, place, 1))) && severity.takes(0, place, &json!(null)));
        assert!(!severity.takes(0, place, &json!("Medium")) && !severity.takes(0, place, &json!(option_id(0, place, 3))));
    }
}
