//! The attributes that exist, and what they make of a value. Source: facts §6.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::contact::{Key, Val};
use crate::brevo::options::BrevoOptions;
use crate::brevo::stamp;

/// What an attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Date,
    Float,
    Boolean,
    MultipleChoice,
    Category,
    Id,
    User,
}

impl Kind {
    pub(crate) fn parse(name: &str) -> Option<Kind> {
        Some(match name {
            "text" => Kind::Text,
            "date" => Kind::Date,
            "float" => Kind::Float,
            "boolean" => Kind::Boolean,
            "multiple-choice" => Kind::MultipleChoice,
            "category" => Kind::Category,
            "id" => Kind::Id,
            "user" => Kind::User,
            _ => return None,
        })
    }

    /// The read model has no type for categories.
    pub(crate) fn name(self) -> Option<&'static str> {
        Some(match self {
            Kind::Text => "text",
            Kind::Date => "date",
            Kind::Float => "float",
            Kind::Boolean => "boolean",
            Kind::MultipleChoice => "multiple-choice",
            Kind::Id => "id",
            Kind::User => "user",
            Kind::Category => return None,
        })
    }
}

/// One attribute. `options` are a category's values with labels, or labels alone.
#[derive(Debug, Clone)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) category: String,
    pub(crate) kind: Option<Kind>,
    pub(crate) options: Vec<(String, String)>,
    /// The formula of calculated and global attributes.
    pub(crate) formula: Option<String>,
    key: Option<Key>,
    gone: bool,
}

impl Attribute {
    pub(crate) fn new(name: &str, category: &str, kind: Option<Kind>) -> Attribute {
        let (name, category) = (name.to_owned(), category.to_owned());
        Attribute { name, category, kind, options: Vec::new(), formula: None, key: None, gone: false }
    }
}

/// What a value sent for an attribute comes to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Field {
    /// An identifier: cleared with `None`.
    Key(Key, Option<Arc<str>>),
    /// A value: cleared with `None`.
    Value(u16, Option<Val>),
    /// Of the wrong type: lost without a word (SDK, `POST /contacts`).
    Dropped,
    Unknown,
    /// A number that is none, or an e-mail that is none.
    Invalid(Key),
    Transactional,
}

#[derive(Debug, Default)]
pub(crate) struct Registry {
    all: Vec<Attribute>,
    by_name: HashMap<String, u16>,
    text_max: usize,
    trims: bool,
}

impl Registry {
    pub(crate) fn found(options: &BrevoOptions) -> Registry {
        let mut registry = Registry { text_max: options.text_max, trims: options.trims_text, ..Registry::default() };
        for key in Key::ALL {
            registry.add(Attribute { key: Some(key), ..Attribute::new(key.attribute(), "normal", Some(Kind::Text)) });
        }
        for (name, kind) in &options.attributes {
            let name = match name.as_str() {
                "FIRSTNAME" if options.localised => "PRENOM",
                "LASTNAME" if options.localised => "NOM",
                other => other,
            };
            let category = if kind == "category" { "category" } else { "normal" };
            registry.add(Attribute::new(name, category, Kind::parse(kind)));
        }
        registry
    }

    pub(crate) fn add(&mut self, attribute: Attribute) {
        let Ok(number) = u16::try_from(self.all.len()) else { return };
        if !self.by_name.contains_key(&attribute.name) {
            self.by_name.insert(attribute.name.clone(), number);
            self.all.push(attribute);
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Attribute> {
        self.all.iter().filter(|attribute| !attribute.gone)
    }

    pub(crate) fn number(&self, name: &str) -> Option<u16> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Attribute> {
        self.number(name).map(|number| &self.all[usize::from(number)])
    }

    pub(crate) fn find_mut(&mut self, name: &str) -> Option<&mut Attribute> {
        let number = self.number(name)?;
        self.all.get_mut(usize::from(number))
    }

    /// Its name, unless it was deleted.
    pub(crate) fn name(&self, number: u16) -> Option<&str> {
        self.all.get(usize::from(number)).filter(|attribute| !attribute.gone).map(|attribute| attribute.name.as_str())
    }

    pub(crate) fn key(&self, name: &str) -> Option<Key> {
        self.find(name)?.key
    }

    pub(crate) fn remove(&mut self, name: &str) -> bool {
        let Some(number) = self.by_name.remove(name) else { return false };
        self.all[usize::from(number)].gone = true;
        true
    }

    /// What becomes of `value` under `name`; empty text and `null` clear.
    pub(crate) fn read(&self, name: &str, value: &Value) -> Field {
        let Some(number) = self.number(name) else { return Field::Unknown };
        let attribute = &self.all[usize::from(number)];
        let empty = value.is_null() || value.as_str() == Some("");
        if let Some(key) = attribute.key {
            let text = value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|number| number.to_string()));
            return match text.and_then(|text| key.canonical(&text)) {
                Some(text) => Field::Key(key, Some(text)),
                None if empty && key != Key::Email => Field::Key(key, None),
                None => Field::Invalid(key),
            };
        }
        if attribute.category == "transactional" {
            return Field::Transactional;
        }
        if empty {
            return Field::Value(number, None);
        }
        match self.typed(attribute, value) {
            Some(value) => Field::Value(number, Some(value)),
            None => Field::Dropped,
        }
    }

    fn typed(&self, attribute: &Attribute, value: &Value) -> Option<Val> {
        let option =
            |given: &str| attribute.options.iter().find(|(value, label)| value == given || label.eq_ignore_ascii_case(given));
        match attribute.kind? {
            Kind::Text | Kind::Id | Kind::User => value.as_str().map(|text| Val::Text(self.shaped(text))),
            Kind::Date => {
                let day = stamp::day(value.as_str()?)?;
                let (year, month, day) = (u32::try_from(day.year()).ok()?, day.month().unsigned_abs(), day.day().unsigned_abs());
                Some(Val::Day(year * 10_000 + u32::from(month) * 100 + u32::from(day)))
            }
            Kind::Float => value.as_f64().map(Val::Number),
            Kind::Boolean => value.as_bool().map(Val::Bool),
            Kind::Category => {
                let given = value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|number| number.to_string()))?;
                let (chosen, _) = option(&given)?;
                Some(chosen.parse().map_or_else(|_| Val::Text(chosen.as_str().into()), Val::Number))
            }
            Kind::MultipleChoice => {
                let labels =
                    value.as_array()?.iter().map(|label| option(label.as_str()?).map(|(_, label)| label.as_str().into()));
                labels.collect::<Option<Vec<Box<str>>>>().map(|labels| Val::Many(labels.into()))
            }
        }
    }

    /// Text as it is kept: cut, and with less blank where the account is so set.
    fn shaped(&self, text: &str) -> Box<str> {
        let trimmed = self.trims.then(|| text.split_whitespace().collect::<Vec<_>>().join(" "));
        let text = trimmed.as_deref().unwrap_or(text);
        match text.char_indices().nth(self.text_max) {
            Some((end, _)) => text[..end].into(),
            None => text.into(),
        }
    }

    /// A cell of a file as the value that its attribute expects: files hold text only.
    pub(crate) fn cell(&self, name: &str, text: &str) -> Value {
        let plain = || Value::from(text);
        match self.find(name).and_then(|attribute| attribute.kind) {
            _ if text.is_empty() => plain(),
            Some(Kind::Float) => text.replace(',', ".").parse::<f64>().map_or_else(|_| plain(), Value::from),
            Some(Kind::Boolean) => match text.to_lowercase().as_str() {
                "yes" | "true" | "1" => Value::from(true),
                "no" | "false" | "0" => Value::from(false),
                _ => plain(),
            },
            Some(Kind::MultipleChoice) => Value::from(text.split(',').map(|label| Value::from(label.trim())).collect::<Vec<_>>()),
            _ => plain(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_of_the_wrong_type_are_lost() {
        let mut registry = Registry::found(&BrevoOptions { text_max: 4, trims_text: true, ..BrevoOptions::default() });
        for (name, kind) in
            [("AGE", "float"), ("BORN", "date"), ("VIP", "boolean"), ("TAGS", "multiple-choice"), ("SEX", "category")]
        {
            registry.add(Attribute::new(name, "normal", Kind::parse(kind)));
        }
        registry.find_mut("TAGS").unwrap().options = vec![("a".to_owned(), "a".to_owned())];
        registry.find_mut("SEX").unwrap().options = vec![("1".to_owned(), "male".to_owned())];
        let read = |name: &str, value: Value| match registry.read(name, &value) {
            Field::Value(_, value) => value.map_or(Value::Null, |value| value.json()),
            other => json!(format!("{other:?}")),
        };
        for (name, sent, kept) in [
            ("FIRSTNAME", json!(" a  b c"), json!("a b ")),
            ("FIRSTNAME", json!(5), json!("Dropped")),
            ("FIRSTNAME", json!(""), json!(null)),
            ("AGE", json!(5), json!(5)),
            ("AGE", json!("5"), json!("Dropped")),
            ("BORN", json!("2024-02-29"), json!("2024-02-29")),
            ("BORN", json!("2024-02-29T10:00:00Z"), json!("Dropped")),
            ("VIP", json!(true), json!(true)),
            ("VIP", json!("true"), json!("Dropped")),
            ("TAGS", json!(["a"]), json!(["a"])),
            ("TAGS", json!(["b"]), json!("Dropped")),
            ("SEX", json!("MALE"), json!(1)),
            ("SEX", json!(2), json!("Dropped")),
            ("NONE", json!(1), json!("Unknown")),
            ("firstname", json!("x"), json!("Unknown")),
            ("SMS", json!("no number"), json!("Invalid(Sms)")),
        ] {
            assert_eq!(read(name, sent.clone()), kept, "{name} {sent}");
        }
    }
}
