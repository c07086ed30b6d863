//! The executor: wait for budget, send, learn, judge, repeat.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use secrecy::SecretString;
use tokio::time::{Instant, sleep, timeout};

use super::origin::Origin;
use super::pace::{Pace, Permit};
use super::request::{Answer, Dialect, Rate, Request, date};
use super::retry::{Bounds, Outcome, Tried, Verdict, Why, judge, outcome, splitmix};
use super::transport::{Broken, How, Transport};
use super::window::Heard;
use crate::codes;
use crate::error::{Error, Result};

/// The bounds on one client.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Attempts per request; refusals for lack of budget (429) do not count.
    pub attempts: u32,
    /// The longest single wait; a platform that asks for more gets an error.
    pub wait_max: Duration,
    /// The longest time over all attempts of a request, counted from the first one sent.
    pub elapsed_max: Duration,
    /// Requests under way at once.
    pub in_flight: usize,
    /// The longest time for one answer, whatever the transport allows.
    pub answer_timeout: Duration,
    /// A ceiling of our own per ten seconds, below the platform's.
    pub per_window: Option<u32>,
    /// Spreads the waits of many processes; any number.
    pub seed: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            attempts: 6,
            wait_max: Duration::from_secs(120),
            elapsed_max: Duration::from_secs(300),
            in_flight: 64,
            answer_timeout: Duration::from_secs(120),
            per_window: None,
            seed: u64::from(std::process::id()),
        }
    }
}

/// What a client has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests sent, repeats included.
    pub calls: u64,
    /// Of these, refused for lack of budget (429).
    pub throttled: u64,
    /// Of these, sent again after anything else went wrong.
    pub retried: u64,
    /// Bytes of bodies received.
    pub bytes: u64,
}

/// The client of one platform and workspace. Clones share everything.
///
/// It owns the credentials and the one [`Origin`] they go to; a request names a path, never a host.
#[derive(Clone)]
pub struct Client {
    core: Arc<Core>,
    counts: Arc<Counts>,
}

struct Core {
    via: Arc<dyn Transport>,
    dialect: &'static Dialect,
    origin: Origin,
    token: SecretString,
    headers: HeaderMap,
    limits: Limits,
    pace: Pace,
    drawn: AtomicU64,
}

#[derive(Default)]
struct Counts {
    calls: AtomicU64,
    throttled: AtomicU64,
    retried: AtomicU64,
    bytes: AtomicU64,
}

/// One attempt: the answer, if there was one, and what it amounts to.
struct Attempt {
    result: Result<Heading, Broken>,
    outcome: Outcome,
    permit: Permit,
}

struct Heading {
    answer: Answer,
    rate: Option<Rate>,
}

impl Client {
    /// A client with a rate budget of its own. `headers` go with every request; the dialect adds the credentials.
    pub fn new(
        via: Arc<dyn Transport>,
        dialect: &'static Dialect,
        origin: Origin,
        token: SecretString,
        headers: HeaderMap,
        limits: Limits,
    ) -> Client {
        let pace = Pace::new(limits.in_flight, limits.per_window);
        let drawn = AtomicU64::new(limits.seed);
        let core = Core { via, dialect, origin, token, headers, limits, pace, drawn };
        Client { core: Arc::new(core), counts: Arc::default() }
    }

    /// The same client, budget and connections, with counters that start at zero.
    pub fn with_tally(&self) -> Client {
        Client { core: Arc::clone(&self.core), counts: Arc::default() }
    }

    /// The same credentials and connections with a budget and counters of its own: for a question that must not wait in
    /// line behind what it decides about.
    pub fn apart(&self) -> Client {
        let Core { via, dialect, origin, token, headers, limits, .. } = &*self.core;
        Client::new(Arc::clone(via), dialect, origin.clone(), token.clone(), headers.clone(), limits.clone())
    }

    /// The shared rate budget.
    pub fn pace(&self) -> &Pace {
        &self.core.pace
    }

    /// Where requests go.
    pub fn origin(&self) -> &Origin {
        &self.core.origin
    }

    /// What was done through this client and its clones.
    pub fn tally(&self) -> Tally {
        let Counts { calls, throttled, retried, bytes } = &*self.counts;
        Tally {
            calls: calls.load(Relaxed),
            throttled: throttled.load(Relaxed),
            retried: retried.load(Relaxed),
            bytes: bytes.load(Relaxed),
        }
    }

    /// Sends a request until it succeeds or nothing is left to try. `Ok` is a success (2xx) whose body begins and ends
    /// like JSON; an empty or cut body is never taken for an empty page.
    pub async fn send(&self, request: Request) -> Result<Answer> {
        self.send_checked(request, Ok).await
    }

    /// Like [`Client::send`], and reads the answer. Where `read` fails with [`codes::NET_BODY`] the answer was cut, and
    /// the request is repeated like after a cut connection; any other error of `read` is final.
    pub async fn send_checked<T>(&self, request: Request, mut read: impl FnMut(Answer) -> Result<T>) -> Result<T> {
        let outgoing = self.outgoing(&request)?;
        let Limits { attempts, wait_max, elapsed_max, .. } = self.core.limits;
        let bounds = Bounds { attempts: request.attempts.map_or(attempts, |own| own.min(attempts)), wait_max, elapsed_max };
        let mut tried = Tried { seed: splitmix(self.core.drawn.fetch_add(1, Relaxed)), ..Tried::default() };
        let mut first = None;
        loop {
            let permit = self.core.pace.permit().await;
            let begun = Instant::now();
            let Attempt { result, mut outcome, permit } = self.attempt(&request, outgoing.clone(), permit).await;
            let mut permit = Some(permit);
            let mut unread = None;
            if let (Outcome::Good, Ok(heading)) = (outcome, &result) {
                // Before reading: parsing a page must not keep the next request waiting.
                if let Some(permit) = permit.take() {
                    permit.answered(heard(heading, outcome, None));
                }
                match read(heading.answer.clone()) {
                    Err(error) if error.code() == &codes::NET_BODY => (outcome, unread) = (Outcome::Hollow, Some(error)),
                    done => return done,
                }
            }
            match outcome {
                Outcome::Throttled(_) => tried.throttled += 1,
                _ => tried.attempts += 1,
            }
            tried.elapsed = first.get_or_insert(begun).elapsed();
            let verdict = judge(request.repeat, outcome, tried, bounds);
            self.settle(permit, &result, outcome, verdict);
            match verdict {
                Verdict::Again(wait) => sleep(wait).await,
                Verdict::Stop(why) => return Err(self.error(&request, result, unread, outcome, why, tried)),
                Verdict::Done => return Err(Error::new(&codes::BUG, "A success was judged after it was handed out")),
            }
        }
    }

    /// The request with origin, headers and credentials.
    fn outgoing(&self, request: &Request) -> Result<http::Request<Bytes>> {
        let mut out = http::Request::new(request.body.clone().unwrap_or_default());
        *out.method_mut() = request.method.clone();
        *out.uri_mut() = self.core.origin.at(&request.path)?;
        *out.headers_mut() = self.core.headers.clone();
        if request.body.as_ref().is_some_and(|body| !body.is_empty()) {
            let json = http::HeaderValue::from_static("application/json");
            out.headers_mut().entry(http::header::CONTENT_TYPE).or_insert(json);
        }
        (self.core.dialect.authorize)(&self.core.token, out.headers_mut())?;
        Ok(out)
    }

    async fn attempt(&self, request: &Request, outgoing: http::Request<Bytes>, permit: Permit) -> Attempt {
        let begun = Instant::now();
        self.counts.calls.fetch_add(1, Relaxed);
        let sent = timeout(self.core.limits.answer_timeout, self.core.via.send(outgoing)).await;
        let result = sent.unwrap_or_else(|late| Err(Broken::new(How::Timeout, late))).map(|response| {
            let (parts, body) = response.into_parts();
            self.counts.bytes.fetch_add(body.len() as u64, Relaxed);
            let (rate, date) = ((self.core.dialect.rate)(&parts.headers), date(&parts.headers));
            Heading { answer: Answer { status: parts.status.as_u16(), headers: parts.headers, body, date }, rate }
        });
        let outcome = match &result {
            Err(broken) => Outcome::Broken(broken.how),
            Ok(Heading { answer, rate }) => {
                let empty_ok = (self.core.dialect.empty_ok)(&request.method, &request.path);
                outcome(answer.status, &answer.headers, &answer.body, *rate, answer.date, empty_ok)
            }
        };
        let answer = result.as_ref().ok().map(|heading| &heading.answer);
        tracing::debug!(
            method = %request.method,
            path = request.asked().route(),
            status = answer.map(|answer| answer.status),
            ms = begun.elapsed().as_millis() as u64,
            bytes = answer.map(|answer| answer.body.len()),
            request_id = answer.and_then(Answer::request_id),
            ?outcome,
            "{} request", self.core.dialect.name
        );
        Attempt { result, outcome, permit }
    }

    /// Tells the budget and the counters what came of an attempt that did not succeed.
    fn settle(&self, permit: Option<Permit>, result: &Result<Heading, Broken>, outcome: Outcome, verdict: Verdict) {
        if matches!(outcome, Outcome::Throttled(_)) {
            self.counts.throttled.fetch_add(1, Relaxed);
        } else if matches!(verdict, Verdict::Again(_)) {
            self.counts.retried.fetch_add(1, Relaxed);
        }
        let Some(permit) = permit else { return };
        match (result, verdict) {
            (Ok(heading), Verdict::Again(wait)) => permit.answered(heard(heading, outcome, Some(wait))),
            (Ok(heading), _) => permit.answered(heard(heading, outcome, None)),
            (Err(Broken { how: How::Connect | How::Tls, .. }), _) => permit.unsent(),
            // The server may have counted it: the permit says so when it is dropped.
            (Err(_), _) => drop(permit),
        }
    }

    fn error(
        &self,
        request: &Request,
        result: Result<Heading, Broken>,
        unread: Option<Error>,
        outcome: Outcome,
        why: Why,
        tried: Tried,
    ) -> Error {
        let name = self.core.dialect.name;
        let asked = request.asked();
        let id = result.as_ref().ok().and_then(|h| h.answer.request_id()).map(str::to_owned);
        let mut error = match (result, outcome) {
            (Err(broken), _) => {
                let code = match broken.how {
                    How::Connect | How::Tls => &codes::NET_CONNECT,
                    How::Timeout => &codes::NET_TIMEOUT,
                    How::Body => &codes::NET_BODY,
                    How::TooLarge => &codes::INT_LARGE,
                };
                Error::new(code, format!("{name}: {}", broken.how.told())).because(broken.cause)
            }
            (Ok(_), Outcome::Good | Outcome::Hollow) => unread.unwrap_or_else(|| {
                Error::new(&codes::NET_BODY, format!("{name} answered with success, but the body is empty, cut or not JSON"))
            }),
            (Ok(Heading { answer, .. }), _) => (self.core.dialect.refuse)(&asked, answer.status, &answer.headers, &answer.body),
        };
        if error.noted("request").is_none() {
            error = error.note("request", asked.to_string());
        }
        if let (Some(id), None) = (id, error.noted("request id")) {
            error = error.note("request id", id);
        }
        if tried.attempts + tried.throttled > 1 {
            error = error.note("attempts", (tried.attempts + tried.throttled).to_string());
        }
        match why {
            Why::Unknown if outcome == Outcome::Hollow => error
                .note("outcome", "carried out, but the answer is lost; it was not sent again")
                .help("Look at the object before you try again: a second request could do the same thing twice."),
            Why::Unknown => error
                .note("outcome", "unknown: it may have been carried out; it was not sent again")
                .help("Look at the object before you try again: a second request could do the same thing twice."),
            Why::TooLong(wait) => error.note("asked to wait", format!("{} s", wait.as_secs())).wait(wait),
            Why::Final | Why::Spent => error,
        }
    }
}

fn heard(heading: &Heading, outcome: Outcome, wait: Option<Duration>) -> Heard {
    let refused = matches!(outcome, Outcome::Throttled(_));
    Heard { refused, rate: heading.rate, date: heading.answer.date, hold: wait.filter(|_| refused) }
}

/// Without the credentials.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({} at {})", self.core.dialect.name, self.core.origin)
    }
}
