//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/replyconversation>

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result, Row};

use super::conversation_contact::{id_of, whose};
use super::conversation_text::{By, Utterance};
use super::paths::path;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Conversation;
use crate::told::rows;

/// Intercom's limit.
pub(super) const ATTACHMENTS_MAX: usize = 10;
/// The id that means the contact's latest conversation.
const LAST: &str = "last";
/// Conversations of the contact looked through for a reply to `last`.
const LOOK_MAX: usize = 5;

/// Reply to a conversation as an admin (comment, note or quick reply) or as the contact. Sent at most once.
///
/// A contact's reply opens a closed conversation again. Where bot replies to e-mail are off in the workspace, replies to
/// e-mail conversations may not be sent out.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Reply {
    /// The conversation's id; with a contact also `last`, the contact's latest conversation.
    pub conversation_id: String,
    /// The text; HTML is kept in comments and notes of admins. A quick reply may do without.
    pub body: Option<String>,
    /// What it is: a comment that the person sees, a note for the team, or answers to choose from.
    pub message_type: Option<MessageType>,
    /// With `quick_reply`: the answers that the person can choose from.
    #[serde(default)]
    pub reply_options: Vec<String>,
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
}

/// What a reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageType {
    /// The person sees it.
    Comment,
    /// Only the team sees it.
    Note,
    /// The person chooses one of the answers in `reply_options`.
    QuickReply,
}

impl MessageType {
    fn word(self) -> &'static str {
        match self {
            MessageType::Comment => "comment",
            MessageType::Note => "note",
            MessageType::QuickReply => "quick_reply",
        }
    }
}

impl Reply {
    /// The request's body, or what is wrong with the input.
    fn fields(&self) -> Result<Map<String, Value>> {
        let kind = self.message_type.unwrap_or(MessageType::Comment);
        let who: Vec<(&'static str, &String)> = [
            ("admin_id", &self.admin_id),
            ("intercom_user_id", &self.contact_id),
            ("user_id", &self.external_id),
            ("email", &self.email),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.as_ref().filter(|value| !value.trim().is_empty()).map(|value| (name, value)))
        .collect();
        let &[(name, id)] = who.as_slice() else {
            return Err(refused("admin_id", "or one of `contact_id`, `external_id`, `email` says who replies; give exactly one"));
        };
        let is_admin = name == "admin_id";
        if !is_admin && kind != MessageType::Comment {
            return Err(refused("message_type", format!("can be `{}` only for an admin: give `admin_id`", kind.word())));
        }
        if is_admin && self.conversation_id == LAST {
            return Err(refused("conversation_id", "can be `last` only for a contact, whose latest conversation it means"));
        }
        if self.attachment_urls.len() > ATTACHMENTS_MAX {
            return Err(refused("attachment_urls", format!("takes {ATTACHMENTS_MAX} at most")));
        }
        let is_quick = kind == MessageType::QuickReply;
        if is_quick == self.reply_options.is_empty() {
            return Err(refused("reply_options", "must be given with `message_type: quick_reply`, and only then"));
        }
        if !is_quick && self.body.as_ref().is_none_or(|body| body.trim().is_empty()) {
            return Err(refused("body", "must be given: it is the text of the reply"));
        }
        let from = if is_admin { "admin" } else { "user" };
        let mut fields = json!({"type": from, "message_type": kind.word(), name: id});
        if let Some(body) = &self.body {
            fields["body"] = json!(body);
        }
        if is_quick {
            fields["reply_options"] = self.reply_options.iter().map(|text| json!({"text": text, "uuid": uuid()})).collect();
        }
        if !self.attachment_urls.is_empty() {
            fields["attachment_urls"] = json!(self.attachment_urls);
        }
        Ok(fields.as_object().cloned().unwrap_or_default())
    }

    /// The conversations that the reply may be in, with their parts.
    async fn places(&self, call: &Call<'_, Intercom>) -> Result<Vec<Row>> {
        let mut ids = vec![self.conversation_id.clone()];
        if self.conversation_id == LAST {
            let contact = call.on.contact_id(whose(&self.contact_id, &self.external_id, &self.email)?).await?;
            let query = json!({
                "query": {"field": "contact_ids", "operator": "=", "value": contact},
                "sort": {"field": "updated_at", "order": "descending"},
                "pagination": {"per_page": LOOK_MAX},
            });
            let mut page = call.on.search_object("/conversations/search", &query).await?;
            ids = rows(&mut page, "conversations")?.iter().map(id_of).collect::<Result<_>>()?;
        }
        let mut places = Vec::with_capacity(ids.len());
        for id in ids {
            places.push(call.on.read_object(path(&["conversations", &id])?).await?);
        }
        Ok(places)
    }
}

/// A name for one of the answers: of the standard library's own randomness, which is plenty for telling them apart.
fn uuid() -> String {
    let (a, b) = (RandomState::new().build_hasher().finish(), RandomState::new().build_hasher().finish());
    let (high, low) = (a & 0xffff_ffff_ffff_0fff | 0x4000, b & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

impl Action for Reply {
    const NAME: &'static str = "conversations.reply";
    const ALIAS: &'static str = "reply_to_conversation";
    const EFFECT: Effect = Effect::Once;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_CONVERSATIONS];
    const EXAMPLE: &'static str = r#"{"conversation_id": "123", "admin_id": "5017691", "body": "Thank you, we look into it."}"#;
    const ALSO: &'static [(&'static str, &'static str)] =
        &[("id", "conversation_id"), ("intercom_user_id", "contact_id"), ("user_id", "external_id")];
    type On = Intercom;
    type Out = Record<Conversation>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Conversation>> {
        let path = path(&["conversations", &self.conversation_id, "reply"])?;
        Ok(call.on.post_once(path, &self.fields()?).await?.into())
    }

    /// A part that says this, begun after the attempt: the conversation itself is read, not an index.
    async fn look(self, call: &Call<'_, Intercom>, since: i64) -> Result<Option<Record<Conversation>>> {
        let kind = self.message_type.unwrap_or(MessageType::Comment).word();
        let by = By::of(&self.admin_id, &self.contact_id);
        // Answers to choose from are shown without a text.
        let body = self.body.as_deref().filter(|_| self.message_type != Some(MessageType::QuickReply));
        let said = Utterance { body, kind, by, has_files: !self.attachment_urls.is_empty(), since };
        Ok(self.places(call).await?.into_iter().find(|place| said.is_in(place)).map(Record::new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_answers_differ_and_have_the_form_of_a_uuid() {
        let names: std::collections::HashSet<String> = (0..1000).map(|_| uuid()).collect();
        assert_eq!(names.len(), 1000);
        for name in names {
            let parts: Vec<&str> = name.split('-').collect();
            assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{name}");
            assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{name}");
        }
    }
}
