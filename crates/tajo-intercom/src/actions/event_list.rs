//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-events/lisdataevents>

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Epoch, Id, Paged, Result, Row};

use super::conversation_contact::{Whose, whose};
use super::paths::with_query;
use super::{Rows, needs};
use crate::client::Intercom;
use crate::told::{drift, rows};

/// Intercom's own default.
const PER_PAGE: u32 = 50;
/// The greatest page is not documented; that of other lists.
const PER_PAGE_MAX: u32 = 150;
/// How many events one call gathers unless told.
const LIMIT: u32 = 500;
/// And at most.
const LIMIT_MAX: u32 = 10_000;

/// List the events of one contact, newest first, or count them by name.
///
/// Intercom shows those of the last 90 days. There is no list of everybody's events. Leads are named by `contact_id` only.
/// Page after page is read up to `limit`; where there is more, `next_cursor` says where it goes on.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {
    /// Whose events: the contact of this Intercom id. Give this or one of the other two.
    pub contact_id: Option<String>,
    /// Whose events: the user of this id of your own.
    pub external_id: Option<String>,
    /// Whose events: the user with this e-mail address.
    pub email: Option<String>,
    /// How many events to ask for at once, 1 to 150; 50 where nothing is said.
    pub per_page: Option<u32>,
    /// How many events to gather, 1 to 10000; 500 where nothing is said. A page is never cut.
    pub limit: Option<u32>,
    /// Counts, first and last time by event name in place of the events.
    pub summary: Option<bool>,
    /// Where to go on: `next_cursor` of the answer before.
    pub starting_after: Option<String>,
}

/// An event of a contact, or with `summary` all those of one name.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Always `event`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Intercom's id of the event.
    #[serde(default)]
    pub id: Option<Id>,
    /// What happened.
    #[serde(default)]
    pub event_name: Option<String>,
    /// When it happened.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// Your own id of the contact.
    #[serde(default)]
    pub user_id: Option<Id>,
    /// Intercom's id of the contact.
    #[serde(default)]
    pub intercom_user_id: Option<Id>,
    /// E-mail address of the contact.
    #[serde(default)]
    pub email: Option<String>,
    /// Details.
    #[serde(default)]
    pub metadata: Option<Row>,
    /// In a summary: what happened.
    #[serde(default)]
    pub name: Option<String>,
    /// In a summary: how often.
    #[serde(default)]
    pub count: Option<u64>,
    /// In a summary: when first, as ISO 8601.
    #[serde(default)]
    pub first: Option<String>,
    /// In a summary: when last, as ISO 8601.
    #[serde(default)]
    pub last: Option<String>,
}

impl List {
    /// The first page's path, or what is wrong with the input.
    fn path(&self) -> Result<String> {
        let per_page = self.per_page.unwrap_or(PER_PAGE);
        if !(1..=PER_PAGE_MAX).contains(&per_page) {
            return Err(refused("per_page", format!("must be from 1 to {PER_PAGE_MAX}")));
        }
        if !(1..=LIMIT_MAX).contains(&self.limit.unwrap_or(LIMIT)) {
            return Err(refused("limit", format!("must be from 1 to {LIMIT_MAX}")));
        }
        let (by, id) = match whose(&self.contact_id, &self.external_id, &self.email)? {
            Whose::Id(id) => ("intercom_user_id", id),
            Whose::External(id) => ("user_id", id),
            Whose::Email(email) => ("email", email),
        };
        let is_summary = self.summary == Some(true);
        if is_summary && self.starting_after.is_some() {
            return Err(refused("starting_after", "cannot be combined with `summary`, which has one page"));
        }
        if let Some(cursor) = &self.starting_after {
            return resumed(cursor);
        }
        let query = [
            ("type", Some("user".to_owned())),
            (by, Some(id.to_owned())),
            ("per_page", (!is_summary).then(|| per_page.to_string())),
            ("summary", is_summary.then(|| "true".to_owned())),
        ];
        Ok(with_query("/events", &query))
    }
}

/// The next page is an address. Of it only the query is used, and given out as the cursor: nothing leaves the connection's
/// origin, and nothing but events is asked for.
fn resumed(cursor: &str) -> Result<String> {
    let path = format!("/events?{cursor}");
    let is_query = !cursor.is_empty() && !cursor.contains('#') && path.parse::<http::Uri>().is_ok();
    is_query.then_some(path).ok_or_else(|| refused("starting_after", "must be `next_cursor` of an answer before"))
}

/// The query of the address of the next page, which must be one of events.
fn next(page: &Row) -> Result<Option<String>> {
    let url = page.get("pages").and_then(|pages| pages.get("next")).and_then(Value::as_str).filter(|url| !url.is_empty());
    let Some(url) = url else { return Ok(None) };
    let astray = || drift("The next page of a contact's events is somewhere else");
    let url: http::Uri = url.parse().map_err(|_| astray())?;
    let query = url.query().filter(|_| url.path() == "/events");
    query.map(|query| Some(query.to_owned())).ok_or_else(astray)
}

impl Action for List {
    const NAME: &'static str = "events.list";
    const ALIAS: &'static str = "list_events";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_EVENTS];
    const EXAMPLE: &'static str = r#"{"contact_id": "6762f0dd1bb69f9f2193bb83"}"#;
    const ALSO: &'static [(&'static str, &'static str)] =
        &[("id", "contact_id"), ("intercom_user_id", "contact_id"), ("user_id", "external_id")];
    const PAGED: Option<Paged> = Paged::CURSOR;
    type On = Intercom;
    type Out = Rows<Event>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Event>> {
        let mut path = self.path()?;
        let limit = self.limit.unwrap_or(LIMIT) as usize;
        let (mut events, mut asked) = (Vec::new(), HashSet::new());
        loop {
            let mut page = call.on.read_object(path.clone()).await?;
            let is_summary = page.get("type").and_then(Value::as_str) == Some("event.summary");
            if is_summary != (self.summary == Some(true)) {
                return Err(drift("Intercom gave a summary of events for a list of them, or the other way round"));
            }
            let found = rows(&mut page, "events")?;
            let is_empty = found.is_empty();
            events.extend(found);
            let Some(query) = next(&page)?.filter(|_| !is_empty) else { return Ok(Rows::whole(events)) };
            asked.insert(path);
            path = format!("/events?{query}");
            if asked.contains(&path) {
                return Err(drift("The list of a contact's events goes in circles"));
            }
            if events.len() >= limit {
                return Ok(Rows { next_cursor: Some(query), ..Rows::whole(events) });
            }
        }
    }
}
