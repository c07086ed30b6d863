//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/manageconversation>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tajo_core::{Action, Call, Effect, Result};

use super::conversation_manage::managed;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Conversation;

/// Open a conversation that is closed or snoozed.
///
/// It says nothing to the person: `reply_to_conversation` does.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Open {
    /// The conversation's id.
    pub conversation_id: String,
    /// The admin who does it.
    pub admin_id: String,
}

impl Action for Open {
    const NAME: &'static str = "conversations.open";
    const ALIAS: &'static str = "open_conversation";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_CONVERSATIONS];
    const EXAMPLE: &'static str = r#"{"conversation_id": "123", "admin_id": "5017691"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "conversation_id")];
    type On = Intercom;
    type Out = Record<Conversation>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Conversation>> {
        let fields = json!({"message_type": "open", "type": "admin", "admin_id": self.admin_id});
        managed(call, &self.conversation_id, &fields).await
    }
}
