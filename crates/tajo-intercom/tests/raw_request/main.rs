//! Raw requests: what arrives, what is refused, what is tried again; and that no URL leads the token elsewhere.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt, pending, ready};
use secrecy::SecretString;
use serde_json::{Value, json};
use tajo_core::codes;
use tajo_core::rest::{Broken, How, Limits, Transport};
use tajo_intercom::{Intercom, Region, Version};
use tokio::time::Instant;

mod hostile;
#[path = "../town/mod.rs"]
mod town;

use town::{action, run, run_on, town};

const METHODS: [&str; 10] = ["DELETE", "GET", "HEAD", "LINK", "OPTIONS", "PATCH", "POST", "PURGE", "PUT", "UNLINK"];

async fn echo(input: Value) -> Value {
    run(&town(), "raw_request", input).await.expect("the twin's echo").answer
}

fn body_of(echoed: &Value) -> Vec<u8> {
    STANDARD.decode(echoed["data"]["body_base64"].as_str().expect("an echo")).expect("base64")
}

// Shows: P-103.
#[tokio::test]
async fn every_method_of_the_list_arrives_and_no_other_is_taken() {
    for method in METHODS {
        let said = echo(json!({"url": "/echo", "method": method})).await;
        assert_eq!((&said["status"], &said["attempts"]), (&json!(200), &json!(1)), "{method}");
        assert_eq!(said["headers"]["x-echo-method"], method);
        if method != "HEAD" {
            assert_eq!(said["data"]["method"], method);
        }
    }
    assert_eq!(echo(json!({"url": "/echo"})).await["data"]["method"], "GET");
    for method in ["get", "TRACE", "CONNECT", "QUERY", ""] {
        let error = run(&town(), "raw_request", json!({"url": "/echo", "method": method})).await.unwrap_err();
        assert_eq!((error.code(), error.noted("field")), (&codes::INPUT, Some("method")), "{method}");
    }
}

// Shows: P-100, P-104, P-108, P-109.
#[tokio::test]
async fn body_query_and_headers_arrive_byte_for_byte() {
    let said = echo(json!({
        "url": "/echo?z=1", "method": "POST", "data": {"ä": [1, "x\u{0}"]},
        "query": {"a b": ["1", "ü&="], "n": 5, "f": true},
        "headers": {"Intercom-Version": "2.11", "X-One": "yes", "Accept": "text/plain"},
    }))
    .await;
    assert_eq!(body_of(&said), "{\"ä\":[1,\"x\\u0000\"]}".as_bytes());
    assert_eq!(said["data"]["query_text"], "z=1&a%20b=1&a%20b=%C3%BC%26%3D&n=5&f=true");
    let headers = &said["data"]["headers"];
    assert_eq!(
        (&headers["intercom-version"], &headers["x-one"], &headers["accept"]),
        (&json!("2.11"), &json!("yes"), &json!("text/plain"))
    );
    assert_eq!((&headers["content-type"], &headers["authorization"]), (&json!("application/json"), &json!(true)));
    let said = echo(json!({"url": "/echo", "method": "PUT", "data": " a=1\r\n", "header": {"content-type": "text/csv"}})).await;
    assert_eq!(
        (body_of(&said).as_slice(), &said["data"]["headers"]["content-type"]),
        (b" a=1\r\n".as_slice(), &json!("text/csv"))
    );
    for name in ["Authorization", "authorization", "Host", "Cookie", "Proxy-Authorization", "Content-Length", "Transfer-Encoding"]
    {
        let error = run(&town(), "raw_request", json!({"url": "/echo", "headers": {name: "x"}})).await.unwrap_err();
        assert_eq!(error.code(), &codes::SEC_TARGET, "{name}");
    }
    let error =
        run(&town(), "raw_request", json!({"url": "/echo", "headers": {"x-a": "b\r\nHost: evil.example"}})).await.unwrap_err();
    assert_eq!(error.code(), &codes::SEC_TARGET);
    let error = run(&town(), "raw_request", json!({"url": "/echo", "query": {"a": {"b": 1}}})).await.unwrap_err();
    assert_eq!((error.code(), error.noted("field")), (&codes::INPUT, Some("query")));
}

// Shows: P-105, P-107.
#[tokio::test]
async fn forms_and_files_are_multipart_under_their_names() {
    let file = STANDARD.encode([0, 1, 2, 255]);
    let said = echo(json!({
        "url": "/echo", "method": "POST", "form_data": {"kind": "import", "n": 7},
        "file_data": {"one": file, "two": "aGk="}, "file_names": {"one": "people.csv"},
    }))
    .await;
    let kind = said["data"]["headers"]["content-type"].as_str().unwrap();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").expect("a form");
    let body = body_of(&said);
    let mut expect = Vec::new();
    let octets = "\r\nContent-Type: application/octet-stream";
    for (head, content) in [
        ("name=\"kind\"".to_owned(), b"import".as_slice()),
        ("name=\"n\"".to_owned(), b"7"),
        (format!("name=\"one\"; filename=\"people.csv\"{octets}"), &[0, 1, 2, 255]),
        (format!("name=\"two\"; filename=\"two\"{octets}"), b"hi"),
    ] {
        expect.extend(format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n").bytes());
        expect.extend(content);
        expect.extend(b"\r\n");
    }
    expect.extend(format!("--{boundary}--\r\n").bytes());
    assert_eq!(body, expect);
    for (input, field) in [
        (json!({"file_data": {"one": "aGk="}, "file_names": {"other": "x"}}), "file_names"),
        (json!({"file_names": {"one": "x"}}), "file_names"),
        (json!({"file_data": {"one": "no base64!"}}), "file_data"),
        (json!({"form_data": {"a": "b"}, "data": "x"}), "data"),
        (json!({"file_data": {"a": "aGk="}, "data": {"x": 1}}), "data"),
        (json!({"form_data": {"a": "b"}, "headers": {"Content-Type": "text/plain"}}), "headers"),
    ] {
        let mut input = input;
        input["url"] = "/echo".into();
        input["method"] = "POST".into();
        let error = run(&town(), "raw_request", input).await.unwrap_err();
        assert_eq!((error.code(), error.noted("field")), (&codes::INPUT, Some(field)));
        if field == "data" {
            assert!(error.what().contains("Cannot specify both Data and File/Form Data."), "{error}");
        }
    }
}

// Shows: P-110.
#[tokio::test]
async fn an_answer_is_read_as_asked() {
    let said = echo(json!({"url": "/echo/bytes", "response_type": "binary"})).await;
    assert_eq!(STANDARD.decode(said["data"].as_str().unwrap()).unwrap(), (0..=255).collect::<Vec<u8>>());
    for kind in ["text", "document"] {
        assert_eq!(echo(json!({"url": "/echo/text", "response_type": kind})).await["data"], "Hello, Zoë.\n");
    }
    let said = run(&town(), "raw_request", json!({"url": "/echo/text"})).await.unwrap();
    assert_eq!((said.answer["data"].as_str(), said.warnings.len()), (Some("Hello, Zoë.\n"), 1));
    assert_eq!(echo(json!({"url": "/echo/status/204"})).await["data"], Value::Null);
    assert!(echo(json!({"url": "/me"})).await["data"]["app"]["id_code"].is_string());
}

#[tokio::test]
async fn every_status_is_an_answer_and_no_redirect_is_followed() {
    for status in [200, 201, 400, 401, 404, 409, 422, 429, 500, 503] {
        let said = echo(json!({"url": format!("/echo/status/{status}"), "method": "POST"})).await;
        assert_eq!((&said["status"], &said["attempts"]), (&json!(status), &json!(1)));
    }
    let town = town();
    let said =
        run(&town, "raw_request", json!({"url": "/echo/redirect", "query": {"to": "https://evil.example/"}})).await.unwrap();
    assert_eq!((&said.answer["status"], &said.answer["headers"]["location"]), (&json!(302), &json!("https://evil.example/")));
    assert_eq!(town.calls().len(), 1);
}

// Shows: P-113, P-114.
#[tokio::test]
async fn nothing_is_tried_again_unless_asked_for() {
    let town = town();
    let mut n = 0;
    let mut ask = async |mut input: Value| {
        n += 1;
        input["query"] = json!({"key": format!("k{n}")});
        let said = run(&town, "raw_request", input).await.expect("an answer").answer;
        (said["status"].as_u64().unwrap(), said["attempts"].as_u64().unwrap())
    };
    assert_eq!(ask(json!({"url": "/echo/fail/2"})).await, (503, 1));
    assert_eq!(ask(json!({"url": "/echo/fail/2", "max_retries": 1})).await, (503, 2));
    assert_eq!(ask(json!({"url": "/echo/fail/2", "max_retries": 2})).await, (200, 3));
    assert_eq!(ask(json!({"url": "/echo/fail/2", "method": "PUT", "max_retries": 5})).await, (200, 3));
    assert_eq!(ask(json!({"url": "/echo/fail/2", "method": "POST", "max_retries": 5, "yes": true})).await, (200, 3));
    for status in [301, 400, 404, 422] {
        let url = format!("/echo/status/{status}");
        assert_eq!(ask(json!({"url": url, "max_retries": 3})).await, (status, 1));
        assert_eq!(ask(json!({"url": url, "max_retries": 3, "retry_on_all_errors": true})).await, (status, 4));
    }
    for method in ["POST", "PATCH", "LINK", "UNLINK", "PURGE"] {
        let input = json!({"url": "/echo/fail/2", "method": method, "max_retries": 1, "retry_on_all_errors": true});
        let error = run(&town, "raw_request", input).await.unwrap_err();
        assert_eq!((error.code(), error.noted("field")), (&codes::INPUT, Some("yes")), "{method}");
    }
    let error = run(&town, "raw_request", json!({"url": "/echo", "max_retries": 11})).await.unwrap_err();
    assert_eq!((error.code(), error.noted("field")), (&codes::INPUT, Some("max_retries")));
}

/// Answers 503, never answers, or keeps what it is sent.
struct Script {
    silent: bool,
    at: Mutex<Vec<Instant>>,
}

impl Script {
    fn connect(silent: bool, seed: u64) -> (Arc<Script>, Intercom) {
        let script = Arc::new(Script { silent, at: Mutex::default() });
        let limits = Limits { seed, ..Limits::default() };
        let token = SecretString::from("canary");
        let made = Intercom::new(Arc::clone(&script) as _, token, Region::Eu, Version::default(), None, limits);
        (script, made.expect("a connection"))
    }
    fn gaps(&self) -> Vec<Duration> {
        self.at.lock().expect("no test thread dies").windows(2).map(|pair| pair[1] - pair[0]).collect()
    }
}

impl Transport for Script {
    fn send(&self, _: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
        self.at.lock().expect("no test thread dies").push(Instant::now());
        if self.silent {
            return pending().boxed();
        }
        let answer = http::Response::builder().status(503).body(Bytes::from_static(b"{}")).expect("a plain answer");
        ready(Ok(answer)).boxed()
    }
}

// Shows: P-112, P-115.
#[tokio::test(start_paused = true)]
async fn waits_are_the_delay_asked_for_or_grow_with_jitter() {
    let (script, intercom) = Script::connect(false, 1);
    run_on(&intercom, "raw_request", json!({"url": "/me", "max_retries": 3})).await.unwrap();
    assert_eq!(script.gaps(), [Duration::ZERO; 3]);
    let (script, intercom) = Script::connect(false, 1);
    run_on(&intercom, "raw_request", json!({"url": "/me", "max_retries": 3, "retry_delay_ms": 700})).await.unwrap();
    assert!(script.gaps().iter().all(|gap| (700..=702).contains(&gap.as_millis())), "{:?}", script.gaps());
    let mut sums = [Duration::ZERO; 5];
    for seed in 0..60 {
        let (script, intercom) = Script::connect(false, seed);
        // The delay would be ten minutes, were it not ignored.
        let input = json!({"url": "/me", "max_retries": 5, "use_exponential_backoff": true, "retry_delay_ms": 600_000});
        run_on(&intercom, "raw_request", input).await.unwrap();
        for (at, gap) in script.gaps().into_iter().enumerate() {
            assert!(gap <= Duration::from_millis(500 * (1 << at) + 2), "{at}: {gap:?}");
            sums[at] += gap;
        }
    }
    for (at, pair) in sums.windows(2).enumerate() {
        assert!(pair[1] > pair[0] * 13 / 10, "gap {at} does not grow: {sums:?}");
    }
}

// Shows: P-111.
#[tokio::test(start_paused = true)]
async fn an_attempt_ends_at_its_timeout_and_the_default_is_finite() {
    for (input, secs) in [(json!({"url": "/me"}), 60), (json!({"url": "/me", "timeout_ms": 7000, "max_retries": 2}), 21)] {
        let (_, intercom) = Script::connect(true, 1);
        let begun = Instant::now();
        let error = run_on(&intercom, "raw_request", input).await.unwrap_err();
        assert_eq!((error.code(), begun.elapsed().as_secs()), (&codes::NET_TIMEOUT, secs));
        assert_eq!(error.noted("outcome"), None, "a read has no outcome to be unknown");
    }
    let (_, intercom) = Script::connect(true, 1);
    let error = run_on(&intercom, "raw_request", json!({"url": "/tags", "method": "POST", "data": {}})).await.unwrap_err();
    assert!(error.noted("outcome").is_some_and(|text| text.contains("unknown")), "{error:?}");
    for ms in [0, 600_001] {
        let error = run_on(&intercom, "raw_request", json!({"url": "/me", "timeout_ms": ms})).await.unwrap_err();
        assert_eq!(error.noted("field"), Some("timeout_ms"));
    }
}

// Shows: P-102.
#[tokio::test]
async fn a_url_is_a_path_or_of_the_connections_own_host() {
    for url in ["/echo?a=1", "http://127.0.0.1:9/echo?a=1", "HTTP://127.0.0.1:9/x/../echo?a=1"] {
        let said = echo(json!({"url": url})).await;
        assert_eq!((&said["data"]["path"], &said["data"]["query"]["a"]), (&json!("/echo"), &json!("1")), "{url}");
    }
    let town = town();
    for url in ["https://api.intercom.io/me", "http://127.0.0.1:10/echo", "//evil.example/me", "http://a@127.0.0.1:9/echo", "me"]
    {
        let error = run(&town, "raw_request", json!({"url": url})).await.unwrap_err();
        assert_eq!(error.code(), &codes::SEC_TARGET, "{url}");
    }
    assert_eq!(town.calls().len(), 0);
    assert_eq!(action("requests.raw").facts.alias, "raw_request");
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_answer_is_an_error_with_the_number_of_attempts() {
    struct Down;
    impl Transport for Down {
        fn send(&self, _: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
            ready(Err(Broken::new(How::Connect, "refused"))).boxed()
        }
    }
    let token = SecretString::from("canary");
    let down =
        Intercom::new(Arc::new(Down), token, Region::Us, Version::default(), None, Limits::default()).expect("a connection");
    let error = run_on(&down, "raw_request", json!({"url": "/contacts/ada@example.com", "max_retries": 2})).await.unwrap_err();
    assert_eq!((error.code(), error.noted("attempts")), (&codes::NET_CONNECT, Some("3")));
    assert_eq!(error.noted("request"), Some("GET /contacts/{id}"));
}
