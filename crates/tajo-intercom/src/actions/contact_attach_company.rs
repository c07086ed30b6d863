//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/attachcontacttoacompany>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::{given, path};
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Company;

/// Attach a company to a contact; where it is attached already, nothing changes. Answers with the company.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct AttachCompany {
    /// Intercom's id of the contact.
    pub contact_id: String,
    /// The company: Intercom's id, or your own, which is looked up first.
    pub company_id: String,
}

impl Action for AttachCompany {
    const NAME: &'static str = "contacts.attach_company";
    const ALIAS: &'static str = "attach_company_to_contact";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_PEOPLE];
    const EXAMPLE: &'static str = r#"{"contact_id": "6762f0dd1bb69f9f2193bb83", "company_id": "6762f0a61bb69f9f2193bb55"}"#;
    type On = Intercom;
    type Out = Record<Company>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Company>> {
        let path = path(&["contacts", &self.contact_id, "companies"])?;
        let company = call.on.company_id(&self.company_id).await?;
        Ok(call.on.post_again(path, &given(&[("id", Some(Value::from(company)))])).await?.into())
    }
}
