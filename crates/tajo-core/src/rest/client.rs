//! The executor: wait for budget, send, learn, judge, repeat.

mod raw;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use secrecy::SecretString;
use tokio::time::{Instant, sleep, timeout};

use super::countdown::left_of;
use super::limits::{Bucket, Limits};
use super::origin::Origin;
use super::pace::{Pace, Permit};
use super::request::{Answer, Dialect, Rate, Request, date};
use super::retry::{Bounds, Outcome, Tried, Verdict, Why, judge, outcome, reset_in, splitmix};
use super::transport::{Broken, How, Transport};
use super::window::Heard;
use crate::codes;
use crate::error::{Error, Result};

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
    bucket: Option<Bucket>,
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

impl Core {
    fn copy(&self, token: SecretString, bucket: Option<Bucket>, pace: Pace) -> Core {
        Core {
            via: Arc::clone(&self.via),
            dialect: self.dialect,
            origin: self.origin.clone(),
            token,
            headers: self.headers.clone(),
            limits: self.limits.clone(),
            bucket,
            pace,
            drawn: AtomicU64::new(splitmix(self.drawn.load(Relaxed))),
        }
    }
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
        let pace = Pace::new(limits.in_flight, limits.per_window).searching(limits.search_per_second);
        let drawn = AtomicU64::new(limits.seed);
        let core = Core { via, dialect, origin, token, headers, limits, bucket: None, pace, drawn };
        Client { core: Arc::new(core), counts: Arc::default() }
    }

    /// The same with a budget of another kind: the dialect's `reset` is in seconds left, windows may last an hour, and a
    /// window that opens in more than [`Limits::wait_max`] is an error with the wait and the bucket's name.
    pub fn in_bucket(self, bucket: Bucket) -> Client {
        let Limits { in_flight, per_window, search_per_second, wait_max, .. } = self.core.limits;
        let pace = Pace::counting_down(in_flight, per_window, bucket.per_second, wait_max).searching(search_per_second);
        let core = self.core.copy(self.core.token.clone(), Some(bucket), pace);
        Client { core: Arc::new(core), counts: Arc::default() }
    }

    /// The same client, budget and counters with other credentials, for tokens that expire.
    pub fn with_token(&self, token: SecretString) -> Client {
        let core = self.core.copy(token, self.core.bucket, self.core.pace.clone());
        Client { core: Arc::new(core), counts: Arc::clone(&self.counts) }
    }

    /// The same client, budget and connections, with counters that start at zero.
    pub fn with_tally(&self) -> Client {
        Client { core: Arc::clone(&self.core), counts: Arc::default() }
    }

    /// The same credentials and connections with a budget and counters of its own: for a question that must not wait in
    /// line behind what it decides about.
    pub fn apart(&self) -> Client {
        let Limits { in_flight, per_window, search_per_second, .. } = self.core.limits;
        let pace = Pace::new(in_flight, per_window).searching(search_per_second);
        let core = self.core.copy(self.core.token.clone(), None, pace);
        let own = Client { core: Arc::new(core), counts: Arc::default() };
        match self.core.bucket {
            Some(bucket) => own.in_bucket(bucket),
            None => own,
        }
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
        let Limits { attempts, wait_max, elapsed_max, answer_timeout, .. } = self.core.limits;
        let bounds = Bounds { attempts: request.attempts.map_or(attempts, |own| own.min(attempts)), wait_max, elapsed_max };
        let mut tried = Tried { seed: splitmix(self.core.drawn.fetch_add(1, Relaxed)), ..Tried::default() };
        let mut first = None;
        loop {
            let permit = match self.core.pace.permit_for(&request.path).await {
                Ok(permit) => permit,
                Err(wait) => return Err(self.shut(&request, wait, tried)),
            };
            let begun = Instant::now();
            let Attempt { result, mut outcome, permit } = self.attempt(&request, outgoing.clone(), permit, answer_timeout).await;
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
            match &request.content_type {
                Some(kind) => drop(out.headers_mut().insert(http::header::CONTENT_TYPE, kind.clone())),
                None => drop(out.headers_mut().entry(http::header::CONTENT_TYPE).or_insert(json)),
            }
        }
        (self.core.dialect.authorize)(&self.core.token, out.headers_mut())?;
        Ok(out)
    }

    async fn attempt(&self, request: &Request, outgoing: http::Request<Bytes>, permit: Permit, most: Duration) -> Attempt {
        let begun = Instant::now();
        self.counts.calls.fetch_add(1, Relaxed);
        let sent = timeout(most, self.core.via.send(outgoing)).await;
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
                let reset = match self.core.bucket {
                    Some(_) => rate.and_then(left_of),
                    None => reset_in(*rate, answer.date),
                };
                outcome(answer.status, &answer.headers, &answer.body, reset, answer.date, empty_ok)
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
            // The next in line would wait as long, and a bucket tells it so.
            (Ok(heading), Verdict::Stop(Why::TooLong(wait))) if self.core.bucket.is_some() => {
                permit.answered(heard(heading, outcome, Some(wait)));
            }
            (Ok(heading), _) => permit.answered(heard(heading, outcome, None)),
            (Err(Broken { how: How::Connect | How::Tls, .. }), _) => permit.unsent(),
            // The server may have counted it: the permit says so when it is dropped.
            (Err(_), _) => drop(permit),
        }
    }

    /// The bucket opens later than anybody should wait here.
    fn shut(&self, request: &Request, wait: Duration, tried: Tried) -> Error {
        let asked = request.asked();
        let error = (self.core.dialect.refuse)(&asked, 429, &HeaderMap::new(), b"").note("request", asked.to_string());
        let asked_so_far = tried.attempts + tried.throttled;
        let error = match asked_so_far {
            0 => error.note("outcome", "not sent: the rate budget is used up"),
            _ => error.note("attempts", asked_so_far.to_string()),
        };
        self.too_long(error, wait)
    }

    fn too_long(&self, error: Error, wait: Duration) -> Error {
        let error = error.note("asked to wait", format!("{} s", wait.as_secs())).wait(wait);
        match self.core.bucket {
            Some(bucket) => error.note("bucket", bucket.name),
            None => error,
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
            Why::TooLong(wait) => self.too_long(error, wait),
            Why::Spent => match outcome {
                Outcome::Throttled(Some(wait)) => self.too_long(error, wait),
                _ => error,
            },
            Why::Final => error,
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
