//! Several buckets, whose answers say how many seconds are left.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::HeaderMap;
use secrecy::SecretString;
use tokio::time::{Instant, sleep};

use super::server::{DIALECT, crowd};
use crate::codes;
use crate::rest::retry::splitmix;
use crate::rest::{Broken, Bucket, Client, Limits, Origin, Request, Transport};

/// Counts requests in fixed windows, and says the seconds left with a jitter that errs upwards only.
struct Counter {
    limit: u32,
    window: Duration,
    jitter_secs: u64,
    trip: Duration,
    born: Instant,
    seen: Mutex<Seen>,
}

#[derive(Default, Clone)]
struct Seen {
    calls: u64,
    window: u128,
    used: u32,
    refused: u32,
    tokens: Vec<String>,
}

impl Counter {
    fn new(limit: u32, window_secs: u64, jitter_secs: u64, trip_ms: u64) -> Arc<Counter> {
        let (window, trip) = (Duration::from_secs(window_secs), Duration::from_millis(trip_ms));
        Arc::new(Counter { limit, window, jitter_secs, trip, born: Instant::now(), seen: Mutex::default() })
    }

    fn client(self: &Arc<Counter>, per_second: Option<u32>, limits: Limits) -> Client {
        let (origin, token) = (Origin::vendor("api.testland.example"), SecretString::from("canary-token"));
        let plain = Client::new(Arc::clone(self) as _, &DIALECT, origin, token, HeaderMap::new(), limits);
        plain.in_bucket(Bucket { name: "contacts", per_second })
    }

    async fn answer(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, Broken> {
        sleep(self.trip).await;
        let reply = {
            // Not on a window's edge.
            let now = self.born.elapsed() + Duration::from_millis(417);
            let mut seen = self.seen.lock().unwrap();
            let window = now.as_millis() / self.window.as_millis();
            if window != seen.window {
                (seen.window, seen.used) = (window, 0);
            }
            seen.calls += 1;
            seen.tokens.push(request.headers()["authorization"].to_str().unwrap().to_owned());
            let goes = seen.used < self.limit;
            if goes {
                seen.used += 1;
            } else {
                seen.refused += 1;
            }
            let left_ms = self.window.as_millis() - now.as_millis() % self.window.as_millis();
            let left = left_ms.div_ceil(1000) as u64 + splitmix(seen.calls) % (self.jitter_secs + 1);
            http::Response::builder()
                .status(if goes { 200 } else { 429 })
                .header("x-ratelimit-limit", self.limit)
                .header("x-ratelimit-remaining", self.limit - seen.used)
                .header("x-ratelimit-reset", left)
                .body(Bytes::from_static(b"{}"))
                .unwrap()
        };
        sleep(self.trip).await;
        Ok(reply)
    }
}

impl Transport for Counter {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
        self.answer(request).boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_used_up_and_not_overdrawn() {
    for (limit, window_secs, jitter_secs, trip_ms, requests, share) in [
        (10, 1, 0, 30, 600, 0.75),
        (10, 1, 0, 0, 600, 0.85),
        (20, 1, 0, 100, 600, 0.6),
        (60, 1, 0, 30, 3000, 0.75),
        (100, 60, 3, 50, 500, 0.9),
        (36_000, 3600, 4, 50, 5000, 0.0),
    ] {
        let server = Counter::new(limit, window_secs, jitter_secs, trip_ms);
        let begun = Instant::now();
        crowd(&server.client(Some(10), Limits::default()), 16, requests).await;
        let (seen, took) = (server.seen.lock().unwrap().clone(), begun.elapsed().as_secs_f64());
        let used = requests as f64 / (f64::from(limit) * took / window_secs as f64);
        println!("{limit} per {window_secs} s, {trip_ms} ms: {took:.1} s, {:.0} % used, {} refused", used * 100.0, seen.refused);
        assert!(f64::from(seen.refused) <= seen.calls as f64 * 0.01, "{limit}: {} refused of {}", seen.refused, seen.calls);
        assert!(used >= share, "{limit}: {used}");
        // Ten per second holds while the window is an hour.
        assert!(window_secs < 3600 || took >= requests as f64 / 10.0 - 1.0, "{took}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_hour_is_not_waited_for_but_told() {
    let server = Counter::new(100, 3600, 5, 50);
    let client = server.client(None, Limits::default());
    crowd(&client, 8, 100).await;
    let begun = Instant::now();
    for _ in 0..3 {
        let error = client.send(Request::get("/companies")).await.expect_err("an empty hour");
        assert_eq!((error.code(), error.noted("bucket")), (&codes::INT_THROTTLED, Some("contacts")));
        assert!(error.asked_wait().is_some_and(|wait| wait > Duration::from_secs(3500)), "{error:?}");
        assert!(error.noted("outcome").is_some_and(|text| text.starts_with("not sent")), "{error:?}");
    }
    assert_eq!(server.seen.lock().unwrap().calls, 100, "nothing is sent into an empty window");
    assert!(begun.elapsed() < Duration::from_secs(1));
    let gauge = client.pace().gauge();
    assert_eq!((gauge.limit, gauge.remaining), (Some(100), Some(0)));

    let patient = server.client(None, Limits { wait_max: Duration::from_secs(3700), ..Limits::default() });
    let error = patient.send(Request::get("/companies")).await.expect_err("longer than five minutes over all attempts");
    assert_eq!((error.code(), error.noted("bucket")), (&codes::INT_THROTTLED, Some("contacts")));
    patient.send(Request::get("/companies")).await.expect("waits for the hour before it sends");
    assert!(begun.elapsed() > Duration::from_secs(3500));
}

#[tokio::test(start_paused = true)]
async fn a_new_token_shares_budget_and_counters() {
    let server = Counter::new(100, 3600, 0, 10);
    let old = server.client(None, Limits::default());
    old.send(Request::get("/me")).await.expect("fine");
    let new = old.with_token(SecretString::from("second"));
    new.send(Request::get("/me")).await.expect("fine");
    assert_eq!((old.tally().calls, old.pace().gauge().remaining), (2, Some(98)));
    assert_eq!(server.seen.lock().unwrap().tokens, ["Bearer canary-token", "Bearer second"]);
}
