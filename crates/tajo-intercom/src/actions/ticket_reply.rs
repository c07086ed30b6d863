//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tickets/replyticket>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result};

use super::conversation_text::{By, Utterance};
use super::paths::path;
use super::ticket::TicketPart;
use super::{Record, needs};
use crate::client::Intercom;

/// Intercom's limit.
const ATTACHMENTS_MAX: usize = 10;

/// Reply to a ticket as an admin (comment or note) or as the contact. Sent at most once.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Reply {
    /// Intercom's id of the ticket, not its number in the inbox.
    pub ticket_id: String,
    /// The text; HTML is kept in notes of admins.
    pub body: String,
    /// What it is: a comment that the contact sees, or a note for the team.
    pub message_type: Option<MessageType>,
    /// Who replies: the admin of this id. Give this or one of the contact's.
    pub admin_id: Option<String>,
    /// Who replies: the contact of this Intercom id.
    pub contact_id: Option<String>,
    /// Who replies: the contact of this id of your own.
    pub external_id: Option<String>,
    /// Who replies: the contact with this e-mail address.
    pub email: Option<String>,
    /// Addresses of pictures or files, ten at most.
    #[serde(default)]
    pub attachment_urls: Vec<String>,
    /// Whether nobody is notified, from API 2.13 on.
    pub skip_notifications: Option<bool>,
}

/// What a reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageType {
    /// The contact sees it.
    Comment,
    /// Only the team sees it.
    Note,
}

impl MessageType {
    fn word(self) -> &'static str {
        match self {
            MessageType::Comment => "comment",
            MessageType::Note => "note",
        }
    }
}

impl Reply {
    fn kind(&self) -> MessageType {
        self.message_type.unwrap_or(MessageType::Comment)
    }

    /// The request's body, or what is wrong with the input.
    fn fields(&self) -> Result<Map<String, Value>> {
        let who = [
            ("admin_id", &self.admin_id),
            ("intercom_user_id", &self.contact_id),
            ("user_id", &self.external_id),
            ("email", &self.email),
        ];
        let who: Vec<(&str, &String)> = who.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))).collect();
        let &[(name, id)] = who.as_slice() else {
            return Err(refused("admin_id", "or one of `contact_id`, `external_id`, `email` says who replies; give exactly one"));
        };
        if name != "admin_id" && self.kind() == MessageType::Note {
            return Err(refused("message_type", "can be `note` only for an admin: give `admin_id`"));
        }
        if self.attachment_urls.len() > ATTACHMENTS_MAX {
            return Err(refused("attachment_urls", format!("takes {ATTACHMENTS_MAX} at most")));
        }
        let from = if name == "admin_id" { "admin" } else { "user" };
        let mut fields = json!({"type": from, "message_type": self.kind().word(), "body": self.body, name: id});
        if !self.attachment_urls.is_empty() {
            fields["attachment_urls"] = json!(self.attachment_urls);
        }
        if let Some(skip) = self.skip_notifications {
            fields["skip_notifications"] = skip.into();
        }
        Ok(fields.as_object().cloned().unwrap_or_default())
    }
}

impl Action for Reply {
    const NAME: &'static str = "tickets.reply";
    const ALIAS: &'static str = "reply_to_ticket";
    const EFFECT: Effect = Effect::Once;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_TICKETS];
    const EXAMPLE: &'static str = r#"{"ticket_id": "1295", "admin_id": "991267460", "body": "We are on it."}"#;
    const ALSO: &'static [(&'static str, &'static str)] =
        &[("id", "ticket_id"), ("intercom_user_id", "contact_id"), ("user_id", "external_id")];
    type On = Intercom;
    type Out = Record<TicketPart>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<TicketPart>> {
        let path = path(&["tickets", &self.ticket_id, "reply"])?;
        let fields = self.fields()?;
        if self.skip_notifications.is_some() {
            call.on.offered_from((2, 13), "Replies without notifications")?;
        }
        Ok(call.on.post_once(path, &fields).await?.into())
    }

    /// A part of this kind with this text and author, created since the attempt: the ticket itself is read, not an index.
    async fn look(self, call: &Call<'_, Intercom>, since: i64) -> Result<Option<Record<TicketPart>>> {
        let ticket = call.on.read_object(path(&["tickets", &self.ticket_id])?).await?;
        let parts = ticket.get("ticket_parts").and_then(|parts| parts.get("ticket_parts")).and_then(Value::as_array);
        let by = By::of(&self.admin_id, &self.contact_id);
        let has_files = !self.attachment_urls.is_empty();
        let said = Utterance { body: Some(&self.body), kind: self.kind().word(), by, has_files, since };
        let found = parts.into_iter().flatten().find(|part| said.is(part)).and_then(Value::as_object);
        Ok(found.cloned().map(Record::new))
    }
}
