//! Tickets, their types and states: the documented shapes, and how each is named.
//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tickets>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tajo_core::action::refused;
use tajo_core::{Epoch, Id, Result, Row};

use crate::client::Intercom;
pub use crate::resources::Ticket;
use crate::told::rows;

/// The key of a ticket's title among its attributes.
pub(super) const TITLE: &str = "_default_title_";
/// The key of its description.
pub(super) const DESCRIPTION: &str = "_default_description_";

/// A form that tickets are made of.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TicketType {
    /// Intercom's id.
    pub id: Id,
    /// Always `ticket_type`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Name.
    #[serde(default)]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// `Customer`, `Back-office` or `Tracker`.
    #[serde(default)]
    pub category: Option<String>,
    /// An emoji.
    #[serde(default)]
    pub icon: Option<String>,
    /// Workspace it belongs to.
    #[serde(default)]
    pub workspace_id: Option<Id>,
    /// Its fields, under `data`: `name`, `data_type`, and whether they are required.
    #[serde(default)]
    pub ticket_type_attributes: Option<Row>,
    /// States its tickets can have, under `data`.
    #[serde(default)]
    pub ticket_states: Option<Row>,
    /// Whether it is out of use.
    #[serde(default)]
    pub archived: Option<bool>,
    /// When it was created.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: Option<Epoch>,
}

/// A state that the workspace defined for its tickets.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TicketState {
    /// Intercom's id.
    pub id: Id,
    /// Always `ticket_state`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// `submitted`, `in_progress`, `waiting_on_customer` or `resolved`.
    #[serde(default)]
    pub category: Option<String>,
    /// What the team sees.
    #[serde(default)]
    pub internal_label: Option<String>,
    /// What the contact sees.
    #[serde(default)]
    pub external_label: Option<String>,
    /// Whether it is out of use.
    #[serde(default)]
    pub archived: Option<bool>,
    /// Types of tickets that can have it, under `data`.
    #[serde(default)]
    pub ticket_types: Option<Row>,
}

/// Something said or done in a ticket.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TicketPart {
    /// Intercom's id.
    pub id: Id,
    /// Always `ticket_part`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// `comment`, `note`, `quick_reply`, or what was done.
    #[serde(default)]
    pub part_type: Option<String>,
    /// Text as HTML.
    #[serde(default)]
    pub body: Option<String>,
    /// When it was created.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: Option<Epoch>,
    /// Who wrote it.
    #[serde(default)]
    pub author: Option<Row>,
    /// Files.
    #[serde(default)]
    pub attachments: Option<Value>,
    /// Whether it was redacted.
    #[serde(default)]
    pub redacted: Option<bool>,
}

impl Intercom {
    /// All ticket types. The published description of 2.11 calls the list `ticket_types`, its example `data`.
    pub(super) async fn ticket_types(&self) -> Result<Vec<Row>> {
        let mut list = self.read_object("/ticket_types".to_owned()).await?;
        let key = if list.contains_key("data") { "data" } else { "ticket_types" };
        rows(&mut list, key)
    }

    /// The type of that id, or of that name in any case; else refused with the list.
    pub(super) async fn ticket_type(&self, named: &str) -> Result<Row> {
        let types = self.ticket_types().await?;
        let found = by_text(&types, "id", named).or_else(|| by_text(&types, "name", named));
        found.cloned().ok_or_else(|| {
            let known = types.iter().map(|row| format!("{} ({})", text(row, "name"), text(row, "id")));
            refused("ticket_type_id", format!("must be one of the workspace's ticket types: {}", listed(known)))
        })
    }
}

/// The first row whose field says this, letter case aside; one out of use only where no other does.
pub(super) fn by_text<'a>(all: &'a [Row], field: &str, wanted: &str) -> Option<&'a Row> {
    let says = |row: &&Row| !wanted.is_empty() && text(row, field).to_lowercase() == wanted.trim().to_lowercase();
    let is_archived = |row: &Row| row.get("archived") == Some(&Value::Bool(true));
    all.iter().filter(says).min_by_key(|row| is_archived(row))
}

/// A field as text, numbers too.
pub(super) fn text(row: &Row, field: &str) -> String {
    match row.get(field) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

pub(super) fn listed(known: impl Iterator<Item = String>) -> String {
    let known: Vec<String> = known.filter(|text| !text.is_empty()).collect();
    if known.is_empty() { "there is none".to_owned() } else { known.join(", ") }
}

/// The objects under `key.data`.
pub(super) fn data_of<'a>(row: &'a Row, key: &str) -> impl Iterator<Item = &'a Row> {
    let data = row.get(key).and_then(|list| list.get("data")).and_then(Value::as_array);
    data.into_iter().flatten().filter_map(Value::as_object)
}

/// The attributes to send: what was given, title and description among it, each a field of the type's form. The label of
/// an item of a list is replaced by the item's id, which is what Intercom takes.
pub(super) fn attributes(
    ticket_type: &Row,
    given: Option<Map<String, Value>>,
    title: Option<String>,
    description: Option<String>,
) -> Result<Map<String, Value>> {
    let mut out = given.unwrap_or_default();
    for (field, key, value) in [("title", TITLE, title), ("description", DESCRIPTION, description)] {
        if let Some(value) = value
            && out.insert(key.to_owned(), value.into()).is_some()
        {
            return Err(refused(field, format!("must not stand beside `{key}` in `ticket_attributes`")));
        }
    }
    let form: Vec<&Row> = data_of(ticket_type, "ticket_type_attributes").collect();
    for (key, value) in &mut out {
        let Some(field) = form.iter().find(|field| text(field, "name") == *key) else {
            let known = listed(form.iter().map(|field| text(field, "name")));
            let rule = format!("must be fields of the ticket type {}, and `{key}` is not: {known}", text(ticket_type, "name"));
            return Err(refused("ticket_attributes", rule));
        };
        if let Some(id) = value.as_str().and_then(|label| item(field, label)) {
            *value = id.into();
        }
    }
    Ok(out)
}

/// Whether a ticket shows this value of an attribute, which it was sent: a list shows the label of the item.
pub(super) fn shows(ticket_type: &Row, ticket: &Row, key: &str, sent: &Value) -> bool {
    let shown = ticket.get("ticket_attributes").and_then(|all| all.get(key)).unwrap_or(&Value::Null);
    let mut form = data_of(ticket_type, "ticket_type_attributes").filter(|field| text(field, "name") == key);
    let mut is_item = || Some(item(form.next()?, shown.as_str()?)? == sent.as_str()?);
    shown == sent || is_item() == Some(true)
}

/// The id of the item with that label, of an attribute that is a list.
fn item(attribute: &Row, label: &str) -> Option<String> {
    let options = attribute.get("input_options")?;
    let items = ["list_options", "list_items"].iter().find_map(|key| options.get(*key)?.as_array())?;
    let items: Vec<Row> = items.iter().filter_map(Value::as_object).cloned().collect();
    let found = by_text(&items, "label", label).or_else(|| by_text(&items, "name", label))?;
    Some(text(found, "id")).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(value: Value) -> Row {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn attributes_are_fields_of_the_type_and_items_of_lists_go_by_id() {
        let kind = row(json!({"name": "Bug", "ticket_type_attributes": {"type": "list", "data": [
            {"name": TITLE, "data_type": "string"}, {"name": DESCRIPTION, "data_type": "string"},
            {"name": "Severity", "data_type": "list", "input_options": {"list_options": [{"id": "u1", "label": "High"}]}},
        ]}}));
        let made = attributes(&kind, Some(row(json!({"Severity": "high"}))), Some("A".into()), None).unwrap();
        assert_eq!(Value::Object(made), json!({"Severity": "u1", TITLE: "A"}));
        let made = attributes(&kind, Some(row(json!({"Severity": "u1", DESCRIPTION: null}))), None, None).unwrap();
        assert_eq!(Value::Object(made), json!({"Severity": "u1", DESCRIPTION: null}));
        let unknown = attributes(&kind, Some(row(json!({"severity": "High"}))), None, None).unwrap_err();
        assert!(unknown.what().contains("`severity` is not: _default_title_, _default_description_, Severity"), "{unknown}");
        let twice = attributes(&kind, Some(row(json!({TITLE: "A"}))), Some("B".into()), None).unwrap_err();
        assert_eq!(twice.noted("field"), Some("title"));
    }

    #[test]
    fn what_is_out_of_use_is_named_last() {
        let all = [row(json!({"id": "1", "name": "Bug", "archived": true})), row(json!({"id": 2, "name": "bug"}))];
        assert_eq!(by_text(&all, "name", " BUG").map(|row| text(row, "id")), Some("2".to_owned()));
        assert_eq!(by_text(&all, "id", "1").map(|row| text(row, "name")), Some("Bug".to_owned()));
        assert!(by_text(&all, "name", "").is_none() && by_text(&[], "name", "x").is_none());
        assert_eq!(listed(all.iter().map(|row| text(row, "gone"))), "there is none");
    }
}
