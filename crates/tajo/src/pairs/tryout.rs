//! What the mapping makes of one person: rule by rule, with the value as Intercom has it.

use serde::Serialize;
use serde_json::Value;

use super::left::Left;
use super::mapping::{Field, Mapping, Source};

/// What one rule makes of a person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tried {
    /// The field of Intercom, as the configuration names it.
    pub from: String,
    /// Where it goes: a Brevo attribute, `email`, `consent:email` or `list:N`.
    pub to: String,
    /// Line of the configuration; 0 for a default.
    pub line: usize,
    /// Column on that line.
    pub column: usize,
    /// How it is rewritten.
    pub conversion: String,
    /// As Intercom has it.
    pub intercom: Value,
    /// As Brevo would get it.
    pub brevo: Value,
    /// What could not come through as it was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Every rule on one person.
pub fn tried(mapping: &Mapping, left: &Left) -> Vec<Tried> {
    let projected = mapping.left(left);
    let one = |(field, value): (&Field, Value)| Tried {
        from: field.from.clone(),
        to: field.key.clone(),
        line: field.place.line,
        column: field.place.column,
        conversion: conversion(field),
        intercom: raw(field, left).unwrap_or_else(|| value.clone()),
        notes: projected.notes.iter().filter(|note| note.field == field.key).map(|note| note.said.clone()).collect(),
        brevo: value,
    };
    mapping.fields.iter().zip(projected.values).map(one).collect()
}

fn conversion(field: &Field) -> String {
    match &field.source {
        Source::Consent => "opt-out, never taken back".into(),
        Source::Email => "lowercase".into(),
        Source::FirstName(_) => "first word".into(),
        Source::LastName(_) => "other words".into(),
        Source::HasTag(_) => "has the tag".into(),
        Source::List(..) => "membership".into(),
        _ => field.convert.by.map_or_else(|| field.convert.kind.name().into(), |by| by.name().into()),
    }
}

/// The value before any conversion; `None` where there is no such thing.
fn raw(field: &Field, left: &Left) -> Option<Value> {
    let text = |text: &Option<String>| Some(text.clone().into());
    match &field.source {
        Source::Consent => Some(left.unsubscribed.into()),
        Source::Email => text(&left.email),
        Source::FirstName(at) | Source::LastName(at) | Source::Column(at) => left.fields.get(*at).cloned(),
        Source::Custom(name) => Some(left.custom.get(name).cloned().unwrap_or(Value::Null)),
        Source::Company(at) => {
            Some(left.company.as_ref().and_then(|company| company.fields.get(*at)).cloned().unwrap_or(Value::Null))
        }
        Source::CompanyCustom(name) => {
            Some(left.company.as_ref().and_then(|company| company.custom.get(name)).cloned().unwrap_or(Value::Null))
        }
        Source::TagNames | Source::HasTag(_) => Some(left.tags.clone().into()),
        Source::List(..) => Some(left.role.clone().into()),
        Source::Fact(_) => None,
    }
}
