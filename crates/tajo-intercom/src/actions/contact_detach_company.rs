//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/detachcontactfromacompany>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::path;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Company;

/// Detach a company from a contact. Neither is deleted; where they were not attached, the error says so.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DetachCompany {
    /// Intercom's id of the contact.
    pub contact_id: String,
    /// The company: Intercom's id, or your own, which is looked up first.
    pub company_id: String,
}

impl Action for DetachCompany {
    const NAME: &'static str = "contacts.detach_company";
    const ALIAS: &'static str = "detach_company_from_contact";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_PEOPLE];
    const EXAMPLE: &'static str = r#"{"contact_id": "6762f0dd1bb69f9f2193bb83", "company_id": "6762f0a61bb69f9f2193bb55"}"#;
    type On = Intercom;
    type Out = Record<Company>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Company>> {
        path(&["contacts", &self.contact_id])?;
        let company = call.on.company_id(&self.company_id).await?;
        Ok(call.on.delete_object(path(&["contacts", &self.contact_id, "companies", &company])?).await?.into())
    }
}
