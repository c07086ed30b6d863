//! Conversations. <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tajo_core::{Epoch, Grain, Id, Link, Read, Resource, Row, Spec};

use crate::client::Intercom;
use crate::search::updated_between;

/// A conversation between contacts and the team.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Conversation {
    /// Intercom's id; unique in the workspace only.
    pub id: Id,
    /// Always `conversation`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Title.
    #[serde(default)]
    pub title: Option<String>,
    /// When it was created.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// When anything in it last changed.
    #[serde(default)]
    pub updated_at: Option<Epoch>,
    /// Since when a contact waits for a reply.
    #[serde(default)]
    pub waiting_since: Option<Epoch>,
    /// Until when it is snoozed.
    #[serde(default)]
    pub snoozed_until: Option<Epoch>,
    /// Whether it is open.
    #[serde(default)]
    pub open: Option<bool>,
    /// `open`, `closed` or `snoozed`.
    #[serde(default)]
    pub state: Option<String>,
    /// Whether an admin has read it.
    #[serde(default)]
    pub read: Option<bool>,
    /// `priority` or `not_priority`; from 2.16 a level.
    #[serde(default)]
    pub priority: Option<String>,
    /// Admin it is assigned to; 0 or null where nobody.
    #[serde(default)]
    pub admin_assignee_id: Option<Id>,
    /// Team it is assigned to; 0 or null where none.
    #[serde(default)]
    pub team_assignee_id: Option<Id>,
    /// Company it belongs to (2.15 on).
    #[serde(default)]
    pub company: Option<Value>,
    /// How the contact rated it.
    #[serde(default)]
    pub conversation_rating: Option<Rating>,
    /// The message it began with.
    #[serde(default)]
    pub source: Option<Source>,
    /// First reply of a contact.
    #[serde(default)]
    pub first_contact_reply: Option<FirstReply>,
    /// Service level in force.
    #[serde(default)]
    pub sla_applied: Option<Sla>,
    /// Durations and counts, in seconds.
    #[serde(default)]
    pub statistics: Option<Statistics>,
    /// Admins who took part.
    #[serde(default)]
    pub teammates: Option<Value>,
    /// Attributes the workspace defined.
    #[serde(default)]
    pub custom_attributes: Option<Row>,
    /// Tickets and conversations linked to it.
    #[serde(default)]
    pub linked_objects: Option<Value>,
    /// Topics found in it.
    #[serde(default)]
    pub topics: Option<Value>,
    /// Whether the AI agent took part.
    #[serde(default)]
    pub ai_agent_participated: Option<bool>,
    /// What the AI agent did.
    #[serde(default)]
    pub ai_agent: Option<AiAgent>,
    /// Ticket it was turned into.
    #[serde(default)]
    pub ticket: Option<Value>,
}

/// How a contact rated a conversation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Rating {
    /// 1 to 5.
    #[serde(default)]
    pub rating: Option<i64>,
    /// What the contact said.
    #[serde(default)]
    pub remark: Option<String>,
    /// When the rating was asked for.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// When the rating changed.
    #[serde(default)]
    pub updated_at: Option<Epoch>,
    /// Contact who rated.
    #[serde(default)]
    pub contact: Option<Value>,
    /// Admin who was rated.
    #[serde(default)]
    pub teammate: Option<Value>,
}

/// The message a conversation began with.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// Channel, such as `conversation` or `email`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Intercom's id of the message.
    #[serde(default)]
    pub id: Option<Id>,
    /// How it began, such as `customer_initiated`.
    #[serde(default)]
    pub delivered_as: Option<String>,
    /// Subject, as HTML.
    #[serde(default)]
    pub subject: Option<String>,
    /// Body, as HTML.
    #[serde(default)]
    pub body: Option<String>,
    /// Who wrote it.
    #[serde(default)]
    pub author: Option<Author>,
    /// Files sent with it.
    #[serde(default)]
    pub attachments: Option<Value>,
    /// Page it was sent from.
    #[serde(default)]
    pub url: Option<String>,
    /// Whether its content was removed.
    #[serde(default)]
    pub redacted: Option<bool>,
}

/// Who wrote a message.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Author {
    /// `user`, `lead`, `admin`, `bot` or `team`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Intercom's id of the author.
    #[serde(default)]
    pub id: Option<Id>,
    /// Name.
    #[serde(default)]
    pub name: Option<String>,
    /// E-mail address.
    #[serde(default)]
    pub email: Option<String>,
}

/// First reply of a contact.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct FirstReply {
    /// When it was sent.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// Channel.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Page it was sent from.
    #[serde(default)]
    pub url: Option<String>,
}

/// A service level.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Sla {
    /// Always `conversation_sla_summary`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Name.
    #[serde(default)]
    pub sla_name: Option<String>,
    /// `hit`, `missed`, `cancelled` or `active`.
    #[serde(default)]
    pub sla_status: Option<String>,
}

/// Durations (seconds) and counts of a conversation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Statistics {
    /// Always `conversation_statistics`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Seconds: time to assignment.
    #[serde(default)]
    pub time_to_assignment: Option<i64>,
    /// Seconds: time to admin reply.
    #[serde(default)]
    pub time_to_admin_reply: Option<i64>,
    /// Seconds: time to first close.
    #[serde(default)]
    pub time_to_first_close: Option<i64>,
    /// Seconds: time to last close.
    #[serde(default)]
    pub time_to_last_close: Option<i64>,
    /// Seconds: median time to reply.
    #[serde(default)]
    pub median_time_to_reply: Option<i64>,
    /// By team: assigned team first response time.
    #[serde(default)]
    pub assigned_team_first_response_time: Option<Value>,
    /// By team: assigned team first response time in office hours.
    #[serde(default)]
    pub assigned_team_first_response_time_in_office_hours: Option<Value>,
    /// Seconds: handling time.
    #[serde(default)]
    pub handling_time: Option<i64>,
    /// Seconds: adjusted handling time.
    #[serde(default)]
    pub adjusted_handling_time: Option<i64>,
    /// Moment of the first contact reply.
    #[serde(default)]
    pub first_contact_reply_at: Option<Epoch>,
    /// Moment of the first assignment.
    #[serde(default)]
    pub first_assignment_at: Option<Epoch>,
    /// Moment of the first admin reply.
    #[serde(default)]
    pub first_admin_reply_at: Option<Epoch>,
    /// Moment of the first close.
    #[serde(default)]
    pub first_close_at: Option<Epoch>,
    /// Moment of the last assignment.
    #[serde(default)]
    pub last_assignment_at: Option<Epoch>,
    /// Moment of the last assignment admin reply.
    #[serde(default)]
    pub last_assignment_admin_reply_at: Option<Epoch>,
    /// Moment of the last contact reply.
    #[serde(default)]
    pub last_contact_reply_at: Option<Epoch>,
    /// Moment of the last admin reply.
    #[serde(default)]
    pub last_admin_reply_at: Option<Epoch>,
    /// Moment of the last close.
    #[serde(default)]
    pub last_close_at: Option<Epoch>,
    /// Admin who closed it last.
    #[serde(default)]
    pub last_closed_by_id: Option<Id>,
    /// How often it was reopened.
    #[serde(default)]
    pub count_reopens: Option<i64>,
    /// How often it was assigned.
    #[serde(default)]
    pub count_assignments: Option<i64>,
    /// Number of parts, the source counted in.
    #[serde(default)]
    pub count_conversation_parts: Option<i64>,
}

/// What the AI agent did in a conversation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AiAgent {
    /// Where its answer came from.
    #[serde(default)]
    pub source_type: Option<String>,
    /// Title of that source.
    #[serde(default)]
    pub source_title: Option<String>,
    /// `ai_answer`, `custom_answer` or null.
    #[serde(default)]
    pub last_answer_type: Option<String>,
    /// Outcome; the choices changed in 2.15.
    #[serde(default)]
    pub resolution_state: Option<String>,
    /// 1 to 5.
    #[serde(default)]
    pub rating: Option<i64>,
    /// What the contact said.
    #[serde(default)]
    pub rating_remark: Option<String>,
    /// When it was rated.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// When the rating changed.
    #[serde(default)]
    pub updated_at: Option<Epoch>,
    /// Content it used.
    #[serde(default)]
    pub content_sources: Option<Value>,
}

impl Resource for Conversation {
    type On = Intercom;
    const SPEC: Spec = Spec::of::<Self>(
        "conversations",
        Read::Search {
            path: "/conversations/search",
            items: "conversations",
            grain: |_| Grain::Second,
            page_max: 150,
            body: updated_between,
        },
    )
    .newest("updated_at")
    .links(&[
        Link {
            table: "conversation_contacts",
            at: "contacts",
            items: "contacts",
            columns: ["conversation_id", "contact_id"],
            rest: None,
        },
        Link { table: "conversation_tags", at: "tags", items: "tags", columns: ["conversation_id", "tag_id"], rest: None },
    ])
    .flag("_parts_complete")
    .permission("Read conversations")
    .caveat("Deleted conversations stay in the table. Outbound messages without a reply are not conversations in the API.");
}
