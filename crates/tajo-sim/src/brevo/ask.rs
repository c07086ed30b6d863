//! One request, past the gate, and the answer before it becomes HTTP.

use http::Uri;
use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::stamp;
use crate::json::Json;

/// One request. Path and query are decoded.
pub(crate) struct Ask<'a> {
    pub(super) method: &'a str,
    /// The path below `/v3`, in segments.
    pub(super) path: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) kind: &'a str,
    pub(super) body: &'a [u8],
    /// Scheme and authority under which the twin was reached.
    pub(super) origin: String,
    /// A list by `modifiedSince` misses the newest change.
    pub(super) stale: bool,
}

/// A page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paging {
    pub(super) limit: usize,
    pub(super) offset: usize,
    pub(super) descending: bool,
}

/// A good answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

pub(super) type Answer = Result<Reply, Refusal>;

impl Reply {
    pub(super) fn json(status: u16, body: &Value) -> Answer {
        Ok(Reply { status, body: body.to_string().into_bytes() })
    }

    pub(super) fn object(fill: impl FnOnce(&mut Json)) -> Answer {
        Ok(Reply { status: 200, body: Json::object(fill) })
    }

    /// 204 without a body.
    pub(super) fn done() -> Answer {
        Ok(Reply { status: 204, body: Vec::new() })
    }
}

impl Ask<'_> {
    pub(super) fn query(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// Every value of a repeatable parameter; commas separate as well.
    pub(super) fn all(&self, key: &str) -> Vec<&str> {
        let named = self.query.iter().filter(|(name, _)| name == key || name.strip_suffix("[]") == Some(key));
        named.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|value| !value.is_empty()).collect()
    }

    pub(super) fn numbers<T: std::str::FromStr>(&self, key: &str) -> Result<Vec<T>, Refusal> {
        let parsed =
            self.all(key).into_iter().map(|text| text.parse().map_err(|_| Refusal::invalid(format!("{key} should be integer"))));
        parsed.collect()
    }

    pub(super) fn instant(&self, key: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.query(key) else { return Ok(None) };
        stamp::parse(text).map(Some).ok_or_else(|| Refusal::invalid(format!("{key} is not a valid date-time")))
    }

    /// `limit`, `offset` and `sort`, newest first by default. More than `max` is refused.
    pub(super) fn paging(&self, standard: usize, max: usize) -> Result<Paging, Refusal> {
        let number = |key: &str, other: usize| match self.query(key) {
            Some(text) => text.parse().map_err(|_| Refusal::invalid(format!("{key} should be a positive integer"))),
            None => Ok(other),
        };
        let (limit, offset) = (number("limit", standard)?, number("offset", 0)?);
        if limit > max {
            return Err(Refusal::out_of_range(format!("Limit exceeds max value of {max}")));
        }
        let descending = match self.query("sort") {
            None | Some("desc") => true,
            Some("asc") => false,
            Some(_) => return Err(Refusal::invalid("sort should be asc or desc")),
        };
        Ok(Paging { limit, offset, descending })
    }

    /// The body as an object with at least one key. Source: facts §3.2, "No inputs in the body".
    pub(super) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        if self.body.is_empty() {
            return Err(Refusal::missing("No inputs in the body"));
        }
        match serde_json::from_slice(self.body) {
            Ok(Value::Object(object)) if !object.is_empty() => Ok(object),
            Ok(Value::Object(_)) => Err(Refusal::missing("No inputs in the body")),
            _ => Err(Refusal::new(400, "bad_request", "Input must be a valid JSON object")),
        }
    }
}

impl Paging {
    /// The page of a list that is kept oldest first.
    pub(super) fn cut<T>(&self, mut all: Vec<T>) -> Vec<T> {
        if self.descending {
            all.reverse();
        }
        all.into_iter().skip(self.offset).take(self.limit).collect()
    }
}

/// Pairs of a query string or a form.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let uri = format!("/?{text}").parse::<Uri>().unwrap_or_default();
    axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri).map(|query| query.0).unwrap_or_default()
}

/// A path segment without its percent signs.
pub(super) fn decode(segment: &str) -> String {
    let bytes = segment.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let byte = segment.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Numbers of a JSON array; anything else in it is refused.
pub(super) fn ids(value: Option<&Value>, key: &str) -> Result<Vec<i64>, Refusal> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(Vec::new()) };
    let wrong = || Refusal::invalid(format!("{key} should be an array of integers"));
    value.as_array().ok_or_else(wrong)?.iter().map(|id| id.as_i64().ok_or_else(wrong)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_and_pairs_are_decoded() {
        assert_eq!(decode("ada%2Bx%40a.example"), "ada+x@a.example");
        assert_eq!(decode("50%"), "50%");
        assert_eq!(pairs("a=1&a=2&b=x%20y"), [("a", "1"), ("a", "2"), ("b", "x y")].map(|(a, b)| (a.to_owned(), b.to_owned())));
    }
}
