//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tickets/deleteticket>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::{path, take_away};
use super::{Deleted, needs};
use crate::client::Intercom;

/// Delete a ticket for good, from API 2.13 on.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Delete {
    /// Intercom's id of the ticket, not its number in the inbox.
    pub ticket_id: String,
}

impl Action for Delete {
    const NAME: &'static str = "tickets.delete";
    const ALIAS: &'static str = "delete_ticket";
    const EFFECT: Effect = Effect::Destroy;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_TICKETS];
    const EXAMPLE: &'static str = r#"{"ticket_id": "1295"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "ticket_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Deleted;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Deleted> {
        call.on.offered_from((2, 13), "Deletions of tickets")?;
        take_away(call, path(&["tickets", &self.ticket_id])?, self.ticket_id).await
    }
}
