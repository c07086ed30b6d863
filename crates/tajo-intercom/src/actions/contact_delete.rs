//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/deletecontact>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::{path, take_away};
use super::{Deleted, needs};
use crate::client::Intercom;

/// Delete a contact for good; to put one away, archive it.
///
/// Nothing brings the contact back, and a later contact with the same details is a new one.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Delete {
    /// Intercom's id of the contact.
    pub contact_id: String,
}

impl Action for Delete {
    const NAME: &'static str = "contacts.delete";
    const ALIAS: &'static str = "delete_contact";
    const EFFECT: Effect = Effect::Destroy;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_PEOPLE];
    const EXAMPLE: &'static str = r#"{"contact_id": "6762f0dd1bb69f9f2193bb83"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "contact_id")];
    type On = Intercom;
    type Out = Deleted;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Deleted> {
        take_away(call, path(&["contacts", &self.contact_id])?, self.contact_id).await
    }
}
