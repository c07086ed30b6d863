//! A transport that answers as a test says, and remembers what was asked.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use serde_json::Value;
use tajo_core::rest::{Broken, Limits, Transport};

use crate::{Auth, Brevo};

pub type Reply = Result<http::Response<Bytes>, Broken>;
type Plan = Box<dyn Fn(usize, &http::Request<Bytes>) -> Reply + Send + Sync>;

pub struct Script {
    plan: Plan,
    seen: Mutex<Vec<http::Request<Bytes>>>,
}

impl Script {
    /// `plan` gets the number of the request, from 0.
    pub fn new(plan: impl Fn(usize, &http::Request<Bytes>) -> Reply + Send + Sync + 'static) -> Arc<Script> {
        Arc::new(Script { plan: Box::new(plan), seen: Mutex::default() })
    }

    /// Always the same answer.
    pub fn always(status: u16, body: &'static str) -> Arc<Script> {
        Script::new(move |_, _| reply(status, body))
    }

    pub fn seen(&self) -> Vec<http::Request<Bytes>> {
        self.seen.lock().unwrap().clone()
    }

    /// Method, path and query of each request.
    pub fn asked(&self) -> Vec<String> {
        self.seen().iter().map(|r| format!("{} {}", r.method(), r.uri().path_and_query().unwrap())).collect()
    }

    pub fn body(&self, n: usize) -> Value {
        serde_json::from_slice(self.seen()[n].body()).unwrap_or(Value::Null)
    }

    pub fn client(self: &Arc<Script>) -> Brevo {
        self.client_with(Limits { seed: 1, ..Limits::default() })
    }

    pub fn client_with(self: &Arc<Script>, limits: Limits) -> Brevo {
        Brevo::new(Arc::clone(self) as _, Auth::Key(SecretString::from("canary-key")), None, limits).unwrap()
    }
}

impl Transport for Script {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Reply> {
        let n = {
            let mut seen = self.seen.lock().unwrap();
            seen.push(request.clone());
            seen.len() - 1
        };
        let reply = (self.plan)(n, &request);
        async move {
            // Somebody else may go first.
            tokio::task::yield_now().await;
            reply
        }
        .boxed()
    }
}

pub fn reply(status: u16, body: impl Into<Bytes>) -> Reply {
    limited(status, body, None)
}

/// With limit, remaining and seconds left.
pub fn limited(status: u16, body: impl Into<Bytes>, rate: Option<(u32, u32, u64)>) -> Reply {
    let mut reply = http::Response::builder().status(status).header("date", "Fri, 20 Nov 2026 10:30:00 GMT");
    if let Some((limit, remaining, reset)) = rate {
        reply = reply
            .header("x-sib-ratelimit-limit", limit)
            .header("x-sib-ratelimit-remaining", remaining)
            .header("x-sib-ratelimit-reset", reset);
    }
    Ok(reply.body(body.into()).unwrap())
}
