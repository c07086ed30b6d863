//! A platform that limits the rate like Intercom's page says, with delays and faults; written from that page, not from
//! the client. <https://developers.intercom.com/docs/references/rest-api/errors/rate-limiting>

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Method};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep};

use crate::codes;
use crate::error::{Error, Result};
use crate::rest::retry::splitmix;
use crate::rest::{Asked, Broken, Client, Dialect, How, Limits, Origin, Rate, Request, Transport};

/// What the server does in place of its work.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Works, but leaves out the rate headers.
    NoHeaders,
    /// Works, with these rate headers: limit, remaining, seconds to reset.
    Headers(&'static str, &'static str, i64),
    /// Answers this status and body without working.
    Answer(u16, &'static str),
    /// Works, then breaks the connection.
    Cut,
    /// Breaks before anything is sent.
    NoConnection,
    /// Never answers.
    Silence,
}

type Plan = Box<dyn Fn(u64) -> Option<Fault> + Send + Sync>;

pub struct Server {
    limit: u32,
    window_ms: i64,
    latency_ms: (u64, u64),
    plan: Plan,
    /// Server clock at `born`, in milliseconds: not on a full second, not on a window's edge.
    epoch_ms: i64,
    born: Instant,
    seen: Mutex<Seen>,
}

#[derive(Default, Debug, Clone)]
pub struct Seen {
    window: i64,
    used: u32,
    pub calls: u64,
    pub worked: u64,
    pub refused: u64,
    /// Requests sent after an answer "nothing remains" was delivered, and before that window's end.
    pub early: u64,
    empty_until_ms: i64,
    pub in_flight: u64,
    pub in_flight_max: u64,
    /// Requests done per window.
    pub windows: Vec<(i64, u32)>,
    pub auth: Vec<String>,
    pub uris: Vec<String>,
}

impl Server {
    pub fn new(limit: u32, plan: impl Fn(u64) -> Option<Fault> + Send + Sync + 'static) -> Arc<Server> {
        Server::slow(limit, (20, 200), plan)
    }

    pub fn slow(limit: u32, latency_ms: (u64, u64), plan: impl Fn(u64) -> Option<Fault> + Send + Sync + 'static) -> Arc<Server> {
        let (window_ms, epoch_ms) = (10_000, 1_790_000_003_417);
        let plan = Box::new(plan);
        Arc::new(Server { limit, window_ms, latency_ms, plan, epoch_ms, born: Instant::now(), seen: Mutex::default() })
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().expect("no test panics while counting").clone()
    }

    fn now_ms(&self) -> i64 {
        self.epoch_ms + self.born.elapsed().as_millis() as i64
    }

    /// Counts one request: what remains, or `None` for a refusal.
    fn count(&self) -> (Option<u32>, i64, i64) {
        let now = self.now_ms();
        let mut seen = self.seen.lock().expect("no test panics while counting");
        let window = now.div_euclid(self.window_ms);
        if window != seen.window {
            let done = (seen.window, seen.used);
            seen.windows.push(done);
            (seen.window, seen.used) = (window, 0);
        }
        let left = (seen.used < self.limit).then(|| {
            seen.used += 1;
            self.limit - seen.used
        });
        match left {
            Some(_) => seen.worked += 1,
            None => seen.refused += 1,
        }
        (left, (window + 1) * self.window_ms / 1000, now.div_euclid(1000))
    }

    async fn answer(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, Broken> {
        let n = {
            let now = self.now_ms();
            let mut seen = self.seen.lock().expect("no test panics while counting");
            seen.calls += 1;
            seen.in_flight += 1;
            seen.in_flight_max = seen.in_flight_max.max(seen.in_flight);
            seen.early += u64::from(now < seen.empty_until_ms);
            seen.uris.push(request.uri().to_string());
            if let Some(auth) = request.headers().get("authorization") {
                seen.auth.push(auth.to_str().expect("ascii").to_owned());
            }
            seen.calls
        };
        let fault = (self.plan)(n);
        let (least, most) = self.latency_ms;
        let trip = |salt| Duration::from_millis((least + splitmix(n * 7 + salt) % (most - least + 1)) / 2);
        sleep(trip(1)).await;
        let out = match fault {
            Some(Fault::NoConnection) => Err(Broken::new(How::Connect, "connection refused")),
            Some(Fault::Silence) => std::future::pending().await,
            Some(Fault::Answer(status, body)) => Ok(self.reply(status, body, None)),
            other => {
                let (left, reset, date) = self.count();
                let mut rate = Some((self.limit.to_string(), left.unwrap_or(0).to_string(), reset, date));
                match other {
                    Some(Fault::NoHeaders) => rate = None,
                    Some(Fault::Headers(limit, remaining, ahead)) => {
                        rate = Some((limit.into(), remaining.into(), date + ahead, date))
                    }
                    _ => {}
                }
                match (left, other) {
                    (_, Some(Fault::Cut)) => Err(Broken::new(How::Body, "unexpected end of file")),
                    (None, _) => Ok(self.reply(429, r#"{"type":"error.list"}"#, rate)),
                    (Some(_), _) => Ok(self.reply(200, r#"{"data":[]}"#, rate)),
                }
            }
        };
        sleep(trip(2)).await;
        let mut seen = self.seen.lock().expect("no test panics while counting");
        seen.in_flight -= 1;
        if let Ok(reply) = &out
            && reply.headers().get("x-ratelimit-remaining").is_some_and(|left| left == "0")
            && let Some(reset) = reply.headers().get("x-ratelimit-reset").and_then(|v| v.to_str().ok()?.parse::<i64>().ok())
        {
            seen.empty_until_ms = seen.empty_until_ms.max(reset * 1000);
        }
        out
    }

    fn reply(&self, status: u16, body: &'static str, rate: Option<(String, String, i64, i64)>) -> http::Response<Bytes> {
        let at = jiff::Timestamp::from_second(self.now_ms().div_euclid(1000)).expect("in range");
        let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let mut reply = http::Response::builder().status(status).header("date", date).header("x-request-id", "req1");
        if let Some((limit, remaining, reset, _)) = rate {
            reply = reply
                .header("x-ratelimit-limit", limit)
                .header("x-ratelimit-remaining", remaining)
                .header("x-ratelimit-reset", reset.to_string());
        }
        reply.body(Bytes::from_static(body.as_bytes())).expect("a valid reply")
    }
}

impl Transport for Server {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
        self.answer(request).boxed()
    }
}

pub static DIALECT: Dialect = Dialect { name: "Testland", authorize, rate, refuse, empty_ok };

fn authorize(token: &SecretString, headers: &mut HeaderMap) -> Result<()> {
    let value = format!("Bearer {}", token.expose_secret());
    headers.insert("authorization", value.parse().map_err(|e| Error::new(&codes::AUTH_TOKEN, "bad token").because(e))?);
    Ok(())
}

fn rate(headers: &HeaderMap) -> Option<Rate> {
    fn number<T: std::str::FromStr>(headers: &HeaderMap, name: &str) -> Option<T> {
        headers.get(name)?.to_str().ok()?.parse().ok()
    }
    Some(Rate {
        limit: number(headers, "x-ratelimit-limit")?,
        remaining: number(headers, "x-ratelimit-remaining")?,
        reset: number(headers, "x-ratelimit-reset")?,
    })
}

fn refuse(_: &Asked<'_>, status: u16, _: &HeaderMap, _: &[u8]) -> Error {
    let code = match status {
        401 => &codes::AUTH_TOKEN,
        404 => &codes::INT_MISSING,
        429 => &codes::INT_THROTTLED,
        500.. => &codes::NET_SERVER,
        _ => &codes::INT_INVALID,
    };
    Error::new(code, format!("Testland answered {status}"))
}

fn empty_ok(method: &Method, _: &str) -> bool {
    method == Method::DELETE
}

pub fn client(server: &Arc<Server>, limits: Limits) -> Client {
    let origin = Origin::vendor("api.testland.example");
    Client::new(Arc::clone(server) as _, &DIALECT, origin, SecretString::from("canary-token"), HeaderMap::new(), limits)
}

/// `tasks` tasks send `requests` reads through one client; each must succeed.
pub async fn crowd(client: &Client, tasks: usize, requests: usize) {
    let todo = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..tasks {
        let (client, todo) = (client.clone(), Arc::clone(&todo));
        set.spawn(async move {
            while todo.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < requests {
                client.send(Request::get("/contacts")).await.expect("every read succeeds in the end");
            }
        });
    }
    while let Some(done) = set.join_next().await {
        done.expect("no task panics");
    }
}
