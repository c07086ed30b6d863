//! The protocol over streamable HTTP: keys of `tajo keys`, this machine's names only, and sessions bound to their key.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use rmcp::transport::StreamableHttpServerConfig;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use serde_json::json;
use tajo_core::{Error, codes};
use tajo_state::Keys;
use tokio_util::sync::CancellationToken;

use super::{Agent, Choice, Grant, Seal, Writes};
use crate::actions::App;
use crate::surface::cli::exit::{Exit, Failure};
use crate::surface::cli::globals::Globals;
use crate::surface::cli::out::Out;
use crate::surface::cli::session;
use crate::warehouse::moment;

/// Where the protocol is spoken.
pub const PATH: &str = "/mcp";
/// Sessions whose key is remembered; of more, the oldest is forgotten, and with that no longer served.
const SESSIONS_MAX: usize = 1_024;
/// The largest request.
const BODY_MAX: usize = 1 << 20;
const SESSION: &str = "mcp-session-id";

/// Who opened which session, oldest first.
#[derive(Default)]
struct Owners(Mutex<VecDeque<(String, String)>>);

impl Owners {
    fn held(&self) -> MutexGuard<'_, VecDeque<(String, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn begun(&self, session: String, key: String) {
        let mut held = self.held();
        held.retain(|(there, _)| *there != session);
        if held.len() >= SESSIONS_MAX {
            held.pop_front();
        }
        held.push_back((session, key));
    }
    fn ended(&self, session: &str) {
        self.held().retain(|(there, _)| there != session);
    }
    fn is_of(&self, session: &str, key: &str) -> bool {
        self.held().iter().any(|(there, owner)| there == session && owner == key)
    }
}

#[derive(Clone)]
struct Door {
    keys: Arc<Keys>,
    owners: Arc<Owners>,
}

/// The routes, to be served on their own or beside the API.
pub fn router(
    app: Arc<App>,
    choice: Choice,
    ceiling: Writes,
    keys: Arc<Keys>,
    hosts: Vec<String>,
    end: &CancellationToken,
) -> Router {
    let config = StreamableHttpServerConfig::default().with_allowed_hosts(hosts).enforce_origin_validation();
    let config = config.with_cancellation_token(end.clone());
    let seal = Arc::<Seal>::default();
    let nobody = Grant { writes: Writes::Never, connection: None, scopes: Some(Vec::new()), by: "mcp".into() };
    let make = move || Ok(Agent::new(Arc::clone(&app), choice.clone(), nobody.clone(), Arc::clone(&seal)));
    let service = StreamableHttpService::new(make, Arc::new(LocalSessionManager::default()), config);
    let door = Door { keys, owners: Arc::default() };
    let checked = move |State(door): State<Door>, request: Request, next: Next| enter(door, ceiling, request, next);
    Router::new().route_service(PATH, service).layer(from_fn_with_state(door, checked))
}

/// Lets a request with a good key in, with what the key grants; a session belongs to the key that opened it.
async fn enter(door: Door, ceiling: Writes, mut request: Request, next: Next) -> Response {
    let bearer = request.headers().get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default().trim().to_owned();
    let length = request.headers().get(http::header::CONTENT_LENGTH).and_then(|n| n.to_str().ok()).and_then(|n| n.parse().ok());
    if request.method() == http::Method::POST && length.is_none_or(|bytes: usize| bytes > BODY_MAX) {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    let (key, grant) = match granted(&door, ceiling, bearer).await {
        Ok(known) => known,
        Err(error) => return refusal(&error),
    };
    let session = |headers: &http::HeaderMap| headers.get(SESSION).and_then(|id| id.to_str().ok()).map(str::to_owned);
    let asked = session(request.headers());
    if asked.as_ref().is_some_and(|id| !door.owners.is_of(id, &key)) {
        return refusal(&Error::new(&codes::INT_MISSING, "There is no such session"));
    }
    request.extensions_mut().insert(grant);
    let is_end = request.method() == http::Method::DELETE;
    let answer = next.run(request).await;
    match (session(answer.headers()), asked) {
        (_, Some(ended)) if is_end => door.owners.ended(&ended),
        (Some(begun), None) => door.owners.begun(begun, key),
        _ => {}
    }
    answer
}

/// The id of a good key, and what it grants.
async fn granted(door: &Door, ceiling: Writes, bearer: String) -> Result<(String, Grant), Error> {
    let keys = Arc::clone(&door.keys);
    let looked = tokio::task::spawn_blocking(move || keys.check(&bearer, &moment(jiff::Timestamp::now().as_second())));
    let found = looked.await.map_err(|e| Error::new(&codes::BUG, "Looking up a key broke off").because(e))??;
    let key = found.ok_or_else(|| Error::new(&codes::SEC_KEY, "The key is missing, unknown, revoked or expired"))?;
    let grant = Grant { writes: ceiling, connection: key.connection, scopes: Some(key.scopes), by: format!("key:{}", key.id) };
    Ok((key.id, grant))
}

fn refusal(error: &Error) -> Response {
    let status = StatusCode::from_u16(error.kind().advice().status).unwrap_or(StatusCode::FORBIDDEN);
    let mut answer = (status, axum::Json(json!({"error": error.to_json()}))).into_response();
    if status == StatusCode::UNAUTHORIZED {
        answer.headers_mut().insert(http::header::WWW_AUTHENTICATE, http::HeaderValue::from_static("Bearer"));
    }
    answer
}

/// Serves until the process is asked to end.
pub async fn serve(
    app: Arc<App>,
    choice: Choice,
    grant: Grant,
    at: SocketAddr,
    globals: &Globals,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let listener = tokio::net::TcpListener::bind(at).await;
    let listener = listener.map_err(|e| Error::new(&codes::USAGE, format!("Cannot listen on {at}")).because(e))?;
    let at = listener.local_addr().map_err(|e| Error::new(&codes::BUG, "A listener has no address").because(e))?;
    let hosts = vec!["localhost".into(), "127.0.0.1".into(), "[::1]".into(), at.to_string(), at.ip().to_string()];
    let keys = Arc::new(Keys::open(&globals.resolved()?.home)?);
    let end = CancellationToken::new();
    let router = router(app, choice, grant.writes, keys, hosts, &end);
    let url = format!("http://{at}{PATH}");
    if out.json() {
        out.line(json!({"url": url}).to_string());
    } else {
        out.line(format!("MCP on {url}; make a key with `tajo keys create --scope read`, and send it as a bearer token."));
    }
    out.flush();
    // Streams to clients stay open for as long as they like; at the end they are ended, or nothing would.
    let until = async move {
        session::interrupted().await;
        end.cancel();
    };
    let served = axum::serve(listener, router).with_graceful_shutdown(until).await;
    served.map_err(|e| Error::new(&codes::NET_CONNECT, "The server stopped").because(e))?;
    Ok(Exit::OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_its_keys_however_many_were_opened_before() {
        let owners = Owners::default();
        (0..3 * SESSIONS_MAX).for_each(|n| owners.begun(format!("s{n}"), format!("k{}", n % 2)));
        let last = format!("s{}", 3 * SESSIONS_MAX - 1);
        assert!(owners.is_of(&last, "k1") && !owners.is_of(&last, "k0"));
        assert!(!owners.is_of("s0", "k0"), "forgotten");
        assert!(!owners.is_of("never", "k0"));
        owners.ended(&last);
        assert!(!owners.is_of(&last, "k1"));
    }
}
