//! From a request to an [`Ask`] and back.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use tajo_core::action::{checked, fields};
use tajo_core::{Error, codes};

use super::caller::{Caller, known};
use super::listen::Peer;
use super::refusal::Refusal;
use super::walls::RequestId;
use super::{Scope, Server, pages, tenant};
use crate::actions::{Ask, Entry, Outcome};

/// The largest body, in bytes.
pub const BODY_MAX: usize = 1 << 20;
/// A body must be here by then.
pub(super) const BODY_WAIT: Duration = Duration::from_secs(10);
/// An answer must be there by then; syncs and streams take the time they need.
pub const ANSWER_WAIT: Duration = Duration::from_secs(120);
/// Rows of all pages that are collected into one answer.
pub const COLLECTED_MAX: usize = 10_000;
/// Longest idempotency key.
const IDEMPOTENCY_CHARS_MAX: usize = 255;

/// What may stand behind the question mark.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wishes {
    connection: Option<String>,
    allow_destructive: bool,
    resend: bool,
    fetch_all: bool,
}

/// The caller, if the key may do anything at all.
pub(super) async fn caller(server: &Server, headers: &HeaderMap, from: IpAddr) -> Result<Caller, Refusal> {
    known(&server.keys, &server.wrong, headers, from).await
}

/// `GET /api/v1/actions`: everything that can be asked.
pub async fn list(
    State(server): State<Arc<Server>>,
    Extension(Peer(from)): Extension<Peer>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let caller = caller(&server, &headers, from).await?;
    if !Scope::Read.is_within(&caller.scopes) {
        return Err(Scope::Read.refusal("the list of actions").into());
    }
    let shown = |entry: &Entry| {
        let facts = &entry.facts;
        let inputs = fields(&facts.input()).into_iter().map(
            |field| json!({"name": field.name, "takes": field.shape.word(), "required": field.required, "about": field.doc}),
        );
        json!({
            "id": entry.id(), "alias": facts.alias, "path": format!("/api/v1/{}/{}", facts.noun(), facts.verb()),
            "about": facts.about(), "effect": facts.effect.word(), "scope": Scope::needed(entry, facts.effect).word(),
            "permissions": facts.needs, "paged": facts.paged.is_some(), "input": inputs.collect::<Vec<_>>(),
            "example": serde_json::from_str::<Value>(facts.example).unwrap_or_default(),
        })
    };
    let actions: Vec<Value> = server.app.entries().iter().map(shown).collect();
    Ok(axum::Json(json!({"actions": actions})).into_response())
}

/// `POST /api/v1/<noun>/<verb>`.
pub async fn run(
    State(server): State<Arc<Server>>,
    Extension(Peer(from)): Extension<Peer>,
    Extension(RequestId(id)): Extension<RequestId>,
    Path((noun, verb)): Path<(String, String)>,
    wishes: Result<Query<Wishes>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let caller = caller(&server, &headers, from).await?;
    let entry = *server.app.find(&format!("{noun}.{verb}"))?;
    let Query(wishes) = wishes.map_err(|e| unclear(format!("The query cannot be used: {}", e.body_text())))?;
    is_json(&headers)?;
    let input = parsed(read(&headers, body).await?)?;
    let taken = checked(&entry.facts, input.clone())?;
    let scope = Scope::needed(&entry, server.app.effect(&entry, &taken));
    if !scope.is_within(&caller.scopes) {
        return Err(scope.refusal(&entry.id()).into());
    }
    tenant::input(&caller, &entry, &taken)?;
    let ask = Ask {
        connection: tenant::connection(&server.app, &caller, wishes.connection)?,
        action: entry.id(),
        input,
        allow_destructive: wishes.allow_destructive,
        resend: wishes.resend,
        key: idempotency(&headers)?,
        by: format!("key:{}", caller.key),
    };
    if wishes.fetch_all {
        let is_stream = accepts_lines(&headers);
        return if is_stream {
            pages::streamed(&server, &entry, ask, id)
        } else {
            answered(pages::collected(&server, ask).await?)
        };
    }
    let outcome = carried_out(&server, scope, ask).await?;
    answered(Outcome { result: tenant::answer(&caller, &entry, outcome.result), ..outcome })
}

/// Runs it. What writes goes on when the caller goes away: a request that was cut in the middle has an unknown outcome.
async fn carried_out(server: &Arc<Server>, scope: Scope, ask: Ask) -> Result<Outcome, Refusal> {
    let app = Arc::clone(&server.app);
    if scope == Scope::Read {
        return match tokio::time::timeout(ANSWER_WAIT, app.run(ask)).await {
            Ok(done) => Ok(done?),
            Err(_) => Err(late()),
        };
    }
    let running = tokio::spawn(async move { app.run(ask).await });
    let done = match scope {
        Scope::Sync => running.await,
        _ => tokio::time::timeout(ANSWER_WAIT, running).await.map_err(|_| late())?,
    };
    Ok(done.map_err(|e| Error::new(&codes::BUG, "An action broke off").because(e))??)
}

fn late() -> Refusal {
    let error = Error::new(&codes::NET_TIMEOUT, "The action takes longer than a request may");
    Refusal::with(
        StatusCode::GATEWAY_TIMEOUT,
        error.help("What was begun goes on; ask again later, under the same Idempotency-Key."),
    )
}

fn answered(outcome: Outcome) -> Result<Response, Refusal> {
    let mut body = json!({"result": outcome.result, "warnings": outcome.warnings});
    if outcome.found {
        body["found"] = true.into();
    }
    Ok(axum::Json(body).into_response())
}

/// A request that cannot be understood.
pub(super) fn unclear(what: impl Into<String>) -> Refusal {
    Error::new(&codes::INPUT, what.into()).help("See `GET /docs`.").into()
}

fn is_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let error = Error::new(&codes::INPUT, "The body must be JSON").help("Send `Content-Type: application/json`.");
    Err(Refusal::with(StatusCode::UNSUPPORTED_MEDIA_TYPE, error))
}

/// The whole body, within its bounds of size and time.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
    let too_large = || {
        let error = Error::new(&codes::INPUT, format!("The body is larger than {BODY_MAX} bytes"));
        Refusal::with(StatusCode::PAYLOAD_TOO_LARGE, error.help("Send less at once."))
    };
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > BODY_MAX) {
        return Err(too_large());
    }
    match tokio::time::timeout(BODY_WAIT, to_bytes(body, BODY_MAX)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(cause)) if is_over_limit(&cause) => Err(too_large()),
        Ok(Err(_)) => Err(unclear("The body broke off")),
        Err(_) => {
            let error = Error::new(&codes::INPUT, "The body did not come in time").help("Send it at once.");
            Err(Refusal::with(StatusCode::REQUEST_TIMEOUT, error))
        }
    }
}

/// The limit's own error is not exported; it is known by its words.
fn is_over_limit(error: &axum::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if error.to_string().contains("length limit exceeded") {
            return true;
        }
        cause = error.source();
    }
    false
}

fn parsed(bytes: Bytes) -> Result<Value, Refusal> {
    // The parser's message names a place, not what stands there.
    serde_json::from_slice(&bytes).map_err(|e| unclear(format!("The body is not JSON: line {}, column {}", e.line(), e.column())))
}

fn idempotency(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut given = headers.get_all("idempotency-key").iter();
    let Some(first) = given.next() else { return Ok(None) };
    let text = first.to_str().unwrap_or_default().trim();
    let is_key = !text.is_empty() && text.len() <= IDEMPOTENCY_CHARS_MAX && given.next().is_none();
    if is_key {
        Ok(Some(text.to_owned()))
    } else {
        Err(unclear("The Idempotency-Key must be one text of at most 255 characters"))
    }
}

fn accepts_lines(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case(pages::LINES)
    })
}
