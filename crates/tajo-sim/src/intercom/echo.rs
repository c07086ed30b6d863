//! `/echo`: the twin's own, not Intercom's. It tells what arrived, for tests of raw requests.
//!
//! | Route | Answer |
//! |---|---|
//! | any method, `/echo` | 200, JSON: method, path, query, headers, body |
//! | `GET /echo/text`, `/echo/bytes` | text; the 256 octets in order |
//! | any method, `/echo/status/{code}` | that status |
//! | `GET /echo/redirect?to=URL` | 302 there |
//! | any method, `/echo/fail/{n}?key=K` | 503 `n` times for each key, then 200 with the times of all attempts |
//!
//! No token, version or rate is looked at; faults are met.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use serde_json::{Map, Value, json};

use super::errors::Refusal;
use super::form::{first, pairs};
use super::page::{OCTETS, Page};
use crate::town::Town;

/// Keys of `/echo/fail` remembered at once.
const KEYS_MAX: usize = 1000;
/// Attempts remembered of one key.
const ATTEMPTS_MAX: usize = 1000;

/// When each key of `/echo/fail` was asked for, in milliseconds of the twin's clock.
#[derive(Debug, Default)]
pub(crate) struct Attempts(BTreeMap<String, Vec<i64>>);

impl Attempts {
    /// All attempts of a key, this one included.
    fn note(&mut self, key: &str, now_ms: i64) -> &[i64] {
        if self.0.len() >= KEYS_MAX && !self.0.contains_key(key) {
            self.0.pop_first();
        }
        let all = self.0.entry(key.to_owned()).or_default();
        if all.len() < ATTEMPTS_MAX {
            all.push(now_ms);
        }
        all
    }
}

pub(super) fn is_at(path: &str) -> bool {
    path == "/echo" || path.starts_with("/echo/")
}

pub(super) fn answer(town: &Town, parts: &Parts, body: &[u8]) -> Result<Page, Refusal> {
    let query = pairs(parts.uri.query().unwrap_or_default());
    let path: Vec<&str> = parts.uri.path().trim_matches('/').split('/').collect();
    let missing = || Refusal::not_found("Resource Not Found");
    let mut page = match path.as_slice() {
        ["echo"] => Page::json(200, told(parts, &query, body).to_string()),
        ["echo", "text"] => Page::new(200, "text/plain; charset=utf-8", "Hello, Zoë.\n"),
        ["echo", "bytes"] => Page::new(200, OCTETS, (0..=u8::MAX).collect::<Vec<u8>>()),
        ["echo", "status", code] => {
            let code = code.parse().ok().filter(|code| (200..=599).contains(code)).ok_or_else(missing)?;
            let body = if matches!(code, 204 | 304) { String::new() } else { json!({"status": code}).to_string() };
            Page::json(code, body)
        }
        ["echo", "redirect"] => Page::redirect(first(&query, "to").ok_or_else(missing)?.to_owned()),
        ["echo", "fail", times] => {
            let times: usize = times.parse().map_err(|_| missing())?;
            fail(town, times, first(&query, "key").unwrap_or_default())
        }
        _ => return Err(missing()),
    };
    // A HEAD has no body to tell it by.
    page.headers.push(("x-echo-method", parts.method.to_string()));
    Ok(page)
}

fn fail(town: &Town, times: usize, key: &str) -> Page {
    let now_ms = town.now_ms();
    let mut attempts = town.attempts();
    let all = attempts.note(key, now_ms);
    let status = if all.len() <= times { 503 } else { 200 };
    Page::json(status, json!({"key": key, "attempts": all}).to_string())
}

/// A name that comes more than once has an array, in `query` and in `headers`.
fn told(parts: &Parts, query: &[(String, String)], body: &[u8]) -> Value {
    let mut names = Map::new();
    query.iter().for_each(|(name, value)| add(&mut names, name, value.clone().into()));
    let mut headers = Map::new();
    for (name, value) in &parts.headers {
        let value =
            if name == http::header::AUTHORIZATION { true.into() } else { String::from_utf8_lossy(value.as_bytes()).into() };
        add(&mut headers, name.as_str(), value);
    }
    headers.entry("authorization").or_insert(false.into());
    json!({
        "method": parts.method.as_str(),
        "path": parts.uri.path(),
        "query": names,
        "query_text": parts.uri.query().unwrap_or_default(),
        "headers": headers,
        "body_base64": STANDARD.encode(body),
        "body_bytes": body.len(),
    })
}

fn add(to: &mut Map<String, Value>, name: &str, value: Value) {
    match to.get_mut(name) {
        None => drop(to.insert(name.to_owned(), value)),
        Some(Value::Array(all)) => all.push(value),
        Some(one) => *one = Value::Array(vec![one.take(), value]),
    }
}
