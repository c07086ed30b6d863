//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/createconversation>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Epoch, Id, Result, Row};

use super::conversation_contact::{Whose, whose};
use super::conversation_reply::ATTACHMENTS_MAX;
use super::conversation_text::{SKEW_SECS, is_html, same_id, same_text};
use super::paths::given;
use super::{Record, needs};
use crate::client::Intercom;
use crate::told::rows;

/// Conversations of one contact begun since an attempt, looked through for it.
const LOOK_MAX: u32 = 50;

/// Start a conversation from a contact, as if the person had written. Sent at most once.
///
/// Intercom answers with the message; `conversation_id` in it is the conversation's id. A message to a contact is
/// `create_message`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Create {
    /// The text; HTML is shown as it is written.
    pub body: String,
    /// Who writes: the contact of this Intercom id. Give this or one of the other two.
    pub contact_id: Option<String>,
    /// Who writes: the contact of this id of your own.
    pub external_id: Option<String>,
    /// Who writes: the contact with this e-mail address.
    pub email: Option<String>,
    /// Addresses of pictures or files, ten at most.
    #[serde(default)]
    pub attachment_urls: Vec<String>,
}

/// A message that was sent.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// Intercom's id of the message.
    pub id: Id,
    /// `user_message` or `admin_message`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// When it was sent.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// Subject of an e-mail.
    #[serde(default)]
    pub subject: Option<String>,
    /// Its text.
    #[serde(default)]
    pub body: Option<String>,
    /// `inapp` or `email`.
    #[serde(default)]
    pub message_type: Option<String>,
    /// The conversation it began; an admin's message begins one only when the person replies.
    #[serde(default)]
    pub conversation_id: Option<Id>,
}

impl Create {
    fn whose(&self) -> Result<Whose<'_>> {
        whose(&self.contact_id, &self.external_id, &self.email)
    }
}

impl Action for Create {
    const NAME: &'static str = "conversations.create";
    const ALIAS: &'static str = "create_conversation";
    const EFFECT: Effect = Effect::Once;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_CONVERSATIONS];
    const EXAMPLE: &'static str = r#"{"contact_id": "6762f0dd1bb69f9f2193bb83", "body": "Hello, my invoice is missing."}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("intercom_user_id", "contact_id"), ("user_id", "external_id")];
    type On = Intercom;
    type Out = Record<Message>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Message>> {
        let whose = self.whose()?;
        if self.attachment_urls.len() > ATTACHMENTS_MAX {
            return Err(refused("attachment_urls", format!("takes {ATTACHMENTS_MAX} at most")));
        }
        let id = call.on.contact_id(whose).await?;
        if is_html(&self.body) {
            call.warn("`body` looks like HTML, which Intercom does not take here: it is shown as it is written.");
        }
        let fields = given(&[
            ("from", Some(json!({"type": "contact", "id": id}))),
            ("body", Some(self.body.into())),
            ("attachment_urls", (!self.attachment_urls.is_empty()).then(|| json!(self.attachment_urls))),
        ]);
        Ok(call.on.post_once("/conversations".to_owned(), &fields).await?.into())
    }

    /// A conversation of the contact that was begun with this text after the attempt, as the search has it.
    async fn look(self, call: &Call<'_, Intercom>, since: i64) -> Result<Option<Record<Message>>> {
        let id = call.on.contact_id(self.whose()?).await?;
        let message = sent(call.on, &id, &id, &self.body, since).await?;
        Ok(message.map(|message| Record::new(said("user_message", "inapp", message))))
    }
}

/// The conversation of a contact that `author` began with this text since then, as the search has it.
pub(super) async fn sent(on: &Intercom, contact: &str, author: &str, body: &str, since: i64) -> Result<Option<Row>> {
    let query = json!({
        "query": {"operator": "AND", "value": [
            {"field": "contact_ids", "operator": "=", "value": contact},
            {"field": "created_at", "operator": ">", "value": since - SKEW_SECS},
        ]},
        "pagination": {"per_page": LOOK_MAX},
    });
    let mut page = on.search_object("/conversations/search", &query).await?;
    let is_it = |conversation: &Row| {
        let source = conversation.get("source");
        let by = source.and_then(|source| source.get("author")?.get("id"));
        let text = source.and_then(|source| source.get("body")?.as_str());
        by.is_some_and(|by| same_id(by, author)) && text.is_some_and(|text| same_text(text, body))
    };
    Ok(rows(&mut page, "conversations")?.into_iter().find(is_it))
}

/// The message that a conversation began with, in the form of the answer to sending it.
pub(super) fn said(kind: &str, message_type: &str, conversation: Row) -> Row {
    let source = |key: &str| conversation.get("source").and_then(|source| source.get(key)).cloned();
    let fields: Map<String, Value> = given(&[
        ("type", Some(kind.into())),
        ("id", source("id")),
        ("created_at", conversation.get("created_at").cloned()),
        ("subject", source("subject")),
        ("body", source("body")),
        ("message_type", Some(message_type.into())),
        ("conversation_id", conversation.get("id").cloned()),
    ]);
    fields
}
