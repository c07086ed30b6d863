//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/attachcontacttoconversation>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tajo_core::{Action, Call, Effect, Id, Result};

use super::conversation_contact::{Whose, whose};
use super::paths::{given, path};
use super::{Record, needs};
use crate::client::Intercom;

/// Add a contact to a conversation.
///
/// An e-mail address that nobody has becomes a new lead.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct AddParticipant {
    /// The conversation's id.
    pub conversation_id: String,
    /// The admin who does it.
    pub admin_id: String,
    /// Who is added: the contact of this Intercom id. Give this or one of the other two.
    pub contact_id: Option<String>,
    /// Who is added: the contact of this id of your own.
    pub external_id: Option<String>,
    /// Who is added: the contact with this e-mail address.
    pub email: Option<String>,
}

/// The contacts in a conversation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Participants {
    /// Everybody who is in it now.
    #[serde(default)]
    pub customers: Vec<Participant>,
}

/// A contact in a conversation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Participant {
    /// `user` or `lead`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Intercom's id of the contact.
    pub id: Id,
}

impl Action for AddParticipant {
    const NAME: &'static str = "conversations.add_participant";
    const ALIAS: &'static str = "add_participant_to_conversation";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_CONVERSATIONS];
    const EXAMPLE: &'static str =
        r#"{"conversation_id": "123", "admin_id": "5017691", "contact_id": "6762f0dd1bb69f9f2193bb83"}"#;
    const ALSO: &'static [(&'static str, &'static str)] =
        &[("id", "conversation_id"), ("intercom_user_id", "contact_id"), ("user_id", "external_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<Participants>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Participants>> {
        let customer = match whose(&self.contact_id, &self.external_id, &self.email)? {
            Whose::Id(id) => json!({"intercom_user_id": id}),
            Whose::External(id) => json!({"user_id": id}),
            Whose::Email(email) => json!({"email": email}),
        };
        let path = path(&["conversations", &self.conversation_id, "customers"])?;
        let fields = given(&[("admin_id", Some(self.admin_id.as_str().into())), ("customer", Some(customer))]);
        Ok(call.on.post_again(path, &fields).await?.into())
    }
}
