//! What a key that is bound to one connection may see: that connection. Everything else is not there.

use serde_json::Value;
use tajo_core::codes;

use super::caller::Caller;
use super::refusal::Refusal;
use crate::actions::{App, Entry};

/// The connection to ask of: the one named, if the caller may know it, else the caller's own.
pub fn connection(app: &App, caller: &Caller, asked: Option<String>) -> Result<Option<String>, Refusal> {
    let missing = || Refusal::missing("There is no such connection");
    if caller.connection.is_some() && asked.is_some() && asked != caller.connection {
        return Err(missing());
    }
    let name = asked.or_else(|| caller.connection.clone());
    match app.settings(name.as_deref()) {
        Ok(_) => Ok(name),
        // A name that is not known, any more or at all. Who is bound hears nothing of the others.
        Err(error) if error.code() == &codes::USAGE && name.is_some() => Err(missing()),
        Err(error) if error.code() == &codes::CFG_MISSING && name.is_none() => {
            let error = error.help("Name one with `?connection=NAME`.");
            Err(Refusal::with(http::StatusCode::BAD_REQUEST, error))
        }
        // Whatever else is wrong with the settings is the action's affair, if it needs them.
        Err(_) => Ok(name),
    }
}

/// Refuses input that names another connection than the caller's own.
pub fn input(caller: &Caller, entry: &Entry, input: &Value) -> Result<(), Refusal> {
    let Some(own) = caller.connection.as_deref().filter(|_| !entry.is_intercom()) else { return Ok(()) };
    let named = |field: &str| input.get(field).and_then(Value::as_str);
    let names: &[&str] = if entry.facts.noun() == "connectors" { &["connection", "name"] } else { &["connection"] };
    match names.iter().filter_map(|field| named(field)).all(|name| name == own) {
        true => Ok(()),
        false => Err(Refusal::missing("There is no such connection")),
    }
}

/// The answer without other connections: wherever `connections` are listed, by name or whole.
pub fn answer(caller: &Caller, entry: &Entry, mut result: Value) -> Value {
    if let Some(own) = caller.connection.as_deref().filter(|_| !entry.is_intercom()) {
        keep_own(&mut result, own);
    }
    result
}

fn keep_own(value: &mut Value, own: &str) {
    match value {
        Value::Array(rows) => rows.iter_mut().for_each(|row| keep_own(row, own)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if let (Value::Array(rows), "connections") = (&mut *value, name.as_str()) {
                    rows.retain(|row| row.as_str().or_else(|| row.get("name")?.as_str()) == Some(own));
                }
                keep_own(value, own);
            }
        }
        _ => {}
    }
}
