//! The contact that an input names: by Intercom's id, by an id of your own, or by e-mail address.

use serde_json::Value;
use tajo_core::action::refused;
use tajo_core::{Error, Result, Row, codes};

use super::contact_get::{by_external_id, only_one};
use super::paths::path;
use crate::client::Intercom;
use crate::told::drift;

/// One contact, named in exactly one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose<'a> {
    /// Intercom's id.
    Id(&'a str),
    /// Your own id of the person.
    External(&'a str),
    /// E-mail address.
    Email(&'a str),
}

/// Exactly one of the three, or what is wrong.
pub(super) fn whose<'a>(id: &'a Option<String>, external: &'a Option<String>, email: &'a Option<String>) -> Result<Whose<'a>> {
    for (field, text) in [("contact_id", id), ("external_id", external), ("email", email)] {
        if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
            return Err(refused(field, "must not be empty"));
        }
    }
    match (id.as_deref(), external.as_deref(), email.as_deref()) {
        (Some(id), None, None) => Ok(Whose::Id(id)),
        (None, Some(id), None) => Ok(Whose::External(id)),
        (None, None, Some(email)) => Ok(Whose::Email(email)),
        _ => Err(refused("contact_id", "or one of `external_id`, `email` says which contact; give exactly one")),
    }
}

/// The id of an object of Intercom's.
pub(super) fn id_of(object: &Row) -> Result<String> {
    let id = object.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
    id.map(str::to_owned).ok_or_else(|| drift("An object of Intercom's has no id"))
}

impl Intercom {
    /// Intercom's id of that contact; one that is named by it costs no call.
    pub(super) async fn contact_id(&self, whose: Whose<'_>) -> Result<String> {
        match whose {
            Whose::Id(id) => Ok(id.to_owned()),
            other => id_of(&self.whole_contact(other).await?),
        }
    }

    /// That contact. Fails with [`codes::INT_MISSING`] where there is none, and with [`codes::INT_CONFLICT`] where several
    /// share the address.
    pub(super) async fn whole_contact(&self, whose: Whose<'_>) -> Result<Row> {
        match whose {
            Whose::Id(id) => self.read_object(path(&["contacts", id])?).await,
            Whose::External(id) => by_external_id(self, id).await?.ok_or_else(|| {
                Error::new(&codes::INT_MISSING, "Intercom has no user with this `external_id`").note("field", "external_id")
            }),
            Whose::Email(email) => only_one(self.contacts_by_email(email).await?),
        }
    }
}
