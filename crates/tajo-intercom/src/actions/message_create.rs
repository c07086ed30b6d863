//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/messages/createmessage>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result, Row};

use super::contact_get::role;
use super::conversation_contact::{Whose, id_of, whose};
use super::conversation_create::{Message, said, sent};
use super::paths::given;
use super::{Record, needs};
use crate::client::Intercom;

/// Send a message of an admin to a contact, in the Messenger or by e-mail. Sent at most once.
///
/// No conversation exists until the person replies, unless `create_conversation` is set. A contact that is minutes old may
/// not be found yet. A message as if from the contact is `create_conversation`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Create {
    /// How it is sent; `in_app` where nothing is said.
    pub message_type: Option<Kind>,
    /// The admin who sends it.
    pub admin_id: String,
    /// The text; HTML is kept.
    pub body: String,
    /// Subject of an e-mail; must be given for one.
    pub subject: Option<String>,
    /// Style of an e-mail; `plain` where nothing is said.
    pub template: Option<Template>,
    /// Who gets it: the contact of this Intercom id. Give this or one of the other two.
    pub contact_id: Option<String>,
    /// Who gets it: the contact of this id of your own.
    pub external_id: Option<String>,
    /// Who gets it: the contact with this e-mail address.
    pub email: Option<String>,
    /// Opens a conversation in the inbox without waiting for a reply.
    pub create_conversation: Option<bool>,
}

/// How a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// In the Messenger.
    InApp,
    /// By e-mail.
    Email,
}

/// Style of an e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    /// Without decoration.
    Plain,
    /// As a personal message.
    Personal,
}

impl Create {
    fn kind(&self) -> Kind {
        self.message_type.unwrap_or(Kind::InApp)
    }

    fn whose(&self) -> Result<Whose<'_>> {
        whose(&self.contact_id, &self.external_id, &self.email)
    }

    /// The sender's id as a number, as Intercom wants it; or what is wrong with the input.
    fn check(&self) -> Result<u64> {
        let is_mail = self.kind() == Kind::Email;
        if is_mail && self.subject.as_ref().is_none_or(|subject| subject.trim().is_empty()) {
            return Err(refused("subject", "must be given for an e-mail"));
        }
        if !is_mail && self.template.is_some() {
            return Err(refused("template", "can be given only with `message_type: email`"));
        }
        self.admin_id.parse().map_err(|_| refused("admin_id", "must be the id of an admin: digits"))
    }

    fn fields(&self, sender: u64, to: &Row) -> Result<Row> {
        let is_mail = self.kind() == Kind::Email;
        let template = if self.template == Some(Template::Personal) { "personal" } else { "plain" };
        let to = json!({"type": role(to).unwrap_or("user"), "id": id_of(to)?});
        Ok(given(&[
            ("message_type", Some(if is_mail { "email" } else { "in_app" }.into())),
            ("subject", self.subject.as_deref().map(Value::from)),
            ("body", Some(self.body.as_str().into())),
            ("template", is_mail.then(|| template.into())),
            ("from", Some(json!({"type": "admin", "id": sender}))),
            ("to", Some(to)),
            ("create_conversation_without_contact_reply", self.create_conversation.map(Value::from)),
        ]))
    }
}

impl Action for Create {
    const NAME: &'static str = "messages.create";
    const ALIAS: &'static str = "create_message";
    const EFFECT: Effect = Effect::Once;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE, needs::WRITE_CONVERSATIONS];
    const EXAMPLE: &'static str =
        r#"{"admin_id": "5017691", "contact_id": "6762f0dd1bb69f9f2193bb83", "body": "Your export is ready."}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[
        ("intercom_user_id", "contact_id"),
        ("user_id", "external_id"),
        ("create_conversation_without_contact_reply", "create_conversation"),
    ];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<Message>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Message>> {
        let sender = self.check()?;
        // Intercom wants to know whether the contact is a user or a lead.
        let to = call.on.whole_contact(self.whose()?).await?;
        Ok(call.on.post_once("/messages".to_owned(), &self.fields(sender, &to)?).await?.into())
    }

    /// Intercom lists no messages: one that began a conversation is found there, any other is not.
    async fn look(self, call: &Call<'_, Intercom>, since: i64) -> Result<Option<Record<Message>>> {
        let contact = call.on.contact_id(self.whose()?).await?;
        let conversation = sent(call.on, &contact, &self.admin_id, &self.body, since).await?;
        let kind = if self.kind() == Kind::Email { "email" } else { "inapp" };
        Ok(conversation.map(|conversation| Record::new(said("admin_message", kind, conversation))))
    }
}
