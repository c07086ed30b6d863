//! Custom events. They have no id and cannot be taken back: sent twice, they happened twice.

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value, json as value};
use tajo_core::rest::{Answer, Request};
use tajo_core::{Error, Result, codes};

use crate::client::{Brevo, json, read};
use crate::told::printable;
use crate::who::{Who, encode};

/// Events in one batch. The vendor does not publish its limit.
pub const EVENTS_MAX: usize = 100;

/// Something that a contact did.
#[derive(Clone, PartialEq)]
pub struct Event {
    /// Its name: up to 255 of `A-Z a-z 0-9 _ -`.
    pub name: String,
    /// Whose it is.
    pub who: Who,
    /// When it happened, ISO 8601; now, where `None`.
    pub date: Option<String>,
    /// What else there is to say, up to 50 KB.
    pub properties: Map<String, Value>,
}

/// Its name and nothing of the person.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({}, {:?})", self.name, self.who)
    }
}

impl Event {
    fn body(&self) -> Value {
        let mut body = value!({"event_name": self.name, "identifiers": self.who.identifiers()});
        if let Some(date) = &self.date {
            body["event_date"] = date.as_str().into();
        }
        if !self.properties.is_empty() {
            body["event_properties"] = Value::Object(self.properties.clone());
        }
        body
    }
}

impl Brevo {
    /// Sends one event; never repeated by itself where the outcome is unknown (note `outcome` of the error).
    pub async fn send_event(&self, event: &Event) -> Result<()> {
        self.tell(Request::post("/events", json(&event.body())?)).await
    }

    /// Sends up to [`EVENTS_MAX`] events at once; the outcomes are in their order, with Brevo's sentence for those it
    /// refused. Never repeated by itself, like [`Brevo::send_event`].
    pub async fn send_events(&self, events: &[Event]) -> Result<Vec<Result<(), String>>> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        if events.len() > EVENTS_MAX {
            return Err(Error::new(&codes::BUG, format!("A batch holds more than {EVENTS_MAX} events")));
        }
        let body = json(&value!({"events": events.iter().map(Event::body).collect::<Vec<_>>()}))?;
        self.ask(Request::post("/events/batch", body), |answer| read_outcomes(&answer, events.len())).await
    }

    /// Events of a contact that the API received in the last six months, at most 10,000 per request.
    pub async fn events(&self, contact: i64, name: Option<&str>, limit: u32, offset: u32) -> Result<Vec<Value>> {
        #[derive(Deserialize)]
        struct Body {
            #[serde(default)]
            events: Vec<Value>,
        }
        let mut path = format!("/events?contact_id={contact}&limit={limit}&offset={offset}");
        if let Some(name) = name {
            path.push_str(&format!("&event_name={}", encode(name)));
        }
        let Body { events } = self.fetch(Request::get(path), "the events of a contact").await?;
        Ok(events)
    }
}

/// `202 {"message","count"}`, or `207` with the positions of those that failed.
fn read_outcomes(answer: &Answer, sent: usize) -> Result<Vec<Result<(), String>>> {
    #[derive(Deserialize)]
    struct Body {
        count: Option<usize>,
        failed_events: Option<usize>,
        #[serde(default)]
        errors: Vec<Failed>,
    }
    #[derive(Deserialize)]
    struct Failed {
        #[serde(rename = "eventIndex", default)]
        positions: Vec<usize>,
        #[serde(default)]
        message: String,
    }
    let body: Body = read(answer, "the outcomes of a batch of events")?;
    let mut out = vec![Ok(()); sent];
    for Failed { positions, message } in &body.errors {
        for at in positions {
            if let Some(one) = out.get_mut(*at) {
                *one = Err(printable(message));
            }
        }
    }
    let named = out.iter().filter(|one| one.is_err()).count();
    match body.failed_events.or(body.count.map(|taken| sent.saturating_sub(taken))).unwrap_or(0) {
        failed if failed <= named => Ok(out),
        failed if failed >= sent => Ok(vec![Err("refused, without a reason".to_owned()); sent]),
        // Which of them happened cannot be known, and a second try would double the others.
        failed => Err(Error::new(&codes::BRV_DRIFT, "Brevo refused events of a batch and does not say which")
            .note("refused", failed.to_string())
            .note("outcome", "unknown: the others were carried out; the batch was not sent again")),
    }
}
