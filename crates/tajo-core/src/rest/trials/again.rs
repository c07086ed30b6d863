//! What is tried again, what is not, and what the error says.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::server::{Fault, Server, client};
use crate::codes;
use crate::error::{Error, Kind};
use crate::rest::{Limits, Request};

fn first(times: u64, fault: Fault) -> impl Fn(u64) -> Option<Fault> + Send + Sync + 'static {
    move |n| (n <= times).then(|| fault.clone())
}

fn search() -> Request {
    Request::search("/contacts/search", &serde_json::json!({"query": {}})).expect("plain JSON")
}

fn create() -> Request {
    Request::post("/contacts?email=ada@example.com", "{}")
}

#[tokio::test(start_paused = true)]
async fn a_search_survives_what_passes() {
    for fault in [
        Fault::Answer(503, ""),
        Fault::Answer(502, "<html>bad gateway</html>"),
        Fault::Answer(500, "{}"),
        Fault::Answer(504, ""),
        Fault::Answer(408, ""),
        Fault::Answer(425, ""),
        Fault::Answer(429, ""),
        Fault::Answer(405, "<html>are you a robot?</html>"),
        Fault::Answer(200, ""),
        Fault::Answer(200, "<html>welcome</html>"),
        Fault::Answer(200, "{\"data\":[{\"id\":"),
        Fault::Cut,
        Fault::NoConnection,
        Fault::Silence,
    ] {
        let server = Server::new(1666, first(2, fault.clone()));
        let client = client(&server, Limits { answer_timeout: Duration::from_secs(30), ..Limits::default() });
        let answer = client.send(search()).await.unwrap_or_else(|e| panic!("{fault:?}: {e:?}"));
        assert_eq!((answer.status, server.seen().calls, client.tally().calls), (200, 3, 3), "{fault:?}");
        assert_eq!(client.tally().retried + client.tally().throttled, 2, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_is_repeated_only_if_it_was_surely_not_carried_out() {
    for (fault, calls) in [
        (Fault::Answer(429, ""), 3),
        (Fault::NoConnection, 3),
        (Fault::Answer(503, ""), 1),
        (Fault::Answer(500, "<html></html>"), 1),
        (Fault::Answer(200, ""), 1),
        (Fault::Cut, 1),
        (Fault::Silence, 1),
    ] {
        let server = Server::new(1666, first(2, fault.clone()));
        let result = client(&server, Limits::default()).send(create()).await;
        assert_eq!(server.seen().calls, calls, "{fault:?}");
        if calls == 1 {
            let error = result.expect_err("the outcome is unknown");
            assert!(error.noted("outcome").is_some_and(|text| text.contains("not sent again")), "{error:?}");
            assert_eq!(error.noted("request"), Some("POST /contacts"), "{error:?}");
        } else {
            result.unwrap_or_else(|e| panic!("{fault:?}: {e:?}"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_stands_is_not_asked_twice() {
    for (status, body, code) in [
        (400, "{}", &codes::INT_INVALID),
        (401, "{}", &codes::AUTH_TOKEN),
        (404, "{}", &codes::INT_MISSING),
        (404, "<html>nginx</html>", &codes::INT_MISSING),
        (409, "{}", &codes::INT_INVALID),
        (302, "", &codes::INT_INVALID),
    ] {
        let server = Server::new(1666, move |_| Some(Fault::Answer(status, body)));
        let error = client(&server, Limits::default()).send(search()).await.expect_err("refused");
        assert_eq!((error.code(), server.seen().calls), (code, 1), "{status}");
        assert_eq!(error.noted("request id"), Some("req1"));
        assert_eq!(error.noted("attempts"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_and_time_have_an_end_and_the_error_says_so() {
    for (fault, code) in [
        (Fault::Answer(503, ""), &codes::NET_SERVER),
        (Fault::Answer(200, ""), &codes::NET_BODY),
        (Fault::Cut, &codes::NET_BODY),
        (Fault::NoConnection, &codes::NET_CONNECT),
    ] {
        let begun = Instant::now();
        let server = Server::new(1666, move |_| Some(fault.clone()));
        let error = client(&server, Limits::default()).send(search()).await.expect_err("no end of it");
        assert_eq!((error.code(), server.seen().calls), (code, 6));
        assert_eq!(error.noted("attempts"), Some("6"));
        assert_eq!(error.noted("request"), Some("POST /contacts/search"));
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    }
    let begun = Instant::now();
    let server = Server::new(1666, |_| Some(Fault::Silence));
    let error = client(&server, Limits::default()).send(search()).await.expect_err("no end of it");
    assert_eq!(error.code(), &codes::NET_TIMEOUT);
    assert!(begun.elapsed() < Duration::from_secs(430), "{:?}", begun.elapsed());

    let begun = Instant::now();
    let server = Server::new(1666, |_| Some(Fault::Answer(429, "")));
    let error = client(&server, Limits::default()).send(search()).await.expect_err("no end of it");
    assert_eq!((error.code(), error.kind()), (&codes::INT_THROTTLED, Kind::Throttled));
    assert!(begun.elapsed() < Duration::from_secs(301), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_page_that_cannot_be_read_is_asked_for_again() {
    let server = Server::new(1666, |_| None);
    let client = client(&server, Limits::default());
    let times = Mutex::new(0);
    let read = |fails: u32, code: &'static codes::Code| {
        let times = &times;
        *times.lock().unwrap() = 0;
        client.send_checked(search(), move |answer| {
            let mut times = times.lock().unwrap();
            *times += 1;
            if *times <= fails { Err(Error::new(code, "cut")) } else { Ok(answer.body.len()) }
        })
    };
    assert_eq!(read(2, &codes::NET_BODY).await.expect("whole in the end"), 11);
    assert_eq!(*times.lock().unwrap(), 3);
    let error = read(99, &codes::NET_BODY).await.expect_err("never whole");
    assert_eq!((error.code(), error.noted("attempts")), (&codes::NET_BODY, Some("6")));
    assert_eq!(read(1, &codes::INT_DRIFT).await.expect_err("of another shape").code(), &codes::INT_DRIFT);
    assert_eq!(*times.lock().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn credentials_go_to_the_origin_and_nowhere_else() {
    let server = Server::new(1666, |_| None);
    let client = client(&server, Limits::default());
    client.send(Request::get("/me")).await.expect("fine");
    for path in ["//evil.example/me", "/\\evil.example", "/me\r\nHost: evil.example", "https://evil.example/", "@evil.example"] {
        assert!(client.send(Request::get(path)).await.is_err(), "{path}");
    }
    let seen = server.seen();
    assert_eq!(
        (seen.uris, seen.auth),
        (vec!["https://api.testland.example/me".to_owned()], vec!["Bearer canary-token".to_owned()])
    );
    for shown in [format!("{client:?}"), format!("{:?}", client.pace()), format!("{:?}", create())] {
        assert!(!shown.contains("canary") && !shown.contains('@'), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_resource_counts_its_own_calls() {
    let server = Server::new(1666, |_| None);
    let client = client(&server, Limits::default());
    let tags = client.with_tally();
    tags.send(Request::get("/tags")).await.expect("fine");
    assert_eq!((client.tally().calls, tags.tally().calls, tags.tally().bytes), (0, 1, 11));
    assert_eq!(client.pace().gauge().remaining, Some(1665));
}
