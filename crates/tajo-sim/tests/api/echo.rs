//! The twin's own `/echo`, and the bodies that a test may look into.

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use serde_json::json;
use tajo_sim::Fault;

use crate::asking::{NOW, post, raw, send, town};

#[tokio::test(start_paused = true)]
async fn echo_tells_what_arrived_but_not_the_token() {
    let town = town(|o| (o.token, o.rate_limit) = (Some("right".to_owned()), 1));
    for _ in 0..2 {
        let request = Request::post("/echo?a=1&a=two%20words&b=&c")
            .header("Authorization", "Bearer secret-of-mine")
            .header("X-Twice", "one")
            .header("x-twice", "two");
        let told = send(&town, request.body(Body::from(vec![0u8, 255, 10])).unwrap()).await;
        assert_eq!(told.status, 200);
        let body = told.body;
        assert_eq!((&body["method"], &body["path"]), (&json!("POST"), &json!("/echo")));
        assert_eq!(body["query"], json!({"a": ["1", "two words"], "b": "", "c": ""}));
        assert_eq!(body["query_text"], "a=1&a=two%20words&b=&c");
        assert_eq!((&body["headers"]["authorization"], &body["headers"]["x-twice"]), (&json!(true), &json!(["one", "two"])));
        assert_eq!((&body["body_bytes"], &body["body_base64"]), (&json!(3), &json!(STANDARD.encode([0u8, 255, 10]))));
        assert!(!body.to_string().contains("secret-of-mine"));
    }
    let without = send(&town, Request::get("/echo").body(Body::empty()).unwrap()).await;
    assert_eq!((&without.body["headers"]["authorization"], &without.body["body_bytes"]), (&json!(false), &json!(0)));
}

#[tokio::test(start_paused = true)]
async fn every_method_reaches_echo() {
    let town = town(|_| {});
    for method in ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "LINK", "UNLINK", "PURGE"] {
        let request = Request::builder().method(method).uri("/echo").body(Body::empty()).unwrap();
        let (status, headers, _) = raw(&town, request).await;
        assert_eq!((status, &headers["x-echo-method"]), (200, &method.parse().unwrap()), "{method}");
    }
    assert_eq!(town.calls().last().unwrap().method, "PURGE");
}

#[tokio::test(start_paused = true)]
async fn echo_answers_with_text_bytes_statuses_and_redirects() {
    let town = town(|_| {});
    let get = |path: &str| raw(&town, Request::get(path).body(Body::empty()).unwrap());
    let (_, headers, text) = get("/echo/text").await;
    assert!(headers["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert_eq!(String::from_utf8(text).unwrap(), "Hello, Zoë.\n");
    let (_, headers, bytes) = get("/echo/bytes").await;
    assert_eq!((headers["content-type"].to_str().unwrap(), bytes.len(), bytes[255]), ("application/octet-stream", 256, 255));
    for code in [201u16, 204, 418, 500, 599] {
        assert_eq!(get(&format!("/echo/status/{code}")).await.0, code);
    }
    let (status, headers, _) = get("/echo/redirect?to=http%3A%2F%2Felsewhere.example%2Fx").await;
    assert_eq!((status, headers["location"].to_str().unwrap()), (302, "http://elsewhere.example/x"));
    for wrong in ["/echo/status/99", "/echo/status/600", "/echo/redirect", "/echo/fail/many", "/echo/nothing", "/echoes"] {
        assert!(matches!(get(wrong).await.0, 401 | 404), "{wrong}");
    }
}

#[tokio::test(start_paused = true)]
async fn echo_fails_as_often_as_told_and_tells_when_each_attempt_came() {
    let town = town(|_| {});
    let ask = |key: &str| send(&town, Request::get(format!("/echo/fail/2?key={key}")).body(Body::empty()).unwrap());
    assert_eq!(ask("a").await.status, 503);
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert_eq!((ask("a").await.status, ask("b").await.status), (503, 503));
    tokio::time::sleep(std::time::Duration::from_millis(3000)).await;
    let last = ask("a").await;
    assert_eq!((last.status, &last.body["attempts"]), (200, &json!([NOW * 1000, NOW * 1000 + 1500, NOW * 1000 + 4500])));
    town.faults().once("/echo", Fault::Unavailable);
    assert_eq!(ask("a").await.status, 503, "faults are met here too");
}

#[tokio::test(start_paused = true)]
async fn the_last_bodies_can_be_looked_into() {
    let town = town(|_| {});
    post(&town, "/contacts", &json!({"email": "ada@mailbox.example"})).await;
    post(&town, "/contacts", &json!({"nonsense": 1})).await;
    post(&town, "/contacts/search", &json!({"query": 1})).await;
    let request = Request::post("/contacts").header("authorization", "Bearer t").body(Body::from("no json")).unwrap();
    send(&town, request).await;
    let all = town.bodies("POST", "/contacts");
    assert_eq!(all, [json!({"email": "ada@mailbox.example"}), json!({"nonsense": 1}), json!({"query": 1})]);
    assert_eq!((town.bodies("PUT", "/contacts").len(), town.bodies("POST", "/tags").len()), (0, 0));
    town.clear_calls();
    assert!(town.bodies("POST", "/").is_empty());
}
