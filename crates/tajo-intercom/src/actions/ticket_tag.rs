//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/attachtagtoticket>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::{given, path};
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Tag;

/// Put a tag on a ticket.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Attach {
    /// Intercom's id of the ticket, not its number in the inbox.
    pub ticket_id: String,
    /// The tag's id.
    pub tag_id: String,
    /// The admin who does it.
    pub admin_id: String,
}

impl Action for Attach {
    const NAME: &'static str = "tickets.tag";
    const ALIAS: &'static str = "tag_ticket";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_TICKETS, needs::WRITE_TAGS];
    const EXAMPLE: &'static str = r#"{"ticket_id": "1295", "tag_id": "7522907", "admin_id": "991267460"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "ticket_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<Tag>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Tag>> {
        let path = path(&["tickets", &self.ticket_id, "tags"])?;
        let fields = given(&[("id", Some(self.tag_id.into())), ("admin_id", Some(self.admin_id.into()))]);
        Ok(call.on.post_again(path, &fields).await?.into())
    }
}
