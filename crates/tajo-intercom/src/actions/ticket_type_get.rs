//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/ticket-types/gettickettype>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::path;
use super::ticket::TicketType;
use super::{Record, needs};
use crate::client::Intercom;

/// Get a ticket type with its fields, by id or name.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Get {
    /// The ticket type: its id, or its name.
    pub ticket_type_id: String,
}

impl Action for Get {
    const NAME: &'static str = "ticket_types.get";
    const ALIAS: &'static str = "get_ticket_type";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_TICKETS];
    const EXAMPLE: &'static str = r#"{"ticket_type_id": "1295"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "ticket_type_id"), ("name", "ticket_type_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<TicketType>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<TicketType>> {
        let named = self.ticket_type_id.trim();
        let row = match named.bytes().all(|b| b.is_ascii_digit()) {
            true => call.on.read_object(path(&["ticket_types", named])?).await?,
            false => call.on.ticket_type(named).await?,
        };
        Ok(row.into())
    }
}
