//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/redactconversation>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::given;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Conversation;

/// Remove the text and files of one part of a conversation, or of the message it began with, for good.
///
/// A part must have a text; a first message can be redacted only if a contact wrote it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Redact {
    /// The conversation's id.
    pub conversation_id: String,
    /// The part's id. Give this or `source_id`.
    pub conversation_part_id: Option<String>,
    /// The id of the message it began with: `source.id` of the conversation.
    pub source_id: Option<String>,
}

impl Action for Redact {
    const NAME: &'static str = "conversations.redact";
    const ALIAS: &'static str = "redact_conversation";
    const EFFECT: Effect = Effect::Destroy;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_CONVERSATIONS];
    const EXAMPLE: &'static str = r#"{"conversation_id": "123", "conversation_part_id": "30000000001"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "conversation_id"), ("part_id", "conversation_part_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<Conversation>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Conversation>> {
        if self.conversation_part_id.is_some() == self.source_id.is_some() {
            return Err(refused("conversation_part_id", "or `source_id` says what is removed; give exactly one"));
        }
        let kind = if self.source_id.is_some() { "source" } else { "conversation_part" };
        let fields = given(&[
            ("type", Some(kind.into())),
            ("conversation_id", Some(self.conversation_id.into())),
            ("conversation_part_id", self.conversation_part_id.map(Value::from)),
            ("source_id", self.source_id.map(Value::from)),
        ]);
        Ok(call.on.post_again("/conversations/redact".to_owned(), &fields).await?.into())
    }
}
