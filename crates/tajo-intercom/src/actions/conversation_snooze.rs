//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/manageconversation>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tajo_core::{Action, Call, Effect, Result};

use super::conversation_manage::managed;
use super::moment::Moment;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Conversation;

/// Snooze a conversation: it is closed, and opens again at a moment or when the person replies.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Snooze {
    /// The conversation's id.
    pub conversation_id: String,
    /// The admin who does it.
    pub admin_id: String,
    /// When it opens again: ISO 8601 or unix seconds.
    pub until: Moment,
}

impl Action for Snooze {
    const NAME: &'static str = "conversations.snooze";
    const ALIAS: &'static str = "snooze_conversation";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_CONVERSATIONS];
    const EXAMPLE: &'static str = r#"{"conversation_id": "123", "admin_id": "5017691", "until": "2026-11-23T09:00:00Z"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "conversation_id"), ("snoozed_until", "until")];
    type On = Intercom;
    type Out = Record<Conversation>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Conversation>> {
        let fields =
            json!({"message_type": "snoozed", "type": "admin", "admin_id": self.admin_id, "snoozed_until": self.until.0});
        managed(call, &self.conversation_id, &fields).await
    }
}
