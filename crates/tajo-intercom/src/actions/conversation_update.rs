//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/updateconversation>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Release, Result, Row};

use super::paths::{given, path};
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Conversation;

/// Title and company can be written from here on.
const TITLE_FROM: Release = (2, 14);

/// Update a conversation's title, read mark, company or attributes; what is not given stays.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Update {
    /// The conversation's id.
    pub conversation_id: String,
    /// Its title; from API version 2.14 on.
    pub title: Option<String>,
    /// Whether it counts as read.
    pub read: Option<bool>,
    /// The company it belongs to, by Intercom's id or your own; from API version 2.14 on.
    pub company_id: Option<String>,
    /// Attributes that the workspace defined for conversations, by name; those not named stay.
    pub custom_attributes: Option<Row>,
}

impl Action for Update {
    const NAME: &'static str = "conversations.update";
    const ALIAS: &'static str = "update_conversation";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_CONVERSATIONS];
    const EXAMPLE: &'static str = r#"{"conversation_id": "123", "read": true, "custom_attributes": {"issue_type": "Bug"}}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "conversation_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<Conversation>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Conversation>> {
        if self.title.is_none() && self.read.is_none() && self.company_id.is_none() && self.custom_attributes.is_none() {
            return Err(refused("title", "or another field to change must be given"));
        }
        if self.title.is_some() || self.company_id.is_some() {
            call.on.offered_from(TITLE_FROM, "Titles and companies of conversations")?;
        }
        let path = path(&["conversations", &self.conversation_id])?;
        let company = match &self.company_id {
            Some(named) => Some(Value::from(call.on.company_id(named).await?)),
            None => None,
        };
        let fields = given(&[
            ("title", self.title.map(Value::from)),
            ("read", self.read.map(Value::from)),
            ("company_id", company),
            ("custom_attributes", self.custom_attributes.map(Value::Object)),
        ]);
        Ok(call.on.put_object(path, &fields).await?.into())
    }
}
