//! Raw requests: the same origin, credentials and rate budget as everything else, and every answer handed out.

use std::sync::atomic::Ordering::Relaxed;

use tokio::time::sleep;

use super::{Attempt, Client};
use crate::error::Result;
use crate::rest::raw::{Raw, RawAnswer};
use crate::rest::request::Request;
use crate::rest::retry::{Outcome, Tried, Verdict, Why, splitmix};
use crate::rest::transport::How;

impl Client {
    /// Sends a request of any kind to the client's own origin, with its credentials, under its rate budget.
    ///
    /// Any answer is `Ok`, whatever its status; redirects are not followed. A target or header that could carry the
    /// credentials elsewhere is [`codes::SEC_TARGET`](crate::codes::SEC_TARGET), and nothing is sent. Where no answer
    /// came, the error says so, and its note `outcome` where the request may have been carried out all the same.
    pub async fn raw(&self, raw: Raw) -> Result<RawAnswer> {
        let core = &self.core;
        let mut outgoing = raw.outgoing(&core.origin, &core.headers)?;
        (core.dialect.authorize)(&core.token, outgoing.headers_mut())?;
        let path = outgoing.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
        let request = Request { method: raw.method.clone(), repeat: raw.method.is_idempotent(), ..Request::get(path) };
        let mut tried = Tried { seed: splitmix(core.drawn.fetch_add(1, Relaxed)), ..Tried::default() };
        loop {
            let permit = match core.pace.permit_for(&request.path).await {
                Ok(permit) => permit,
                Err(wait) => return Err(self.shut(&request, wait, tried)),
            };
            let Attempt { result, outcome, permit } = self.attempt(&request, outgoing.clone(), permit, raw.timeout).await;
            tried.attempts += 1;
            let came = result.as_ref().map(|heading| heading.answer.status).map_err(|broken| broken.how);
            let asked = if let Outcome::Throttled(asked) = outcome { asked } else { None };
            let is_too_long = asked.is_some_and(|asked| asked > core.limits.wait_max);
            let wait = raw.retry.again(&raw.method, tried.attempts, came, asked, tried.seed).filter(|_| !is_too_long);
            let verdict = wait.map_or(Verdict::Stop(Why::Final), Verdict::Again);
            self.settle(Some(permit), &result, outcome, verdict);
            match (wait, result) {
                (Some(wait), _) => sleep(wait).await,
                (None, Ok(heading)) => {
                    let answer = heading.answer;
                    let (status, headers, body) = (answer.status, answer.headers, answer.body);
                    return Ok(RawAnswer { status, headers, body, attempts: tried.attempts });
                }
                (None, Err(broken)) => {
                    let is_open = matches!(broken.how, How::Timeout | How::Body | How::TooLarge) && !request.repeat;
                    let why = if is_open { Why::Unknown } else { Why::Final };
                    return Err(self.error(&request, Err(broken), None, outcome, why, tried));
                }
            }
        }
    }
}
