//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/showcontact>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Error, Result, Row, codes};

use super::paths::{is_missing, path};
use super::{Record, needs};
use crate::client::Intercom;
use crate::contacts::in_query;
use crate::resources::Contact;
use crate::told::rows;

/// Merges of merges that are followed; Intercom resolves as many.
const HOPS_MAX: usize = 3;

/// Get one contact, by Intercom's id, by your own id, or by e-mail address.
///
/// A contact that was merged into another one is followed from API 2.16 on, and a warning says so; earlier versions say
/// that there is none. Archived and deleted contacts are not found.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Get {
    /// Intercom's id of the contact; give this, `external_id` or `email`.
    pub contact_id: Option<String>,
    /// The user's id in a system of your own.
    pub external_id: Option<String>,
    /// The contact's e-mail address; refused where several contacts share it.
    pub email: Option<String>,
}

impl Action for Get {
    const NAME: &'static str = "contacts.get";
    const ALIAS: &'static str = "get_contact";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"contact_id": "6762f0dd1bb69f9f2193bb83"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "contact_id"), ("user_id", "external_id")];
    type On = Intercom;
    type Out = Record<Contact>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Contact>> {
        let given = [("contact_id", self.contact_id), ("external_id", self.external_id), ("email", self.email)];
        let mut given: Vec<_> = given.into_iter().filter_map(|(field, text)| Some((field, text?))).collect();
        let (Some((field, text)), true) = (given.pop(), given.is_empty()) else {
            return Err(refused("contact_id", "or one of `external_id`, `email` says which contact; give exactly one"));
        };
        if text.trim().is_empty() {
            return Err(refused(field, "must not be empty"));
        }
        let row = match field {
            "contact_id" => survivor(call, text).await?,
            "external_id" => by_external_id(call.on, &text).await?.ok_or_else(|| missing("external_id"))?,
            // What a search shows may be minutes old.
            _ => survivor(call, id(only_one(call.on.contacts_by_email(&text).await?)?)?).await?,
        };
        Ok(row.into())
    }
}

/// The contact of that id, or the one that it was merged into.
async fn survivor(call: &Call<'_, Intercom>, id: String) -> Result<Row> {
    let mut at = id.clone();
    for _ in 0..HOPS_MAX {
        match call.on.read_object(path(&["contacts", &at])?).await {
            Err(error) if error.noted("merged into").is_some() => {
                at = error.noted("merged into").unwrap_or_default().to_owned();
                call.warn(format!("{id} was merged into {at}"));
            }
            other => return other,
        }
    }
    call.on.read_object(path(&["contacts", &at])?).await
}

/// The user with this id of the customer's own. A lookup of its own from 2.13 on, a search before.
pub(super) async fn by_external_id(on: &Intercom, external_id: &str) -> Result<Option<Row>> {
    if on.version().release() >= (2, 13) {
        let found = on.read_object(format!("/contacts/find_by_external_id/{}", in_query(external_id))).await;
        return match found {
            Ok(row) => Ok(Some(row)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        };
    }
    let query = json!({"query": {"field": "external_id", "operator": "=", "value": external_id}});
    let found = rows(&mut on.search_object("/contacts/search", &query).await?, "data")?;
    Ok(found.into_iter().find(|row| role(row) == Some("user")))
}

/// "user" or "lead".
pub(super) fn role(row: &Row) -> Option<&str> {
    row.get("role").and_then(Value::as_str)
}

/// The id of a contact.
pub(super) fn id(row: Row) -> Result<String> {
    let id = row.get("id").and_then(Value::as_str).map(str::to_owned);
    id.ok_or_else(|| Error::new(&codes::INT_DRIFT, "A contact of Intercom's has no id"))
}

/// The only contact of an address; several are an error that names them.
pub(super) fn only_one(mut found: Vec<Row>) -> Result<Row> {
    if found.len() > 1 {
        let ids: Vec<String> = found.into_iter().map(id).collect::<Result<_>>()?;
        let error = Error::new(&codes::INT_CONFLICT, "Several contacts have this e-mail address");
        return Err(error.note("contacts", ids.join(", ")).help("Name one of them by `contact_id`."));
    }
    found.pop().ok_or_else(|| missing("email"))
}

fn missing(field: &'static str) -> Error {
    Error::new(&codes::INT_MISSING, format!("Intercom has no contact with this `{field}`"))
        .note("field", field)
        .help("Archived contacts are not found, and new ones only by id for some minutes.")
}
