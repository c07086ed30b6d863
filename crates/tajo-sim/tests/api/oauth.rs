//! OAuth from the page to the end of a token.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use serde_json::json;
use tajo_sim::{OauthApp, Town};

use crate::asking::{Answer, code, raw, send, town};

const BACK: &str = "https://app.example/callback";

fn registered() -> Town {
    let app = OauthApp {
        client_id: "client-1".to_owned(),
        client_secret: "secret-1".to_owned(),
        redirect_uris: vec![BACK.to_owned(), "http://127.0.0.1:9/back?from=town".to_owned()],
    };
    town(|o| (o.oauth, o.token) = (Some(app), Some("own".to_owned())))
}

fn form(path: &str, body: &str) -> Request<Body> {
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    request.body(Body::from(body.to_owned())).unwrap()
}

/// Presses the button; the address to which it leads.
async fn authorize(town: &Town, fields: &str) -> String {
    let (status, headers, _) = raw(town, form("/oauth/authorize", &format!("{fields}&decision=authorize"))).await;
    assert_eq!(status, 302);
    headers["location"].to_str().unwrap().to_owned()
}

fn code_of(location: &str) -> String {
    location.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned()
}

async fn exchange(town: &Town, code: &str, secret: &str) -> Answer {
    send(town, form("/auth/eagle/token", &format!("code={code}&client_id=client-1&client_secret={secret}"))).await
}

async fn me(town: &Town, token: &str) -> Answer {
    send(town, Request::get("/me").header("authorization", format!("Bearer {token}")).body(Body::empty()).unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn the_page_asks_and_the_button_leads_back_with_code_and_state() {
    let town = registered();
    let path = format!("/oauth?client_id=client-1&state=s%26%221&redirect_uri={BACK}");
    let (status, headers, page) = raw(&town, Request::get(path).body(Body::empty()).unwrap()).await;
    let page = String::from_utf8(page).unwrap();
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "text/html; charset=utf-8"));
    assert!(page.contains(">Authorize access</button>") && page.contains(">Cancel</button>"));
    assert!(page.contains("name=\"state\" value=\"s&amp;&quot;1\"") && !headers.contains_key("x-ratelimit-limit"));
    let location = authorize(&town, &format!("client_id=client-1&state=s%26%221&redirect_uri={BACK}")).await;
    assert!(location.starts_with("https://app.example/callback?code=") && location.ends_with("&state=s%26%221"));
    assert!(code_of(&location).ends_with('='), "{location}");
    let other = authorize(&town, "client_id=client-1&state=s&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fback%3Ffrom%3Dtown").await;
    assert!(other.starts_with("http://127.0.0.1:9/back?from=town&code="));
    let default = authorize(&town, "client_id=client-1&state=s").await;
    assert!(default.starts_with(BACK));
    let cancelled = form("/oauth/authorize", &format!("client_id=client-1&state=s&redirect_uri={BACK}&decision=cancel"));
    let (status, headers, _) = raw(&town, cancelled).await;
    assert_eq!((status, headers["location"].to_str().unwrap()), (302, format!("{BACK}?error=access_denied&state=s").as_str()));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_app_or_address_gets_a_page_and_no_redirect() {
    let town = registered();
    for query in [
        "client_id=other&state=s".to_owned(),
        "state=s".to_owned(),
        "client_id=client-1&redirect_uri=https%3A%2F%2Fevil.example%2F".to_owned(),
        format!("client_id=client-1&redirect_uri={BACK}/more"),
    ] {
        let asked = Request::get(format!("/oauth?{query}")).body(Body::empty()).unwrap();
        for request in [asked, form("/oauth/authorize", &format!("{query}&decision=authorize"))] {
            let (status, headers, page) = raw(&town, request).await;
            assert_eq!((status, headers.contains_key("location")), (400, false), "{query}");
            assert!(String::from_utf8(page).unwrap().contains("cannot be connected"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_is_good_once_in_time_and_with_the_right_secret() {
    let town = registered();
    let new_code = || async { code_of(&authorize(&town, "client_id=client-1&state=s").await) };
    let first = new_code().await;
    let wrong = exchange(&town, &first, "secret-2").await;
    assert_eq!((wrong.status, code(&wrong)), (401, "unauthorized"));
    let given = exchange(&town, &first, "secret-1").await;
    assert_eq!((given.status, &given.body["token_type"]), (200, &json!("Bearer")));
    assert_eq!(given.body["token"], given.body["access_token"]);
    assert_eq!(given.body.as_object().unwrap().len(), 3, "no refresh token, no expiry");
    let again = exchange(&town, &first, "secret-1").await;
    assert_eq!((again.status, again.body["errors"][0]["message"].as_str()), (401, Some("Unauthorized Code")));
    let late = new_code().await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(exchange(&town, &late, "secret-1").await.status, 401);
    assert_eq!(exchange(&town, "made-up=", "secret-1").await.status, 401);
    let missing = send(&town, form("/auth/eagle/token", "client_id=client-1&client_secret=secret-1")).await;
    assert_eq!(missing.status, 400);
    let json = json!({"code": new_code().await, "client_id": "client-1", "client_secret": "secret-1"}).to_string();
    assert_eq!(send(&town, Request::post("/auth/eagle/token").body(Body::from(json)).unwrap()).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_issued_token_opens_the_workspace_until_it_is_given_back() {
    let town = registered();
    let given = exchange(&town, &code_of(&authorize(&town, "client_id=client-1&state=s").await), "secret-1").await;
    let token = given.body["token"].as_str().unwrap().to_owned();
    assert_eq!(town.issued_tokens(), std::slice::from_ref(&token));
    assert_eq!((me(&town, &token).await.status, me(&town, "own").await.status, me(&town, "other").await.status), (200, 200, 401));
    let end = |token: &str| Request::post("/auth/uninstall").header("authorization", format!("Bearer {token}"));
    assert_eq!(send(&town, end("other").body(Body::empty()).unwrap()).await.status, 401);
    assert_eq!(send(&town, end(&token).body(Body::empty()).unwrap()).await.status, 200);
    let after = me(&town, &token).await;
    assert_eq!((after.status, code(&after)), (401, "token_revoked"));
    assert_eq!((me(&town, "own").await.status, town.issued_tokens().len()), (200, 0));
    town.revoke_token("own");
    assert_eq!(code(&me(&town, "own").await), "token_revoked");
}

#[tokio::test(start_paused = true)]
async fn without_an_app_any_client_may_ask_and_only_loopback_is_answered() {
    let town = town(|o| o.token = Some("own".to_owned()));
    let location = authorize(&town, "client_id=mine&state=s&redirect_uri=http%3A%2F%2F127.0.0.1%3A4711%2Fcallback").await;
    assert!(location.starts_with("http://127.0.0.1:4711/callback?code="));
    let body = format!("code={}&client_id=mine&client_secret=whatever", code_of(&location));
    assert_eq!(send(&town, form("/auth/eagle/token", &body)).await.status, 200);
    for query in ["client_id=mine&redirect_uri=https%3A%2F%2Fapp.example%2F", "client_id=mine"] {
        let asked = Request::get(format!("/oauth?{query}")).body(Body::empty()).unwrap();
        assert_eq!(raw(&town, asked).await.0, 400, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_workspaces_tell_their_names_and_refuse_each_others_tokens() {
    let one = |id: &str, name: &str| {
        let (id, name) = (id.to_owned(), name.to_owned());
        town(move |o| (o.workspace, o.workspace_name, o.token) = (Some(id), name, Some("own".to_owned())))
    };
    let (north, south) = (one("north1", "North"), one("south1", "South"));
    let mut tokens = Vec::new();
    for (town, id, name) in [(&north, "north1", "North"), (&south, "south1", "South")] {
        let location = authorize(town, "client_id=c&state=s&redirect_uri=http%3A%2F%2Flocalhost%2F").await;
        let body = format!("code={}&client_id=c&client_secret=x", code_of(&location));
        let token = send(town, form("/auth/eagle/token", &body)).await.body["token"].as_str().unwrap().to_owned();
        let app = me(town, &token).await.body["app"].clone();
        assert_eq!((&app["id_code"], &app["name"]), (&json!(id), &json!(name)));
        tokens.push(token);
    }
    assert_eq!((me(&north, &tokens[1]).await.status, me(&south, &tokens[0]).await.status), (401, 401));
    let id = north.add_person("user", Some("ada@mailbox.example"), None);
    assert_eq!(north.record("contacts", &id).unwrap()["workspace_id"], "north1");
}
