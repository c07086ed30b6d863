use std::time::Duration;

use axum::body::{Body, to_bytes};
use http::Request;
use tajo_sim::Fault;
use tower::ServiceExt;

use crate::asking::{NOW, code, get, get_as, send, town};

#[tokio::test(start_paused = true)]
async fn a_request_needs_the_right_token() {
    let town = town(|o| o.token = Some("t".to_owned()));
    assert_eq!(get(&town, "/me").await.status, 200);
    let wrong = send(&town, Request::get("/me").header("authorization", "Bearer x").body(Body::empty()).unwrap()).await;
    assert_eq!((wrong.status, code(&wrong)), (401, "unauthorized"));
    assert!(wrong.body["request_id"].is_string());
    assert_eq!(send(&town, Request::get("/me").body(Body::empty()).unwrap()).await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn versions_are_checked_and_default_to_the_apps() {
    let town = town(|o| o.app_version = "2.16".to_owned());
    assert_eq!(code(&get_as(&town, "2.99", "/me").await), "intercom_version_invalid");
    assert_eq!(get_as(&town, "Preview", "/me").await.status, 200);
    let request = Request::get("/conversations/attributes").header("authorization", "Bearer t").body(Body::empty()).unwrap();
    assert_eq!(send(&town, request).await.status, 200);
    assert_eq!(code(&get_as(&town, "2.15", "/conversations/attributes").await), "intercom_version_invalid");
    assert_eq!(code(&get(&town, "/no/such/path").await), "not_found");
}

#[tokio::test(start_paused = true)]
async fn the_limit_is_told_and_kept_in_ten_second_windows() {
    let town = town(|o| o.rate_limit = 3);
    for left in [2, 1, 0] {
        assert_eq!(get(&town, "/tags").await.headers["x-ratelimit-remaining"], left.to_string().as_str());
    }
    let refused = get(&town, "/tags").await;
    assert_eq!((refused.status, code(&refused)), (429, "rate_limit_exceeded"));
    let reset: i64 = refused.headers["x-ratelimit-reset"].to_str().unwrap().parse().unwrap();
    assert!(!refused.headers.contains_key("retry-after"));
    assert_eq!(reset, (NOW / 10 + 1) * 10);
    tokio::time::sleep(Duration::from_secs(u64::try_from(reset - NOW).unwrap())).await;
    assert_eq!(get(&town, "/tags").await.status, 200);
    assert_eq!((town.count_status(429), town.count_calls("/tags")), (1, 5));
}

#[tokio::test(start_paused = true)]
async fn dates_come_from_the_twins_clock() {
    let town = town(|o| o.latency_ms = 2500);
    let answer = get(&town, "/me").await;
    assert_eq!(answer.headers["date"], "Mon, 21 Sep 2026 14:13:22 GMT");
    assert_eq!(town.calls()[0].at, NOW * 1000 + 2500);
}

#[tokio::test(start_paused = true)]
async fn faults_answer_as_the_vendor_does() {
    let town = town(|_| {});
    let faults = town.faults();
    faults.missing_scope("/conversations", "read_conversations");
    let answer = get(&town, "/conversations").await;
    assert_eq!((answer.status, code(&answer)), (403, "forbidden"));
    faults.clear();
    for (fault, status) in [
        (Fault::RateLimited, 429),
        (Fault::ServerError, 500),
        (Fault::BadGateway, 502),
        (Fault::Unavailable, 503),
        (Fault::GatewayTimeout, 504),
        (Fault::EmptyBody, 200),
        (Fault::TruncatedJson, 200),
        (Fault::Unauthorized, 401),
        (Fault::TokenUnauthorized, 401),
        (Fault::NotFoundPage, 404),
    ] {
        faults.once("/tags", fault.clone());
        let met = get(&town, "/tags").await;
        assert_eq!(met.status, status, "{fault:?}");
        assert!(met.body.is_null() || status >= 400, "{fault:?}");
        assert_eq!(get(&town, "/tags").await.status, 200);
        assert_eq!(faults.fired()[fault.name()], 1);
    }
    faults.slow_pages_over(Some(50));
    assert_eq!(get(&town, "/contacts?per_page=51").await.status, 504);
    assert_eq!(get(&town, "/contacts?per_page=50").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn broken_bodies_break() {
    let town = town(|_| {});
    let ask = || Request::get("/tags").header("authorization", "Bearer t").body(Body::empty()).unwrap();
    town.faults().once("/tags", Fault::Dropped);
    let dropped = town.router().oneshot(ask()).await.unwrap();
    assert!(to_bytes(dropped.into_body(), usize::MAX).await.is_err());
    town.faults().once("/tags", Fault::CutBody);
    let cut = town.router().oneshot(ask()).await.unwrap();
    let length: usize = cut.headers()["content-length"].to_str().unwrap().parse().unwrap();
    assert_eq!(to_bytes(cut.into_body(), usize::MAX).await.unwrap().len(), length / 2);
}

#[tokio::test(start_paused = true)]
async fn requests_in_flight_are_counted() {
    let town = town(|o| o.latency_ms = 100);
    let all = (0..7).map(|_| get(&town, "/me"));
    futures_util::future::join_all(all).await;
    assert_eq!(town.peak_in_flight(), 7);
}
