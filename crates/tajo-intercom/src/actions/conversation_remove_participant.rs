//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/detachcontactfromconversation>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::conversation_add_participant::Participants;
use super::paths::{given, path};
use super::{Record, needs};
use crate::client::Intercom;

/// Take a contact out of a conversation; the last one cannot be taken out.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RemoveParticipant {
    /// The conversation's id.
    pub conversation_id: String,
    /// Intercom's id of the contact.
    pub contact_id: String,
    /// The admin who does it.
    pub admin_id: String,
}

impl Action for RemoveParticipant {
    const NAME: &'static str = "conversations.remove_participant";
    const ALIAS: &'static str = "remove_participant_from_conversation";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_CONVERSATIONS];
    const EXAMPLE: &'static str =
        r#"{"conversation_id": "123", "contact_id": "6762f0dd1bb69f9f2193bb83", "admin_id": "5017691"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "conversation_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<Participants>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Participants>> {
        let path = path(&["conversations", &self.conversation_id, "customers", &self.contact_id])?;
        Ok(call.on.delete_with(path, &given(&[("admin_id", Some(self.admin_id.into()))])).await?.into())
    }
}
