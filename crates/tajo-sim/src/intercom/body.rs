//! Bodies of writes: an object, and its fields by type.

use serde_json::{Map, Value};

use super::Ask;
use super::errors::Refusal;

/// The body as an object. Source: docs, "HTTP responses": 400 `parameter_invalid` for bad JSON.
pub(super) fn object(ask: &Ask<'_>) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(ask.body) {
        Ok(Value::Object(body)) => Ok(body),
        _ => Err(Refusal::invalid("Request body is not valid JSON")),
    }
}

/// As [`object`], where the body may be left out.
pub(super) fn maybe_object(ask: &Ask<'_>) -> Result<Map<String, Value>, Refusal> {
    if ask.body.is_empty() { Ok(Map::new()) } else { object(ask) }
}

/// A text that must be there.
pub(super) fn text<'a>(body: &'a Map<String, Value>, key: &str) -> Result<&'a str, Refusal> {
    let found = body.get(key).filter(|value| !value.is_null());
    let missing = || Refusal::new(400, "parameter_not_found", format!("{key} not specified"));
    match found.ok_or_else(missing)? {
        Value::String(text) if !text.trim().is_empty() => Ok(text),
        _ => Err(wrong(key, "a string")),
    }
}

/// An id that may come as a number or as its text.
pub(super) fn id(body: &Map<String, Value>, key: &str) -> Option<String> {
    match body.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

pub(super) fn wrong(key: &str, kind: &str) -> Refusal {
    Refusal::invalid(format!("{key} must be {kind}"))
}

/// What a writable field takes; `null` clears every one of them but a flag.
#[derive(Debug, Clone, Copy)]
pub(super) enum Takes {
    Text,
    Integer,
    Moment,
    Flag,
}

/// Copies the fields that are there, checked. Other keys are ignored, as the vendor does.
pub(super) fn fields(body: &Map<String, Value>, takes: &[(&'static str, Takes)]) -> Result<Vec<(&'static str, Value)>, Refusal> {
    let mut found = Vec::new();
    for (key, takes) in takes {
        let Some(value) = body.get(*key) else { continue };
        let fits = match takes {
            Takes::Text => value.is_string() || value.is_null(),
            Takes::Integer | Takes::Moment => value.is_i64() || value.is_u64() || value.is_null(),
            Takes::Flag => value.is_boolean(),
        };
        if !fits {
            let kind = match takes {
                Takes::Text => "a string",
                Takes::Integer => "an integer",
                Takes::Moment => "a unix timestamp",
                Takes::Flag => "a boolean",
            };
            return Err(wrong(key, kind));
        }
        found.push((*key, value.clone()));
    }
    Ok(found)
}
