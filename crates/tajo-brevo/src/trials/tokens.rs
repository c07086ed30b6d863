//! OAuth: one token for all, renewed in time, and never shown.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use secrecy::SecretString;
use tajo_core::codes;
use tajo_core::rest::Limits;

use super::script::{Script, reply};
use crate::{Auth, Brevo, Who};

fn app(token_url: Option<&str>) -> Auth {
    Auth::OAuth {
        client_id: "app 1".to_owned(),
        client_secret: SecretString::from("canary&secret"),
        scopes: vec!["contacts:read".to_owned(), "contacts:write".to_owned()],
        token_url: token_url.map(str::to_owned),
    }
}

/// Gives tokens `t1`, `t2`, … of an hour, and lets in only those that `good` says.
fn server(good: impl Fn(&str) -> bool + Send + Sync + 'static) -> Arc<Script> {
    let given = AtomicUsize::new(0);
    Script::new(move |_, request| {
        if request.uri().path().ends_with("/token") {
            let n = given.fetch_add(1, Ordering::SeqCst) + 1;
            return reply(200, format!(r#"{{"access_token":"t{n}","token_type":"Bearer","expires_in":3600}}"#));
        }
        let auth = request.headers()["authorization"].to_str().unwrap();
        match good(auth) {
            true => reply(200, r#"{"attributes":[]}"#),
            false => reply(401, r#"{"code":"unauthorized","message":"Token expired"}"#),
        }
    })
}

fn connect(script: &Arc<Script>, auth: Auth, base_url: Option<&str>) -> tajo_core::Result<Brevo> {
    Brevo::new(Arc::clone(script) as _, auth, base_url, Limits { seed: 1, ..Limits::default() })
}

#[tokio::test(start_paused = true)]
async fn a_token_is_fetched_once_and_renewed_a_minute_before_its_end() {
    let script = server(|_| true);
    let brevo = connect(&script, app(None), None).unwrap();
    let (one, other) = tokio::join!(brevo.attributes(), brevo.attributes());
    assert!(one.is_ok() && other.is_ok());
    tokio::time::advance(Duration::from_secs(3530)).await;
    brevo.attributes().await.unwrap();
    tokio::time::advance(Duration::from_secs(20)).await;
    brevo.attributes().await.unwrap();

    let seen = script.seen();
    let tokens: Vec<_> = seen.iter().filter(|r| r.uri().path().ends_with("/token")).collect();
    assert_eq!((tokens.len(), seen.len()), (2, 6));
    assert_eq!(tokens[0].uri(), "https://oauth.brevo.com/realms/partner/oauth/token");
    assert_eq!(tokens[0].headers()["content-type"], "application/x-www-form-urlencoded");
    let form =
        "grant_type=client_credentials&client_id=app%201&client_secret=canary%26secret&scope=contacts%3Aread%20contacts%3Awrite";
    assert_eq!(tokens[0].body().as_ref(), form.as_bytes());
    for request in &seen {
        let is_token = request.uri().path().ends_with("/token");
        let auth = request.headers().get("authorization");
        assert_eq!(auth.is_none(), is_token, "no token is sent to where tokens come from");
        assert!(auth.is_none_or(|value| value.is_sensitive()) && request.headers().get("api-key").is_none());
    }
    assert_eq!(seen[5].headers()["authorization"], "Bearer t2");
    assert_eq!((brevo.calls().calls, brevo.gauges()[0].1.waiting), (4, 0));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once() {
    let script = server(|auth| auth == "Bearer t2");
    let brevo = connect(&script, app(None), None).unwrap();
    brevo.attributes().await.unwrap();
    brevo.attributes().await.unwrap();
    assert_eq!(script.seen().len(), 5, "token, refused, token, read, read");

    let script = server(|_| false);
    let error = connect(&script, app(None), None).unwrap().attributes().await.unwrap_err();
    assert_eq!((error.code(), script.seen().len()), (&codes::BRV_AUTH, 4));
}

#[tokio::test(start_paused = true)]
async fn a_blocked_address_is_not_mistaken_for_an_old_token() {
    let script = Script::new(|_, request| match request.uri().path().ends_with("/token") {
        true => reply(200, r#"{"access_token":"t","expires_in":3600}"#),
        false => reply(401, r#"{"code":"unauthorized","message":"You are using an unrecognised IP address 192.0.2.7"}"#),
    });
    let error = connect(&script, app(None), None).unwrap().attributes().await.unwrap_err();
    assert_eq!((error.code(), script.seen().len()), (&codes::BRV_IP, 2));
}

#[tokio::test(start_paused = true)]
async fn what_the_token_server_refuses_is_said_without_the_secret() {
    for (status, body, code, calls) in [
        (401, r#"{"error":"invalid_client","error_description":"canary&secret"}"#, &codes::BRV_AUTH, 1),
        (200, r#"{"access_token":""}"#, &codes::BRV_DRIFT, 1),
        (200, r#"{"token":"canary"}"#, &codes::BRV_DRIFT, 1),
        (200, r#"{"access_token":"can"#, &codes::NET_BODY, 6),
        (302, "", &codes::BRV_DRIFT, 1),
    ] {
        let script = Script::always(status, body);
        let brevo = connect(&script, app(None), None).unwrap();
        let error = brevo.contact(&Who::Id(1)).await.unwrap_err();
        assert_eq!((error.code(), script.seen().len()), (code, calls), "{status} {body}");
        assert!(!format!("{error:?} {brevo:?} {:?}", app(None)).contains("canary"), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn other_addresses_than_brevos_are_on_this_machine() {
    let script = server(|_| true);
    let brevo = connect(&script, app(Some("http://127.0.0.1:8080/oauth/token")), Some("http://127.0.0.1:8080/v3/")).unwrap();
    brevo.attributes().await.unwrap();
    let uris: Vec<_> = script.seen().iter().map(|r| r.uri().to_string()).collect();
    assert_eq!(uris, ["http://127.0.0.1:8080/oauth/token", "http://127.0.0.1:8080/v3/contacts/attributes"]);
    for (token_url, base_url) in [
        (Some("https://oauth.evil.example/token"), None),
        (None, Some("https://api.evil.example/v3")),
        (None, Some("http://127.0.0.1:8080")),
        (None, Some("http://127.0.0.1:8080/v2")),
        (None, Some("http://127.0.0.1:8080/v3/x")),
        (None, Some("http://127.0.0.1@evil.example/v3")),
    ] {
        let error = connect(&script, app(token_url), base_url).unwrap_err();
        assert_eq!(error.code(), &codes::CFG_ORIGIN, "{token_url:?} {base_url:?}");
    }
    let empty = Auth::Key(SecretString::from(" "));
    assert_eq!(connect(&script, empty, None).unwrap_err().code(), &codes::BRV_NONE);
}
