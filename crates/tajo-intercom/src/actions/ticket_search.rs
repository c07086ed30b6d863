//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tickets/searchtickets>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Paged, Result};

use super::ticket::{Ticket, text};
use super::{Moment, Rows, needs};
use crate::client::Intercom;

/// Intercom's own default.
const PER_PAGE: u32 = 20;
/// Intercom's greatest page.
const PER_PAGE_MAX: u32 = 150;

/// Search tickets: each input narrows the result, and without any all tickets are found, the latest change first.
///
/// Changes of the last seconds may not be found yet.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Search {
    /// Whether they are open.
    pub open: Option<bool>,
    /// `submitted`, `in_progress`, `waiting_on_customer` or `resolved`.
    pub state: Option<String>,
    /// The ticket type: its id, or its name.
    pub ticket_type_id: Option<String>,
    /// The category of the ticket type.
    pub category: Option<Category>,
    /// Intercom's id of the contact they are about.
    pub contact_id: Option<String>,
    /// The admin they are assigned to.
    pub admin_assignee_id: Option<String>,
    /// The team they are assigned to.
    pub team_assignee_id: Option<String>,
    /// What the title contains.
    pub title: Option<String>,
    /// Created at this time or later.
    pub created_since: Option<Moment>,
    /// Changed at this time or later.
    pub updated_since: Option<Moment>,
    /// A query in Intercom's own form, in place of all of these.
    pub query: Option<Map<String, Value>>,
    /// The field to sort by; `updated_at` where nothing is said.
    pub sort_field: Option<String>,
    /// The order; descending where nothing is said.
    pub sort_order: Option<Order>,
    /// How many tickets on a page, 1 to 150; 20 where nothing is said.
    pub per_page: Option<u32>,
    /// Where the page begins: `next_cursor` of the page before.
    pub starting_after: Option<String>,
}

/// What a ticket type is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Seen by the contact.
    Customer,
    /// For the team alone.
    BackOffice,
    /// Gathers many conversations.
    Tracker,
}

/// The order of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The least first.
    Ascending,
    /// The greatest first.
    Descending,
}

impl Category {
    /// The word that the search knows it by, which is not the one that tickets show.
    fn word(self) -> &'static str {
        match self {
            Category::Customer => "request",
            Category::BackOffice => "task",
            Category::Tracker => "tracker",
        }
    }
}

impl Action for Search {
    const NAME: &'static str = "tickets.search";
    const ALIAS: &'static str = "search_tickets";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_TICKETS];
    const EXAMPLE: &'static str = r#"{"open": true, "per_page": 20}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("ticket_type", "ticket_type_id"), ("type", "ticket_type_id")];
    const PAGED: Option<Paged> = Paged::CURSOR;
    type On = Intercom;
    type Out = Rows<Ticket>;

    async fn run(mut self, call: &Call<'_, Intercom>) -> Result<Rows<Ticket>> {
        let per_page = self.per_page.unwrap_or(PER_PAGE);
        if !(1..=PER_PAGE_MAX).contains(&per_page) {
            return Err(refused("per_page", format!("must be from 1 to {PER_PAGE_MAX}")));
        }
        let mut pagination = json!({"per_page": per_page});
        if let Some(cursor) = self.starting_after.take() {
            pagination["starting_after"] = cursor.into();
        }
        let order = if self.sort_order == Some(Order::Ascending) { "ascending" } else { "descending" };
        let sort = json!({"field": self.sort_field.take().unwrap_or_else(|| "updated_at".to_owned()), "order": order});
        let own = self.query.take();
        let kind = match (self.ticket_type_id.take(), &own) {
            (Some(named), None) => Some(text(&call.on.ticket_type(&named).await?, "id")),
            (Some(_), Some(_)) => return Err(refused("query", "must not stand beside `ticket_type_id`")),
            (None, _) => None,
        };
        let filters = self.filters(kind);
        let query = match own {
            Some(_) if !filters.is_empty() => {
                return Err(refused("query", "takes the place of all filters; give it alone"));
            }
            Some(query) => Value::Object(query),
            None => all_of(filters),
        };
        let asked = json!({"query": query, "sort": sort, "pagination": pagination});
        Rows::page(call.on.search_object("/tickets/search", &asked).await?, "tickets")
    }
}

impl Search {
    fn filters(self, kind: Option<String>) -> Vec<Value> {
        let equals = |field: &str, value: Option<Value>| Some(json!({"field": field, "operator": "=", "value": value?}));
        // ">" may include the second itself or not; one second earlier, both readings have it.
        let since = |field: &str, at: Option<Moment>| Some(json!({"field": field, "operator": ">", "value": at?.0 - 1}));
        let filters = [
            equals("open", self.open.map(Value::from)),
            equals("state", self.state.map(Value::from)),
            equals("ticket_type_id", kind.map(Value::from)),
            equals("category", self.category.map(|category| category.word().into())),
            equals("contact_ids", self.contact_id.map(Value::from)),
            equals("admin_assignee_id", self.admin_assignee_id.map(Value::from)),
            equals("team_assignee_id", self.team_assignee_id.map(Value::from)),
            self.title.map(|title| json!({"field": "title", "operator": "~", "value": title})),
            since("created_at", self.created_since),
            since("updated_at", self.updated_since),
        ];
        filters.into_iter().flatten().collect()
    }
}

/// A search needs a query: without a filter, one that all tickets pass.
fn all_of(mut filters: Vec<Value>) -> Value {
    match filters.len() {
        0 => json!({"field": "created_at", "operator": ">", "value": 0}),
        1 => filters.remove(0),
        _ => json!({"operator": "AND", "value": filters}),
    }
}
