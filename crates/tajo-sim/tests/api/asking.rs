//! How the tests ask.

use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request};
use serde_json::{Value, json};
use tajo_sim::{Options, Town};
use tower::ServiceExt;

pub const NOW: i64 = 1_790_000_000;

pub fn town(change: impl FnOnce(&mut Options)) -> Town {
    let mut options = Options { now: Some(NOW), ..Options::default() };
    change(&mut options);
    Town::new(options)
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

pub async fn send(town: &Town, request: Request<Body>) -> Answer {
    let response = town.router().oneshot(request).await.expect("the router never fails");
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// The answer with its bytes as they are.
pub async fn raw(town: &Town, request: Request<Body>) -> (u16, HeaderMap, Vec<u8>) {
    let response = town.router().oneshot(request).await.expect("the router never fails");
    let (parts, body) = response.into_parts();
    (parts.status.as_u16(), parts.headers, to_bytes(body, usize::MAX).await.unwrap_or_default().to_vec())
}

pub async fn get_as(town: &Town, version: &str, path: &str) -> Answer {
    let request = Request::get(path).header("authorization", "Bearer t").header("intercom-version", version);
    send(town, request.body(Body::empty()).unwrap()).await
}

pub async fn get(town: &Town, path: &str) -> Answer {
    get_as(town, "2.14", path).await
}

pub async fn post_as(town: &Town, version: &str, path: &str, body: &Value) -> Answer {
    let request = Request::post(path).header("authorization", "Bearer t").header("intercom-version", version);
    send(town, request.body(Body::from(body.to_string())).unwrap()).await
}

pub async fn post(town: &Town, path: &str, body: &Value) -> Answer {
    post_as(town, "2.14", path, body).await
}

pub fn leaf(field: &str, operator: &str, value: impl Into<Value>) -> Value {
    json!({"field": field, "operator": operator, "value": value.into()})
}

pub fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

pub fn code(answer: &Answer) -> &str {
    answer.body["errors"][0]["code"].as_str().unwrap_or_default()
}

/// Reads a search to its end, oldest update first.
pub async fn search_all(town: &Town, version: &str, path: &str, key: &str, query: &Value, per_page: u32) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut after = Value::Null;
    loop {
        let body = json!({
            "query": query,
            "sort": {"field": "updated_at", "order": "ascending"},
            "pagination": {"per_page": per_page, "starting_after": after},
        });
        let answer = post_as(town, version, path, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        rows.extend(answer.body[key].as_array().unwrap().iter().cloned());
        after = answer.body["pages"]["next"]["starting_after"].clone();
        if after.is_null() {
            return rows;
        }
    }
}
