//! <https://developers.intercom.com/docs/references/2.13/rest-api/api.intercom.io/conversations/deleteconversation>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Release, Result};

use super::paths::{is_missing, path, with_query};
use super::{Deleted, needs};
use crate::client::Intercom;

/// Conversations can be deleted from here on.
const FROM: Release = (2, 13);
/// What becomes of their figures can be said from here on.
const METRICS_FROM: Release = (2, 16);

/// Delete a conversation for good; from API version 2.13 on.
///
/// It leaves the inbox and the API, and cannot be brought back. Closing it is `close_conversation`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Delete {
    /// The conversation's id.
    pub conversation_id: String,
    /// Whether reports keep its figures; from API version 2.16 on, where they do unless told. False needs a permission of its own.
    pub retain_metrics: Option<bool>,
}

impl Action for Delete {
    const NAME: &'static str = "conversations.delete";
    const ALIAS: &'static str = "delete_conversation";
    const EFFECT: Effect = Effect::Destroy;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_CONVERSATIONS];
    const EXAMPLE: &'static str = r#"{"conversation_id": "123"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "conversation_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Deleted;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Deleted> {
        call.on.offered_from(FROM, "Deleting conversations")?;
        if self.retain_metrics.is_some() {
            call.on.offered_from(METRICS_FROM, "Choices about a deleted conversation's figures")?;
        }
        let query = [("retain_metrics", self.retain_metrics.map(|keep| keep.to_string()))];
        match call.on.delete_object(with_query(path(&["conversations", &self.conversation_id])?, &query)).await {
            Ok(_) => Ok(Deleted { id: self.conversation_id, deleted: true }),
            Err(error) if is_missing(&error) => {
                call.warn("There is no such conversation (any more).");
                Ok(Deleted { id: self.conversation_id, deleted: false })
            }
            Err(error) => Err(error),
        }
    }
}
