//! A connection to one account: credentials, buckets, and what every request goes through.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tajo_core::rest::{Answer, Bucket, Client, Gauge, Limits, Origin, Request, Tally, Transport};
use tajo_core::{Error, Result, codes};

use crate::dialect::{BY_KEY, BY_TOKEN, VERSION};
use crate::oauth::{Tokens, split};

/// Where Brevo's API lives.
pub const BASE_URL: &str = "https://api.brevo.com/v3";
const HOST: &str = "api.brevo.com";
pub(crate) const AGENT: &str = concat!("tajo/", env!("CARGO_PKG_VERSION"));

/// How to prove who we are.
#[derive(Debug, Clone)]
pub enum Auth {
    /// An API key (SMTP & API > API keys).
    Key(SecretString),
    /// An OAuth app of type M2M.
    OAuth {
        /// Its id.
        client_id: String,
        /// Its secret.
        client_secret: SecretString,
        /// What the token is for: `contacts:read`. Empty asks for all that the app may do.
        scopes: Vec<String>,
        /// A loopback address in the place of Brevo's server, for the twin.
        token_url: Option<String>,
    },
}

/// Endpoints that share a rate limit, as far as the vendor says. <https://developers.brevo.com/docs/api-limits>
///
/// Where it does not say (the bare `/contacts`, and events beside `POST /events`), a family of its own: what its answers
/// say about the limit must not be taken for that of another bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Contacts,
    BareContacts,
    Events,
    OtherEvents,
    Other,
}

const FAMILIES: [(Family, Bucket); 5] = [
    (Family::Contacts, Bucket { name: "contacts/{…}", per_second: Some(10) }),
    (Family::BareContacts, Bucket { name: "contacts", per_second: Some(10) }),
    (Family::Events, Bucket { name: "events", per_second: Some(10) }),
    (Family::OtherEvents, Bucket { name: "events/{…}", per_second: Some(10) }),
    (Family::Other, Bucket { name: "other", per_second: None }),
];

impl Family {
    /// `path` without the version.
    fn of(method: &Method, path: &str) -> Family {
        let path = path.split('?').next().unwrap_or_default();
        match path {
            "/contacts" => Family::BareContacts,
            "/events" if *method == Method::POST => Family::Events,
            "/events" => Family::OtherEvents,
            _ if path.starts_with("/contacts/") => Family::Contacts,
            _ if path.starts_with("/events/") => Family::OtherEvents,
            _ => Family::Other,
        }
    }
}

/// A connection to one Brevo account. Clones share its rate budgets and its token.
#[derive(Clone)]
pub struct Brevo(Arc<Inner>);

struct Inner {
    via: Arc<dyn Transport>,
    /// In the order of [`FAMILIES`].
    clients: [Client; FAMILIES.len()],
    tokens: Option<Tokens>,
    limits: Limits,
}

impl Brevo {
    /// A connection through `via`; nothing is sent yet.
    ///
    /// `base_url` takes the place of [`BASE_URL`]; it must be a loopback address and end in `/v3`
    /// ([`codes::CFG_ORIGIN`]). Empty credentials are [`codes::BRV_NONE`].
    pub fn new(via: Arc<dyn Transport>, auth: Auth, base_url: Option<&str>, limits: Limits) -> Result<Brevo> {
        let origin = match base_url {
            None => Origin::vendor(HOST),
            Some(url) => match split(url.trim_end_matches('/'))? {
                (origin, path) if path == VERSION => origin,
                _ => return Err(Error::new(&codes::CFG_ORIGIN, "Brevo's base URL must end in /v3 right after host and port")),
            },
        };
        let none = || Error::new(&codes::BRV_NONE, "No Brevo credentials were given");
        let (dialect, key, tokens) = match auth {
            Auth::Key(key) if key.expose_secret().trim().is_empty() => return Err(none()),
            Auth::Key(key) => (&BY_KEY, key, None),
            Auth::OAuth { client_id, client_secret, .. } if client_id.is_empty() || client_secret.expose_secret().is_empty() => {
                return Err(none());
            }
            Auth::OAuth { client_id, client_secret, scopes, token_url } => {
                let app = (client_id, client_secret, scopes);
                let tokens = Tokens::new(Arc::clone(&via), app, token_url.as_deref(), limits.clone())?;
                (&BY_TOKEN, SecretString::from(""), Some(tokens))
            }
        };
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        let clients = FAMILIES.map(|(_, bucket)| {
            let (via, origin, headers) = (Arc::clone(&via), origin.clone(), headers.clone());
            Client::new(via, dialect, origin, key.clone(), headers, limits.clone()).in_bucket(bucket)
        });
        Ok(Brevo(Arc::new(Inner { via, clients, tokens, limits })))
    }

    /// What was done so far, over all buckets. Requests for OAuth tokens and for files of failures are not in it.
    pub fn calls(&self) -> Tally {
        self.0.clients.iter().map(Client::tally).fold(Tally::default(), |sum, one| Tally {
            calls: sum.calls + one.calls,
            throttled: sum.throttled + one.throttled,
            retried: sum.retried + one.retried,
            bytes: sum.bytes + one.bytes,
        })
    }

    /// The state of each bucket, under the name that errors give it (note `bucket`).
    pub fn gauges(&self) -> Vec<(&'static str, Gauge)> {
        FAMILIES.iter().zip(&self.0.clients).map(|((_, bucket), client)| (bucket.name, client.pace().gauge())).collect()
    }

    /// Sends a request whose path lacks the version, and reads the answer.
    pub(crate) async fn ask<T>(&self, mut request: Request, mut read: impl FnMut(Answer) -> Result<T>) -> Result<T> {
        let family = Family::of(&request.method, &request.path);
        let client = FAMILIES.iter().zip(&self.0.clients).find(|((one, _), _)| *one == family).map(|(_, client)| client);
        let client = client.expect("every family has a client");
        request.path.insert_str(0, VERSION);
        let Some(tokens) = &self.0.tokens else { return client.send_checked(request, read).await };
        let token = tokens.token().await?;
        match client.with_token(token.clone()).send_checked(request.clone(), &mut read).await {
            // Revoked or expired early. A 401 was not carried out, so any request may be sent again.
            Err(error) if error.code() == &codes::BRV_AUTH => tokens.refused(&token).await,
            done => return done,
        }
        let token = tokens.token().await?;
        client.with_token(token).send_checked(request, read).await
    }

    /// Sends a request and reads its JSON; `what` completes "cannot be read: …".
    pub(crate) async fn fetch<T: DeserializeOwned>(&self, request: Request, what: &'static str) -> Result<T> {
        self.ask(request, |answer| read(&answer, what)).await
    }

    /// Sends a request whose answer says nothing.
    pub(crate) async fn tell(&self, request: Request) -> Result<()> {
        self.ask(request, |_| Ok(())).await
    }

    pub(crate) fn via(&self) -> &dyn Transport {
        &*self.0.via
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Whether this is a twin or proxy on this machine.
    pub(crate) fn is_at_home(&self) -> bool {
        self.0.clients[0].origin().is_loopback()
    }
}

/// Without the credentials.
impl fmt::Debug for Brevo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Brevo({:?})", self.0.clients[0])
    }
}

/// The body as JSON: [`codes::NET_BODY`] where it was cut, [`codes::BRV_DRIFT`] where it has another shape.
pub(crate) fn read<T: DeserializeOwned>(answer: &Answer, what: &'static str) -> Result<T> {
    serde_json::from_slice(&answer.body).map_err(|e| {
        // Serde's messages can quote the body; its class and position cannot.
        let at = format!("line {} column {}", e.line(), e.column());
        let code = if e.is_data() { &codes::BRV_DRIFT } else { &codes::NET_BODY };
        Error::new(code, format!("Brevo's answer cannot be read: {what}")).note("at", at)
    })
}

/// A body.
pub(crate) fn json(value: &impl Serialize) -> Result<Bytes> {
    let body = serde_json::to_vec(value).map_err(|_| Error::new(&codes::BUG, "A request cannot be written as JSON"))?;
    Ok(body.into())
}

/// Whether the object was there: a 404 is an answer to that, not an error.
pub(crate) fn found<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.code() == &codes::BRV_MISSING => Ok(None),
        Err(error) => Err(error),
    }
}
