//! From what is to be written, in shared terms, to the words of each platform.

use serde_json::{Map, Value};

use super::convert::boolean;
use super::field::{Back, Source};
use super::person;
use super::schema::Kind;
use super::{Mapping, NAME};
use crate::pairs::left::Left;

/// What is to be written to one contact of Brevo.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BrevoPatch {
    /// Attributes by name. Empty text clears a text, null anything else.
    pub attributes: Map<String, Value>,
    /// The new e-mail address; `Some(None)` takes it away.
    pub email: Option<Option<String>>,
    /// Lists to join.
    pub lists_add: Vec<u64>,
    /// Lists to leave.
    pub lists_remove: Vec<u64>,
    /// Whether the contact opts out of e-mail. Nothing ever opts back in.
    pub opt_out: bool,
}

impl Mapping {
    /// What to write to Brevo for these values, by position in the rules.
    pub fn to_brevo(&self, changes: &[(usize, Value)]) -> BrevoPatch {
        let mut patch = BrevoPatch::default();
        for (at, value) in changes {
            let Some(field) = self.fields.get(*at) else { continue };
            match &field.source {
                Source::Consent => patch.opt_out |= value == &Value::Bool(true),
                Source::Email => patch.email = Some(value.as_str().map(str::to_string)),
                Source::List(id, _) => match value {
                    Value::Bool(true) => patch.lists_add.push(*id),
                    Value::Bool(false) => patch.lists_remove.push(*id),
                    _ => {}
                },
                _ => {
                    let clear = value.is_null() && field.convert.kind == Kind::Text;
                    patch.attributes.insert(field.key.clone(), if clear { "".into() } else { value.clone() });
                }
            }
        }
        patch
    }

    /// The body of an update of a contact of Intercom for these values. Both parts of a name become one, with the part
    /// that did not change taken from `current`, whose values are `now`. What Intercom does not let be written is left out.
    pub fn to_intercom(&self, changes: &[(usize, Value)], current: &Left, now: &[Value]) -> Map<String, Value> {
        let mut body = Map::new();
        let mut custom = Map::new();
        let (mut first, mut last) = (None, None);
        for (at, value) in changes {
            let Some(field) = self.fields.get(*at) else { continue };
            let value = field.convert.back(value);
            match &field.back {
                Back::Never => {}
                Back::Consent if value == Value::Bool(true) => drop(body.insert("unsubscribed_from_emails".into(), value)),
                Back::Consent => {}
                Back::Email => drop(body.insert("email".into(), value)),
                Back::FirstName => first = Some(value),
                Back::LastName => last = Some(value),
                Back::Plain(name) => drop(body.insert((*name).into(), value)),
                Back::Custom(name, data_type, _) => drop(custom.insert(name.clone(), typed(value, data_type))),
            }
        }
        if first.is_some() || last.is_some() {
            let known = self.parts(|n| now.get(n));
            let (had_first, had_last) = person::split_as(self.name_of(current).unwrap_or_default(), &[known]);
            let part = |new: Option<Value>, had: Option<String>| match new {
                Some(new) => new.as_str().map(str::to_string),
                None => had,
            };
            let name = person::join(part(first, had_first).as_deref(), part(last, had_last).as_deref());
            body.insert(NAME.into(), name.into());
        }
        if !custom.is_empty() {
            body.insert("custom_attributes".into(), custom.into());
        }
        body
    }

    /// The contact's name, where it was read.
    pub(super) fn name_of<'l>(&self, contact: &'l Left) -> Option<&'l str> {
        let at = self.wanted.columns.iter().position(|wish| wish.column == NAME)?;
        contact.fields.get(at)?.as_str()
    }
}

/// A value as an attribute of this type takes it.
fn typed(value: Value, data_type: &str) -> Value {
    let whole = |number: f64| (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64);
    match (data_type, &value) {
        (_, Value::Null) => value,
        ("integer", Value::Number(number)) => number.as_f64().and_then(whole).map_or(value, Value::from),
        ("integer", Value::String(text)) => text.trim().parse::<i64>().map_or(value, Value::from),
        ("float" | "number", Value::String(text)) => text.trim().parse::<f64>().map_or(value, Value::from),
        ("integer" | "float" | "number", Value::Bool(flag)) => u8::from(*flag).into(),
        ("boolean", _) => boolean(&value).unwrap_or(value),
        ("integer" | "float" | "number", _) => value,
        (_, Value::Number(_) | Value::Bool(_)) => value.to_string().into(),
        _ => value,
    }
}
