//! From a value of Intercom to what a Brevo attribute holds, by named conversions.

use serde_json::Value;
use tajo_engine::pair::alike;

use super::dates;
use super::phone::e164;
use super::schema::Kind;
use crate::config::Transform;
use crate::config::dialling::Dialling;

/// Longest text that Brevo is given, characters: reports of what it keeps begin at 255.
pub const TEXT_CHARS_MAX: usize = 255;
/// Text of fewer digits is no moment in unix seconds: they begin in 1973.
const SECONDS_DIGITS_MIN: usize = 9;
/// Between the parts of a list where nothing is said.
pub const SEPARATOR: &str = ", ";

/// How the values of one field are rewritten.
#[derive(Debug, Clone, PartialEq)]
pub struct Convert {
    /// By this conversion; as its kind asks where absent.
    pub by: Option<Transform>,
    /// What comes out.
    pub kind: Kind,
    /// Whether the values that go in are moments.
    pub moments: bool,
    /// Between the parts of a list.
    pub separator: String,
    /// For [`Transform::Map`]: values and what they become.
    pub values: Vec<(String, Value)>,
    /// For [`Transform::E164`]: country of numbers that do not say theirs.
    pub country: Option<Dialling>,
}

/// Why a value did not come through as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No phone number; not taken over.
    Phone,
    /// Longer than Brevo keeps; cut.
    Cut,
    /// No number; not taken over.
    Number,
    /// Neither true nor false; not taken over.
    Boolean,
    /// No date; not taken over.
    Date,
    /// Not in the table of values; not taken over.
    Unmapped,
    /// No e-mail address; not taken over.
    Email,
}

impl Trouble {
    /// Its code, and what is said of it. Never the value.
    pub const fn said(self) -> (&'static str, &'static str) {
        match self {
            Trouble::Phone => ("phone_invalid", "not a phone number with a country code; not taken over"),
            Trouble::Cut => ("cut", "longer than 255 characters; cut"),
            Trouble::Number => ("not_a_number", "not a number; not taken over"),
            Trouble::Boolean => ("not_a_boolean", "neither true nor false; not taken over"),
            Trouble::Date => ("not_a_date", "not a date; not taken over"),
            Trouble::Unmapped => ("not_in_values", "not in the table of values; not taken over"),
            Trouble::Email => ("email_invalid", "not an e-mail address; not taken over"),
        }
    }
}

type Converted = Result<Value, Trouble>;

impl Convert {
    /// Values as they are, as far as the kind allows.
    pub fn plain(kind: Kind) -> Convert {
        Convert { by: None, kind, moments: false, separator: SEPARATOR.into(), values: Vec::new(), country: None }
    }
    /// The value for Brevo, and what is to be said about it. Empty stays empty.
    pub fn apply(&self, value: &Value) -> (Value, Option<Trouble>) {
        if value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty()) {
            return (Value::Null, None);
        }
        match self.rewrite(value) {
            Err(trouble) => (Value::Null, Some(trouble)),
            Ok(Value::String(text)) => cut(text),
            Ok(value) => (value, None),
        }
    }
    fn rewrite(&self, value: &Value) -> Converted {
        let Some(by) = self.by else { return self.as_kind(value) };
        let text = || self.text(value);
        Ok(match by {
            Transform::Lowercase => text().to_lowercase().into(),
            Transform::Uppercase => text().to_uppercase().into(),
            Transform::Trim => text().trim().into(),
            Transform::Text => self.moment(value).unwrap_or_else(text).into(),
            Transform::Number => return self.number(value),
            Transform::Date => return date(value),
            Transform::Boolean => return boolean(value),
            Transform::E164 => e164(&text(), self.country).ok_or(Trouble::Phone)?.into(),
            Transform::First => self.parts(value).into_iter().next().map_or(Value::Null, Value::from),
            Transform::Join => self.text(value).into(),
            Transform::Map => return self.mapped(value),
        })
    }
    fn as_kind(&self, value: &Value) -> Converted {
        match self.kind {
            Kind::Text => Ok(self.text(value).into()),
            Kind::Float => self.number(value),
            Kind::Boolean => boolean(value),
            Kind::Date => date(value),
        }
    }
    /// A list is joined; what has no other text is JSON.
    fn text(&self, value: &Value) -> String {
        match value {
            Value::String(text) => text.clone(),
            Value::Array(_) => self.parts(value).join(&self.separator),
            other => other.to_string(),
        }
    }
    /// The parts of a list, or of a text that has the separator in it.
    fn parts(&self, value: &Value) -> Vec<String> {
        match value {
            Value::Array(items) => items.iter().filter(|item| !item.is_null()).map(|item| self.text(item)).collect(),
            Value::String(text) => {
                let between = self.separator.trim();
                let between = if between.is_empty() { &self.separator } else { between };
                text.split(between).map(|part| part.trim().to_string()).filter(|part| !part.is_empty()).collect()
            }
            other => vec![other.to_string()],
        }
    }
    /// The ISO text of a moment that came as a number.
    fn moment(&self, value: &Value) -> Option<String> {
        if self.moments { value.as_i64().and_then(dates::moment) } else { None }
    }
    fn number(&self, value: &Value) -> Converted {
        match value {
            Value::Number(_) => Ok(value.clone()),
            Value::Bool(flag) => Ok(u8::from(*flag).into()),
            Value::String(text) if self.moments => Ok(dates::seconds(text).ok_or(Trouble::Number)?.into()),
            Value::String(text) => {
                let text = text.trim();
                let whole = text.parse::<i64>().ok().map(Value::from);
                let number = || text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Value::from);
                whole.or_else(number).ok_or(Trouble::Number)
            }
            _ => Err(Trouble::Number),
        }
    }
    fn mapped(&self, value: &Value) -> Converted {
        let text = self.text(value);
        let text = text.trim();
        let found = self.values.iter().find(|(from, _)| from == text);
        let found = found.or_else(|| self.values.iter().find(|(from, _)| from.to_lowercase() == text.to_lowercase()));
        found.map(|(_, to)| to.clone()).ok_or(Trouble::Unmapped)
    }
    /// Whether a value of Brevo can be written back to Intercom: nothing was lost on the way.
    pub fn turns_back(&self) -> bool {
        let distinct = |(at, (_, to)): (usize, &(String, Value))| self.values[..at].iter().all(|(_, other)| other != to);
        match self.by {
            Some(Transform::First | Transform::Join | Transform::Date) => false,
            Some(Transform::Map) => self.values.iter().enumerate().all(distinct),
            _ => self.kind != Kind::Date && !self.moments,
        }
    }
    /// Whether this very value can: a table has its own values alone, and a number is one that can be dialled.
    pub fn takes_back(&self, value: &Value) -> bool {
        match self.by {
            _ if value.is_null() => true,
            Some(Transform::Map) => self.values.iter().any(|(_, to)| alike(to, value)),
            Some(Transform::E164) => value.as_str().is_some_and(|text| text.starts_with('+')),
            _ => true,
        }
    }
    /// A value of Brevo in the words of Intercom.
    pub fn back(&self, value: &Value) -> Value {
        if self.by != Some(Transform::Map) {
            return value.clone();
        }
        let found = self.values.iter().find(|(_, to)| alike(to, value));
        found.map_or_else(|| value.clone(), |(from, _)| from.as_str().into())
    }
}

fn cut(mut text: String) -> (Value, Option<Trouble>) {
    // Most texts are short, and bytes are never fewer than characters.
    let end = match text.len() > TEXT_CHARS_MAX {
        true => text.char_indices().nth(TEXT_CHARS_MAX).map(|(at, _)| at),
        false => None,
    };
    let Some(end) = end else { return (if text.is_empty() { Value::Null } else { text.into() }, None) };
    text.truncate(end);
    (text.into(), Some(Trouble::Cut))
}

fn date(value: &Value) -> Converted {
    let day = match value {
        Value::Number(n) => n.as_i64().or_else(|| n.as_f64().map(|n| n as i64)).and_then(dates::day),
        Value::String(text) => match text.trim().parse::<i64>() {
            // `20261120` and `2026` are no moments in 1970.
            Ok(seconds) if text.trim().trim_start_matches('-').len() >= SECONDS_DIGITS_MIN => dates::day(seconds),
            Ok(_) => dates::day_of_digits(text),
            Err(_) => dates::day_of_text(text),
        },
        _ => None,
    };
    day.map(Value::from).ok_or(Trouble::Date)
}

/// `true` and `false` in the words in which people and platforms write them.
pub fn boolean(value: &Value) -> Converted {
    match value {
        Value::Bool(_) => Ok(value.clone()),
        Value::Number(n) if n.as_f64() == Some(1.0) => Ok(true.into()),
        Value::Number(n) if n.as_f64() == Some(0.0) => Ok(false.into()),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" | "on" => Ok(true.into()),
            "false" | "no" | "0" | "off" => Ok(false.into()),
            _ => Err(Trouble::Boolean),
        },
        _ => Err(Trouble::Boolean),
    }
}
