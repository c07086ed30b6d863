//! A workspace of the twin, and the actions run on it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test binary uses its part")]

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use secrecy::SecretString;
use serde_json::Value;
use tajo_core::action::{Command, checked};
use tajo_core::rest::{Broken, How, Limits, Transport};
use tajo_core::{BoxFuture, Call, Error};
use tajo_intercom::actions::ACTIONS;
use tajo_intercom::{Intercom, Region, Version};
pub use tajo_sim::{Options, Town};
use tower::ServiceExt;

/// A small workspace.
pub fn town() -> Town {
    Town::new(Options { contacts: 40, companies: 12, conversations: 20, rate_limit: 0, ..Options::default() })
}

/// A workspace with nobody in it yet.
pub fn empty() -> Town {
    Town::new(Options {
        contacts: 0,
        companies: 0,
        conversations: 0,
        tags: 0,
        segments: 0,
        articles: 0,
        rate_limit: 0,
        ..Options::default()
    })
}

/// A connection to it in this API version.
pub fn connect(town: &Town, version: &str) -> Intercom {
    let version: Version = version.parse().expect("a version");
    let via = Arc::new(InProcess(town.router()));
    let base = Some("http://127.0.0.1:9");
    Intercom::new(via, SecretString::from("any"), Region::Us, version, base, Limits::default()).expect("a connection")
}

/// What an action said: its answer, and its warnings.
#[derive(Debug)]
pub struct Said {
    pub answer: Value,
    pub warnings: Vec<String>,
}

/// The declared action of that name or alias.
#[track_caller]
pub fn action(name: &str) -> &'static Command<Intercom> {
    let found = ACTIONS.iter().find(|command| command.facts.name == name || command.facts.alias == name);
    found.unwrap_or_else(|| panic!("there is no action {name}"))
}

/// Checks the input as every surface does, and runs the action in version 2.14.
pub async fn run(town: &Town, name: &str, input: Value) -> Result<Said, Error> {
    run_on(&connect(town, "2.14"), name, input).await
}

/// The same on a connection.
pub async fn run_on(intercom: &Intercom, name: &str, input: Value) -> Result<Said, Error> {
    let command = action(name);
    let call = Call::new(intercom);
    let answer = command.run(&call, checked(&command.facts, input)?).await?;
    Ok(Said { answer, warnings: call.warnings() })
}

/// The twin's router in place of the network.
pub struct InProcess(pub Router);

impl Transport for InProcess {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
        let router = self.0.clone();
        Box::pin(async move {
            let answer = router.oneshot(request.map(Body::from)).await.map_err(|never| Broken::new(How::Connect, never))?;
            let (head, body) = answer.into_parts();
            let body = to_bytes(body, 64 << 20).await.map_err(|e| Broken::new(How::Body, e))?;
            Ok(http::Response::from_parts(head, body))
        })
    }
}
