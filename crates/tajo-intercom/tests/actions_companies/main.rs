//! Companies: created under an id of one's own, named by either id, listed by pages, scrolled.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod listing;
mod noting;
#[path = "../town/mod.rs"]
mod town;
mod writing;

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use secrecy::SecretString;
use serde_json::Value;
use tajo_core::rest::{Broken, Limits, Transport};
use tajo_core::{BoxFuture, Error, codes};
use tajo_intercom::{Intercom, Region};
use town::{InProcess, Options, Town, action, run};

const NOW: i64 = 1_795_170_600;

fn companies(count: usize) -> Town {
    Town::new(Options { contacts: 60, companies: count, conversations: 0, rate_limit: 0, now: Some(NOW), ..Options::default() })
}

/// Those with a contact: what lists show.
fn visible(town: &Town) -> HashSet<String> {
    town.links("contact_companies").into_iter().map(|(_, company)| company).collect()
}

fn ids(answer: &Value) -> Vec<String> {
    answer["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// Every page, in order.
async fn all_pages(town: &Town, name: &str, mut input: Value) -> Vec<Value> {
    let paged = action(name).facts.paged.unwrap();
    let mut rows = Vec::new();
    for _ in 0..100 {
        let page = run(town, name, input.clone()).await.unwrap().answer;
        rows.extend(page["data"].as_array().unwrap().iter().cloned());
        match &page[paged.next] {
            Value::Null => return rows,
            next => input[paged.after] = next.clone(),
        }
    }
    panic!("{name} does not come to its end");
}

#[track_caller]
fn refusal(said: Result<town::Said, Error>) -> String {
    let error = said.unwrap_err();
    assert_eq!(error.code(), &codes::INPUT, "{error:?}");
    error.to_string()
}

/// What becomes of a request.
enum Fate {
    /// It is passed on.
    Passed,
    /// It is answered in the place of the twin.
    Answered(u16, Value),
    /// It is passed on, and another answer is given: as if somebody else had come first.
    Raced(u16, Value),
}

struct Beside<F>(InProcess, F);

impl<F: Fn(&http::Request<Bytes>) -> Fate + Send + Sync> Transport for Beside<F> {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
        let (first, status, body) = match (self.1)(&request) {
            Fate::Passed => return self.0.send(request),
            Fate::Answered(status, body) => (None, status, body),
            Fate::Raced(status, body) => (Some(request), status, body),
        };
        Box::pin(async move {
            if let Some(request) = first {
                self.0.send(request).await?;
            }
            Ok(http::Response::builder().status(status).body(Bytes::from(body.to_string())).unwrap())
        })
    }
}

fn beside(town: &Town, version: &str, fate: impl Fn(&http::Request<Bytes>) -> Fate + Send + Sync + 'static) -> Intercom {
    let via = Arc::new(Beside(InProcess(town.router()), fate));
    let token = SecretString::from("any");
    Intercom::new(via, token, Region::Us, version.parse().unwrap(), Some("http://127.0.0.1:9"), Limits::default()).unwrap()
}
