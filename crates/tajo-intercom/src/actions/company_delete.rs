//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/deletecompany>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::{is_missing, path};
use super::{Deleted, needs};
use crate::client::Intercom;

/// Delete a company: its contacts are detached from it, and stay.
///
/// Intercom does it a little later, and a billing or CRM sync into Intercom may create the company again.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Delete {
    /// The company: Intercom's id, or your own.
    pub company_id: String,
}

impl Action for Delete {
    const NAME: &'static str = "companies.delete";
    const ALIAS: &'static str = "delete_company";
    const EFFECT: Effect = Effect::Destroy;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_COMPANIES];
    const EXAMPLE: &'static str = r#"{"company_id": "6762f0a61bb69f9f00000001"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "company_id")];
    type On = Intercom;
    type Out = Deleted;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Deleted> {
        let removed = async {
            let id = call.on.company_id(&self.company_id).await?;
            call.on.delete_object(path(&["companies", &id])?).await?;
            Ok(id)
        };
        match removed.await {
            Ok(id) => Ok(Deleted { id, deleted: true }),
            Err(error) if is_missing(&error) => {
                call.warn("There is no such company (any more).");
                Ok(Deleted { id: self.company_id, deleted: false })
            }
            Err(error) => Err(error),
        }
    }
}
