//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/retrieveconversation>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tajo_core::{Action, Call, Effect, Result, Row};

use super::paths::{path, with_query};
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::{Conversation, ConversationPart};

/// Read a conversation with its parts: replies, notes, assignments, closes.
///
/// Intercom gives the 500 most recent parts and no others; where there are more, a warning says how many.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Get {
    /// The conversation's id.
    pub conversation_id: String,
    /// How texts are given; `html` where nothing is said.
    pub display_as: Option<DisplayAs>,
}

/// How texts are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisplayAs {
    /// As plain text.
    Plaintext,
    /// As HTML.
    Html,
}

/// A conversation with its parts.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Thread {
    /// The conversation.
    #[serde(flatten)]
    pub conversation: Conversation,
    /// What was said and done in it, oldest first.
    #[serde(default)]
    pub conversation_parts: Option<Parts>,
}

/// What was said and done in a conversation.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Parts {
    /// The parts, oldest first, 500 at most.
    #[serde(default)]
    pub conversation_parts: Vec<ConversationPart>,
    /// How many parts there are, those counted that are not given.
    #[serde(default)]
    pub total_count: Option<u64>,
}

impl Action for Get {
    const NAME: &'static str = "conversations.get";
    const ALIAS: &'static str = "get_conversation";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_CONVERSATIONS];
    const EXAMPLE: &'static str = r#"{"conversation_id": "123", "display_as": "plaintext"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "conversation_id")];
    type On = Intercom;
    type Out = Record<Thread>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Thread>> {
        let plain = (self.display_as == Some(DisplayAs::Plaintext)).then(|| "plaintext".to_owned());
        let path = with_query(path(&["conversations", &self.conversation_id])?, &[("display_as", plain)]);
        let conversation = call.on.read_object(path).await?;
        if let Some((given, left)) = cut(&conversation) {
            call.warn(format!("Intercom gives the {given} most recent parts; {left} older ones are out of its API's reach."));
        }
        Ok(conversation.into())
    }
}

/// How many parts are given and how many are not, where some are not.
fn cut(conversation: &Row) -> Option<(u64, u64)> {
    let list = conversation.get("conversation_parts")?;
    let given = u64::try_from(list.get("conversation_parts")?.as_array()?.len()).ok()?;
    let left = list.get("total_count").and_then(Value::as_u64)?.checked_sub(given)?;
    (left > 0).then_some((given, left))
}
