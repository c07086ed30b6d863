//! OAuth for public apps: the start page, the callback, and what becomes of a code.
//!
//! `GET /oauth/intercom/start?ticket=…` gives the browser a cookie and sends it to Intercom; Intercom sends it back to
//! `GET /oauth/intercom/callback?code=…&state=…`. The command line listens for that on loopback, `tajo serve` where it
//! listens anyway; both mount [`router`].

mod attempts;
mod base;
mod pages;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::routing::get;
use http::header::{COOKIE, HeaderValue, LOCATION, SET_COOKIE};
use http::{HeaderMap, Response, StatusCode};
use serde::Deserialize;
use tajo_core::{Error, Kind, Result, codes};
use tajo_intercom::oauth::{authorize_url, exchange};

pub use attempts::{Authorisations, Bearer, GOOD_FOR, Outcome, Plan, Started};
pub use base::Base;

use super::establish::{beside, credential};
use super::{Connected, establish, field, kind};
use attempts::refused;

/// Longer codes and states are refused unread.
const PARAMETER_MAX: usize = 2048;

/// The two pages.
pub const START: &str = "/oauth/intercom/start";
/// Where Intercom sends people back to.
pub const CALLBACK: &str = "/oauth/intercom/callback";

/// A server's side of OAuth: its address as browsers see it, and what is under way there.
#[derive(Clone)]
pub struct Door {
    /// Its address.
    pub base: Base,
    /// What is under way.
    pub under_way: Arc<Authorisations>,
}

impl Door {
    /// A door of its own, as the command line opens it.
    pub fn new(base: Base) -> Door {
        Door { base, under_way: Arc::default() }
    }
    /// Where Intercom sends people back to: what is to be registered with the app.
    pub fn redirect_uri(&self) -> String {
        format!("{}{CALLBACK}", self.base)
    }
    /// Begins an authorisation: the address that a person opens, once, within ten minutes.
    pub fn begin(&self, plan: Plan) -> Result<String> {
        Ok(format!("{}{START}?ticket={}", self.base, self.under_way.begin(plan)?))
    }
}

/// The two pages of a door. They write nothing but what a person just allowed, and ask for no key of ours: a start needs a
/// ticket, a callback its state and cookie.
pub fn router(door: Door) -> Router {
    Router::new().route(START, get(start)).route(CALLBACK, get(callback)).with_state(door)
}

#[derive(Deserialize)]
struct Start {
    #[serde(default)]
    ticket: String,
}

#[derive(Deserialize)]
struct Callback {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    error: String,
}

async fn start(
    State(door): State<Door>,
    query: Result<Query<Start>, axum::extract::rejection::QueryRejection>,
) -> Response<Body> {
    let ticket = query.map(|Query(asked)| asked.ticket).unwrap_or_default();
    let sent = door.under_way.start(&ticket).and_then(|started| sent_on(&door, &started));
    sent.unwrap_or_else(|error| pages::failed(status(&error), &error))
}

/// To Intercom's page, with the cookie that the answer is bound to.
fn sent_on(door: &Door, started: &Started) -> Result<Response<Body>> {
    let Plan { wish, app, ground, redirect_uri } = &started.plan;
    let region = wish.region.unwrap_or_default();
    let to = authorize_url(region, ground.base_url.as_deref(), &app.client_id, &started.state, Some(redirect_uri))?;
    let header = |text: String| {
        HeaderValue::try_from(text).map_err(|e| Error::new(&codes::BUG, "An address does not fit into a header").because(e))
    };
    let mut answer = pages::guarded(StatusCode::FOUND, Body::empty());
    answer.headers_mut().insert(LOCATION, header(to)?);
    answer.headers_mut().insert(SET_COOKIE, header(door.base.cookie(&started.cookie, GOOD_FOR.as_secs()))?);
    Ok(answer)
}

async fn callback(
    State(door): State<Door>,
    headers: HeaderMap,
    query: Result<Query<Callback>, axum::extract::rejection::QueryRejection>,
) -> Response<Body> {
    let Ok(Query(told)) = query else {
        let error = refused("The answer cannot be read");
        return pages::failed(status(&error), &error);
    };
    // A code is good once: a browser that leaves meanwhile must not take it along.
    let under_way = Arc::clone(&door.under_way);
    let name = door.base.cookie_name();
    let done = tokio::spawn(async move { finish(&under_way, told, Bearer::Browser(cookie(&headers, name))).await });
    let broken = |e| Err(Error::new(&codes::BUG, "Connecting broke off").because(e));
    match done.await.unwrap_or_else(broken) {
        Ok(connected) => {
            let mut answer = pages::connected(&connected);
            if let Ok(spent) = HeaderValue::try_from(door.base.cookie("", 0)) {
                answer.headers_mut().insert(SET_COOKIE, spent);
            }
            answer
        }
        Err(error) => pages::failed(status(&error), &error),
    }
}

/// An answer that a person pasted into the terminal: the whole address of the page where Intercom's redirect ended.
pub async fn pasted(under_way: &Authorisations, address: &str) -> Result<Connected> {
    let query = address.trim().split_once('?').map_or(address.trim(), |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    let uri: http::Uri = format!("/?{query}").parse().map_err(|_| refused("What was pasted is no address"))?;
    let Query(told) = Query::<Callback>::try_from_uri(&uri).map_err(|_| refused("What was pasted is no address"))?;
    finish(under_way, told, Bearer::Terminal).await
}

/// From an answer to a connection; whoever waits for the attempt is told.
async fn finish(under_way: &Authorisations, told: Callback, by: Bearer<'_>) -> Result<Connected> {
    if told.state.len() > PARAMETER_MAX || told.code.len() > PARAMETER_MAX {
        return Err(refused("The answer is longer than any answer"));
    }
    let plan = under_way.answered(&told.state, by)?;
    let done = connect(&plan, &told).await;
    // Whoever waits gets the error with its causes; a page shows the sentence and what to do.
    let shown = match &done {
        Ok(connected) => Ok(connected.clone()),
        Err(error) => Err(Error::new(error.code(), error.what().to_owned()).help(error.remedy())),
    };
    under_way.tell(done);
    shown
}

async fn connect(plan: &Plan, told: &Callback) -> Result<Connected> {
    if !told.error.is_empty() {
        return Err(refused("Access was not granted"));
    }
    if told.code.is_empty() {
        return Err(refused("The answer has no code"));
    }
    let Plan { wish, app, ground, .. } = plan;
    let region = wish.region.unwrap_or_default();
    let grant = exchange(Arc::clone(&ground.via), region, ground.base_url.as_deref(), app, &told.code).await?;
    let also = [(field::CLIENT_ID, app.client_id.clone().into()), (field::CLIENT_SECRET, app.client_secret.clone())];
    let also = also.into_iter().chain(beside(&grant)).collect();
    let token = credential(secrecy::ExposeSecret::expose_secret(&grant.access_token))?;
    establish::intercom(ground, wish, kind::OAUTH, token, also).await
}

/// A browser is told 400 whatever was wrong with its answer, and nothing finer.
fn status(error: &Error) -> StatusCode {
    match error.kind() {
        _ if error.code() == &codes::SEC_OAUTH => StatusCode::BAD_REQUEST,
        Kind::Config | Kind::Usage => StatusCode::BAD_REQUEST,
        kind => StatusCode::from_u16(kind.advice().status).unwrap_or(StatusCode::BAD_GATEWAY),
    }
}

/// The value of a cookie, if it was sent exactly once.
fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut found = lines.flat_map(|line| line.split(';')).filter_map(|pair| {
        let (held, value) = pair.trim().split_once('=')?;
        (held == name).then_some(value)
    });
    let first = found.next();
    if found.next().is_some() { None } else { first }
}
