//! Contacts, one at a time and by the page.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use tajo_core::rest::{Answer, Request};
use tajo_core::{Error, Result, codes};

use crate::client::{Brevo, found, json, read};
use crate::draft::Draft;
use crate::who::{Who, encode};

/// Contacts per page at most. <https://developers.brevo.com/reference/get-contacts>
pub(crate) const PAGE_MAX: u32 = 1000;
/// Ids per request at most.
const IDS_MAX: usize = 20;
/// What Brevo gives a contact with a phone number alone: nobody reads mail there (samples of 2026-04-10, `GET /contacts`).
const NOBODYS: &str = "@mailin-sms.com";

/// A contact as Brevo holds it.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// Brevo's id.
    pub id: i64,
    /// The e-mail address; contacts with a phone or an external id alone have none, not even one that Brevo made up.
    #[serde(default, deserialize_with = "address")]
    pub email: Option<String>,
    /// Attributes by name, `SMS` (digits without `+`) and `EXT_ID` among them. Empty ones are absent.
    #[serde(deserialize_with = "members")]
    pub attributes: Map<String, Value>,
    /// The lists it is in.
    #[serde(default, deserialize_with = "or_empty")]
    pub list_ids: Vec<u64>,
    /// The lists it unsubscribed from, where the account has that feature.
    #[serde(default, deserialize_with = "or_empty")]
    pub list_unsubscribed: Vec<u64>,
    /// Whether it gets no marketing e-mail: the truth about consent.
    pub email_blacklisted: bool,
    /// The same for text messages.
    #[serde(default, deserialize_with = "or_empty")]
    pub sms_blacklisted: bool,
    /// ISO 8601.
    pub created_at: String,
    /// When the contact unsubscribed, or was, in the last 90 days, as Brevo writes it; only a contact asked for alone says so.
    #[serde(default, rename = "statistics", deserialize_with = "unsubscriptions")]
    pub opt_outs: Vec<String>,
    /// ISO 8601. Also moves when lists change and when automations touch the contact.
    pub modified_at: String,
}

/// Its id alone.
impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Contact({})", self.id)
    }
}

fn or_empty<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> std::result::Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

fn address<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Option<String>, D::Error> {
    let email: Option<String> = Option::deserialize(from)?;
    Ok(email.filter(|email| !email.to_ascii_lowercase().ends_with(NOBODYS)))
}

/// An object, or nothing: `null`, or the list that PHP makes of an object without members. Anything else is no contact
/// without attributes, and must not look like one.
fn members<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Map<String, Value>, D::Error> {
    match Value::deserialize(from)? {
        Value::Object(members) => Ok(members),
        Value::Null => Ok(Map::new()),
        Value::Array(none) if none.is_empty() => Ok(Map::new()),
        _ => Err(D::Error::custom("attributes are no object")),
    }
}

/// `statistics.unsubscriptions`: `userUnsubscription` by the link in an e-mail, `adminUnsubscription` by the account's users.
/// <https://developers.brevo.com/reference/get-contact-info>
fn unsubscriptions<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Vec<String>, D::Error> {
    let statistics = Value::deserialize(from)?;
    let kinds = ["userUnsubscription", "adminUnsubscription"];
    let of = |kind: &str| statistics.get("unsubscriptions").and_then(|all| all.get(kind)).and_then(Value::as_array).cloned();
    let events = kinds.into_iter().filter_map(of).flatten();
    Ok(events.filter_map(|event| event.get("eventTime").and_then(Value::as_str).map(str::to_owned)).collect())
}

/// Which contacts to list, oldest creation first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactPage {
    /// How many at most, up to 1000.
    pub limit: u32,
    /// How many to skip.
    pub offset: u32,
    /// Modified after this moment, `2026-11-20T10:30:00.000Z`.
    pub modified_since: Option<String>,
    /// Only these, up to 20.
    pub ids: Vec<i64>,
    /// Only members of this list.
    pub list: Option<u64>,
}

impl Default for ContactPage {
    fn default() -> ContactPage {
        ContactPage { limit: PAGE_MAX, offset: 0, modified_since: None, ids: Vec::new(), list: None }
    }
}

/// One page of contacts.
#[derive(Debug, Clone, PartialEq)]
pub struct Contacts {
    /// The contacts.
    pub contacts: Vec<Contact>,
    /// How many there are by Brevo's count; no proof of anything.
    pub count: Option<u64>,
    /// Brevo's clock when it answered, unix seconds.
    pub date: Option<i64>,
}

/// What came of a creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Created {
    /// The new contact's id. An update says none.
    pub id: Option<i64>,
    /// Whether a contact was there and was updated.
    pub updated: bool,
}

impl Brevo {
    /// One page. More than 20 ids, or a limit of 0 or beyond 1000, are [`codes::BUG`].
    pub async fn contacts(&self, page: &ContactPage) -> Result<Contacts> {
        if page.ids.len() > IDS_MAX || !(1..=PAGE_MAX).contains(&page.limit) {
            return Err(Error::new(&codes::BUG, "A page of contacts asks for more than Brevo gives at once"));
        }
        self.ask(Request::get(page.path()), read_page).await
    }

    /// A contact, or `None` where there is none.
    pub async fn contact(&self, who: &Who) -> Result<Option<Contact>> {
        found(self.fetch(Request::get(who.path()?), "a contact").await)
    }

    /// Creates a contact, or updates it where `update_enabled` says so and one of its identifiers is known.
    ///
    /// [`codes::BRV_TAKEN`] with the note `taken` where an identifier belongs to another contact. Repeated after a fault
    /// only with `update_enabled`.
    pub async fn create_contact(&self, draft: &Draft) -> Result<Created> {
        let mut request = Request::post("/contacts", json(&draft.creation()?)?);
        request.repeat = draft.update_enabled;
        self.ask(request, |answer| read_created(&answer)).await
    }

    /// Changes what the draft names; what it does not name stays. [`codes::BRV_MISSING`] where there is no such contact,
    /// [`codes::BRV_TAKEN`] as for a creation.
    pub async fn update_contact(&self, who: &Who, draft: &Draft) -> Result<()> {
        self.tell(Request::put(who.path()?, json(&draft.update()?)?)).await
    }

    /// Deletes a contact for good; `false` where it was gone already. The account's own contact is refused by Brevo with
    /// [`codes::BRV_INVALID`].
    pub async fn delete_contact(&self, who: &Who) -> Result<bool> {
        Ok(found(self.tell(Request::delete(who.path()?)).await)?.is_some())
    }
}

impl ContactPage {
    /// A misspelt parameter would be ignored without a word, so this is the only place that writes them.
    pub(crate) fn path(&self) -> String {
        let mut path = format!("/contacts?limit={}&offset={}&sort=asc", self.limit, self.offset);
        if let Some(since) = &self.modified_since {
            path.push_str(&format!("&modifiedSince={}", encode(since)));
        }
        for id in &self.ids {
            path.push_str(&format!("&ids={id}"));
        }
        if let Some(list) = self.list {
            path.push_str(&format!("&listIds={list}"));
        }
        path
    }
}

pub(crate) fn read_page(answer: Answer) -> Result<Contacts> {
    #[derive(Deserialize)]
    struct Body {
        contacts: Vec<Contact>,
        count: Option<u64>,
    }
    let Body { contacts, count } = read(&answer, "a page of contacts")?;
    Ok(Contacts { contacts, count, date: answer.date })
}

/// `201 {"id"}`, or `204` with nothing.
fn read_created(answer: &Answer) -> Result<Created> {
    #[derive(Deserialize)]
    struct Body {
        id: i64,
    }
    if answer.body.trim_ascii().is_empty() {
        return Ok(Created { id: None, updated: answer.status == 204 });
    }
    let Body { id } = read(answer, "the id of a new contact")?;
    Ok(Created { id: Some(id), updated: answer.status != 201 })
}
