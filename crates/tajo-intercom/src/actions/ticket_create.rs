//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tickets/createticket>

use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result, Row};

use super::companies::is_given_by_intercom;
use super::contact_get::{by_external_id, id, only_one};
use super::conversation_text::SKEW_SECS;
use super::paths::{given, path};
use super::ticket::{Ticket, attributes, shows, text};
use super::{Moment, Record, needs};
use crate::client::Intercom;
use crate::told::rows;

/// Tickets of one contact since the attempt that are compared with what was sent.
const LOOK_MAX: u32 = 150;
/// From this version on a company is named by Intercom's id; until 2.11 by your own.
const COMPANY_BY_INTERCOMS_ID: tajo_core::Release = (2, 12);

/// Create a ticket of a type, about one contact. Sent at most once.
///
/// An e-mail address that no contact has makes a new lead. The attributes are the fields of the ticket type; title and
/// description are `_default_title_` and `_default_description_`, or the inputs of these names.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Create {
    /// The ticket type: its id, or its name.
    pub ticket_type_id: String,
    /// The contact: Intercom's id, an e-mail address, or your own id.
    pub contact_id: Option<String>,
    /// The contact, by an id of your own, where `contact_id` could be misread.
    pub external_id: Option<String>,
    /// The contact, by e-mail address.
    pub email: Option<String>,
    /// The company: Intercom's id or your own; each is turned into the one that the API version takes.
    pub company_id: Option<String>,
    /// Fields of the ticket type, name and value.
    pub ticket_attributes: Option<Map<String, Value>>,
    /// The title.
    pub title: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// When it was created, for imports; now where nothing is said.
    pub created_at: Option<Moment>,
    /// The admin it is assigned to, from API 2.14 on.
    pub admin_assignee_id: Option<String>,
    /// The team it is assigned to, from API 2.14 on.
    pub team_assignee_id: Option<String>,
    /// A conversation to link it to, from API 2.14 on.
    pub conversation_to_link_id: Option<String>,
    /// Whether nobody is notified, from API 2.13 on.
    pub skip_notifications: Option<bool>,
}

/// One contact, named in one of three ways.
enum Whom<'a> {
    Id(&'a str),
    External(&'a str),
    Email(&'a str),
}

impl Whom<'_> {
    fn sent(&self) -> Value {
        match self {
            Whom::Id(id) => json!({"id": id}),
            Whom::External(id) => json!({"external_id": id}),
            Whom::Email(address) => json!({"email": address}),
        }
    }
}

impl Create {
    fn whom(&self) -> Result<Whom<'_>> {
        let named: Vec<Whom<'_>> = [
            self.contact_id.as_deref().map(|id| match id {
                address if address.contains('@') => Whom::Email(address),
                id if is_given_by_intercom(id) => Whom::Id(id),
                own => Whom::External(own),
            }),
            self.external_id.as_deref().map(Whom::External),
            self.email.as_deref().map(Whom::Email),
        ]
        .into_iter()
        .flatten()
        .collect();
        match <[Whom<'_>; 1]>::try_from(named) {
            Ok([Whom::Id("") | Whom::External("") | Whom::Email("")]) => Err(refused("contact_id", "must not be empty")),
            Ok([whom]) => Ok(whom),
            Err(_) => Err(refused("contact_id", "or one of `external_id`, `email` says whom it is about; give exactly one")),
        }
    }

    /// The id of the company as the version in use takes it: a meaning that changed.
    async fn company(&self, on: &Intercom) -> Result<Option<String>> {
        let Some(named) = self.company_id.as_deref() else { return Ok(None) };
        if on.version().release() >= COMPANY_BY_INTERCOMS_ID {
            return on.company_id(named).await.map(Some);
        }
        if !is_given_by_intercom(named) {
            return Ok(Some(named.to_owned()));
        }
        let company = on.read_object(path(&["companies", named])?).await?;
        Ok(Some(text(&company, "company_id")))
    }

    fn check_version(&self, on: &Intercom) -> Result<()> {
        if self.admin_assignee_id.is_some() || self.team_assignee_id.is_some() {
            on.offered_from((2, 14), "Tickets assigned as they are created")?;
        }
        if self.conversation_to_link_id.is_some() {
            on.offered_from((2, 14), "Tickets linked to a conversation as they are created")?;
        }
        if self.skip_notifications.is_some() {
            on.offered_from((2, 13), "Tickets without notifications")?;
        }
        Ok(())
    }

    /// Intercom's id of the contact, for a search; `None` where nobody is found.
    async fn contact(&self, on: &Intercom) -> Result<Option<String>> {
        match self.whom()? {
            Whom::Id(id) => Ok(Some(id.to_owned())),
            Whom::External(own) => by_external_id(on, own).await?.map(id).transpose(),
            Whom::Email(address) => match on.contacts_by_email(address).await? {
                found if found.is_empty() => Ok(None),
                found => only_one(found).and_then(id).map(Some),
            },
        }
    }
}

impl Action for Create {
    const NAME: &'static str = "tickets.create";
    const ALIAS: &'static str = "create_ticket";
    const EFFECT: Effect = Effect::Once;
    const NEEDS: &'static [&'static str] = &[needs::READ_TICKETS, needs::WRITE_TICKETS];
    const EXAMPLE: &'static str =
        r#"{"ticket_type_id": "Bug", "contact_id": "6762f0dd1bb69f9f2193bb83", "title": "The export stops"}"#;
    const ALSO: &'static [(&'static str, &'static str)] =
        &[("ticket_type", "ticket_type_id"), ("user_id", "external_id"), ("attributes", "ticket_attributes")];
    type On = Intercom;
    type Out = Record<Ticket>;

    async fn run(mut self, call: &Call<'_, Intercom>) -> Result<Record<Ticket>> {
        self.check_version(call.on)?;
        let contact = self.whom()?.sent();
        let kind = call.on.ticket_type(&self.ticket_type_id).await?;
        let attributes = attributes(&kind, self.ticket_attributes.take(), self.title.take(), self.description.take())?;
        let company = self.company(call.on).await?;
        let assignment = given(&[
            ("admin_assignee_id", self.admin_assignee_id.map(Value::from)),
            ("team_assignee_id", self.team_assignee_id.map(Value::from)),
        ]);
        let fields = given(&[
            ("ticket_type_id", Some(text(&kind, "id").into())),
            ("contacts", Some(json!([contact]))),
            ("ticket_attributes", (!attributes.is_empty()).then_some(Value::Object(attributes))),
            ("company_id", company.map(Value::from)),
            ("created_at", self.created_at.map(|at| at.0.into())),
            ("assignment", (!assignment.is_empty()).then_some(Value::Object(assignment))),
            ("conversation_to_link_id", self.conversation_to_link_id.map(Value::from)),
            ("skip_notifications", self.skip_notifications.map(Value::from)),
        ]);
        Ok(call.on.post_once("/tickets".to_owned(), &fields).await?.into())
    }

    /// A ticket of this contact, of this type and with these attributes, created since the attempt. It is found by a search,
    /// so one that is seconds old may be missed.
    async fn look(mut self, call: &Call<'_, Intercom>, since: i64) -> Result<Option<Record<Ticket>>> {
        let Some(contact) = self.contact(call.on).await? else { return Ok(None) };
        let kind = call.on.ticket_type(&self.ticket_type_id).await?;
        let sent = attributes(&kind, self.ticket_attributes.take(), self.title.take(), self.description.take())?;
        // An import says itself when the ticket was created: then only one of that second is it.
        let (since, until) = self.created_at.map_or((since - SKEW_SECS, i64::MAX), |at| (at.0, at.0));
        let query = json!({
            "query": {"operator": "AND", "value": [
                {"field": "contact_ids", "operator": "=", "value": contact},
                {"field": "created_at", "operator": ">", "value": since - 1},
            ]},
            "sort": {"field": "created_at", "order": "descending"},
            "pagination": {"per_page": LOOK_MAX},
        });
        let found = rows(&mut call.on.search_object("/tickets/search", &query).await?, "tickets")?;
        Ok(found.into_iter().find(|ticket| is_this(ticket, &kind, &sent, since..=until)).map(Record::new))
    }
}

/// Whether a ticket is of this type and time and has these attributes. What the search says alone is not believed.
fn is_this(ticket: &Row, kind: &Row, sent: &Row, time: RangeInclusive<i64>) -> bool {
    let is_type = ticket.get("ticket_type").and_then(Value::as_object).is_some_and(|row| text(row, "id") == text(kind, "id"));
    let is_then = ticket.get("created_at").and_then(Value::as_i64).is_some_and(|at| time.contains(&at));
    is_type && is_then && sent.iter().all(|(key, value)| shows(kind, ticket, key, value))
}
