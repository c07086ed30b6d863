//! One field of a contact: where its value comes from, what it becomes, whether it can go back.

use serde_json::Value;
use tajo_engine::pair::Rule;

use super::convert::Convert;
use super::facts::Of;
use super::schema::Kind;
use crate::config::{Place, Transform};

/// One field.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its key: the Brevo attribute in capitals, or one of `email`, `consent:email`, `list:N`.
    pub key: String,
    /// As the configuration names it, such as `custom_attributes.plan_tier`; what it is, where it does not.
    pub from: String,
    /// Where the value comes from.
    pub source: Source,
    /// How it is rewritten.
    pub convert: Convert,
    /// How it goes back to Intercom.
    pub back: Back,
    /// Where it stands in the configuration; line 0 for defaults.
    pub place: Place,
}

/// Where a value comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// Whether the contact opted out of e-mail.
    Consent,
    /// The e-mail address.
    Email,
    /// The first word of the name; the column is the name's.
    FirstName(usize),
    /// The other words.
    LastName(usize),
    /// A column that is wanted.
    Column(usize),
    /// An attribute that the workspace defined.
    Custom(String),
    /// A column of the company that is wanted.
    Company(usize),
    /// An attribute of the company that the workspace defined.
    CompanyCustom(String),
    /// The names of the tags.
    TagNames,
    /// A fact about conversations.
    Fact(Of),
    /// Whether the contact has this tag, in small letters.
    HasTag(String),
    /// Whether the contact belongs to a list: one of these is enough.
    List(u64, Vec<Member>),
}

/// Who belongs to a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// Users.
    Users,
    /// Leads that Brevo can identify.
    Leads,
    /// Whoever has an open or snoozed conversation.
    Talking,
    /// Whoever has this tag, in small letters.
    Tagged(String),
    /// Nobody knows: what decides is not synced.
    Unknown,
}

/// How a value goes back to Intercom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Back {
    /// Not at all.
    Never,
    /// As the e-mail address.
    Email,
    /// As an opt-out.
    Consent,
    /// As the first word of the name.
    FirstName,
    /// As the other words of the name.
    LastName,
    /// As a field of this name.
    Plain(&'static str),
    /// As an attribute that the workspace defined, of this type and with these choices; any value where it has none.
    Custom(String, String, Vec<String>),
}

impl Field {
    /// Everything that decides what is written, as text.
    pub(super) fn meaning(&self, rule: &Rule) -> String {
        let made = match &self.source {
            Source::List(_, members) => {
                let mut members: Vec<String> = members.iter().map(|member| format!("{member:?}")).collect();
                members.sort_unstable();
                members.join(",")
            }
            Source::HasTag(tag) => tag.clone(),
            _ => self.from.clone(),
        };
        format!("{} < {made} {:?} {:?} {:?} {:?} {:?}", self.key, self.convert, rule.flow, rule.winner, rule.law, self.back)
    }
    /// Whether a platform keeps the value as it is, however it spells it: everything but free text.
    pub fn is_exact(&self) -> bool {
        let phone = self.convert.by == Some(Transform::E164);
        phone || self.convert.kind != Kind::Text || matches!(self.source, Source::Email | Source::Consent | Source::List(..))
    }
    /// Whether Intercom has words for a value of Brevo.
    pub fn takes_back(&self, value: &Value) -> bool {
        let is_choice = match &self.back {
            Back::Custom(_, _, choices) if !choices.is_empty() && !value.is_null() => {
                self.convert.back(value).as_str().is_some_and(|text| choices.iter().any(|choice| choice == text))
            }
            _ => true,
        };
        is_choice && self.convert.takes_back(value)
    }
    /// Type of the Brevo attribute; `None` where the field is no attribute.
    pub fn attribute(&self) -> Option<Kind> {
        match self.source {
            Source::Consent | Source::Email | Source::List(..) => None,
            _ => Some(self.convert.kind),
        }
    }
}
