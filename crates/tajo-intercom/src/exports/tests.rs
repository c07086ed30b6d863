use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use secrecy::SecretString;
use tajo_core::rest::{Broken, Limits, Transport};

use super::*;
use crate::{Region, Version};

const PENDING_429: &str = r#"{"type":"error.list","request_id":"r1","errors":[{"code":"rate_limit_exceeded","message":"Exceeded rate limit of 1 pending message data export jobs"}]}"#;
const RATE_429: &str = r#"{"type":"error.list","errors":[{"code":"rate_limit_exceeded","message":"Exceeded rate limit of the current 10 second window"}]}"#;
const CSV: &[u8] = b"\x1f\x8b not JSON, not text";

fn job(status: &str) -> String {
    // The address leads elsewhere: it is not followed.
    format!(
        r#"{{"job_identifier":"al9w98","status":"{status}","download_url":"https://evil.example/x","download_expires_at":""}}"#
    )
}

/// Gives these answers in order, the last one for ever, and notes what came and how long was waited.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<(u16, Vec<u8>)>>,
    sent: Mutex<Vec<http::Request<Bytes>>>,
    waits: Mutex<Vec<Duration>>,
}

impl Transport for Script {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
        self.sent.lock().unwrap().push(request);
        let mut left = self.answers.lock().unwrap();
        let (status, body) = if left.len() > 1 { left.pop_front().unwrap() } else { left[0].clone() };
        let reply = http::Response::builder().status(status).header("date", "Fri, 20 Nov 2026 10:30:00 GMT");
        let reply = reply.header("x-ratelimit-limit", "166").header("x-ratelimit-remaining", "160");
        let reply = reply.header("x-ratelimit-reset", "1795170607");
        std::future::ready(Ok(reply.body(Bytes::from(body)).unwrap())).boxed()
    }
}

impl Script {
    fn of(answers: &[(u16, &[u8])]) -> Arc<Script> {
        let answers = answers.iter().map(|(status, body)| (*status, body.to_vec())).collect();
        Arc::new(Script { answers: Mutex::new(answers), ..Script::default() })
    }

    /// An export of January with these answers, and what was told on the way.
    async fn run(self: &Arc<Script>, patience: Patience) -> (Result<Option<Content>>, Vec<Step>) {
        let (via, token) = (Arc::clone(self) as Arc<dyn Transport>, SecretString::from("canary"));
        let intercom = Intercom::new(via, token, Region::Eu, Version::default(), None, Limits::default()).unwrap();
        let mut told = Vec::new();
        let pause = |wait| {
            self.waits.lock().unwrap().push(wait);
            std::future::ready(())
        };
        let done = intercom.export_content(1_767_225_600, 1_769_903_999, patience, pause, |step| told.push(step.clone())).await;
        (done, told)
    }

    fn asked(&self) -> Vec<String> {
        self.sent.lock().unwrap().iter().map(|r| format!("{} {}", r.method(), r.uri().path())).collect()
    }

    fn waited(&self) -> u64 {
        self.waits.lock().unwrap().iter().map(Duration::as_secs).sum()
    }
}

#[tokio::test(start_paused = true)]
async fn an_export_is_started_awaited_and_downloaded() {
    let (pending, running, done) = (job("pending"), job("in_progress"), job("completed"));
    let script = Script::of(&[
        (200, pending.as_bytes()),
        (200, running.as_bytes()),
        (502, b"<html>"),
        (200, done.as_bytes()),
        (503, b""),
        (200, CSV),
    ]);
    let (content, told) = script.run(Patience::default()).await;
    let content = content.unwrap().unwrap();
    assert_eq!((content.bytes(), content.job.as_str()), (CSV, "al9w98"));
    let (poll, load) = ("GET /export/content/data/al9w98", "GET /download/content/data/al9w98");
    assert_eq!(script.asked(), ["POST /export/content/data", poll, poll, poll, load, load]);
    assert!(matches!(told.last(), Some(Step::Loading { .. })), "{told:?}");
    let sent = script.sent.lock().unwrap();
    let span: Value = serde_json::from_slice(sent[0].body()).unwrap();
    assert_eq!(span, json!({"created_at_after": 1_767_225_600, "created_at_before": 1_769_903_999}));
    for request in sent.iter() {
        assert_eq!((request.uri().host(), request.uri().scheme_str()), (Some("api.eu.intercom.io"), Some("https")));
        assert_eq!(request.headers()["authorization"], "Bearer canary");
        assert_eq!(request.headers()["intercom-version"], "2.14");
    }
    assert_eq!(
        (&sent[3].headers()["accept"], &sent[5].headers()["accept"]),
        (&HeaderValue::from_static("application/json"), &HeaderValue::from_static("application/octet-stream"))
    );
}

// Shows: T-124.
#[tokio::test(start_paused = true)]
async fn a_second_export_waits_for_the_first_and_does_not_hammer() {
    let done = job("complete");
    let mut answers: Vec<(u16, &[u8])> = vec![(429, PENDING_429.as_bytes()); 4];
    answers.extend([(200, done.as_bytes()), (200, CSV)]);
    let script = Script::of(&answers);
    let (content, told) = script.run(Patience::default()).await;
    assert_eq!(content.unwrap().unwrap().bytes(), CSV);
    assert_eq!(script.sent.lock().unwrap().len(), 6);
    assert_eq!(told.iter().filter(|step| matches!(step, Step::Queued(_))).count(), 4);
    let waits = script.waits.lock().unwrap();
    assert!(waits.iter().all(|wait| *wait >= TURN_WAIT) && waits.is_sorted(), "{waits:?}");
}

// Shows: T-124.
#[tokio::test(start_paused = true)]
async fn a_second_export_that_gets_no_turn_fails_typed() {
    for (turn, calls) in [(0, 1), (60, 3), (600, 9)] {
        let script = Script::of(&[(429, PENDING_429.as_bytes())]);
        let patience = Patience { turn: Duration::from_secs(turn), ..Patience::default() };
        let error = script.run(patience).await.0.unwrap_err();
        assert_eq!(error.code().id, "TJ-INT-EXPORT");
        assert!(
            error.noted("Intercom says").is_some_and(|said| said.contains("1 pending message data export jobs")),
            "{error:?}"
        );
        let asked = script.asked();
        assert!(asked.len() <= calls && asked.iter().all(|call| call == "POST /export/content/data"), "{asked:?}");
        assert!(script.waited() <= turn);
    }
}

/// The rate limit has nothing to do with exports: its window is waited for.
#[tokio::test(start_paused = true)]
async fn the_plain_rate_limit_is_not_taken_for_another_export() {
    let done = job("no_data");
    let script = Script::of(&[(429, RATE_429.as_bytes()), (200, done.as_bytes())]);
    let (content, told) = script.run(Patience::default()).await;
    assert!(content.unwrap().is_none() && told.is_empty(), "{told:?}");
    assert_eq!(script.waited(), TURN_WAIT.as_secs());
    let script = Script::of(&[(429, RATE_429.as_bytes())]);
    let error = script.run(Patience { turn: Duration::from_secs(30), ..Patience::default() }).await.0.unwrap_err();
    assert_eq!(error.code(), &codes::INT_THROTTLED);
}

#[tokio::test(start_paused = true)]
async fn an_export_that_fails_or_does_not_end_is_an_error() {
    for status in ["failed", "canceled"] {
        let told = job(status);
        let error = Script::of(&[(200, told.as_bytes())]).run(Patience::default()).await.0.unwrap_err();
        assert_eq!((error.code(), error.noted("job")), (&codes::INT_EXPORT, Some("al9w98")), "{status}");
    }
    let told = job("pending");
    let script = Script::of(&[(200, told.as_bytes())]);
    let error = script.run(Patience::default()).await.0.unwrap_err();
    assert!(error.code() == &codes::INT_EXPORT && error.what().contains("30 minutes"), "{error:?}");
    let asked = script.asked();
    assert!(asked.len() < 75 && asked.last().is_some_and(|call| call == "POST /export/cancel/al9w98"), "{}", asked.len());
    assert!(script.waited() <= 1800);
    // What cannot be read is said, and nothing is asked of a path that a name would lead to.
    for (told, code) in [
        (r#"{"job_identifier":"../me","status":"pending"}"#, &codes::INT_INVALID),
        (r#"{"status":"pending"}"#, &codes::INT_DRIFT),
        (r#"{"job_identifier":"a","status":"resting"}"#, &codes::INT_DRIFT),
    ] {
        let script = Script::of(&[(200, told.as_bytes())]);
        assert_eq!(script.run(Patience::default()).await.0.unwrap_err().code(), code, "{told}");
        assert_eq!(script.asked().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_platform_and_a_lost_file_end_after_a_few_attempts() {
    let told = job("pending");
    let script = Script::of(&[(200, told.as_bytes()), (503, b"")]);
    assert_eq!(script.run(Patience::default()).await.0.unwrap_err().code(), &codes::NET_SERVER);
    assert_eq!(script.asked().len() as u32, 1 + FAULTS_MAX);
    let told = job("completed");
    let script = Script::of(&[(200, told.as_bytes()), (200, b"")]);
    assert_eq!(script.run(Patience::default()).await.0.unwrap_err().code(), &codes::NET_BODY);
    assert_eq!(script.asked().len() as u32, 1 + FAULTS_MAX);
    let gone = br#"{"type":"error.list","errors":[{"code":"not_found","message":"Export not found"}]}"#;
    let script = Script::of(&[(200, told.as_bytes()), (404, gone)]);
    assert_eq!(script.run(Patience::default()).await.0.unwrap_err().code(), &codes::INT_MISSING);
    assert_eq!(script.asked().len(), 2, "what is gone is not asked for again");
}
