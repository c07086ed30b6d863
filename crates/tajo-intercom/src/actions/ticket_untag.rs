//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/detachtagfromticket>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::{given, path};
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Tag;

/// Take a tag off a ticket.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Detach {
    /// Intercom's id of the ticket, not its number in the inbox.
    pub ticket_id: String,
    /// The tag's id.
    pub tag_id: String,
    /// The admin who does it.
    pub admin_id: String,
}

impl Action for Detach {
    const NAME: &'static str = "tickets.untag";
    const ALIAS: &'static str = "untag_ticket";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_TICKETS, needs::WRITE_TAGS];
    const EXAMPLE: &'static str = r#"{"ticket_id": "1295", "tag_id": "7522907", "admin_id": "991267460"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "ticket_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<Tag>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Tag>> {
        let path = path(&["tickets", &self.ticket_id, "tags", &self.tag_id])?;
        let fields = given(&[("admin_id", Some(self.admin_id.into()))]);
        Ok(call.on.delete_with(path, &fields).await?.into())
    }
}
