//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/ticket-types/listtickettypes>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::ticket::TicketType;
use super::{Rows, needs};
use crate::client::Intercom;

/// List all ticket types with their fields, those out of use included.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {}

impl Action for List {
    const NAME: &'static str = "ticket_types.list";
    const ALIAS: &'static str = "list_ticket_types";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_TICKETS];
    const EXAMPLE: &'static str = "{}";
    type On = Intercom;
    type Out = Rows<TicketType>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<TicketType>> {
        Ok(Rows::whole(call.on.ticket_types().await?))
    }
}
