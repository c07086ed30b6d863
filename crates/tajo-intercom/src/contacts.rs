//! Contacts, one at a time. <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts>

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use tajo_core::rest::Request;
use tajo_core::{Error, Result, codes};

use crate::client::Intercom;
use crate::told::{body, drift, in_path, next_cursor, object, record, rows};

/// The greatest page of lists and searches. <https://developers.intercom.com/docs/build-an-integration/learn-more/rest-apis/pagination-cursor>
const PAGE: usize = 150;
/// Fifteen million contacts; a listing that goes on beyond it goes in circles.
const LIST_PAGES_MAX: usize = 100_000;
/// People who share one address.
const SEARCH_PAGES_MAX: usize = 100;

/// What became of a contact.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// It is there, as `GET /contacts/{id}` gives it.
    Here(Map<String, Value>),
    /// It was merged away; Intercom says so from version 2.16 on, and normally into whom.
    Merged {
        /// The id of the contact that it is part of now.
        into: Option<String>,
    },
    /// There is none: deleted, archived, never there, or (before 2.16) merged.
    Gone,
}

impl Intercom {
    /// Looks one contact up by Intercom's id. Any refusal other than Intercom's own 404 and 410 is an error, a web page with
    /// that status included.
    pub async fn contact(&self, id: &str) -> Result<Found> {
        let request = Request::get(format!("/contacts/{}", in_path(id)?));
        match self.client().send_checked(request, |answer| record(&answer)).await {
            Ok(contact) => Ok(Found::Here(contact)),
            Err(error) if !is_missing(&error) => Err(error),
            Err(error) => {
                let into = error.noted("merged into").map(str::to_owned);
                let is_merged = into.is_some() || error.noted("vendor code") == Some("contact_merged");
                Ok(if is_merged { Found::Merged { into } } else { Found::Gone })
            }
        }
    }

    /// Writes these fields of a contact and no others, and returns the contact as it is now. Sent again after a lost
    /// answer, as it sets what it names. Fails with [`codes::INT_MISSING`] where there is no such contact, with
    /// [`codes::INT_CONFLICT`] (notes as in [`Intercom::create_contact`]) where another contact has these details, and
    /// with [`codes::INT_INVALID`] where a field is refused.
    pub async fn update_contact(&self, id: &str, fields: &Map<String, Value>) -> Result<Map<String, Value>> {
        let request = Request::put(format!("/contacts/{}", in_path(id)?), body(fields)?);
        self.client().send_checked(request, |answer| record(&answer)).await
    }

    /// Creates a contact of at least one of `email`, `external_id` and `role`, and returns it. Never sent twice: after a
    /// lost answer the error's note `outcome` says that it may have been carried out.
    ///
    /// Where a contact with these details is there already: [`codes::INT_CONFLICT`] with the notes `existing`, its id,
    /// and `archived`, `true` or `false`; both are missing if Intercom words its refusal in another way.
    pub async fn create_contact(&self, fields: &Map<String, Value>) -> Result<Map<String, Value>> {
        self.client().send_checked(Request::post("/contacts", body(fields)?), |answer| record(&answer)).await
    }

    /// Deletes a contact for good. `false`: there was none any more, which is also what a repeated deletion meets.
    pub async fn delete_contact(&self, id: &str) -> Result<bool> {
        self.removed(Request::delete(format!("/contacts/{}", in_path(id)?))).await
    }

    /// Archives a contact: it can be restored, and its details stay taken. `false`: there is none.
    pub async fn archive_contact(&self, id: &str) -> Result<bool> {
        self.removed(Request::post(format!("/contacts/{}/archive", in_path(id)?), "").repeatable()).await
    }

    async fn removed(&self, request: Request) -> Result<bool> {
        match self.client().send(request).await {
            Ok(_) => Ok(true),
            Err(error) if is_missing(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Every contact with this address, leads included, by search: a contact that is minutes old may be missing.
    /// <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/searchcontacts>
    pub async fn contacts_by_email(&self, email: &str) -> Result<Vec<Map<String, Value>>> {
        let mut found = Vec::new();
        let mut pagination = json!({"per_page": PAGE});
        for _ in 0..SEARCH_PAGES_MAX {
            let query = json!({
                "query": {"field": "email", "operator": "=", "value": email},
                "pagination": pagination,
            });
            let request = Request::search("/contacts/search", &query)?;
            let mut page = self.client().send_checked(request, |answer| object(&answer)).await?;
            found.extend(rows(&mut page, "data")?);
            match next_cursor(&page) {
                None => return Ok(found),
                Some(next) => pagination["starting_after"] = next.into(),
            }
        }
        Err(drift("A search for one address does not come to its end"))
    }

    /// The ids of all contacts, each once, in no order. Either all of them or an error: a listing that ends before the
    /// number Intercom itself counts is [`codes::INT_SHORT`]. Contacts that come or go meanwhile may be in it or not.
    pub async fn contact_ids(&self) -> Result<Vec<String>> {
        let (mut ids, mut seen) = (Vec::new(), HashSet::new());
        let mut least = u64::MAX;
        let mut path = format!("/contacts?per_page={PAGE}");
        for _ in 0..LIST_PAGES_MAX {
            let mut page = self.client().send_checked(Request::get(path), |answer| object(&answer)).await?;
            let total = page.get("total_count").and_then(Value::as_u64);
            // What came or went while we read is no gap: the lowest count is what must be there.
            least = least.min(total.ok_or_else(|| drift("The list of contacts does not say how many there are"))?);
            for row in rows(&mut page, "data")? {
                let Some(Value::String(id)) = row.get("id") else { return Err(drift("A listed contact has no id")) };
                if seen.insert(id.clone()) {
                    ids.push(id.clone());
                }
            }
            let Some(next) = next_cursor(&page) else { return complete(ids, least) };
            path = format!("/contacts?per_page={PAGE}&starting_after={}", in_query(&next));
        }
        Err(drift("The list of contacts does not come to its end"))
    }
}

/// Whether Intercom itself says so: a proxy's own 404 must not pass for the end of a contact.
fn is_missing(error: &Error) -> bool {
    error.code() == &codes::INT_MISSING && error.noted("vendor code").is_some()
}

fn complete(ids: Vec<String>, least: u64) -> Result<Vec<String>> {
    let read = u64::try_from(ids.len()).unwrap_or(u64::MAX);
    if read >= least {
        return Ok(ids);
    }
    let error = Error::new(&codes::INT_SHORT, "The list of contacts ended before the number that Intercom counts");
    Err(error.note("read", read.to_string()).note("counted", least.to_string()))
}

/// A text as a value of a query.
pub(crate) fn in_query(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
