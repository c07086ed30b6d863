//! A contact of either side as values in shared terms.

use serde_json::Value;

use super::build::PHONES;
use super::convert::{Trouble, boolean};
use super::dates;
use super::facts::Of;
use super::field::{Field, Member, Source};
use super::person;
use super::phone::e164;
use super::schema::Kind;
use super::{Mapping, NoEmail};
use crate::config::Transform;
use crate::config::dialling::assigned;
use crate::pairs::left::Left;

/// A contact of Intercom in shared terms.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Projected {
    /// One value for each rule; `Null` is empty or, for lists and tags, unknown.
    pub values: Vec<Value>,
    /// What did not come through as it was.
    pub notes: Vec<Note>,
    /// Positions of values that are there and could not be read: `Null`, but not empty.
    pub unreadable: Vec<usize>,
}

/// A value that did not come through as it was. Holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Key of the field.
    pub field: String,
    /// `phone_invalid`, `cut`, `not_a_number`, `not_a_boolean`, `not_a_date`, `not_in_values`, `email_invalid`.
    pub code: &'static str,
    /// For people.
    pub said: String,
}

impl Mapping {
    /// A contact of Intercom in shared terms.
    pub fn left(&self, contact: &Left) -> Projected {
        let mut projected = Projected { values: Vec::with_capacity(self.fields.len()), ..Projected::default() };
        for field in &self.fields {
            let (value, trouble) = self.left_value(field, contact);
            if let Some(trouble) = trouble {
                let (code, said) = trouble.said();
                if value.is_null() {
                    projected.unreadable.push(projected.values.len());
                }
                projected.notes.push(Note { field: field.key.clone(), code, said: format!("{}: {said}", field.key) });
            }
            projected.values.push(value);
        }
        projected
    }

    fn left_value(&self, field: &Field, contact: &Left) -> (Value, Option<Trouble>) {
        let name = |column: &usize| person::split(contact.fields.get(*column).and_then(Value::as_str).unwrap_or_default());
        let convert = |value: Option<&Value>| value.map_or((Value::Null, None), |value| field.convert.apply(value));
        match &field.source {
            Source::Consent => (contact.unsubscribed.into(), None),
            Source::Email => match email(contact.email.as_deref()) {
                Err(trouble) => (Value::Null, Some(trouble)),
                Ok(email) => (email.into(), None),
            },
            Source::FirstName(column) => field.convert.apply(&name(column).0.into()),
            Source::LastName(column) => field.convert.apply(&name(column).1.into()),
            Source::Column(at) => convert(contact.fields.get(*at)),
            Source::Custom(name) => convert(contact.custom.get(name)),
            Source::Company(at) => convert(contact.company.as_ref().and_then(|company| company.fields.get(*at))),
            Source::CompanyCustom(name) => convert(contact.company.as_ref().and_then(|company| company.custom.get(name))),
            Source::TagNames => match contact.tags.as_deref() {
                None | Some([]) => (Value::Null, None),
                Some(tags) => field.convert.apply(&tags.into()),
            },
            Source::Fact(Of::Conversations(of)) => convert(contact.facts.as_ref().map(of).as_ref()),
            Source::Fact(Of::Column(_)) => (Value::Null, None),
            Source::HasTag(tag) => (contact.tags.as_ref().map(|_| contact.has_tag(tag)).into(), None),
            Source::List(_, members) => (self.belongs(members, contact).into(), None),
        }
    }

    /// One reason to belong is enough; without one, what is not known may not be denied.
    fn belongs(&self, members: &[Member], contact: &Left) -> Option<bool> {
        let identified = || self.no_email == NoEmail::ExtId || email(contact.email.as_deref()).is_ok_and(|e| e.is_some());
        let one = |member: &Member| match member {
            Member::Users => Some(contact.role == "user"),
            Member::Leads => Some(contact.role == "lead" && identified()),
            Member::Talking => contact.facts.as_ref().map(|facts| facts.open > 0),
            Member::Tagged(tag) => contact.tags.as_ref().map(|_| contact.has_tag(tag)),
            Member::Unknown => None,
        };
        let mut known = true;
        for member in members {
            match one(member) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => known = false,
            }
        }
        known.then_some(false)
    }

    /// A contact of Brevo in shared terms, from its JSON: `attributes`, `listIds`, `emailBlacklisted`. `email` comes before
    /// the body's own.
    pub fn right(&self, body: &Value, email: Option<&str>) -> Vec<Value> {
        let address = email.or_else(|| body["email"].as_str());
        let attributes = &body["attributes"];
        let listed = |id: u64| body["listIds"].as_array().is_some_and(|ids| ids.iter().any(|one| one.as_u64() == Some(id)));
        let value = |field: &Field| match &field.source {
            Source::Consent => (body["emailBlacklisted"] == true).into(),
            Source::Email => address.map(|address| address.trim().to_lowercase()).filter(|a| !a.is_empty()).into(),
            Source::List(id, _) => listed(*id).into(),
            _ => attributes.get(&field.key).map_or(Value::Null, |value| shared(field, value)),
        };
        self.fields.iter().map(value).collect()
    }
}

/// In small letters; nothing where there is none.
fn email(address: Option<&str>) -> Result<Option<String>, Trouble> {
    let address = address.map(str::trim).filter(|address| !address.is_empty());
    let Some(address) = address else { return Ok(None) };
    let good = address.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    if good && !address.contains(char::is_whitespace) { Ok(Some(address.to_lowercase())) } else { Err(Trouble::Email) }
}

/// What an attribute of Brevo holds, in shared terms; what is of another type stays as it is.
fn shared(field: &Field, value: &Value) -> Value {
    let phone = field.convert.by == Some(Transform::E164);
    match (field.convert.kind, value) {
        (_, Value::Null) => Value::Null,
        (_, Value::String(text)) if text.trim().is_empty() => Value::Null,
        // Phone numbers come back as digits without `+`.
        (Kind::Text, Value::String(text)) if phone && PHONES.contains(&field.key.as_str()) => plus(text),
        // Free text, in which people write numbers as they like.
        (Kind::Text, Value::String(text)) if phone => match e164(text, field.convert.country) {
            Some(number) => number.into(),
            None if text.bytes().all(|b| b.is_ascii_digit()) && assigned(text) => plus(text),
            None => value.clone(),
        },
        (Kind::Text, Value::Number(number)) if phone => plus(&number.to_string()),
        (Kind::Text, Value::Number(number)) => number.to_string().into(),
        (Kind::Date, Value::String(text)) => dates::day_of_text(text).map_or_else(|| value.clone(), Value::from),
        (Kind::Boolean, value) => boolean(value).unwrap_or_else(|_| value.clone()),
        (Kind::Float, Value::String(text)) => text.trim().parse::<f64>().map_or_else(|_| value.clone(), Value::from),
        _ => value.clone(),
    }
}

fn plus(text: &str) -> Value {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() { text.into() } else { format!("+{digits}").into() }
}
