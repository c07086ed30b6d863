//! Events of one contact; there is no list of all. <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-events>

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use tajo_core::Result;
use tajo_core::rest::Request;

use crate::client::Intercom;
use crate::contacts::in_query;
use crate::told::{body, drift, object, rows};

const PAGE: usize = 50;
/// Fifty thousand events of one person in ninety days.
const PAGES_MAX: usize = 1000;

impl Intercom {
    /// The events of a contact, newest first, until they are older than `since` (unix seconds, included). Intercom keeps
    /// 90 days. The next page is an address: of that only path and query are used, so nothing leaves the connection's
    /// origin. [`tajo_core::codes::INT_MISSING`] where there is no such contact.
    pub async fn events(&self, contact_id: &str, since: Option<i64>) -> Result<Vec<Map<String, Value>>> {
        let mut path = format!("/events?type=user&intercom_user_id={}&per_page={PAGE}", in_query(contact_id));
        let (mut events, mut asked) = (Vec::new(), HashSet::new());
        for _ in 0..PAGES_MAX {
            asked.insert(path.clone());
            let mut page = self.client().send_checked(Request::get(path), |answer| object(&answer)).await?;
            if page.get("type").and_then(Value::as_str) == Some("event.summary") {
                return Err(drift("Intercom summarised the events instead of listing them"));
            }
            for event in rows(&mut page, "events")? {
                let at = event.get("created_at").and_then(Value::as_i64).ok_or_else(|| drift("An event has no time"))?;
                if since.is_some_and(|since| at < since) {
                    return Ok(events);
                }
                events.push(event);
            }
            let next = page.get("pages").and_then(|pages| pages.get("next")).and_then(Value::as_str);
            let Some(next) = next.filter(|next| !next.is_empty()) else { return Ok(events) };
            path = same_origin(next)?;
            if asked.contains(&path) {
                return Err(drift("The list of a contact's events goes in circles"));
            }
        }
        Err(drift("The list of a contact's events does not come to its end"))
    }

    /// Reports an event of a contact at `created_at` (unix seconds). Intercom takes a second one of the same contact,
    /// name and second for the same event, so this is sent again after a lost answer. Of the metadata it keeps ten keys.
    /// [`tajo_core::codes::INT_MISSING`] where there is no such contact.
    pub async fn submit_event(&self, contact_id: &str, name: &str, created_at: i64, metadata: &Map<String, Value>) -> Result<()> {
        let mut event = json!({"event_name": name, "created_at": created_at, "id": contact_id});
        if !metadata.is_empty() {
            event["metadata"] = Value::Object(metadata.clone());
        }
        self.client().send(Request::post("/events", body(&event)?).repeatable()).await.map(drop)
    }
}

/// Path and query of the address of a next page, which must be of the same list.
fn same_origin(url: &str) -> Result<String> {
    let astray = || drift("The next page of a contact's events is somewhere else");
    let url: http::Uri = url.parse().map_err(|_| astray())?;
    let path = url.path_and_query().filter(|path| path.path() == "/events" && path.query().is_some());
    path.map(ToString::to_string).ok_or_else(astray)
}
