//! A contact as it is kept: small, since a million of them must fit.

use std::sync::Arc;

use serde_json::Value;

use crate::json::Ink;

/// What identifies a contact beside its id, in the order in which writes are matched (§20: the
/// vendor does not say; this is the order of its own description).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Email,
    ExtId,
    Sms,
    Whatsapp,
    Landline,
}

impl Key {
    pub(crate) const ALL: [Key; 5] = [Key::Email, Key::ExtId, Key::Sms, Key::Whatsapp, Key::Landline];

    pub(crate) fn slot(self) -> usize {
        match self {
            Key::Email => 0,
            Key::ExtId => 1,
            Key::Sms => 2,
            Key::Whatsapp => 3,
            Key::Landline => 4,
        }
    }

    pub(crate) fn attribute(self) -> &'static str {
        ["EMAIL", "EXT_ID", "SMS", "WHATSAPP", "LANDLINE_NUMBER"][self.slot()]
    }

    /// As messages and `duplicate_identifiers` name it (facts §3.2).
    pub(crate) fn label(self) -> &'static str {
        if self == Key::Email { "email" } else { self.attribute() }
    }

    /// `identifierType` of a path or a key of an event's `identifiers`.
    pub(crate) fn of_type(name: &str) -> Option<Key> {
        match name {
            "email_id" => Some(Key::Email),
            "ext_id" => Some(Key::ExtId),
            "phone_id" => Some(Key::Sms),
            "whatsapp_id" => Some(Key::Whatsapp),
            "landline_number_id" => Some(Key::Landline),
            _ => None,
        }
    }

    pub(crate) fn is_phone(self) -> bool {
        matches!(self, Key::Sms | Key::Whatsapp | Key::Landline)
    }

    /// The stored form: e-mails in small letters, phones as digits; `None` where it is no such thing.
    /// Accepted numbers: `91xxxxxxxxxx`, `+91xxxxxxxxxx`, `0091xxxxxxxxxx` (SDK, `POST /contacts`).
    pub(crate) fn canonical(self, text: &str) -> Option<Arc<str>> {
        let text = text.trim();
        if self == Key::Email {
            let (user, host) = text.split_once('@')?;
            let fine =
                !user.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !host.contains('@');
            return (fine && !text.contains(char::is_whitespace)).then(|| text.to_lowercase().into());
        }
        if !self.is_phone() {
            return (!text.is_empty()).then(|| text.into());
        }
        let digits = text.strip_prefix('+').or_else(|| text.strip_prefix("00")).unwrap_or(text);
        let fine = (6..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
        fine.then(|| digits.into())
    }
}

/// One attribute's value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Val {
    Text(Box<str>),
    Number(f64),
    Bool(bool),
    /// Year, month and day as one number.
    Day(u32),
    Many(Box<[Box<str>]>),
}

impl Val {
    pub(crate) fn json(&self) -> Value {
        let mut out = Vec::new();
        self.ink(&mut out);
        serde_json::from_slice(&out).unwrap_or_default()
    }
}

impl Ink for Val {
    fn ink(&self, out: &mut Vec<u8>) {
        match self {
            Val::Text(text) => text.as_ref().ink(out),
            Val::Number(number) => Value::from(Number(*number)).ink(out),
            Val::Bool(flag) => flag.ink(out),
            Val::Day(day) => format!("{:04}-{:02}-{:02}", day / 10_000, day / 100 % 100, day % 100).ink(out),
            Val::Many(labels) => Value::from(labels.iter().map(|label| Value::from(label.as_ref())).collect::<Vec<_>>()).ink(out),
        }
    }
}

/// Whole numbers come back without a fraction (facts §6).
struct Number(f64);

impl From<Number> for Value {
    fn from(Number(number): Number) -> Value {
        if number.fract() == 0.0 && number.abs() < 9e15 { Value::from(number as i64) } else { Value::from(number) }
    }
}

/// One contact without its id and time of change, which stand in its row.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contact {
    pub(crate) keys: [Option<Arc<str>>; 5],
    /// Attribute numbers of the registry with values, sorted by number.
    pub(crate) values: Vec<(u16, Val)>,
    pub(crate) lists: Vec<u32>,
    pub(crate) email_blocked: bool,
    pub(crate) sms_blocked: bool,
    pub(crate) created: i64,
}

impl Contact {
    pub(crate) fn key(&self, key: Key) -> Option<&Arc<str>> {
        self.keys[key.slot()].as_ref()
    }

    pub(crate) fn value(&self, attribute: u16) -> Option<&Val> {
        let at = self.values.binary_search_by_key(&attribute, |(number, _)| *number).ok()?;
        Some(&self.values[at].1)
    }

    /// Sets or clears a value; says whether that changed anything.
    pub(crate) fn put(&mut self, attribute: u16, value: Option<Val>) -> bool {
        match (self.values.binary_search_by_key(&attribute, |(number, _)| *number), value) {
            (Ok(at), Some(value)) if self.values[at].1 == value => false,
            (Ok(at), Some(value)) => {
                self.values[at].1 = value;
                true
            }
            (Ok(at), None) => {
                self.values.remove(at);
                true
            }
            (Err(at), Some(value)) => {
                self.values.insert(at, (attribute, value));
                true
            }
            (Err(_), None) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_have_one_form() {
        for text in ["4915112345678", "+4915112345678", "004915112345678"] {
            assert_eq!(Key::Sms.canonical(text).as_deref(), Some("4915112345678"));
        }
        for text in ["0151 123", "+49 151 1", "abc", "", "12345"] {
            assert!(Key::Sms.canonical(text).is_none(), "{text}");
        }
        assert_eq!(Key::Email.canonical(" Ada@A.Example ").as_deref(), Some("ada@a.example"));
        assert!(["ada", "ada@", "@a.example", "ada@a", "a b@a.example"].iter().all(|text| Key::Email.canonical(text).is_none()));
    }

    #[test]
    fn values_keep_their_order_and_know_a_change() {
        let mut contact = Contact::default();
        assert!(contact.put(7, Some(Val::Number(2.0))) && contact.put(3, Some(Val::Day(20_240_105))));
        assert!(!contact.put(7, Some(Val::Number(2.0))) && contact.put(7, None) && !contact.put(7, None));
        assert_eq!(contact.value(3).map(Val::json), Some(Value::from("2024-01-05")));
        assert_eq!((Val::Number(2.0).json(), Val::Number(2.5).json()), (Value::from(2), Value::from(2.5)));
    }
}
