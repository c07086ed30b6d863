//! Tokens of an OAuth app (client credentials): fetched when needed, kept until shortly before they expire.
//! <https://developers.brevo.com/docs/oauth-m2m-authentication>

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::{ACCEPT, HeaderValue, USER_AGENT};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tajo_core::rest::{Answer, Client, Limits, Origin, Request, Transport};
use tajo_core::{Error, Result, codes};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::client::{AGENT, read};
use crate::dialect::TOKENS;
use crate::who::encode;

const HOST: &str = "oauth.brevo.com";
const PATH: &str = "/realms/partner/oauth/token";
/// A token is renewed this long before its end, so that none expires on its way.
const EARLY: Duration = Duration::from_secs(60);
/// Where the server does not say how long a token lives.
const LIFE_DEFAULT_SECS: u64 = 300;
const LIFE_MAX_SECS: u64 = 24 * 3600;

/// Fetches and keeps the token of one app.
pub(crate) struct Tokens {
    client: Client,
    path: String,
    client_id: String,
    client_secret: SecretString,
    scopes: Vec<String>,
    /// Held while a token is fetched, so that a crowd asks for one, not for many.
    held: Mutex<Option<Held>>,
}

struct Held {
    token: SecretString,
    ends: Instant,
}

impl Tokens {
    /// `url` takes the place of Brevo's server and must be a loopback address ([`codes::CFG_ORIGIN`]).
    pub(crate) fn new(
        via: Arc<dyn Transport>,
        (client_id, client_secret, scopes): (String, SecretString, Vec<String>),
        url: Option<&str>,
        limits: Limits,
    ) -> Result<Tokens> {
        let (origin, path) = match url {
            None => (Origin::vendor(HOST), PATH.to_owned()),
            Some(url) => split(url)?,
        };
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        let client = Client::new(via, &TOKENS, origin, SecretString::from(""), headers, limits);
        Ok(Tokens { client, path, client_id, client_secret, scopes, held: Mutex::new(None) })
    }

    /// A token that is good for a minute at least.
    pub(crate) async fn token(&self) -> Result<SecretString> {
        let mut held = self.held.lock().await;
        if let Some(Held { token, .. }) = held.as_ref().filter(|held| held.ends > Instant::now()) {
            return Ok(token.clone());
        }
        *held = None;
        let fresh = self.fetch().await?;
        Ok(held.insert(fresh).token.clone())
    }

    /// Forgets a token that was refused, unless another took its place meanwhile.
    pub(crate) async fn refused(&self, token: &SecretString) {
        let mut held = self.held.lock().await;
        if held.as_ref().is_some_and(|held| held.token.expose_secret() == token.expose_secret()) {
            *held = None;
        }
    }

    async fn fetch(&self) -> Result<Held> {
        let asked = Instant::now();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        let request = Request::post(self.path.clone(), self.form()).typed(form).repeatable();
        let (token, life) = self.client.send_checked(request, |answer| read_token(&answer)).await?;
        // A token of less than two minutes is renewed at half its life.
        let early = EARLY.min(life / 2);
        Ok(Held { token, ends: asked + (life - early) })
    }

    /// Without `scope` the token gets all that the app may do.
    fn form(&self) -> String {
        let mut form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            encode(&self.client_id),
            encode(self.client_secret.expose_secret())
        );
        if !self.scopes.is_empty() {
            form.push_str("&scope=");
            form.push_str(&encode(&self.scopes.join(" ")));
        }
        form
    }
}

fn read_token(answer: &Answer) -> Result<(SecretString, Duration)> {
    #[derive(Deserialize)]
    struct Token {
        access_token: SecretText,
        expires_in: Option<u64>,
    }
    #[derive(Deserialize)]
    #[serde(from = "String")]
    struct SecretText(SecretString);
    impl From<String> for SecretText {
        fn from(text: String) -> SecretText {
            SecretText(SecretString::from(text))
        }
    }
    let Token { access_token: SecretText(token), expires_in } = read(answer, "the answer to a request for a token")?;
    if token.expose_secret().is_empty() {
        return Err(Error::new(&codes::BRV_DRIFT, "Brevo's OAuth server gave an empty token"));
    }
    Ok((token, Duration::from_secs(expires_in.unwrap_or(LIFE_DEFAULT_SECS).min(LIFE_MAX_SECS))))
}

/// Origin and path of a loopback URL.
pub(crate) fn split(url: &str) -> Result<(Origin, String)> {
    let url = url.trim();
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find('/').map_or(url.len(), |at| host + at);
    Ok((Origin::loopback(&url[..end])?, url[end..].to_owned()))
}
