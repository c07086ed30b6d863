//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/detachtagfromconversation>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tajo_core::{Action, Call, Effect, Result};

use super::needs;
use super::paths::{given, path};
use crate::client::Intercom;

/// What Intercom says where the conversation does not have the tag.
const NOT_THERE: &str = "tag_not_found";

/// Take a tag off a conversation.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Untag {
    /// The conversation's id.
    pub conversation_id: String,
    /// The tag's id.
    pub tag_id: String,
    /// The admin who does it.
    pub admin_id: String,
}

/// Whether a conversation has a tag.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Tagged {
    /// The conversation's id.
    pub conversation_id: String,
    /// The tag's id.
    pub tag_id: String,
    /// Whether it is on the conversation now.
    pub tagged: bool,
}

impl Action for Untag {
    const NAME: &'static str = "conversations.untag";
    const ALIAS: &'static str = "untag_conversation";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_CONVERSATIONS];
    const EXAMPLE: &'static str = r#"{"conversation_id": "123", "tag_id": "9100001", "admin_id": "5017691"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "conversation_id")];
    type On = Intercom;
    type Out = Tagged;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Tagged> {
        let path = path(&["conversations", &self.conversation_id, "tags", &self.tag_id])?;
        let fields = given(&[("admin_id", Some(self.admin_id.into()))]);
        match call.on.delete_with(path, &fields).await {
            Ok(_) => {}
            // Also what a repetition after a lost answer meets.
            Err(error) if error.noted("vendor code") == Some(NOT_THERE) => call.warn("The conversation did not have the tag."),
            Err(error) => return Err(error),
        }
        Ok(Tagged { conversation_id: self.conversation_id, tag_id: self.tag_id, tagged: false })
    }
}
