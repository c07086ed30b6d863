//! What is asked and what is answered, in the platform-neutral form; and what a platform teaches the client.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use secrecy::SecretString;
use serde::Serialize;

use crate::codes;
use crate::error::{Error, Result};

/// A request to the platform, without origin and credentials: the client adds those.
#[derive(Clone)]
pub struct Request {
    /// HTTP method.
    pub method: Method,
    /// Path and query, `/contacts?per_page=2`; begins with exactly one `/`.
    pub path: String,
    /// Body: JSON, unless `content_type` says otherwise.
    pub body: Option<Bytes>,
    /// Whether sending it twice does no more than sending it once. A fact of the request, not of its method.
    pub repeat: bool,
    /// Attempts for this request, where fewer than the client's limit make sense.
    pub attempts: Option<u32>,
    /// What the body is, where it is not JSON.
    pub content_type: Option<HeaderValue>,
}

impl Request {
    /// A read.
    pub fn get(path: impl Into<String>) -> Request {
        Request::of(Method::GET, path, None, true)
    }

    /// A search: a POST that only reads, so it is repeated like a GET.
    pub fn search(path: impl Into<String>, query: &impl Serialize) -> Result<Request> {
        let body = serde_json::to_vec(query)
            .map_err(|e| Error::new(&codes::BUG, "A search query cannot be written as JSON").because(e))?;
        Ok(Request::of(Method::POST, path, Some(body.into()), true))
    }

    /// A write that may not be sent twice: after a failure of which the outcome is unknown, the error says so.
    pub fn post(path: impl Into<String>, body: impl Into<Bytes>) -> Request {
        Request::of(Method::POST, path, Some(body.into()), false)
    }

    /// A write that sets what it names, so a second one changes nothing more.
    pub fn put(path: impl Into<String>, body: impl Into<Bytes>) -> Request {
        Request::of(Method::PUT, path, Some(body.into()), true)
    }

    /// A partial write; like [`Request::post`] it is not sent twice, unless the caller knows it to be harmless.
    pub fn patch(path: impl Into<String>, body: impl Into<Bytes>) -> Request {
        Request::of(Method::PATCH, path, Some(body.into()), false)
    }

    /// A removal: a second one finds nothing and answers 404.
    pub fn delete(path: impl Into<String>) -> Request {
        Request::of(Method::DELETE, path, None, true)
    }

    /// The same request, known to do no more when sent twice.
    pub fn repeatable(self) -> Request {
        Request { repeat: true, ..self }
    }

    /// The same request with a body that is not JSON.
    pub fn typed(self, content_type: HeaderValue) -> Request {
        Request { content_type: Some(content_type), ..self }
    }

    fn of(method: Method, path: impl Into<String>, body: Option<Bytes>, repeat: bool) -> Request {
        Request { method, path: path.into(), body, repeat, attempts: None, content_type: None }
    }

    /// Method and path as error answers are judged by.
    pub fn asked(&self) -> Asked<'_> {
        Asked { method: &self.method, path: &self.path }
    }
}

/// Path without query and foreign ids, and the body's length.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.body.as_ref().map_or(0, Bytes::len);
        write!(f, "Request({}, {bytes} bytes, repeat: {})", self.asked(), self.repeat)
    }
}

/// Which request an answer belongs to. Displayed as `POST /contacts/search`: without the query, and with every part of
/// the path that could be an e-mail address or someone's own id replaced by `{id}`.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// HTTP method.
    pub method: &'a Method,
    /// Path and query as sent.
    pub path: &'a str,
}

impl Asked<'_> {
    /// The path without query and ids, for logs: `/contacts/{id}/tags`.
    pub fn route(&self) -> String {
        self.spelled(false)
    }

    fn spelled(&self, ids: bool) -> String {
        let (path, query) = self.path.split_once(['?', '#']).unwrap_or((self.path, ""));
        // Brevo takes anybody's own id, and phone numbers, in the place of its id.
        let is_own_id = query.split('&').any(|p| p.starts_with("identifierType=") && p != "identifierType=contact_id");
        let last = path.rsplit('/').next().filter(|_| is_own_id);
        let mut out = String::with_capacity(path.len());
        let mut after = "";
        for part in path.split('/').skip(1) {
            out.push('/');
            let is_version = part.strip_prefix('v').is_some_and(|n| (1..=2).contains(&n.len()) && is_digits(n));
            let is_word = !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            // Ids that the platform gave (numbers, 24 or more hex digits) say nothing about a person.
            let is_given_id = is_digits(part) || (part.len() >= 24 && part.bytes().all(|b| b.is_ascii_hexdigit()));
            let is_foreign = after == "find_by_external_id" || last.is_some_and(|last| std::ptr::eq(last, part));
            let shown = !is_foreign && (is_word || is_version || ids && is_given_id);
            out.push_str(if shown { part } else { "{id}" });
            after = part;
        }
        out
    }
}

fn is_digits(part: &str) -> bool {
    part.bytes().all(|b| b.is_ascii_digit())
}

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.spelled(true))
    }
}

impl fmt::Debug for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A success (2xx) of the platform.
#[derive(Clone)]
pub struct Answer {
    /// HTTP status, 200 to 299.
    pub status: u16,
    /// Headers as they came.
    pub headers: HeaderMap,
    /// Body, decompressed. Begins and ends like JSON, unless the dialect allows it to be empty.
    pub body: Bytes,
    /// The server's clock when it answered (`Date` header), unix seconds.
    pub date: Option<i64>,
}

impl Answer {
    /// The platform's name for this exchange, for its support.
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.headers)
    }
}

/// Without headers and body.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}

/// The platform-wide facts the client needs.
pub struct Dialect {
    /// The platform's name in messages: "Intercom".
    pub name: &'static str,
    /// Puts the credentials into the headers; the only place where that happens.
    pub authorize: fn(&SecretString, &mut HeaderMap) -> Result<()>,
    /// Reads the rate limit headers; `None` where they are absent or not numbers.
    pub rate: fn(&HeaderMap) -> Option<Rate>,
    /// Turns an error answer (status, headers, body) into our error, without bodies or e-mail addresses.
    pub refuse: fn(&Asked<'_>, u16, &HeaderMap, &[u8]) -> Error,
    /// Whether a success of this method and path may have an empty body.
    pub empty_ok: fn(&Method, &str) -> bool,
}

/// What the platform says about the rate budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests per window.
    pub limit: u32,
    /// Requests left in the window.
    pub remaining: u32,
    /// End of the window: unix seconds of the server's clock; for a [`Bucket`](super::Bucket), the seconds left of it.
    pub reset: i64,
}

/// The `Date` header as unix seconds.
pub(super) fn date(headers: &HeaderMap) -> Option<i64> {
    moment(headers.get(http::header::DATE)?.to_str().ok()?)
}

/// An HTTP date as unix seconds.
pub(super) fn moment(text: &str) -> Option<i64> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok().map(|t| t.as_second())
}

/// The request id header, if it is short and plain enough to print.
pub(super) fn request_id(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get("x-request-id")?.to_str().ok()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (id.len() <= 64 && id.bytes().all(plain)).then_some(id)
}

/// Whether a body can be JSON at all. Cheap: a cut in the middle of a nested value is found by whoever reads it.
pub(super) fn looks_like_json(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    matches!((body.first(), body.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')))
}

/// Whether an answer is a web page instead of the API's own answer.
pub(super) fn is_page(headers: &HeaderMap, body: &[u8]) -> bool {
    let kind = headers.get(http::header::CONTENT_TYPE).map_or(Cow::Borrowed(""), |v| String::from_utf8_lossy(v.as_bytes()));
    kind.trim_start().to_ascii_lowercase().starts_with("text/html") || body.trim_ascii_start().starts_with(b"<")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_shown_without_what_could_name_a_person() {
        for (path, shown, route) in [
            ("/contacts/search", "/contacts/search", "/contacts/search"),
            ("/contacts?email=ada%40example.com", "/contacts", "/contacts"),
            ("/conversations/123?display_as=plaintext", "/conversations/123", "/conversations/{id}"),
            ("/contacts/6762f0dd1bb69f9f2193bb83/tags", "/contacts/6762f0dd1bb69f9f2193bb83/tags", "/contacts/{id}/tags"),
            ("/contacts/find_by_external_id/ada", "/contacts/find_by_external_id/{id}", "/contacts/find_by_external_id/{id}"),
            ("/contacts/ada@example.com", "/contacts/{id}", "/contacts/{id}"),
            ("/v3/contacts/7?identifierType=contact_id", "/v3/contacts/7", "/v3/contacts/{id}"),
            ("/v3/contacts/ada?identifierType=ext_id", "/v3/contacts/{id}", "/v3/contacts/{id}"),
            ("/v3/contacts/7?identifierType=ext_id", "/v3/contacts/{id}", "/v3/contacts/{id}"),
            ("/v3/contacts/contacts?a=b&identifierType=ext_id", "/v3/contacts/{id}", "/v3/contacts/{id}"),
            ("/v3/contacts/4915112345678?identifierType=phone_id", "/v3/contacts/{id}", "/v3/contacts/{id}"),
            ("/v3/contacts/ada%40example.com?identifierType=email_id", "/v3/contacts/{id}", "/v3/contacts/{id}"),
        ] {
            let asked = Asked { method: &Method::GET, path };
            assert_eq!(asked.to_string(), format!("GET {shown}"));
            assert_eq!(asked.route(), route);
        }
    }

    #[test]
    fn only_whole_json_passes_the_cheap_check() {
        for (body, expect) in [
            ("", false),
            (" \n", false),
            ("{}", true),
            (" {\"a\":1}\n", true),
            ("[]", true),
            ("[{}]", true),
            ("{\"a\":", false),
            ("[{}", false),
            ("null", false),
            ("<html></html>", false),
            ("OK", false),
        ] {
            assert_eq!(looks_like_json(body.as_bytes()), expect, "{body:?}");
        }
    }

    #[test]
    fn dates_are_read_as_unix_seconds() {
        assert_eq!(moment("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(moment("yesterday"), None);
    }
}
