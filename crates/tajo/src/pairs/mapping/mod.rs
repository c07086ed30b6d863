//! From an Intercom contact to a Brevo contact and back, without I/O.
//!
//! One rule for each field, in this order: consent, e-mail address, mapped fields, facts, attributes of tags, lists.
//! Values stand in shared terms: what the Brevo attribute would hold. Days are days in UTC.

mod build;
mod check;
mod convert;
mod dates;
mod defaults;
mod facts;
mod field;
mod hold;
mod patch;
mod person;
mod phone;
mod project;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use tajo_engine::pair::{Brakes, Rule};

pub use self::check::{Checked, NewAttribute};
pub use self::convert::{Convert, TEXT_CHARS_MAX, Trouble};
pub use self::field::{Back, Field, Member, Source};
pub use self::patch::BrevoPatch;
pub use self::project::{Note, Projected};
pub use self::schema::{Kind, LeftAttribute, RightAttribute};
use crate::config::Place;
pub use crate::config::{CompanyRule, Direction, FactGroup, NewInIntercom, NoEmail, TagRule};

/// Key of the consent lane.
pub const CONSENT: &str = "consent:email";
/// Key of the identity.
pub const EMAIL: &str = "email";
/// The field of Intercom that two attributes of Brevo share.
const NAME: &str = "name";
/// Before the id of a list, in its key.
pub const LIST: &str = "list:";

/// What becomes of what, both ways.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// Where each rule's values come from; in the order of the rules.
    pub fields: Vec<Field>,
    /// One for each field.
    pub rules: Vec<Rule>,
    /// Ids of the lists that are kept exact, ascending.
    pub lists: Vec<u64>,
    /// Tags that become lists or attributes.
    pub tags: Vec<TagRule>,
    /// What happens to contacts without an e-mail address.
    pub no_email: NoEmail,
    /// What a contact that Brevo alone has becomes in Intercom.
    pub new_in_intercom: NewInIntercom,
    /// Which way records flow.
    pub direction: Direction,
    /// Whether companies become companies of Brevo.
    pub company_objects: bool,
    /// Whether e-mails opened and clicked in Brevo become events of Intercom.
    pub engagement: bool,
    /// Which company speaks for a contact that has several.
    pub company: CompanyRule,
    /// How large a plan may be.
    pub brakes: Brakes,
    /// What of a contact is read.
    pub wanted: Wanted,
    /// Lines of the mapping that have no effect, and why.
    pub idle: Vec<Idle>,
    keys: HashMap<String, usize>,
}

/// What has to be read of a contact, so that it can be projected.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Columns of the contact, in the order of [`crate::pairs::left::Left::fields`].
    pub columns: Vec<Wish>,
    /// Whether the attributes that the workspace defined are wanted.
    pub custom: bool,
    /// Columns of its company.
    pub company: Vec<Wish>,
    /// Whether the company's own attributes are wanted.
    pub company_custom: bool,
    /// Whether names of tags are wanted.
    pub tags: bool,
    /// Whether facts about conversations are wanted.
    pub facts: bool,
    /// Which of several companies.
    pub rule: Option<CompanyRule>,
}

impl Wanted {
    /// Whether anything of a company is wanted.
    pub fn companies(&self) -> bool {
        !self.company.is_empty() || self.company_custom
    }
}

/// A column that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Its name.
    pub column: String,
    /// Where the value stands in a record of the API, dotted.
    pub path: String,
    /// What it holds.
    pub kind: tajo_core::table::Kind,
}

/// A line that has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idle {
    /// The field.
    pub from: String,
    /// Where it stands.
    pub place: Place,
    /// Why.
    pub why: &'static str,
}

impl Mapping {
    /// Key of a field to its position in the rules.
    pub fn keys(&self) -> &HashMap<String, usize> {
        &self.keys
    }
    /// Changes when the meaning changes, and neither with comments nor with the order of lines.
    pub fn hash(&self) -> String {
        let mut lines: Vec<String> = self.fields.iter().zip(&self.rules).map(|(field, rule)| field.meaning(rule)).collect();
        lines.sort_unstable();
        lines.push(format!("{:?} {:?} {:?}", self.no_email, self.new_in_intercom, self.wanted.rule));
        format!("{:016x}", xxhash_rust::xxh3::xxh3_64(lines.join("\n").as_bytes()))
    }
}
