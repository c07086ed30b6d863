//! Answers as the objects that they are.

use serde_json::{Map, Value};
use tajo_core::rest::Answer;
use tajo_core::{Error, Result, codes};

/// An answer that must be an object. One that was cut is [`codes::NET_BODY`], so that what may be repeated is; nothing
/// of the body is in the error.
pub(crate) fn object(answer: &Answer) -> Result<Map<String, Value>> {
    let read: Result<Value, _> = serde_json::from_slice(&answer.body);
    match read {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(drift("Intercom's answer is not an object")),
        Err(e) => {
            let at = format!("line {} column {}", e.line(), e.column());
            Err(Error::new(&codes::NET_BODY, "Intercom's answer cannot be read").note("at", at))
        }
    }
}

/// A record that must have an id.
pub(crate) fn record(answer: &Answer) -> Result<Map<String, Value>> {
    let object = object(answer)?;
    match object.get("id") {
        Some(Value::String(id)) if !id.is_empty() => Ok(object),
        _ => Err(drift("Intercom's answer does not name the object that it is about")),
    }
}

/// The objects under a key of a list.
pub(crate) fn rows(list: &mut Map<String, Value>, key: &str) -> Result<Vec<Map<String, Value>>> {
    let Some(Value::Array(rows)) = list.get_mut(key).map(Value::take) else {
        return Err(drift("A list of Intercom's has no rows"));
    };
    let object = |row| match row {
        Value::Object(row) => Ok(row),
        _ => Err(drift("A row of a list of Intercom's is not an object")),
    };
    rows.into_iter().map(object).collect()
}

/// The cursor to the next page of a list; none on the last one.
pub(crate) fn next_cursor(list: &Map<String, Value>) -> Option<String> {
    let next = list.get("pages")?.get("next")?.get("starting_after")?.as_str()?;
    (!next.is_empty()).then(|| next.to_owned())
}

pub(crate) fn drift(what: &'static str) -> Error {
    Error::new(&codes::INT_DRIFT, what)
}

/// The body of a write.
pub(crate) fn body(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|e| Error::new(&codes::BUG, "A write cannot be written as JSON").because(e))
}

/// An id fit for a path: nothing that could lead to another one.
pub(crate) fn in_path(id: &str) -> Result<&str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if (1..=64).contains(&id.len()) && id.bytes().all(plain) {
        return Ok(id);
    }
    Err(Error::new(&codes::INT_INVALID, "An id has characters that no id of Intercom's has; nothing was sent"))
}
