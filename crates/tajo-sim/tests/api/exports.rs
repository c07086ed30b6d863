//! The export of content data.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use serde_json::json;
use tajo_sim::Town;

use crate::asking::{NOW, code, get, post, raw, town};

async fn download(town: &Town, job: &str, accept: &str) -> (u16, String, Vec<u8>) {
    let request = Request::get(format!("/download/content/data/{job}")).header("authorization", "Bearer t");
    let (status, headers, body) = raw(town, request.header("accept", accept).body(Body::empty()).unwrap()).await;
    (status, headers["content-type"].to_str().unwrap().to_owned(), body)
}

const OCTETS: &str = "application/octet-stream";

#[tokio::test(start_paused = true)]
async fn a_job_waits_works_and_is_done_while_a_second_one_is_refused() {
    let town = town(|_| {});
    let range = json!({"created_at_after": NOW - 86_400, "created_at_before": NOW});
    let started = post(&town, "/export/content/data", &range).await.body;
    let job = started["job_identifier"].as_str().unwrap().to_owned();
    assert_eq!(started, json!({"job_identifier": job, "status": "pending", "download_url": "", "download_expires_at": ""}));
    let second = post(&town, "/export/content/data", &range).await;
    assert_eq!((second.status, code(&second)), (429, "rate_limit_exceeded"));
    assert_eq!(second.body["errors"][0]["message"], "Exceeded rate limit of 1 pending message data export jobs");
    let path = format!("/export/content/data/{job}");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(get(&town, &path).await.body["status"], "in_progress");
    assert_eq!(download(&town, &job, OCTETS).await.0, 404);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let done = get(&town, &path).await.body;
    assert_eq!(
        (&done["status"], &done["download_url"]),
        (&json!("completed"), &json!(format!("https://api.intercom.io/download/content/data/{job}")))
    );
    let (status, kind, file) = download(&town, &job, OCTETS).await;
    assert_eq!((status, kind.as_str(), &file[..3]), (200, OCTETS, &[0x1f, 0x8b, 8][..]));
    assert!(String::from_utf8_lossy(&file).contains("user_id,user_external_id,content_id"), "blocks are stored as they are");
    assert_eq!(download(&town, &job, "application/json").await.0, 406);
    assert_eq!(post(&town, "/export/content/data", &range).await.status, 200, "the first is no longer active");
    tokio::time::sleep(Duration::from_secs(2 * 86_400)).await;
    assert_eq!((download(&town, &job, OCTETS).await.0, get(&town, &path).await.body["download_url"].clone()), (404, json!("")));
}

#[tokio::test(start_paused = true)]
async fn a_job_is_cancelled_and_an_empty_range_has_no_data() {
    let town = town(|_| {});
    let range = json!({"created_at_after": NOW - 86_400, "created_at_before": NOW});
    let job = post(&town, "/export/content/data", &range).await.body["job_identifier"].as_str().unwrap().to_owned();
    assert_eq!(post(&town, &format!("/export/cancel/{job}"), &json!({})).await.body["status"], "canceled");
    let later = json!({"created_at_after": NOW + 86_400, "created_at_before": NOW + 86_400});
    let job = post(&town, "/export/content/data", &later).await.body["job_identifier"].as_str().unwrap().to_owned();
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(get(&town, &format!("/export/content/data/{job}")).await.body["status"], "no_data");
    assert_eq!(code(&get(&town, "/export/content/data/nobody").await), "job_not_found");
    for wrong in [
        json!({"created_at_after": NOW}),
        json!({"created_at_after": NOW, "created_at_before": NOW - 1}),
        json!({"created_at_after": "x", "created_at_before": 1}),
    ] {
        assert_eq!(post(&town, "/export/content/data", &wrong).await.status, 400, "{wrong}");
    }
}
