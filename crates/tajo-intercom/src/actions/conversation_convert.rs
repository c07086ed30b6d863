//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/convertconversationtoticket>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::{Action, Call, Effect, Result, Row};

use super::conversation_text::same_id;
use super::paths::{given, path};
use super::ticket::Ticket;
use super::{Record, needs};
use crate::client::Intercom;

/// Tickets looked at for the one that an attempt may have made.
const LOOK_MAX: usize = 20;

/// Turn a conversation into a ticket. Sent at most once.
///
/// The ticket takes the conversation's contact and parts over. It cannot be turned back.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Convert {
    /// The conversation's id.
    pub conversation_id: String,
    /// The id of the ticket's type; `list_ticket_types` shows them.
    pub ticket_type_id: String,
    /// Attributes of the ticket by name; title and description are `_default_title_` and `_default_description_`.
    pub ticket_attributes: Option<Row>,
}

impl Action for Convert {
    const NAME: &'static str = "conversations.convert";
    const ALIAS: &'static str = "convert_conversation_to_ticket";
    const EFFECT: Effect = Effect::Once;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_CONVERSATIONS];
    const EXAMPLE: &'static str =
        r#"{"conversation_id": "123", "ticket_type_id": "53", "ticket_attributes": {"_default_title_": "Invoice missing"}}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "conversation_id"), ("attributes", "ticket_attributes")];
    type On = Intercom;
    type Out = Record<Ticket>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Ticket>> {
        let path = path(&["conversations", &self.conversation_id, "convert"])?;
        let fields = given(&[
            ("ticket_type_id", Some(self.ticket_type_id.into())),
            ("attributes", self.ticket_attributes.map(Value::Object)),
        ]);
        Ok(call.on.post_once(path, &fields).await?.into())
    }

    /// A conversation that became a ticket is linked with it; it becomes one of a type once.
    async fn look(self, call: &Call<'_, Intercom>, _since: i64) -> Result<Option<Record<Ticket>>> {
        let conversation = call.on.read_object(path(&["conversations", &self.conversation_id])?).await?;
        for id in tickets(&conversation) {
            let ticket = call.on.read_object(path(&["tickets", id])?).await?;
            let kind = ticket.get("ticket_type").and_then(|kind| kind.get("id"));
            if kind.is_some_and(|kind| same_id(kind, &self.ticket_type_id)) {
                return Ok(Some(ticket.into()));
            }
        }
        Ok(None)
    }
}

/// The ids of the tickets that a conversation is linked with, a few at most.
fn tickets(conversation: &Row) -> Vec<&str> {
    let of = |object: &'_ Value| object.get("type").and_then(Value::as_str) == Some("ticket");
    let linked = conversation.get("linked_objects").and_then(|linked| linked.get("data")).and_then(Value::as_array);
    let linked = linked.into_iter().flatten().filter(|object| of(object));
    let own = conversation.get("ticket").into_iter();
    own.chain(linked).filter_map(|ticket| ticket.get("id").and_then(Value::as_str)).take(LOOK_MAX).collect()
}
