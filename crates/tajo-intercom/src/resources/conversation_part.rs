//! Conversation parts: replies, notes, assignments, closes. <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/retrieveconversation>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tajo_core::{Epoch, Id, Read, Resource, Spec};

use crate::client::Intercom;
use crate::resources::conversation::Author;

/// One step of a conversation: a reply, a note, an assignment, a close …
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ConversationPart {
    /// Intercom's id; unique in the workspace only.
    pub id: Id,
    /// Always `conversation_part`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// What happened, such as `comment`, `note`, `assignment`, `close`; an open set.
    #[serde(default)]
    pub part_type: Option<String>,
    /// Body, as HTML.
    #[serde(default)]
    pub body: Option<String>,
    /// When it happened.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: Option<Epoch>,
    /// When people were notified of it.
    #[serde(default)]
    pub notified_at: Option<Epoch>,
    /// Who the conversation was assigned to.
    #[serde(default)]
    pub assigned_to: Option<AssignedTo>,
    /// Who did it.
    #[serde(default)]
    pub author: Option<Author>,
    /// Files sent with it.
    #[serde(default)]
    pub attachments: Option<Value>,
    /// Your own id of the part.
    #[serde(default)]
    pub external_id: Option<Id>,
    /// Whether its content was removed.
    #[serde(default)]
    pub redacted: Option<bool>,
    /// Headers of an e-mail part.
    #[serde(default)]
    pub email_message_metadata: Option<Value>,
    /// State of the conversation after it (2.14 on).
    #[serde(default)]
    pub state: Option<String>,
    /// Tags on the part (2.14 on).
    #[serde(default)]
    pub tags: Option<Value>,
    /// Details of an event part (2.14 on).
    #[serde(default)]
    pub event_details: Option<Value>,
    /// Other details (2.14 on).
    #[serde(default)]
    pub metadata: Option<Value>,
    /// App that made it (2.14 on).
    #[serde(default)]
    pub app_package_code: Option<String>,
}

/// Who a conversation was assigned to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AssignedTo {
    /// `admin` or `team`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Intercom's id.
    #[serde(default)]
    pub id: Option<Id>,
}

impl Resource for ConversationPart {
    type On = Intercom;
    const SPEC: Spec = Spec::of::<Self>(
        "conversation_parts",
        Read::Each {
            parent: "conversations",
            path: "/conversations/{id}",
            at: "conversation_parts",
            items: "conversation_parts",
            total: "total_count",
            into: "conversation_id",
        },
    )
    .newest("updated_at")
    .permission("Read conversations")
    .caveat(
        "One call for each changed conversation. Intercom gives the 500 newest parts; where there are more, \
         `conversations._parts_complete` is false and older parts that were read before are kept.",
    );
}
