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
use super::rate::Budget;
use super::versions::Version;
use super::{Ask, route, scroll, writes};
use crate::calls::Call;
use crate::clock::http_date;
use crate::faults::{Asked, Fault};
use crate::town::Town;

const BODY_MAX: usize = 1 << 20;
const HTML_502: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
const HTML_404: &str = "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

/// An answer before it becomes HTTP.
struct Reply {
    status: u16,
    html: bool,
    body: Vec<u8>,
    link: Option<String>,
    budget: Option<Budget>,
    absurd: bool,
}

pub(super) async fn handle(State(town): State<Town>, request: Request) -> Response {
    let in_flight = town.enter();
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_MAX).await.unwrap_or_default();
    pause(town.options().latency_ms).await;
    let query = Query::<BTreeMap<String, String>>::try_from_uri(&parts.uri).map(|query| query.0).unwrap_or_default();
    let (reply, fault) = judge(&town, &parts, &query, &body).await;
    let response = dress(&town, &parts, reply, fault.as_ref());
    town.log(Call {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        version: text(&parts, "intercom-version").map(str::to_owned),
        status: response.status().as_u16(),
        at: town.now_ms(),
        fault: fault.as_ref().map(Fault::name),
    });
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
    if !is_let_in(town, parts) {
        return (refuse(town, &Refusal::unauthorized(), None), None);
    }
    let budget = match town.rate().take(town.now()) {
        Ok(budget) => budget,
        Err(spent) => return (refuse(town, &rate_limited(), Some(spent)), None),
    };
    let asked = Asked {
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        is_write: writes::is_write(parts.method.as_str(), parts.uri.path()),
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
    let answer = Version::parse(text(parts, "intercom-version").unwrap_or(&town.options().app_version)).and_then(|version| {
        let now_ms = town.now_ms();
        let mut world = town.world();
        world.catch_up(now_ms);
        let ask = Ask { method: parts.method.as_str(), path: parts.uri.path(), query, body, version, now_ms };
        route(&mut world, &ask)
    });
    let mut reply = match answer {
        Ok(body) => Reply {
            status: writes::status(parts.method.as_str(), parts.uri.path()),
            html: false,
            body,
            link: None,
            budget,
            absurd: false,
        },
        Err(refusal) => refuse(town, &refusal, budget),
    };
    match &fault {
        Some(Fault::NoRateHeaders) => reply.budget = None,
        Some(Fault::AbsurdRateHeaders) => reply.absurd = true,
        Some(Fault::EmptyBody) => (reply.status, reply.body) = (200, Vec::new()),
        Some(Fault::TruncatedJson) => {
            let half = reply.body.len() / 2;
            reply.body.truncate(half);
        }
        _ => {}
    }
    (reply, fault)
}

/// Source: docs, "Authentication": `Authorization: Bearer <token>`.
fn is_let_in(town: &Town, parts: &Parts) -> bool {
    let bearer = text(parts, "authorization").and_then(|value| value.strip_prefix("Bearer ")).map(str::trim).unwrap_or_default();
    !bearer.is_empty() && town.options().token.as_deref().is_none_or(|token| token == bearer)
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
    Reply { status: refusal.status, html: false, body, link: refusal.link.clone(), budget, absurd: false }
}

/// The answer of a fault that keeps the endpoint from being reached.
fn refuse_for(town: &Town, fault: &Fault, budget: Option<Budget>) -> Option<Reply> {
    let page = |status, body: &str| Some(Reply { status, html: true, body: body.into(), link: None, budget, absurd: false });
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
    let kind = if reply.html { "text/html" } else { "application/json; charset=utf-8" };
    let mut response = Response::builder()
        .status(reply.status)
        .header(header::CONTENT_TYPE, kind)
        .header(header::DATE, http_date(now))
        .header("x-request-id", format!("{:020x}", town.now_ms()));
    if let Some(version) = text(parts, "intercom-version").and_then(|version| HeaderValue::from_str(version).ok()) {
        response = response.header("intercom-version", version);
    }
    if let Some(link) = &reply.link {
        response = response.header(header::LINK, link);
    }
    if reply.absurd {
        response = response.header("x-ratelimit-limit", "0").header("x-ratelimit-remaining", "-5");
        response = response.header("x-ratelimit-reset", "99999999999999");
    } else if let Some(budget) = reply.budget {
        response = response.header("x-ratelimit-limit", budget.limit);
        response = response.header("x-ratelimit-remaining", budget.remaining).header("x-ratelimit-reset", budget.reset);
        // Not documented for the REST API (docs, "Rate limiting"), so only behind a switch.
        if reply.status == 429 && town.options().retry_after {
            response = response.header(header::RETRY_AFTER, (budget.reset - now).max(1));
        }
    }
    let whole = Bytes::from(reply.body);
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
