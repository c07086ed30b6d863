//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/attachtagtoconversation>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::{given, path};
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Tag as TagRow;

/// Put a tag on a conversation.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Tag {
    /// The conversation's id.
    pub conversation_id: String,
    /// The tag's id.
    pub tag_id: String,
    /// The admin who does it.
    pub admin_id: String,
}

impl Action for Tag {
    const NAME: &'static str = "conversations.tag";
    const ALIAS: &'static str = "tag_conversation";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_CONVERSATIONS];
    const EXAMPLE: &'static str = r#"{"conversation_id": "123", "tag_id": "9100001", "admin_id": "5017691"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "conversation_id")];
    type On = Intercom;
    type Out = Record<TagRow>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<TagRow>> {
        let path = path(&["conversations", &self.conversation_id, "tags"])?;
        let fields = given(&[("id", Some(self.tag_id.into())), ("admin_id", Some(self.admin_id.into()))]);
        Ok(call.on.post_again(path, &fields).await?.into())
    }
}
