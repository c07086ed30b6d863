//! The actions over HTTP: every entry is a route, a key says who asks, and nothing here decides what an action does.

mod ask;
mod caller;
mod hook;
pub mod listen;
mod pages;
mod reference;
mod refusal;
mod scope;
mod tenant;
mod walls;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::{StatusCode, header};
use secrecy::SecretString;
use tajo_core::{Error, Result, codes};
use tajo_state::Keys;
use tokio_util::sync::CancellationToken;

pub use ask::{ANSWER_WAIT, BODY_MAX, COLLECTED_MAX};
pub use caller::{Caller, WINDOW, WRONG_MAX};
pub use scope::Scope;
pub use walls::{PublicUrl, REQUEST_ID, Walls};

use self::caller::Wrong;
use self::refusal::Refusal;
use crate::actions::App;
use crate::config::Settings;
use crate::connections::oauth;
use crate::surface::mcp::{self, Choice, Writes};
use crate::surface::openapi;

type Secret = dyn Fn(&Settings) -> Option<SecretString> + Send + Sync;

/// Everything that a request needs.
pub struct Server {
    app: Arc<App>,
    home: PathBuf,
    keys: Arc<Keys>,
    wrong: Wrong,
    walls: Walls,
    secret: Box<Secret>,
    description: Bytes,
}

impl Server {
    /// A server of that program. `home` holds the keys and the inbox; `secret` gives the client secret of the app whose
    /// notifications a connection takes.
    pub fn new(
        app: Arc<App>,
        home: PathBuf,
        walls: Walls,
        secret: impl Fn(&Settings) -> Option<SecretString> + Send + Sync + 'static,
    ) -> Result<Server> {
        let keys = Arc::new(Keys::open(&home)?);
        let description = openapi::text(app.entries()).into();
        Ok(Server { app, home, keys, wrong: Wrong::default(), walls, secret: Box::new(secret), description })
    }
    /// Looks after what was heard and not looked into when the last server ended.
    pub fn resume(&self) -> Result<()> {
        for connection in tajo_state::Inbox::open(&self.home)?.connections()? {
            crate::actions::connectors_handle_webhook::ring(&self.app, self.home.clone(), connection);
        }
        Ok(())
    }
}

/// All routes, behind the walls: the API, the tools of agents and, where the program has a door, the pages of OAuth.
pub fn router(server: Arc<Server>, end: &CancellationToken) -> Router {
    let (app, keys, hosts) = (Arc::clone(&server.app), Arc::clone(&server.keys), server.walls.hosts().to_vec());
    let agents = mcp::http::router(app, Choice::default(), Writes::Asking, keys, hosts, end);
    let doors = server.app.door().cloned().map(oauth::router).unwrap_or_default();
    Router::new()
        .route("/api/v1/actions", get(ask::list))
        .route("/api/v1/health", get(health))
        .route("/api/v1/openapi.json", get(description))
        .route("/api/v1/{noun}/{verb}", post(ask::run))
        .route("/docs", get(reference::page))
        .route("/docs/rapidoc.js", get(reference::script))
        .route("/webhooks/intercom", post(hook::intercom).head(hook::trial))
        .fallback(nothing)
        .method_not_allowed_fallback(method)
        .with_state(Arc::clone(&server))
        .merge(agents)
        .merge(doors)
        .layer(from_fn_with_state(server, walls::guard))
}

/// Whether the server answers; says nothing else, because anybody may ask.
async fn health() -> Response {
    axum::Json(serde_json::json!({"status": "ok"})).into_response()
}

async fn description(State(server): State<Arc<Server>>) -> Response {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")], server.description.clone())
        .into_response()
}

async fn nothing() -> Refusal {
    let error = Error::new(&codes::ACTION, "There is nothing at this address");
    Refusal::with(StatusCode::NOT_FOUND, error.help("`GET /api/v1/actions` lists what can be asked, `GET /docs` shows it."))
}

async fn method() -> Refusal {
    let error = Error::new(&codes::USAGE, "This address does not take that method");
    Refusal::with(StatusCode::METHOD_NOT_ALLOWED, error.help("Actions are asked with POST; nothing is changed by GET."))
}
