//! How the tests ask.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use http::{HeaderMap, Method, Request};
use serde_json::{Value, json};
use tajo_sim::{Brevo, BrevoOptions, Options, Tier, Town};
use tower::ServiceExt;

pub const NOW: i64 = 1_790_000_000;

/// A town of nobody, with a Brevo account.
pub struct Twin {
    pub town: Town,
    pub brevo: Brevo,
}

/// An account without a limiter, unless `change` says otherwise.
pub fn twin(change: impl FnOnce(&mut BrevoOptions)) -> Twin {
    let mut brevo = BrevoOptions { tier: Tier::Unlimited, ..BrevoOptions::default() };
    change(&mut brevo);
    let small = Options { contacts: 1, companies: 1, conversations: 1, tags: 1, articles: 1, ..Options::default() };
    let town = Town::new(Options { now: Some(NOW), brevo, ..small });
    let brevo = town.brevo();
    Twin { town, brevo }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
    /// The body as it came; `None` where it broke off.
    pub raw: Option<String>,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    pub fn id(&self) -> i64 {
        self.body["id"].as_i64().unwrap()
    }

    pub fn header(&self, name: &str) -> Option<i64> {
        self.headers.get(name).map(|value| value.to_str().unwrap().parse().unwrap())
    }
}

impl Twin {
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.town.router().oneshot(request).await.expect("the router never fails");
        let (parts, body) = response.into_parts();
        let raw = to_bytes(body, usize::MAX).await.ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let body = raw.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
        Answer { status: parts.status.as_u16(), headers: parts.headers, body, raw }
    }

    pub async fn call_raw(&self, method: &str, path: &str, body: String) -> Answer {
        let request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(format!("/v3{path}"));
        let request = request.header("api-key", "k").header("host", "127.0.0.1:9").header("content-type", "application/json");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        self.call_raw(method, path, if body.is_null() { String::new() } else { body.to_string() }).await
    }

    /// The text of an answer, unparsed.
    pub async fn raw(&self, path: &str) -> String {
        let request = Request::get(format!("/v3{path}")).header("api-key", "k").body(Body::empty()).unwrap();
        let response = self.town.router().oneshot(request).await.expect("the router never fails");
        String::from_utf8_lossy(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).into_owned()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.call("PUT", path, body).await
    }

    /// Creates a contact that must not exist yet.
    pub async fn contact(&self, body: Value) -> i64 {
        let answer = self.post("/contacts", body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.id()
    }

    /// Starts an import into list 35.
    pub async fn import(&self, rows: Value, more: Value) -> u64 {
        let mut body = json!({"jsonBody": rows, "listIds": [35], "disableNotification": true});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = self.post("/contacts/import", body).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
        answer.body["processId"].as_u64().unwrap()
    }

    /// An import, and the time that it takes; gives what the process shows then.
    pub async fn imported(&self, rows: Value, more: Value) -> Value {
        let id = self.import(rows, more).await;
        after(2000).await;
        self.get(&format!("/processes/{id}")).await.body
    }

    /// The rows of a failure file.
    pub async fn failed(&self, process: &Value, file: &str) -> Vec<String> {
        let Some(address) = process["info"]["import"][file].as_str() else { return Vec::new() };
        let answer = self.send(Request::get(address).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 200);
        answer.raw.unwrap().lines().map(str::to_owned).collect()
    }
}

pub async fn after(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

pub fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}
