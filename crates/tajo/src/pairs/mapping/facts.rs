//! Facts about a contact that Intercom keeps elsewhere, and the attributes that they become.

use serde_json::Value;

use super::dates::day;
use super::schema::Kind;
use crate::config::FactGroup;
use crate::pairs::left::Facts;

/// A fact.
#[derive(Debug, Clone, Copy)]
pub struct Fact {
    /// The attribute.
    pub key: &'static str,
    /// To which choice of `facts` it belongs.
    pub group: FactGroup,
    /// Type of the attribute.
    pub kind: Kind,
    /// Where it comes from.
    pub of: Of,
}

/// Where a fact comes from.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// A column of the contact.
    Column(&'static str),
    /// The contact's conversations.
    Conversations(fn(&Facts) -> Value),
}

const fn told(key: &'static str, group: FactGroup, kind: Kind, of: fn(&Facts) -> Value) -> Fact {
    Fact { key, group, kind, of: Of::Conversations(of) }
}
const fn column(key: &'static str, column: &'static str) -> Fact {
    Fact { key, group: FactGroup::Messenger, kind: Kind::Date, of: Of::Column(column) }
}

use FactGroup::{AiAgent, Conversations, Messenger};
use Kind::{Date, Float, Text};

/// All facts, in the order of their rules. The last conversation is the one that was begun last.
pub static FACTS: &[Fact] = &[
    told("LAST_CONVERSATION_AT", Conversations, Date, |f| f.last_at.and_then(day).into()),
    told("OPEN_CONVERSATIONS", Conversations, Float, |f| if f.conversations > 0 { f.open.into() } else { Value::Null }),
    told("LAST_RATING", Conversations, Float, |f| f.last_rating.into()),
    told("LAST_CONVERSATION_TAGS", Conversations, Text, tags),
    told("FIRST_RESPONSE_MINUTES", Conversations, Float, |f| f.first_response.map(minutes).into()),
    told("CONVERSATIONS", Conversations, Float, |f| if f.conversations > 0 { f.conversations.into() } else { Value::Null }),
    column("LAST_REPLIED_AT", "last_replied_at"),
    column("LAST_CONTACTED_AT", "last_contacted_at"),
    column("LAST_EMAIL_OPENED_AT", "last_email_opened_at"),
    column("LAST_EMAIL_CLICKED_AT", "last_email_clicked_at"),
    told("LAST_CONVERSATION_CHANNEL", Messenger, Text, |f| f.last_channel.clone().into()),
    told("MESSAGES", Messenger, Float, |f| f.messages.into()),
    told("FIN_LAST_RESOLUTION", AiAgent, Text, |f| f.fin_resolution.clone().into()),
    told("FIN_RATING", AiAgent, Float, |f| f.fin_rating.into()),
];

fn tags(facts: &Facts) -> Value {
    if facts.last_tags.is_empty() { Value::Null } else { facts.last_tags.join(",").into() }
}

/// Whole minutes, a minute begun counts from its half.
fn minutes(seconds: i64) -> i64 {
    (seconds + 30).div_euclid(60)
}
