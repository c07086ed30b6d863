//! Requests on objects named by id, and their answers.

use serde_json::{Map, Value};
use tajo_core::rest::Request;
use tajo_core::{Call, Error, Release, Result, Row, codes};

use super::Deleted;
use crate::client::Intercom;
use crate::contacts::in_query;
use crate::told::{body, in_path, object};

/// `/contacts/ID/tags` from its parts; ids with anything that no id has are refused.
pub(super) fn path(parts: &[&str]) -> Result<String> {
    let mut out = String::new();
    for part in parts {
        out.push('/');
        out.push_str(in_path(part)?);
    }
    Ok(out)
}

/// A path with a query; what has no value is left out.
pub(super) fn with_query(path: impl Into<String>, query: &[(&str, Option<String>)]) -> String {
    let mut out = path.into();
    let given = query.iter().filter_map(|(name, value)| value.as_ref().map(|value| (name, value)));
    for (at, (name, value)) in given.enumerate() {
        out.push(if at == 0 { '?' } else { '&' });
        out.push_str(name);
        out.push('=');
        out.push_str(&in_query(value));
    }
    out
}

/// The body of a write of what was given.
pub(super) fn given(fields: &[(&str, Option<Value>)]) -> Map<String, Value> {
    fields.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?))).collect()
}

/// Whether Intercom itself says that there is no such object: a proxy's own 404 must not pass for that.
pub(super) fn is_missing(error: &Error) -> bool {
    error.code() == &codes::INT_MISSING && error.noted("vendor code").is_some()
}

/// Deletes what the path names. That there is none (any more) is said beside the answer.
pub(super) async fn take_away(call: &Call<'_, Intercom>, path: String, id: String) -> Result<Deleted> {
    match call.on.delete_object(path).await {
        Ok(_) => Ok(Deleted { id, deleted: true }),
        Err(error) if is_missing(&error) => {
            call.warn("Intercom has no such object (any more); nothing was deleted.");
            Ok(Deleted { id, deleted: false })
        }
        Err(error) => Err(error),
    }
}

/// A success that cannot be understood is a success all the same: what it answers must not be sent again.
pub(super) fn carried_out(error: Error) -> Error {
    match [&codes::INT_DRIFT, &codes::INT_LARGE].contains(&error.code()) && error.noted("outcome").is_none() {
        true => error.note("outcome", "carried out, but the answer cannot be understood; it was not sent again"),
        false => error,
    }
}

impl Intercom {
    /// Refuses what the API version in use does not have yet; nothing is sent. `what` begins the sentence: "Notes of companies".
    pub(super) fn offered_from(&self, release: Release, what: &str) -> Result<()> {
        if self.version().release() >= release {
            return Ok(());
        }
        let (major, minor) = release;
        let text = format!("{what} need API version {major}.{minor} or later; the connection uses {}", self.version());
        Err(Error::new(&codes::INT_VERSION, text)
            .help(format!("Set `api_version: \"{major}.{minor}\"` for the connection, or a later one.")))
    }
    /// An object read.
    pub(super) async fn read_object(&self, path: String) -> Result<Row> {
        self.client().send_checked(Request::get(path), |answer| object(&answer)).await
    }
    /// An object found by a search.
    pub(super) async fn search_object(&self, path: &str, query: &Value) -> Result<Row> {
        self.client().send_checked(Request::search(path, query)?, |answer| object(&answer)).await
    }
    /// A POST whose repetition changes nothing more.
    pub(super) async fn post_again(&self, path: String, fields: &Map<String, Value>) -> Result<Row> {
        let request = Request::post(path, body(fields)?).repeatable();
        self.client().send_checked(request, |answer| object(&answer)).await
    }
    /// A POST that is sent at most once.
    pub(super) async fn post_once(&self, path: String, fields: &Map<String, Value>) -> Result<Row> {
        self.client().send_checked(Request::post(path, body(fields)?), |answer| object(&answer)).await.map_err(carried_out)
    }
    /// A PUT of these fields and no others.
    pub(super) async fn put_object(&self, path: String, fields: &Map<String, Value>) -> Result<Row> {
        self.client().send_checked(Request::put(path, body(fields)?), |answer| object(&answer)).await
    }
    /// A DELETE; what Intercom says about it, which may be nothing.
    pub(super) async fn delete_object(&self, path: String) -> Result<Row> {
        let read = |answer: tajo_core::rest::Answer| match answer.body.trim_ascii().is_empty() {
            true => Ok(Row::new()),
            false => object(&answer),
        };
        self.client().send_checked(Request::delete(path), read).await
    }
    /// A DELETE with a body, as those are that name who does it.
    pub(super) async fn delete_with(&self, path: String, fields: &Map<String, Value>) -> Result<Row> {
        let request = Request { body: Some(body(fields)?.into()), ..Request::delete(path) };
        self.client().send_checked(request, |answer| object(&answer)).await
    }
}
