//! A request that somebody typed: what of it may be sent, and what is tried again. Pure.
//!
//! The target is a path, or a URL of the connection's own origin; whatever else it is, it is refused with
//! [`codes::SEC_TARGET`] before anything is sent. What leaves is never the text that was typed: path and query are taken
//! out of the parsed URL and set on the origin that the client is bound to.

mod target;

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use super::origin::Origin;
use super::retry::splitmix;
use super::transport::How;
use crate::codes;
use crate::error::{Error, Result};
use target::within;

/// The most headers of the caller's own.
const HEADERS_MAX: usize = 64;
/// The largest body, in bytes.
const BODY_MAX: usize = 32 << 20;
/// The most repeats, whatever is asked for.
const RETRIES_MAX: u32 = 10;
/// The first wait of the exponential backoff, doubled each time.
const BACKOFF: Duration = Duration::from_millis(500);
const BACKOFF_MAX: Duration = Duration::from_secs(30);

/// Headers that decide where a request goes, who sends it, or where it ends.
const NOT_THE_CALLERS: &[&str] = &[
    "authorization",
    "host",
    "cookie",
    "cookie2",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
    // What is judged is the method that is given, not one that another header puts in its place.
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
];

/// A request of any kind, for what no typed call covers.
#[derive(Clone)]
pub struct Raw {
    /// HTTP method, of any name.
    pub method: Method,
    /// A path that begins with one `/`, or a URL of the connection's own origin; either may have a query.
    pub target: String,
    /// Names and values added to the query, percent-encoded here.
    pub query: Vec<(String, String)>,
    /// Headers that replace the client's own of the same name; a name that comes twice is sent twice.
    pub headers: Vec<(String, String)>,
    /// Body and what it is.
    pub body: Option<(Bytes, HeaderValue)>,
    /// The longest time for one attempt; the transport may allow less.
    pub timeout: Duration,
    /// What is tried again.
    pub retry: RawRetry,
}

/// Without target, headers and body.
impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.body.as_ref().map_or(0, |(body, _)| body.len());
        write!(f, "Raw({}, {bytes} bytes, {:?})", self.method, self.retry)
    }
}

/// What a raw request tries again: network errors, 5xx and 429, and where asked for 3xx and 4xx. Nothing by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RawRetry {
    /// Repeats after the first attempt; more than ten count as ten.
    pub max: u32,
    /// The wait before each repeat, unless `exponential`.
    pub delay: Duration,
    /// Whether 3xx and 4xx are repeated too.
    pub on_all: bool,
    /// Waits that double from half a second to thirty, each drawn from zero to that: full jitter.
    pub exponential: bool,
    /// Whether methods are repeated of which a second one may do the same thing twice.
    pub repeat: bool,
}

/// What came, whatever its status: a redirect is an answer, and so is a refusal.
#[derive(Clone)]
pub struct RawAnswer {
    /// HTTP status.
    pub status: u16,
    /// Headers as they came.
    pub headers: HeaderMap,
    /// Body, decompressed.
    pub body: Bytes,
    /// Requests sent.
    pub attempts: u32,
}

/// Without headers and body.
impl std::fmt::Debug for RawAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawAnswer({}, {} bytes, {} attempts)", self.status, self.body.len(), self.attempts)
    }
}

impl Raw {
    /// The request on the bound origin, `own` headers beneath the caller's; still without credentials.
    pub(super) fn outgoing(&self, origin: &Origin, own: &HeaderMap) -> Result<http::Request<Bytes>> {
        let body = self.body.as_ref().map(|(body, _)| body.clone()).unwrap_or_default();
        if body.len() > BODY_MAX {
            return Err(Error::new(&codes::INPUT, format!("The body is larger than {BODY_MAX} bytes")));
        }
        let mut out = http::Request::new(body);
        *out.method_mut() = self.method.clone();
        *out.uri_mut() = within(origin, &self.target, &self.query)?;
        let headers = out.headers_mut();
        headers.clone_from(own);
        match &self.body {
            Some((_, kind)) => drop(headers.insert(CONTENT_TYPE, kind.clone())),
            None => drop(headers.remove(CONTENT_TYPE)),
        }
        lay_over(headers, &self.headers)?;
        Ok(out)
    }
}

impl RawRetry {
    /// How long to wait before another attempt after `sent` of them; `None` where this one was the last. `asked` is the
    /// wait that a 429 names: nothing is sent before it.
    pub(super) fn again(
        &self,
        method: &Method,
        sent: u32,
        came: Result<u16, How>,
        asked: Option<Duration>,
        seed: u64,
    ) -> Option<Duration> {
        let worth = match came {
            Ok(429 | 500..=599) => true,
            Ok(300..=499) => self.on_all,
            Ok(_) | Err(How::Tls | How::TooLarge) => false,
            Err(How::Connect | How::Timeout | How::Body) => true,
        };
        if !worth || sent > self.max.min(RETRIES_MAX) || !(method.is_idempotent() || self.repeat) {
            return None;
        }
        let own = if self.exponential { jittered(sent, seed) } else { self.delay };
        Some(own.max(asked.unwrap_or_default()))
    }
}

/// Full jitter over a bound that doubles.
fn jittered(sent: u32, seed: u64) -> Duration {
    let most = BACKOFF.saturating_mul(1 << sent.saturating_sub(1).min(16)).min(BACKOFF_MAX);
    let drawn = splitmix(seed ^ (u64::from(sent) << 32));
    most.mul_f64((drawn >> 11) as f64 / (1_u64 << 53) as f64)
}

fn refuse(what: &'static str) -> Error {
    Error::new(&codes::SEC_TARGET, what)
}

/// Puts the caller's headers in the place of ours.
fn lay_over(headers: &mut HeaderMap, given: &[(String, String)]) -> Result<()> {
    if given.len() > HEADERS_MAX {
        return Err(refuse("There are more headers than any request needs"));
    }
    let mut laid: Vec<HeaderName> = Vec::new();
    for (name, value) in given {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refuse("A header's name is not one"))?;
        // Some servers take an underscore for a hyphen.
        let plain = name.as_str().replace('_', "-");
        if NOT_THE_CALLERS.contains(&plain.as_str()) || plain.starts_with("proxy-") {
            return Err(refuse("A header is given that is not the caller's to set").note("header", plain));
        }
        let value = HeaderValue::from_str(value).ok().filter(|_| value.is_ascii());
        let value = value.ok_or_else(|| refuse("A header's value has characters that no header has"))?;
        if laid.contains(&name) {
            headers.append(name, value);
        } else {
            headers.insert(name.clone(), value);
            laid.push(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_the_callers_but_for_those_that_are_not() {
        let laid = |name: &str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("accept", HeaderValue::from_static("application/json"));
            lay_over(&mut headers, &[(name.to_owned(), value.to_owned())]).map(|()| headers)
        };
        assert_eq!(laid("Accept", "text/plain").unwrap()["accept"], "text/plain");
        assert_eq!(laid("Intercom-Version", "2.11").unwrap()["intercom-version"], "2.11");
        for name in [
            "Authorization",
            "AUTHORIZATION",
            "Host",
            "cookie",
            "Proxy-Authorization",
            "proxy_connection",
            "Content-Length",
            "content_length",
            "Transfer-Encoding",
            "Connection",
            "TE",
            "Upgrade",
            "X-HTTP-Method-Override",
            "X_Method_Override",
            "x-http-method",
            "X: y",
            "",
            "a b",
            "x\r\n",
        ] {
            assert_eq!(laid(name, "x").unwrap_err().code(), &codes::SEC_TARGET, "{name}");
        }
        for value in ["a\r\nHost: evil.example", "a\nb", "a\0", "ä"] {
            assert_eq!(laid("x-a", value).unwrap_err().code(), &codes::SEC_TARGET, "{value:?}");
        }
        let mut headers = HeaderMap::new();
        let twice = [("x-a".to_owned(), "1".to_owned()), ("X-A".to_owned(), "2".to_owned())];
        lay_over(&mut headers, &twice).unwrap();
        assert_eq!(headers.get_all("x-a").iter().count(), 2);
        assert!(lay_over(&mut headers, &vec![("x-b".to_owned(), String::new()); HEADERS_MAX + 1]).is_err());
    }

    #[test]
    fn waits_grow_with_full_jitter_or_stay() {
        let retry = RawRetry { max: 99, exponential: true, delay: Duration::from_secs(99), ..RawRetry::default() };
        for (sent, most) in [(1, 500), (2, 1000), (3, 2000), (4, 4000), (9, 30_000)] {
            let drawn = (0..400).filter_map(|seed| retry.again(&Method::GET, sent, Ok(503), None, splitmix(seed)));
            let waits: Vec<u128> = drawn.map(|wait| wait.as_millis()).collect();
            assert!(waits.len() == 400 && waits.iter().all(|wait| *wait <= most), "{sent}");
            let mean = waits.iter().sum::<u128>() / 400;
            assert!((most * 4 / 10..=most * 6 / 10).contains(&mean), "{mean} of {most}");
        }
        assert_eq!(retry.again(&Method::GET, RETRIES_MAX + 1, Ok(503), None, 1), None);
        let fixed = RawRetry { max: 1, delay: Duration::from_millis(70), ..RawRetry::default() };
        assert_eq!(fixed.again(&Method::GET, 1, Ok(500), None, 1), Some(fixed.delay));
        assert_eq!(fixed.again(&Method::GET, 1, Ok(429), Some(Duration::from_secs(7)), 1), Some(Duration::from_secs(7)));
        assert_eq!(fixed.again(&Method::GET, 2, Ok(500), None, 1), None);
    }

    #[test]
    fn what_is_worth_another_attempt() {
        let get = |retry: RawRetry, came| retry.again(&Method::GET, 1, came, None, 1).is_some();
        let some = RawRetry { max: 1, ..RawRetry::default() };
        let all = RawRetry { on_all: true, ..some };
        for came in [Ok(500), Ok(503), Ok(429), Err(How::Connect), Err(How::Timeout), Err(How::Body)] {
            assert!(get(some, came) && get(all, came) && !get(RawRetry::default(), came), "{came:?}");
            for method in ["POST", "PATCH", "LINK", "UNLINK", "PURGE"] {
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                assert!(some.again(&method, 1, came, None, 1).is_none(), "{method} {came:?}");
                assert!(RawRetry { repeat: true, ..some }.again(&method, 1, came, None, 1).is_some(), "{method} {came:?}");
            }
        }
        for came in [Ok(301), Ok(400), Ok(404), Ok(422)] {
            assert!(!get(some, came) && get(all, came), "{came:?}");
        }
        for came in [Ok(200), Ok(204), Err(How::Tls), Err(How::TooLarge)] {
            assert!(!get(all, came), "{came:?}");
        }
    }
}
