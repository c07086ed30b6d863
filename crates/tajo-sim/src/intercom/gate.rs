//! What every request passes: token, rate, faults, version; and what every answer carries.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Query, Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::request::Parts;
use http::{HeaderValue, header};

use super::errors::Refusal;
use super::page::{JSON, OCTETS, Page};
use super::rate::Budget;
use super::versions::Version;
use super::{Ask, echo, exports, oauth, route, scopes, scroll, writes};
use crate::calls::Call;
use crate::clock::http_date;
use crate::faults::{Asked, Fault};
use crate::town::Town;

const BODY_MAX: usize = 1 << 20;
/// `/echo` takes files too.
const ECHO_BODY_MAX: usize = 16 << 20;
const HTML_502: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
const HTML_404: &str = "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

/// An answer before it becomes HTTP.
struct Reply {
    page: Page,
    budget: Option<Budget>,
    absurd: bool,
}

impl Reply {
    fn of(page: Page, budget: Option<Budget>) -> Reply {
        Reply { page, budget, absurd: false }
    }
}

pub(super) async fn handle(State(town): State<Town>, request: Request) -> Response {
    let in_flight = town.enter();
    let (parts, body) = request.into_parts();
    let most = if echo::is_at(parts.uri.path()) { ECHO_BODY_MAX } else { BODY_MAX };
    let body = to_bytes(body, most).await.unwrap_or_default();
    pause(town.options().latency_ms).await;
    let query = Query::<BTreeMap<String, String>>::try_from_uri(&parts.uri).map(|query| query.0).unwrap_or_default();
    let (reply, fault) = judge(&town, &parts, &query, &body).await;
    let response = dress(&town, &parts, reply, fault.as_ref());
    let call = Call {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        version: text(&parts, "intercom-version").map(str::to_owned),
        status: response.status().as_u16(),
        at: town.now_ms(),
        fault: fault.as_ref().map(Fault::name),
    };
    town.log(call, &body);
    town.edit_while_reading();
    drop(in_flight);
    response
}

async fn pause(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

fn text<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    parts.headers.get(name).and_then(|value| value.to_str().ok())
}

/// Decides the answer: the token first, then the rate, then what goes wrong, then the endpoint.
async fn judge(town: &Town, parts: &Parts, query: &BTreeMap<String, String>, body: &Bytes) -> (Reply, Option<Fault>) {
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    let is_open = echo::is_at(path) || oauth::is_open(path);
    let budget = match admit(town, parts, is_open) {
        Ok(budget) => budget,
        Err(reply) => return (reply, None),
    };
    let asked = Asked {
        path,
        query: parts.uri.query().unwrap_or_default(),
        is_write: writes::is_write(method, path),
        scope: scopes::needed(method, path),
        host: text(parts, "host").or_else(|| parts.uri.host()).unwrap_or_default(),
        region: &town.options().region,
        per_page: page_size(query, body),
    };
    let fault = town.faults().meet(&asked);
    if let Some(reply) = fault.as_ref().and_then(|fault| refuse_for(town, fault, budget)) {
        return (reply, fault);
    }
    if let Some(Fault::Slow(ms)) = &fault {
        pause(*ms).await;
    }
    let answer = if echo::is_at(path) {
        echo::answer(town, parts, body)
    } else if oauth::is_at(path) {
        oauth::answer(town, parts, bearer(parts), body)
    } else {
        at_endpoint(town, parts, query, body)
    };
    let mut reply = match answer {
        Ok(page) => Reply::of(page, budget),
        Err(refusal) => refuse(town, &refusal, budget),
    };
    match &fault {
        Some(Fault::NoRateHeaders) => reply.budget = None,
        Some(Fault::AbsurdRateHeaders) => reply.absurd = true,
        Some(Fault::EmptyBody) => (reply.page.status, reply.page.body) = (200, Vec::new()),
        Some(Fault::TruncatedJson) => {
            let half = reply.page.body.len() / 2;
            reply.page.body.truncate(half);
        }
        _ => {}
    }
    (reply, fault)
}

/// Lets a request in and takes its permit, or refuses it.
fn admit(town: &Town, parts: &Parts, is_open: bool) -> Result<Option<Budget>, Reply> {
    if is_open {
        return Ok(None);
    }
    check_token(town, bearer(parts)).map_err(|refusal| refuse(town, &refusal, None))?;
    // Taken before it is matched: the guard must be gone when the refusal asks for the world.
    let taken = town.rate().take(town.now());
    taken.map_err(|spent| refuse(town, &rate_limited(), Some(spent)))
}

fn at_endpoint(town: &Town, parts: &Parts, query: &BTreeMap<String, String>, body: &[u8]) -> Result<Page, Refusal> {
    let version = Version::parse(text(parts, "intercom-version").unwrap_or(&town.options().app_version))?;
    let (method, path, now_ms) = (parts.method.as_str(), parts.uri.path(), town.now_ms());
    exports::check_accept(path, text(parts, "accept"))?;
    let mut world = town.world();
    world.catch_up(now_ms);
    let body = route(&mut world, &Ask { method, path, query, body, version, now_ms })?;
    let kind = if path.starts_with("/download/") { OCTETS } else { JSON };
    Ok(Page::new(writes::status(method, path), kind, body))
}

/// The token, empty for none. Source: docs, "Authentication": `Authorization: Bearer <token>`.
fn bearer(parts: &Parts) -> &str {
    text(parts, "authorization").and_then(|value| value.strip_prefix("Bearer ")).map(str::trim).unwrap_or_default()
}

fn check_token(town: &Town, token: &str) -> Result<(), Refusal> {
    let grants = town.grants();
    if grants.is_revoked(token) {
        return Err(Refusal::new(401, "token_revoked", "Access Token Revoked"));
    }
    let fits = town.options().token.as_deref().is_none_or(|own| own == token) || grants.is_issued(token);
    if token.is_empty() || !fits { Err(Refusal::unauthorized()) } else { Ok(()) }
}

fn page_size(query: &BTreeMap<String, String>, body: &[u8]) -> u32 {
    if let Some(size) = query.get("per_page") {
        return size.parse().unwrap_or(0);
    }
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    body.pointer("/pagination/per_page")
        .and_then(serde_json::Value::as_u64)
        .and_then(|size| u32::try_from(size).ok())
        .unwrap_or(0)
}

fn rate_limited() -> Refusal {
    Refusal::new(429, "rate_limit_exceeded", "Exceeded rate limit of the current 10 second window")
}

fn refuse(town: &Town, refusal: &Refusal, budget: Option<Budget>) -> Reply {
    let body = refusal.body(&town.world().stamp.uuid());
    let mut page = Page::json(refusal.status, body);
    page.headers.extend(refusal.link.clone().map(|link| ("link", link)));
    Reply::of(page, budget)
}

/// The answer of a fault that keeps the endpoint from being reached.
fn refuse_for(town: &Town, fault: &Fault, budget: Option<Budget>) -> Option<Reply> {
    let page = |status, body: &str| Some(Reply::of(Page::new(status, "text/html", body), budget));
    let refusal = match fault {
        Fault::RateLimited => {
            let spent = town.rate().exhausted(town.now());
            return Some(refuse(town, &rate_limited(), Some(spent)));
        }
        Fault::Unsent => return page(200, ""),
        Fault::BadGateway => return page(502, HTML_502),
        Fault::NotFoundPage => return page(404, HTML_404),
        Fault::GatewayTimeout => return page(504, ""),
        Fault::ServerError => Refusal::new(500, "server_error", "Server error"),
        Fault::Unavailable => Refusal::new(503, "service_unavailable", "Sorry, the API service is temporarily unavailable"),
        Fault::Unauthorized | Fault::WrongRegion => Refusal::unauthorized(),
        Fault::MissingScope(scope) => {
            Refusal::new(403, "forbidden", format!("You do not have the required scope ({scope}) to access this resource"))
        }
        Fault::TokenUnauthorized => {
            Refusal::new(401, "token_unauthorized", "The access token is not authorized to access this resource")
        }
        Fault::ScrollFailed => {
            scroll::abandon(&mut town.world());
            let message = "Request failed due to an internal network error. Please restart the scroll operation.";
            Refusal::new(500, "server_error", message)
        }
        Fault::ScrollExpired => {
            scroll::abandon(&mut town.world());
            Refusal::not_found("scroll parameter not found")
        }
        _ => return None,
    };
    Some(refuse(town, &refusal, budget))
}

/// Puts the headers on; breaks the body where a fault says so.
fn dress(town: &Town, parts: &Parts, reply: Reply, fault: Option<&Fault>) -> Response {
    let now = town.now();
    let mut response = Response::builder()
        .status(reply.page.status)
        .header(header::CONTENT_TYPE, reply.page.kind)
        .header(header::DATE, http_date(now))
        .header("x-request-id", format!("{:020x}", town.now_ms()));
    if let Some(version) = text(parts, "intercom-version").and_then(|version| HeaderValue::from_str(version).ok()) {
        response = response.header("intercom-version", version);
    }
    for (name, value) in &reply.page.headers {
        // An address that is no header value is left out.
        response = match HeaderValue::from_str(value) {
            Ok(value) => response.header(*name, value),
            Err(_) => response,
        };
    }
    if reply.absurd {
        response = response.header("x-ratelimit-limit", "0").header("x-ratelimit-remaining", "-5");
        response = response.header("x-ratelimit-reset", "99999999999999");
    } else if let Some(budget) = reply.budget {
        response = response.header("x-ratelimit-limit", budget.limit);
        response = response.header("x-ratelimit-remaining", budget.remaining).header("x-ratelimit-reset", budget.reset);
        // Not documented for the REST API (docs, "Rate limiting"), so only behind a switch.
        if reply.page.status == 429 && town.options().retry_after {
            response = response.header(header::RETRY_AFTER, (budget.reset - now).max(1));
        }
    }
    let whole = Bytes::from(reply.page.body);
    let half = whole.slice(..whole.len() / 2);
    let body = match fault {
        Some(Fault::Dropped) => {
            let broken = std::io::Error::new(std::io::ErrorKind::ConnectionReset, "connection reset by the twin");
            breaking_off(half, Err(broken))
        }
        Some(Fault::DroppedAfter | Fault::Unsent) => {
            let broken = std::io::Error::new(std::io::ErrorKind::ConnectionReset, "connection reset by the twin");
            breaking_off(Bytes::new(), Err(broken))
        }
        Some(Fault::CutBody) => {
            response = response.header(header::CONTENT_LENGTH, whole.len());
            breaking_off(half, Ok(Bytes::new()))
        }
        _ => Body::from(whole),
    };
    response.body(body).expect("statuses and headers are valid")
}

/// Half a body, then its end. The pause lets the half reach the wire before the connection dies.
fn breaking_off(half: Bytes, end: std::io::Result<Bytes>) -> Body {
    let later = stream::once(async move {
        pause(20).await;
        end
    });
    Body::from_stream(stream::iter([Ok(half)]).chain(later))
}
