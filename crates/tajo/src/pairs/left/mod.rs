//! Intercom contacts as the mirror holds them: each with what the mapping needs of it, and nothing else.

mod changed;
mod conversations;
mod reader;
mod statements;
#[cfg(test)]
mod tests;
mod told;

use serde_json::{Map, Value};

use super::mapping::Mapping;

pub use self::changed::ensure_indexes;
pub use self::reader::LeftReader;
pub use self::told::Told;

/// A contact of Intercom.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Left {
    /// Intercom's id.
    pub id: String,
    /// `user` or `lead`.
    pub role: String,
    /// E-mail address, as entered.
    pub email: Option<String>,
    /// The workspace's own id of the person.
    pub external_id: Option<String>,
    /// Whether the person opted out of e-mail.
    pub unsubscribed: bool,
    /// When anything on the contact last changed, unix seconds; 0 where unknown.
    pub updated_at: i64,
    /// The columns that the mapping wants, in its order ([`super::mapping::Wanted::columns`]).
    pub fields: Vec<Value>,
    /// Attributes that the workspace defined; empty where the mapping wants none.
    pub custom: Map<String, Value>,
    /// The company that speaks for the contact.
    pub company: Option<Company>,
    /// Names of its tags, sorted; `None` where they are not known.
    pub tags: Option<Vec<String>>,
    /// About its conversations; `None` where they are not known.
    pub facts: Option<Facts>,
}

/// A contact's company.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Company {
    /// The columns that the mapping wants, in its order.
    pub fields: Vec<Value>,
    /// Attributes that the workspace defined.
    pub custom: Map<String, Value>,
}

/// What is known of a contact's conversations. The last one is the one begun last.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// How many there are.
    pub conversations: u64,
    /// How many are open or snoozed.
    pub open: u64,
    /// When the last one began, unix seconds.
    pub last_at: Option<i64>,
    /// How the last one began, such as `customer_initiated`.
    pub last_channel: Option<String>,
    /// Names of the last one's tags, sorted.
    pub last_tags: Vec<String>,
    /// The rating given last.
    pub last_rating: Option<i64>,
    /// Seconds to the first answer, in the last one that has one.
    pub first_response: Option<i64>,
    /// Parts of all of them together.
    pub messages: Option<i64>,
    /// Outcome of the last one in which the AI agent took part.
    pub fin_resolution: Option<String>,
    /// The AI agent's rating given last.
    pub fin_rating: Option<i64>,
}

impl Left {
    /// Whether the contact has a tag of this name, given in small letters. Intercom's names are unique without regard to
    /// case.
    pub fn has_tag(&self, name: &str) -> bool {
        self.tags.iter().flatten().any(|tag| tag.trim().to_lowercase() == name)
    }
    /// The contact as an answer of the API shows it. What such an answer does not hold (company, names of tags,
    /// conversations) stays as it was.
    pub fn seen(&self, mapping: &Mapping, record: &Value) -> Left {
        let text = |name: &str| record[name].as_str().filter(|text| !text.is_empty()).map(str::to_string);
        let at = |path: &str| path.split('.').fold(record, |value, key| &value[key]).clone();
        Left {
            id: text("id").unwrap_or_else(|| self.id.clone()),
            role: text("role").unwrap_or_else(|| self.role.clone()),
            email: text("email"),
            external_id: text("external_id"),
            unsubscribed: record["unsubscribed_from_emails"] == true,
            updated_at: record["updated_at"].as_i64().unwrap_or(self.updated_at),
            fields: mapping.wanted.columns.iter().map(|wish| at(&wish.path)).collect(),
            custom: match &record["custom_attributes"] {
                Value::Object(custom) if mapping.wanted.custom => custom.clone(),
                _ => Map::new(),
            },
            company: self.company.clone(),
            tags: self.tags.clone(),
            facts: self.facts.clone(),
        }
    }
}
