//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tickets/getticket>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Error, Result, Row, codes};

use super::paths::path;
use super::ticket::{Ticket, text};
use super::{Record, Whole, needs};
use crate::client::Intercom;
use crate::told::{drift, next_cursor, rows};

/// The greatest page of a search.
const PAGE: u32 = 150;
/// Fifteen thousand tickets, newest first; an older number is said to be out of reach.
const PAGES_MAX: usize = 100;

/// Get a ticket with its parts, by Intercom's id, or by the number that the inbox shows.
///
/// The two are different numbers. A number costs a search, through the newest tickets where Intercom does not search by it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Get {
    /// Intercom's id of the ticket; give this or `number`.
    pub ticket_id: Option<String>,
    /// The ticket's number in the inbox.
    pub number: Option<Whole>,
}

impl Action for Get {
    const NAME: &'static str = "tickets.get";
    const ALIAS: &'static str = "retrieve_ticket";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_TICKETS];
    const EXAMPLE: &'static str = r#"{"ticket_id": "1295"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "ticket_id")];
    type On = Intercom;
    type Out = Record<Ticket>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Ticket>> {
        let id = match (self.ticket_id, self.number) {
            (Some(id), None) => id,
            (None, Some(number)) => by_number(call.on, &number.0.to_string()).await?,
            _ => return Err(refused("ticket_id", "or `number` says which ticket; give exactly one")),
        };
        Ok(call.on.read_object(path(&["tickets", &id])?).await?.into())
    }
}

/// The id of the ticket with this number. Intercom's list of searchable fields does not have the number, so a refusal is
/// met by reading the tickets, newest first.
/// <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tickets/searchtickets>
async fn by_number(on: &Intercom, number: &str) -> Result<String> {
    let query = json!({"query": {"field": "ticket_id", "operator": "=", "value": number}, "pagination": {"per_page": 2}});
    let asked = on.search_object("/tickets/search", &query).await.and_then(|mut page| rows(&mut page, "tickets"));
    let found = match asked {
        Ok(found) => found.into_iter().find(|ticket| text(ticket, "ticket_id") == number),
        Err(error) if error.code() == &codes::INT_INVALID => scan(on, number).await?,
        Err(error) => return Err(error),
    };
    let ticket = found.ok_or_else(|| {
        Error::new(&codes::INT_MISSING, "No ticket has this number").note("field", "number").help(
            "A number that Intercom does not search by is looked for among the newest tickets only; `search_tickets` finds others.",
        )
    })?;
    Some(text(&ticket, "id")).filter(|id| !id.is_empty()).ok_or_else(|| drift("A ticket of Intercom's has no id"))
}

async fn scan(on: &Intercom, number: &str) -> Result<Option<Row>> {
    let mut query = json!({
        "query": {"field": "created_at", "operator": ">", "value": 0},
        "sort": {"field": "created_at", "order": "descending"},
        "pagination": {"per_page": PAGE},
    });
    for _ in 0..PAGES_MAX {
        let mut page = on.search_object("/tickets/search", &query).await?;
        let found = rows(&mut page, "tickets")?.into_iter().find(|ticket| text(ticket, "ticket_id") == number);
        match (found, next_cursor(&page)) {
            (Some(ticket), _) => return Ok(Some(ticket)),
            (None, None) => return Ok(None),
            (None, Some(next)) => query["pagination"]["starting_after"] = Value::from(next),
        }
    }
    Ok(None)
}
