//! Create or update, as <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/createcontact>
//! and its 409 allow.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Error, Result, codes};

use super::contact_fields::{ALSO, Details};
use super::contact_get::{by_external_id, id, only_one, role};
use super::paths::{is_missing, path};
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Contact;

/// A contact that comes and goes this often while it is written is somebody else's fight.
const ATTEMPTS_MAX: usize = 3;

/// Create a user, or update the one with this `external_id` or `email`; an archived one is brought back first.
///
/// Safe to repeat and to run in several places at once. Leads are left alone: several of them may share an address. An
/// existing user who opted out of e-mails stays so unless `resubscribe` is given.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Upsert {
    /// What is known about the user; `external_id` or `email` says who it is, the first counts where both are given.
    #[serde(flatten)]
    pub details: Details,
    /// Says that the contact agreed to get e-mails again; goes with `unsubscribed_from_emails: false`.
    pub resubscribe: Option<bool>,
}

/// What became of the user.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Upserted {
    /// The contact as it is now.
    pub contact: Record<Contact>,
    /// Whether it was created; false where it was there already, also by a first attempt whose answer was lost.
    pub created: bool,
    /// Whether it was archived and is not any more.
    pub unarchived: bool,
}

impl Upsert {
    /// The id of who is to be updated; none is found among archived contacts, and new ones only by `external_id`.
    async fn find(&self, on: &Intercom) -> Result<Option<String>> {
        if let Some(external_id) = &self.details.external_id {
            return by_external_id(on, external_id).await?.map(id).transpose();
        }
        let email = self.details.email.as_deref().unwrap_or_default();
        let mut users = on.contacts_by_email(email).await?;
        users.retain(|row| role(row) == Some("user"));
        if users.is_empty() { Ok(None) } else { id(only_one(users)?).map(Some) }
    }

    /// Writes an existing contact; consent is not loosened by the way.
    async fn update(&self, call: &Call<'_, Intercom>, id: &str, fields: &Map<String, Value>) -> Result<Record<Contact>> {
        let mut fields = fields.clone();
        let keeps = self.details.unsubscribed_from_emails == Some(false) && self.resubscribe != Some(true);
        if keeps {
            fields.remove("unsubscribed_from_emails");
        }
        let now = call.on.put_object(path(&["contacts", id])?, &fields).await?;
        if keeps && now.get("unsubscribed_from_emails") == Some(&Value::Bool(true)) {
            call.warn("the contact opted out of e-mails and stays so; `resubscribe: true` says that they agreed again");
        }
        Ok(now.into())
    }
}

/// Who stands in the way of a creation, and whether they are archived.
fn in_the_way(error: Error) -> Result<(String, bool)> {
    match (error.code() == &codes::INT_CONFLICT, error.noted("existing")) {
        (true, Some(id)) => Ok((id.to_owned(), error.noted("archived") == Some("true"))),
        _ => Err(error),
    }
}

impl Action for Upsert {
    const NAME: &'static str = "contacts.upsert";
    const ALIAS: &'static str = "upsert_contact";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_PEOPLE, needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"external_id": "u-1815", "email": "ada@fisher.example", "name": "Ada Fisher"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &ALSO;
    type On = Intercom;
    type Out = Upserted;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Upserted> {
        if self.details.external_id.is_none() && self.details.email.is_none() {
            return Err(refused("external_id", "or `email` must be given: it says who is meant"));
        }
        if self.resubscribe == Some(true) && self.details.unsubscribed_from_emails != Some(false) {
            return Err(refused("resubscribe", "goes with `unsubscribed_from_emails: false`"));
        }
        let fields = self.details.told(call)?;
        let mut new = fields.clone();
        new.insert("role".into(), "user".into());
        let (mut known, mut unarchived) = (self.find(call.on).await?, false);
        for _ in 0..ATTEMPTS_MAX {
            let (id, is_archived) = match known.take() {
                Some(id) => (id, false),
                // Repeated after a lost answer, it meets what it created: users clash by their id and address.
                None => match call.on.post_again("/contacts".into(), &new).await {
                    Ok(contact) => return Ok(Upserted { contact: contact.into(), created: true, unarchived }),
                    Err(error) => in_the_way(error)?,
                },
            };
            if is_archived {
                call.on.post_again(path(&["contacts", &id, "unarchive"])?, &Map::new()).await?;
                unarchived = true;
            }
            match self.update(call, &id, &fields).await {
                Ok(contact) => return Ok(Upserted { contact, created: false, unarchived }),
                // Archived, deleted or merged since it was found.
                Err(error) if is_missing(&error) => known = error.noted("merged into").map(str::to_owned),
                Err(error) => return Err(error),
            }
        }
        Err(Error::new(&codes::INT_CONFLICT, "The contact came and went while it was written").help("Run it again."))
    }
}
