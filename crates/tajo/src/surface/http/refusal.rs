//! A request that is not carried out: an error, and the status that goes with it.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use tajo_core::{Error, codes};

use crate::surface::cli::scrub;

/// Why a request is not carried out. The body is written by the outermost layer, which knows the request's id.
pub struct Refusal {
    error: Error,
    status: StatusCode,
    wait_secs: Option<u64>,
}

/// The error of a response whose body is still to be written.
#[derive(Clone)]
pub struct Told(pub Value);

impl Refusal {
    /// An error with another status than its kind's.
    pub fn with(status: StatusCode, error: Error) -> Refusal {
        Refusal { status, wait_secs: None, error }
    }
    /// Asks the caller to wait.
    pub fn wait(mut self, seconds: u64) -> Refusal {
        self.wait_secs = Some(seconds);
        self
    }
    /// Nothing is there, or nothing that this caller may know of.
    pub fn missing(what: impl Into<String>) -> Refusal {
        Error::new(&codes::INT_MISSING, what.into()).help("Look at the name and the id again.").into()
    }
    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.status
    }
    /// As the API shows it.
    pub fn told(&self) -> Value {
        scrubbed(self.error.to_json())
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        let status = match error.code() {
            code if code == &codes::ACTION => 404,
            _ => error.kind().advice().status,
        };
        let wait_secs = error.asked_wait().map(|wait| wait.as_secs().max(1));
        // 499 and the like are no statuses of their own everywhere; an unknown one is the server's fault.
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // The words of the command line are not those of a request.
        let error = match error.code() {
            code if code == &codes::STA_DESTRUCTIVE => error.help("Send `?allow_destructive=true` if that is what you want."),
            code if code == &codes::STA_UNKNOWN => {
                error.help("Look at the object in Intercom. If it is not there, send the request again with `?resend=true`.")
            }
            _ => error,
        };
        Refusal { error, status, wait_secs }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.wait_secs {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED && self.error.code() == &codes::SEC_KEY {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"tajo\""));
        }
        let told = self.told();
        response.extensions_mut().insert(Told(told));
        response
    }
}

/// Every text of it without secrets, addresses of people, and what looks like either.
fn scrubbed(value: Value) -> Value {
    match value {
        Value::String(text) => scrub::scrub(&text).into_owned().into(),
        Value::Array(items) => items.into_iter().map(scrubbed).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, scrubbed(value))).collect::<serde_json::Map<_, _>>().into()
        }
        other => other,
    }
}

/// The body of a refusal.
pub fn body(told: &Value, request_id: &str) -> Vec<u8> {
    json!({"error": told, "request_id": request_id}).to_string().into_bytes()
}
