//! What every request passes: address and key, rate, faults; and what every answer carries.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::header;
use http::request::Parts;

use super::ask::{Ask, Reply, decode, pairs};
use super::faults::BrevoFault;
use super::handle::Brevo;
use super::rate::Budget;
use super::refusal::Refusal;
use super::routes::route;
use crate::calls::Call;
use crate::clock::http_date;

/// More than this is not read at all; imports have a limit of their own.
const BODY_MAX: usize = 16 << 20;
const HTML_502: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

/// The verdict on one request.
struct Verdict {
    /// `None` where nothing was answered.
    reply: Option<Reply>,
    budget: Option<Budget>,
    fault: Option<BrevoFault>,
}

fn text<'a>(parts: &'a Parts, name: &str) -> &'a str {
    parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn refuse(refusal: &Refusal) -> Reply {
    Reply { status: refusal.status, body: refusal.body() }
}

async fn pause(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

fn log(brevo: &Brevo, parts: &Parts, status: u16, fault: Option<&'static str>) {
    brevo.log(Call {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        version: None,
        status,
        at: brevo.now_ms(),
        fault,
    });
}

/// Everything under `/v3`.
pub(super) async fn handle(State(brevo): State<Brevo>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_MAX).await;
    pause(brevo.options().latency_ms).await;
    let verdict = match &body {
        Ok(body) => judge(&brevo, &parts, body),
        Err(_) => Verdict {
            reply: Some(refuse(&Refusal::new(413, "bad_request", "Request Entity Too Large"))),
            budget: None,
            fault: None,
        },
    };
    let status = verdict.reply.as_ref().map_or(0, |reply| reply.status);
    log(&brevo, &parts, status, verdict.fault.as_ref().map(BrevoFault::name));
    // The effect is there already: who hangs up now has lost the answer only.
    if let Some(BrevoFault::Slow(ms)) = verdict.fault {
        pause(ms).await;
    }
    dress(&brevo, verdict)
}

/// The key first, then the rate, then what goes wrong, then the endpoint.
fn judge(brevo: &Brevo, parts: &Parts, body: &Bytes) -> Verdict {
    let now = brevo.now_ms();
    let below = parts.uri.path().strip_prefix("/v3").unwrap_or_default();
    let path: Vec<String> = below.split('/').filter(|part| !part.is_empty()).map(decode).collect();
    let method = parts.method.as_str();
    let by = brevo.access().check(brevo.options(), &parts.headers, method, &path, now);
    let by = match by {
        Ok(by) => by,
        Err(refusal) => return Verdict { reply: Some(refuse(&refusal)), budget: None, fault: None },
    };
    let family = brevo.rate().family(&path);
    let budget = match brevo.rate().take(family, now) {
        Ok(budget) => budget,
        Err(spent) => return Verdict { reply: Some(refuse(&too_many())), budget: Some(spent), fault: None },
    };
    let query = parts.uri.query().unwrap_or_default();
    let fault = brevo.faults().meet(method, parts.uri.path(), query);
    if let Some(verdict) = instead(brevo, family, fault.as_ref(), budget) {
        return verdict;
    }
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| parts.uri.authority().map(|authority| authority.as_str())).unwrap_or("127.0.0.1");
    let ask = Ask {
        method,
        path,
        query: pairs(query),
        kind: text(parts, "content-type"),
        body,
        origin: format!("http://{host}"),
        stale: fault == Some(BrevoFault::StaleReads),
    };
    let answer = match unsupported(&ask) {
        Some(refusal) => Err(refusal),
        None => {
            let mut account = brevo.account();
            account.by = by;
            route(&mut account, &ask, fault.as_ref().map_or(super::processes::Fate::Fine, BrevoFault::fate))
        }
    };
    let reply = answer.unwrap_or_else(|refusal| refuse(&refusal));
    Verdict { reply: Some(reply), budget, fault }
}

fn too_many() -> Refusal {
    Refusal::new(429, "too_many_requests", "You have exceeded the rate limit for this endpoint")
}

/// Writes are JSON, but for the file of companies. Source: facts §2; wording: 2025 description.
fn unsupported(ask: &Ask<'_>) -> Option<Refusal> {
    let file = ask.path == ["companies", "import"] && ask.kind.starts_with("multipart/form-data");
    let fine = ask.body.is_empty() || ask.method == "GET" || ask.kind.starts_with("application/json") || file;
    (!fine).then(|| Refusal::new(415, "bad_request", "The format not supported for deserialization."))
}

/// The answer of a fault that keeps the endpoint from being reached.
fn instead(brevo: &Brevo, family: super::rate::Family, fault: Option<&BrevoFault>, budget: Option<Budget>) -> Option<Verdict> {
    let refusal = match fault? {
        BrevoFault::RateLimited => {
            let budget = Some(brevo.rate().exhausted(family));
            return Some(Verdict { reply: Some(refuse(&too_many())), budget, fault: fault.cloned() });
        }
        BrevoFault::Unauthorized => {
            let reply = Some(refuse(&Refusal::unauthorized("Key not found")));
            return Some(Verdict { reply, budget: None, fault: fault.cloned() });
        }
        BrevoFault::BadGateway => {
            let reply = Some(Reply { status: 502, body: HTML_502.into() });
            return Some(Verdict { reply, budget, fault: fault.cloned() });
        }
        BrevoFault::Unsent => return Some(Verdict { reply: None, budget: None, fault: fault.cloned() }),
        BrevoFault::ServerError => Refusal::new(500, "internal_error", "Internal Server Error"),
        // Source: SDK, 425 of POST and PUT contact, with the contact's error body.
        BrevoFault::TooEarly => Refusal::new(425, "account_in_process", "The contact is being processed, try again later"),
        _ => return None,
    };
    Some(Verdict { reply: Some(refuse(&refusal)), budget, fault: fault.cloned() })
}

fn dress(brevo: &Brevo, verdict: Verdict) -> Response {
    let lost = matches!(verdict.fault, Some(BrevoFault::Dropped | BrevoFault::Unsent));
    let Some(mut reply) = verdict.reply.filter(|_| !lost) else { return broken() };
    match verdict.fault {
        Some(BrevoFault::EmptyBody) => reply.body.clear(),
        Some(BrevoFault::Truncated) => reply.body.truncate(reply.body.len() / 2),
        _ => {}
    }
    let kind = if reply.status == 502 { "text/html" } else { "application/json" };
    let mut response = Response::builder().status(reply.status).header(header::DATE, http_date(brevo.now_ms().div_euclid(1000)));
    if !reply.body.is_empty() {
        response = response.header(header::CONTENT_TYPE, kind);
    }
    if let Some(budget) = verdict.budget {
        response = response.header("x-sib-ratelimit-limit", budget.limit);
        response = response.header("x-sib-ratelimit-remaining", budget.remaining).header("x-sib-ratelimit-reset", budget.reset);
    }
    response.body(Body::from(reply.body)).expect("statuses and headers are valid")
}

/// A body that breaks at once. The status cannot be 204, whose body nobody would read.
fn broken() -> Response {
    let cause = std::io::Error::new(std::io::ErrorKind::ConnectionReset, "connection reset by the twin");
    Response::new(Body::from_stream(stream::iter([Err::<Bytes, _>(cause)])))
}

/// `POST /oauth/token`, which is on a host of its own at the vendor's.
pub(super) async fn token(State(brevo): State<Brevo>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_MAX).await.unwrap_or_default();
    let (status, answer) = brevo.access().grant(brevo.options(), text(&parts, "content-type"), &body, brevo.now_ms());
    log(&brevo, &parts, status, None);
    dress(&brevo, Verdict { reply: Some(Reply { status, body: answer.to_string().into_bytes() }), budget: None, fault: None })
}

/// Failure files and exports. Like signed addresses of a store, they take no credentials.
pub(super) async fn file(State(brevo): State<Brevo>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let path: Vec<&str> = parts.uri.path().split('/').skip(2).collect();
    let signed = parts.headers.contains_key("api-key") || parts.headers.contains_key(header::AUTHORIZATION);
    let found = match path[..] {
        [process, name] => brevo.account().processes.file(process, name, brevo.options().report_header),
        _ => None,
    };
    let (status, body) = match found {
        _ if signed => (400, "Only one auth mechanism allowed".to_owned()),
        Some(rows) => (200, rows),
        None => (404, String::new()),
    };
    log(&brevo, &parts, status, None);
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, "text/csv");
    response.body(Body::from(body)).expect("statuses and headers are valid")
}
