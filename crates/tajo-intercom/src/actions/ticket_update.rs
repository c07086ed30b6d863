//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tickets/updateticket>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result, Row};

use super::paths::{given, path};
use super::ticket::{Ticket, attributes, by_text, data_of, listed, text};
use super::{Moment, Record, Whole, needs};
use crate::client::Intercom;
use crate::told::rows;

/// Since this version states are the workspace's own, with ids.
const CUSTOM_STATES: tajo_core::Release = (2, 12);
/// Since this version the assignee stands at the top of the body.
const FLAT_ASSIGNEE: tajo_core::Release = (2, 14);
/// The states there were before.
const STATES: [&str; 3] = ["in_progress", "waiting_on_customer", "resolved"];

/// Update a ticket: its attributes, state, assignee, or whether it is open; nothing that is not given.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Update {
    /// Intercom's id of the ticket, not its number in the inbox.
    pub ticket_id: String,
    /// Fields of the ticket type, name and new value.
    pub ticket_attributes: Option<Map<String, Value>>,
    /// The new title.
    pub title: Option<String>,
    /// The new description.
    pub description: Option<String>,
    /// The new state: its id, its label, or its category such as `in_progress`.
    pub state: Option<String>,
    /// Whether it is open; closing ends a snooze.
    pub open: Option<bool>,
    /// Whether the contact sees it.
    pub is_shared: Option<bool>,
    /// When it opens again.
    pub snoozed_until: Option<Moment>,
    /// The admin who does this, for workflows and the record.
    pub admin_id: Option<Whole>,
    /// The admin or team it is assigned to; 0 for nobody.
    pub assignee_id: Option<String>,
    /// The company, from API 2.14 on: Intercom's id or your own; empty for none.
    pub company_id: Option<String>,
    /// Whether nobody is notified, from API 2.13 on.
    pub skip_notifications: Option<bool>,
}

impl Action for Update {
    const NAME: &'static str = "tickets.update";
    const ALIAS: &'static str = "update_ticket";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::READ_TICKETS, needs::WRITE_TICKETS];
    const EXAMPLE: &'static str = r#"{"ticket_id": "1295", "state": "in_progress", "admin_id": "991267460"}"#;
    const ALSO: &'static [(&'static str, &'static str)] =
        &[("id", "ticket_id"), ("ticket_state_id", "state"), ("attributes", "ticket_attributes")];
    type On = Intercom;
    type Out = Record<Ticket>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Ticket>> {
        let path = path(&["tickets", &self.ticket_id])?;
        let fields = self.fields(call.on, &path).await?;
        if fields.is_empty() {
            return Err(refused("ticket_id", "must come with something to change"));
        }
        Ok(call.on.put_object(path, &fields).await?.into())
    }
}

impl Update {
    async fn fields(mut self, on: &Intercom, path: &str) -> Result<Map<String, Value>> {
        let release = on.version().release();
        let admin = self.admin_id;
        let has_attributes = self.ticket_attributes.is_some() || self.title.is_some() || self.description.is_some();
        let is_custom = release >= CUSTOM_STATES;
        // Names of attributes and states are those of the ticket's type.
        let kind = match has_attributes || (is_custom && self.state.is_some()) {
            true => kind_of(&on.read_object(path.to_owned()).await?),
            false => Row::new(),
        };
        let mut fields = Map::new();
        if has_attributes {
            let made = attributes(&kind, self.ticket_attributes.take(), self.title.take(), self.description.take())?;
            fields.insert("ticket_attributes".to_owned(), made.into());
        }
        match self.state.take() {
            Some(state) if is_custom => {
                drop(fields.insert("ticket_state_id".to_owned(), state_id(on, &kind, &state).await?.into()))
            }
            Some(state) if STATES.contains(&state.as_str()) => drop(fields.insert("state".to_owned(), state.into())),
            Some(_) => return Err(refused("state", format!("must be one of {} in this API version", STATES.join(", ")))),
            None => {}
        }
        if let Some(company) = self.company_id.take() {
            on.offered_from((2, 14), "Tickets whose company changes")?;
            let id = if company.is_empty() { Value::Null } else { on.company_id(&company).await?.into() };
            fields.insert("company_id".to_owned(), id);
        }
        if self.skip_notifications.is_some() {
            on.offered_from((2, 13), "Tickets without notifications")?;
        }
        let assignee = self.assignee_id.take().map(Value::from);
        if release >= FLAT_ASSIGNEE {
            fields.extend(given(&[("admin_id", admin.map(Value::from)), ("assignee_id", assignee)]));
        } else if assignee.is_some() {
            let admin = admin.ok_or_else(|| refused("admin_id", "must say who assigns the ticket in this API version"))?;
            fields.insert("assignment".to_owned(), json!({"admin_id": admin.0.to_string(), "assignee_id": assignee}));
        }
        fields.extend(given(&[
            ("open", self.open.map(Value::from)),
            ("is_shared", self.is_shared.map(Value::from)),
            ("snoozed_until", self.snoozed_until.map(|at| at.0.into())),
            ("skip_notifications", self.skip_notifications.map(Value::from)),
        ]));
        Ok(fields)
    }
}

fn kind_of(ticket: &Row) -> Row {
    ticket.get("ticket_type").and_then(Value::as_object).cloned().unwrap_or_default()
}

/// The id of a state by id, label or category, of those that this type can have.
async fn state_id(on: &Intercom, kind: &Row, named: &str) -> Result<String> {
    let all = rows(&mut on.read_object("/ticket_states".to_owned()).await?, "data")?;
    let id = text(kind, "id");
    let fits = |state: &Row| {
        let mut types = data_of(state, "ticket_types").peekable();
        types.peek().is_none() || types.any(|row| text(row, "id") == id)
    };
    let fitting: Vec<Row> = all.into_iter().filter(fits).collect();
    let by = ["id", "internal_label", "external_label", "category"];
    let found = by.iter().find_map(|field| by_text(&fitting, field, named));
    found.map(|state| text(state, "id")).ok_or_else(|| {
        let known = fitting.iter().map(|state| format!("{} ({})", text(state, "internal_label"), text(state, "id")));
        refused("state", format!("must be one of the states of {}: {}", text(kind, "name"), listed(known)))
    })
}
