//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/ticket-states/listticketstates>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::ticket::TicketState;
use super::{Rows, needs};
use crate::client::Intercom;

/// List all states that tickets of this workspace can have, from API 2.12 on.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {}

impl Action for List {
    const NAME: &'static str = "ticket_states.list";
    const ALIAS: &'static str = "list_ticket_states";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_TICKETS];
    const EXAMPLE: &'static str = "{}";
    const RARE: bool = true;
    type On = Intercom;
    type Out = Rows<TicketState>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<TicketState>> {
        call.on.offered_from((2, 12), "States of tickets")?;
        Rows::page(call.on.read_object("/ticket_states".to_owned()).await?, "data")
    }
}
