//! OAuth for public apps: where people are asked, what a code becomes, and how a token ends.
//!
//! <https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/setting-up-oauth>. There is no
//! `scope` parameter (permissions are ticked in the Developer Hub), no refresh token and no expiry; the last two are taken
//! where a server sends them all the same.

use std::sync::Arc;

use http::HeaderMap;
use http::header::{ACCEPT, HeaderValue, USER_AGENT};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tajo_core::rest::{Asked, Client, Dialect, Limits, Origin, Request, Transport};
use tajo_core::{Error, Result, codes};

use crate::contacts::in_query;
use crate::dialect::INTERCOM;
use crate::region::Region;

/// An app as its developer registered it: `client_id` and `client_secret` of Developer Hub > Basic information.
#[derive(Clone)]
pub struct OauthApp {
    /// The public id.
    pub client_id: String,
    /// The secret that goes with a code; webhooks are signed with it too.
    pub client_secret: SecretString,
}

/// What a code became.
pub struct Grant {
    /// The token; it lives until it is revoked.
    pub access_token: SecretString,
    /// Intercom sends none.
    pub refresh_token: Option<SecretString>,
    /// Seconds that the token lives; Intercom does not say.
    pub expires_in: Option<u64>,
}

/// The exchange carries its credentials in the body.
static TOKENS: Dialect =
    Dialect { name: "Intercom", authorize: |_, _| Ok(()), rate: |_| None, refuse: refused, empty_ok: |_, _| false };
/// The end of a token may be answered with nothing.
static ENDS: Dialect = Dialect { name: "Intercom", authorize: bearer, rate: |_| None, refuse: still, empty_ok: |_, _| true };

fn bearer(token: &SecretString, headers: &mut HeaderMap) -> Result<()> {
    (INTERCOM.authorize)(token, headers)
}

fn still(asked: &Asked<'_>, status: u16, headers: &HeaderMap, body: &[u8]) -> Error {
    (INTERCOM.refuse)(asked, status, headers, body)
}

/// Nothing of the answer is repeated: it may hold a token.
fn refused(_: &Asked<'_>, status: u16, _: &HeaderMap, _: &[u8]) -> Error {
    match status {
        400 | 401 | 403 | 404 | 422 => {
            Error::new(&codes::SEC_OAUTH, format!("Intercom refused the code or the client secret (HTTP {status}); nothing was stored"))
                .help("Check client id and client secret in Developer Hub > Your Apps > Basic information, then start again: a code is good once.")
        }
        429 => Error::new(&codes::INT_THROTTLED, "Intercom's rate limit was reached"),
        _ => Error::new(&codes::NET_SERVER, format!("Intercom failed on its side (HTTP {status})")),
    }
}

/// Where a person is asked. `base_url`, a loopback address, takes the place of Intercom's pages.
pub fn authorize_url(
    region: Region,
    base_url: Option<&str>,
    client_id: &str,
    state: &str,
    redirect_uri: Option<&str>,
) -> Result<String> {
    let host = match base_url {
        Some(url) => Origin::loopback(url)?.to_string(),
        None => pages(region).to_owned(),
    };
    let mut url = format!("{host}/oauth?client_id={}&state={}", in_query(client_id), in_query(state));
    if let Some(to) = redirect_uri {
        url.push_str("&redirect_uri=");
        url.push_str(&in_query(to));
    }
    Ok(url)
}

/// Where the workspaces of a region are worked in.
fn pages(region: Region) -> &'static str {
    match region {
        Region::Us => "https://app.intercom.com",
        Region::Eu => "https://app.eu.intercom.com",
        Region::Au => "https://app.au.intercom.com",
    }
}

/// Exchanges a code for a token, once: a code is not good a second time. [`codes::SEC_OAUTH`] where Intercom refuses.
pub async fn exchange(
    via: Arc<dyn Transport>,
    region: Region,
    base_url: Option<&str>,
    app: &OauthApp,
    code: &str,
) -> Result<Grant> {
    #[derive(Deserialize)]
    struct Told {
        access_token: Option<String>,
        token: Option<String>,
        refresh_token: Option<String>,
        expires_in: Option<u64>,
    }
    let body = serde_json::json!({
        "code": code, "client_id": app.client_id, "client_secret": app.client_secret.expose_secret(),
    });
    let client = at(via, &TOKENS, region, base_url, String::new().into())?;
    let answer = client.send(Request::post("/auth/eagle/token", body.to_string())).await?;
    // Serde's own message could quote what it read.
    let told: Told = serde_json::from_slice(&answer.body)
        .map_err(|_| Error::new(&codes::INT_DRIFT, "Intercom's answer to the code cannot be read; nothing was stored"))?;
    let token = told.access_token.or(told.token).filter(|token| !token.trim().is_empty());
    let token =
        token.ok_or_else(|| Error::new(&codes::INT_DRIFT, "Intercom's answer to the code has no token; nothing was stored"))?;
    let refresh_token = told.refresh_token.filter(|token| !token.is_empty()).map(Into::into);
    Ok(Grant { access_token: token.into(), refresh_token, expires_in: told.expires_in })
}

/// Ends a token: the app is uninstalled from the workspace. One that is no good any more counts as ended.
pub async fn uninstall(via: Arc<dyn Transport>, region: Region, base_url: Option<&str>, token: SecretString) -> Result<()> {
    let client = at(via, &ENDS, region, base_url, token)?;
    match client.send(Request::post("/auth/uninstall", "{}").repeatable()).await {
        Err(error) if error.code() != &codes::AUTH_TOKEN => Err(error),
        _ => Ok(()),
    }
}

fn at(
    via: Arc<dyn Transport>,
    dialect: &'static Dialect,
    region: Region,
    base_url: Option<&str>,
    token: SecretString,
) -> Result<Client> {
    let origin = base_url.map_or_else(|| Ok(region.origin()), Origin::loopback)?;
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("tajo/", env!("CARGO_PKG_VERSION"))));
    Ok(Client::new(via, dialect, origin, token, headers, Limits::default()))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use bytes::Bytes;
    use futures_util::future::{BoxFuture, FutureExt};
    use http::Method;
    use tajo_core::rest::Broken;

    use super::*;

    struct Script(u16, &'static str, Mutex<Vec<http::Request<Bytes>>>);

    impl Transport for Script {
        fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
            self.2.lock().unwrap().push(request);
            let reply = http::Response::builder().status(self.0).body(Bytes::from_static(self.1.as_bytes())).unwrap();
            std::future::ready(Ok(reply)).boxed()
        }
    }

    fn script(status: u16, body: &'static str) -> Arc<Script> {
        Arc::new(Script(status, body, Mutex::default()))
    }

    fn app() -> OauthApp {
        OauthApp { client_id: "app id".into(), client_secret: "shh-secret".into() }
    }

    #[test]
    fn people_are_asked_at_the_regions_own_page() {
        let url = |region| authorize_url(region, None, "a b&c", "s=1", None).unwrap();
        assert_eq!(url(Region::Us), "https://app.intercom.com/oauth?client_id=a%20b%26c&state=s%3D1");
        assert!(url(Region::Eu).starts_with("https://app.eu.intercom.com/oauth?"));
        assert!(url(Region::Au).starts_with("https://app.au.intercom.com/oauth?"));
        let to = Some("https://tajo.example/oauth/intercom/callback");
        let twin = authorize_url(Region::Us, Some("http://127.0.0.1:8100"), "x", "y", to).unwrap();
        let to = "https%3A%2F%2Ftajo.example%2Foauth%2Fintercom%2Fcallback";
        assert_eq!(twin, format!("http://127.0.0.1:8100/oauth?client_id=x&state=y&redirect_uri={to}"));
        assert!(authorize_url(Region::Us, Some("https://evil.example"), "x", "y", None).is_err());
    }

    #[tokio::test]
    async fn a_code_becomes_a_token_at_intercoms_own_host_and_nowhere_else() {
        let via = script(200, r#"{"token_type":"Bearer","token":"tok-1","access_token":"tok-1"}"#);
        let grant = exchange(via.clone(), Region::Us, None, &app(), "code1=").await.unwrap();
        assert_eq!((grant.access_token.expose_secret(), grant.expires_in), ("tok-1", None));
        assert!(grant.refresh_token.is_none(), "none is pretended");
        let sent = via.2.lock().unwrap();
        assert_eq!((sent.len(), sent[0].method()), (1, &Method::POST));
        assert_eq!(sent[0].uri(), "https://api.intercom.io/auth/eagle/token");
        assert!(sent[0].headers().get("authorization").is_none());
        let body: serde_json::Value = serde_json::from_slice(sent[0].body()).unwrap();
        assert_eq!(body, serde_json::json!({"code": "code1=", "client_id": "app id", "client_secret": "shh-secret"}));
    }

    #[tokio::test]
    async fn a_refresh_token_is_taken_where_a_server_sends_one() {
        let via = script(200, r#"{"access_token":"tok-1","refresh_token":"ref-1","expires_in":3600}"#);
        let grant = exchange(via, Region::Us, None, &app(), "c").await.unwrap();
        assert_eq!(grant.refresh_token.as_ref().map(ExposeSecret::expose_secret), Some("ref-1"));
        assert_eq!(grant.expires_in, Some(3600));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_typed_and_repeats_nothing_of_the_answer() {
        for (status, body) in
            [(401, "Unauthorized Code tok-leak"), (200, r#"{"tok-leak": 1}"#), (200, r#"{"access_token": ["tok-leak"]}"#)]
        {
            let via = script(status, body);
            let error = exchange(via.clone(), Region::Us, None, &app(), "c").await.err().unwrap();
            let expect = if status == 401 { &codes::SEC_OAUTH } else { &codes::INT_DRIFT };
            assert_eq!(error.code(), expect);
            let text = format!("{error:?}");
            assert!(!text.contains("tok-leak") && !text.contains("shh-secret"), "{text}");
            assert_eq!(via.2.lock().unwrap().len(), 1, "a code is not sent twice");
        }
    }

    #[tokio::test]
    async fn a_token_that_is_gone_already_counts_as_ended() {
        for (status, body) in
            [(200, ""), (200, "{}"), (401, r#"{"type":"error.list","errors":[{"code":"token_revoked","message":"x"}]}"#)]
        {
            let via = script(status, body);
            uninstall(via.clone(), Region::Eu, None, "tok-1".into()).await.unwrap();
            let sent = via.2.lock().unwrap();
            assert_eq!(sent[0].uri(), "https://api.eu.intercom.io/auth/uninstall");
            assert_eq!(sent[0].headers()["authorization"], "Bearer tok-1");
        }
        let denied = script(403, r#"{"type":"error.list","errors":[{"code":"forbidden","message":"x"}]}"#);
        assert!(uninstall(denied, Region::Us, None, "tok-1".into()).await.is_err());
    }
}
