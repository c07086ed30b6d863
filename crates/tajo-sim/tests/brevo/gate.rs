use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use tajo_sim::Tier;

use crate::asking::{Answer, Twin, after, twin};

const LIMIT: &str = "x-sib-ratelimit-limit";
const REMAINING: &str = "x-sib-ratelimit-remaining";
const RESET: &str = "x-sib-ratelimit-reset";

async fn with(twin: &Twin, header: &str, value: &str, path: &str) -> Answer {
    twin.send(Request::get(format!("/v3{path}")).header(header, value).body(Body::empty()).expect("a request can be built")).await
}

#[tokio::test(start_paused = true)]
async fn a_request_needs_the_right_key_and_a_refusal_tells_no_rate() {
    let twin = twin(|o| (o.api_key, o.tier) = (Some("right".to_owned()), Tier::General));
    assert_eq!(with(&twin, "api-key", "right", "/account").await.status, 200);
    for (header, value) in [("api-key", "wrong"), ("x", "y"), ("authorization", "Bearer right")] {
        let refused = with(&twin, header, value, "/account").await;
        assert_eq!((refused.status, refused.code()), (401, "unauthorized"));
        assert_eq!(refused.header(LIMIT), None);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_address_is_refused_with_a_good_key() {
    let twin = twin(|o| o.blocked_ip = true);
    let refused = twin.get("/account").await;
    assert_eq!((refused.status, refused.code()), (401, "unauthorized"));
    assert!(refused.message().contains("unrecognised IP address"));
}

async fn token(twin: &Twin, form: &str) -> Answer {
    let request = Request::post("/oauth/token").header("content-type", "application/x-www-form-urlencoded");
    twin.send(request.body(Body::from(form.to_owned())).expect("a request can be built")).await
}

#[tokio::test(start_paused = true)]
async fn tokens_are_granted_and_expire() {
    let twin = twin(|o| (o.client, o.token_secs) = (Some(("app".to_owned(), "s3".to_owned())), 60));
    let good = token(&twin, "grant_type=client_credentials&client_id=app&client_secret=s3").await;
    assert_eq!((good.status, &good.body["token_type"], &good.body["expires_in"]), (200, &json!("Bearer"), &json!(60)));
    assert!(good.body.get("refresh_token").is_none());
    let bearer = format!("Bearer {}", good.body["access_token"].as_str().unwrap());
    assert_eq!(with(&twin, "authorization", &bearer, "/account").await.status, 200);
    after(60_000).await;
    assert_eq!(with(&twin, "authorization", &bearer, "/account").await.status, 401);
    assert_eq!(token(&twin, "grant_type=client_credentials&client_id=app&client_secret=no").await.status, 401);
    assert_eq!(token(&twin, "grant_type=password&client_id=app&client_secret=s3").await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn write_scopes_do_not_imply_reading() {
    let twin = twin(|_| {});
    let form = "grant_type=client_credentials&client_id=a&client_secret=b&scope=contacts%3Awrite%20crm%3Aread";
    let bearer = format!("Bearer {}", token(&twin, form).await.body["access_token"].as_str().unwrap());
    assert_eq!(with(&twin, "authorization", &bearer, "/contacts").await.status, 403);
    assert_eq!(with(&twin, "authorization", &bearer, "/companies").await.status, 200);
    assert_eq!(with(&twin, "authorization", &bearer, "/account").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn families_of_endpoints_have_their_own_limits() {
    let twin = twin(|o| o.tier = Tier::General);
    let first = twin.get("/contacts").await;
    assert_eq!((first.header(LIMIT), first.header(REMAINING), first.header(RESET)), (Some(10), Some(9), Some(1)));
    for _ in 0..9 {
        assert_eq!(twin.get("/contacts/1").await.status, 404);
    }
    let spent = twin.get("/contacts").await;
    assert_eq!((spent.status, spent.header(REMAINING), spent.header(RESET)), (429, Some(0), Some(1)));
    assert!(!spent.headers.contains_key("retry-after"));
    for _ in 0..100 {
        assert_eq!(twin.get("/processes").await.status, 200);
    }
    after(1000).await;
    assert_eq!(twin.get("/contacts").await.status, 200);
    let slow = twin.get("/account").await;
    assert_eq!((slow.status, slow.header(LIMIT), slow.header(RESET)), (429, Some(100), Some(3599)));
}

#[tokio::test(start_paused = true)]
async fn bare_contacts_may_sit_in_the_hourly_bucket() {
    let twin = twin(|o| (o.tier, o.bare_contacts_slow) = (Tier::Advanced, true));
    assert_eq!(twin.get("/contacts").await.header(LIMIT), Some(200));
    assert_eq!(twin.get("/contacts/lists").await.header(LIMIT), Some(20));
    assert_eq!(twin.post("/events", json!({"x": 1})).await.header(LIMIT), Some(20));
}

#[tokio::test(start_paused = true)]
async fn unlimited_accounts_tell_no_limits() {
    let twin = twin(|_| {});
    assert_eq!(twin.get("/account").await.header(LIMIT), None);
}

#[tokio::test(start_paused = true)]
async fn wrong_paths_methods_and_formats_have_their_statuses() {
    let twin = twin(|_| {});
    assert_eq!(twin.get("/no/such/thing").await.status, 404);
    let wrong = twin.call("PATCH", "/contacts", json!({"a": 1})).await;
    assert_eq!((wrong.status, wrong.code()), (405, "method_not_allowed"));
    assert_eq!(twin.call("DELETE", "/processes/1", Value::Null).await.status, 405);
    let text =
        Request::post("/v3/crm/notes").header("api-key", "k").header("content-type", "text/plain").body(Body::from("x")).unwrap();
    assert_eq!(twin.send(text).await.status, 415);
    let torn = Request::post("/v3/contacts")
        .header("api-key", "k")
        .header("content-type", "application/json")
        .body(Body::from("{"))
        .unwrap();
    assert_eq!(twin.send(torn).await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn intercom_answers_beside_it_and_both_share_a_clock() {
    let twin = twin(|o| o.latency_ms = 2500);
    let account = twin.get("/account").await;
    assert_eq!(account.headers["date"], "Mon, 21 Sep 2026 14:13:22 GMT");
    for key in ["organization_id", "companyName", "email", "plan", "relay"] {
        assert!(!account.body[key].is_null(), "{key}");
    }
    assert_eq!(account.body["dateTimePreferences"]["timezone"], "Europe/Paris");
    let me = Request::get("/me").header("authorization", "Bearer t").body(Body::empty()).unwrap();
    assert_eq!(twin.send(me).await.status, 200);
    assert_eq!((twin.brevo.count_calls("GET", "/account"), twin.town.count_calls("/me")), (1, 1));
}
