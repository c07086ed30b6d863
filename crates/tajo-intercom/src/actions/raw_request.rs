//! Anything that Intercom's API has and no action covers.

mod multipart;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tajo_core::action::refused;
use tajo_core::rest::{Raw, RawAnswer, RawRetry};
use tajo_core::{Action, Call, Effect, Result};

use crate::client::Intercom;

/// Where nothing is said.
const TIMEOUT_MS: u64 = 60_000;
/// Ten minutes.
const TIMEOUT_MS_MAX: u64 = 600_000;
const RETRY_DELAY_MS_MAX: u64 = 600_000;
const RETRIES_MAX: u32 = 10;
/// A field by which some servers take a POST for another method: what a request does is judged by its own.
const OVERRIDE: &str = "_method";

/// Send a request of any kind to Intercom, with the connection's token and rate budget.
///
/// It goes to the connection's own host and nowhere else: a URL of another host is refused, and redirects are answers
/// that are not followed. Answers of any status are answers; only a request without one is an error. Nothing is tried
/// again unless asked for. Files are given as base64 text.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RawRequest {
    /// A path such as `/contacts`, or a URL of the connection's own host; either may have a query.
    pub url: String,
    /// The HTTP method; GET where nothing is said.
    pub method: Option<Verb>,
    /// The body: JSON, or text that is sent as it is; not together with form or file data.
    pub data: Option<Value>,
    /// Fields of a multipart form, name and value.
    pub form_data: Option<Map<String, Value>>,
    /// Files of a multipart form: a key, and the content in base64.
    pub file_data: Option<Map<String, Value>>,
    /// Names of the files, under the keys of `file_data`; the key where there is none.
    pub file_names: Option<Map<String, Value>>,
    /// Added to the URL, percent-encoded; a list gives a name several times.
    pub query: Option<Map<String, Value>>,
    /// Headers; `Intercom-Version`, `Accept` and `Content-Type` replace the connection's, credentials cannot be set.
    pub headers: Option<Map<String, Value>>,
    /// What the answer is read as; JSON where nothing is said.
    pub response_type: Option<ResponseType>,
    /// The longest time for an attempt in milliseconds, 1 to 600000; 60000 where nothing is said.
    pub timeout_ms: Option<u64>,
    /// The wait between attempts in milliseconds, unless exponential backoff is on; 0 where nothing is said.
    pub retry_delay_ms: Option<u64>,
    /// Whether 3xx and 4xx are tried again too, not only network errors, 5xx and 429.
    pub retry_on_all_errors: Option<bool>,
    /// How often it is tried again at most, 0 to 10; 0 where nothing is said.
    pub max_retries: Option<u32>,
    /// Whether waits grow: each is drawn from zero to a bound that doubles from half a second; the retry delay is ignored.
    pub use_exponential_backoff: Option<bool>,
    /// Says that POST, PATCH, LINK, UNLINK or PURGE may be tried again: Intercom could carry it out more than once.
    pub yes: Option<bool>,
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verb {
    /// Removes.
    Delete,
    /// Reads.
    Get,
    /// Reads headers alone.
    Head,
    /// Not used by Intercom.
    Link,
    /// Asks what is possible.
    Options,
    /// Changes a part.
    Patch,
    /// Creates, searches, or does.
    Post,
    /// Not used by Intercom.
    Purge,
    /// Sets.
    Put,
    /// Not used by Intercom.
    Unlink,
}

impl Verb {
    fn method(self) -> Method {
        let name: &[u8] = match self {
            Verb::Delete => b"DELETE",
            Verb::Get => b"GET",
            Verb::Head => b"HEAD",
            Verb::Link => b"LINK",
            Verb::Options => b"OPTIONS",
            Verb::Patch => b"PATCH",
            Verb::Post => b"POST",
            Verb::Purge => b"PURGE",
            Verb::Put => b"PUT",
            Verb::Unlink => b"UNLINK",
        };
        Method::from_bytes(name).expect("a method's name is a token")
    }
}

/// What an answer is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResponseType {
    /// JSON; an answer that is none comes as text, with a warning.
    Json,
    /// Text.
    Text,
    /// Base64 of the bytes.
    Binary,
    /// A web page or XML, as text.
    Document,
}

/// What Intercom answered.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case; values of a name that came twice are joined by ", ".
    pub headers: Map<String, Value>,
    /// The body as asked for; null where it is empty.
    pub data: Value,
    /// Requests sent.
    pub attempts: u32,
}

impl Action for RawRequest {
    const NAME: &'static str = "requests.raw";
    const ALIAS: &'static str = "raw_request";
    // The method decides, see `effect_of`; where only one word is shown, it is this one.
    const EFFECT: Effect = Effect::Once;
    const RARE: bool = true;
    const NEEDS: &'static [&'static str] = &[];
    const EXAMPLE: &'static str = r#"{"url": "/contacts", "method": "GET", "query": {"per_page": 5}}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[
        ("path", "url"),
        ("query_parameter", "query"),
        ("query_params", "query"),
        ("header", "headers"),
        ("file_data_file_names", "file_names"),
        ("timeout", "timeout_ms"),
        ("retry_delay", "retry_delay_ms"),
        ("max_retry_count", "max_retries"),
    ];
    type On = Intercom;
    type Out = Answered;

    /// What is only read is repeated freely; what is taken away needs leave; of everything else nobody knows.
    fn effect_of(input: &Value) -> Effect {
        match input.get("method").and_then(Value::as_str).unwrap_or("GET").to_ascii_uppercase().as_str() {
            "GET" | "HEAD" | "OPTIONS" => Effect::Read,
            "DELETE" | "PURGE" => Effect::Destroy,
            _ => Effect::Once,
        }
    }

    async fn run(mut self, call: &Call<'_, Intercom>) -> Result<Answered> {
        let response_type = self.response_type.unwrap_or(ResponseType::Json);
        let answer = call.on.client().raw(self.request()?).await?;
        Ok(Answered {
            status: answer.status,
            headers: headers(&answer),
            data: data(&answer, response_type, call),
            attempts: answer.attempts,
        })
    }
}

impl RawRequest {
    fn request(&mut self) -> Result<Raw> {
        let method = self.method.unwrap_or(Verb::Get).method();
        let retry = self.retry(&method)?;
        let headers = pairs("headers", self.headers.take())?;
        let body = self.body(headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")))?;
        let query = pairs("query", self.query.take())?;
        if self.url.contains(&format!("{OVERRIDE}=")) {
            return Err(overridden("url"));
        }
        let timeout = within("timeout_ms", self.timeout_ms.unwrap_or(TIMEOUT_MS), 1, TIMEOUT_MS_MAX)?;
        Ok(Raw { method, target: std::mem::take(&mut self.url), query, headers, body, timeout, retry })
    }

    fn retry(&self, method: &Method) -> Result<RawRetry> {
        let max = self.max_retries.unwrap_or(0);
        if max > RETRIES_MAX {
            return Err(refused("max_retries", format!("must be from 0 to {RETRIES_MAX}")));
        }
        let yes = self.yes.unwrap_or(false);
        if max > 0 && !method.is_idempotent() && !yes {
            let rule = format!("must be true to try {method} again: Intercom could carry it out more than once");
            return Err(refused("yes", rule));
        }
        Ok(RawRetry {
            max,
            delay: within("retry_delay_ms", self.retry_delay_ms.unwrap_or(0), 0, RETRY_DELAY_MS_MAX)?,
            on_all: self.retry_on_all_errors.unwrap_or(false),
            exponential: self.use_exponential_backoff.unwrap_or(false),
            repeat: yes,
        })
    }

    /// The body and what it is. The connection speaks JSON; a header of the caller's replaces that.
    fn body(&mut self, is_typed: bool) -> Result<Option<(Bytes, HeaderValue)>> {
        let (form, files) = (self.form_data.take(), self.file_data.take());
        let names = self.file_names.take().unwrap_or_default();
        let keys = files.as_ref();
        if let Some(stray) = names.keys().find(|name| !keys.is_some_and(|files| files.contains_key(*name))) {
            return Err(refused("file_names", format!("has `{stray}`, which `file_data` does not: keys must match")));
        }
        if form.is_none() && files.is_none() {
            let json = HeaderValue::from_static("application/json");
            let data = self.data.take().map(text);
            // JSON may speak of it; a form in the place of JSON may not.
            if is_typed && data.as_ref().is_some_and(|data| data.contains(&format!("{OVERRIDE}="))) {
                return Err(overridden("data"));
            }
            return Ok(data.map(|data| (data.into(), json)));
        }
        if self.data.is_some() {
            return Err(refused("data", "must not stand beside form or file data: Cannot specify both Data and File/Form Data."));
        }
        if is_typed {
            return Err(refused("headers", "must not hold `Content-Type` beside form or file data: it names their boundary"));
        }
        let mut parts = multipart::Parts::default();
        for (name, value) in pairs("form_data", form)? {
            parts.field(&name, &value);
        }
        for (key, content) in files.unwrap_or_default() {
            let content = content.as_str().and_then(|text| STANDARD.decode(text.trim()).ok());
            let content = content.ok_or_else(|| refused("file_data", format!("must be base64 under `{key}`")))?;
            let name = match names.get(&key) {
                None => key.as_str(),
                Some(name) => name.as_str().ok_or_else(|| refused("file_names", format!("must be text under `{key}`")))?,
            };
            parts.file(&key, name, &content);
        }
        Ok(Some(parts.finish()))
    }
}

fn overridden(field: &'static str) -> tajo_core::Error {
    refused(field, format!("must not hold `{OVERRIDE}`, which would put another method in the place of `method`"))
}

fn within(field: &'static str, ms: u64, least: u64, most: u64) -> Result<Duration> {
    match (least..=most).contains(&ms) {
        true => Ok(Duration::from_millis(ms)),
        false => Err(refused(field, format!("must be from {least} to {most}"))),
    }
}

/// Text as it is, anything else as JSON.
fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Names and plain values; a list gives its name several times.
fn pairs(field: &'static str, given: Option<Map<String, Value>>) -> Result<Vec<(String, String)>> {
    let mut out = Vec::new();
    for (name, value) in given.unwrap_or_default() {
        let values = if let Value::Array(values) = value { values } else { vec![value] };
        for value in values {
            if name.eq_ignore_ascii_case(OVERRIDE) {
                return Err(overridden(field));
            }
            if matches!(value, Value::Null | Value::Array(_) | Value::Object(_)) {
                return Err(refused(field, format!("must be a plain value, or a list of them, under `{name}`")));
            }
            out.push((name.clone(), text(value)));
        }
    }
    Ok(out)
}

fn headers(answer: &RawAnswer) -> Map<String, Value> {
    let mut out = Map::new();
    for name in answer.headers.keys() {
        let values = answer.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        out.insert(name.as_str().to_owned(), values.collect::<Vec<_>>().join(", ").into());
    }
    out
}

fn data(answer: &RawAnswer, wanted: ResponseType, call: &Call<'_, Intercom>) -> Value {
    let text = || Value::from(String::from_utf8_lossy(&answer.body));
    if answer.body.is_empty() {
        return Value::Null;
    }
    match wanted {
        ResponseType::Text | ResponseType::Document => text(),
        ResponseType::Binary => STANDARD.encode(&answer.body).into(),
        ResponseType::Json => serde_json::from_slice(&answer.body).unwrap_or_else(|_| {
            call.warn("The answer is not JSON; it is given as text.");
            text()
        }),
    }
}
