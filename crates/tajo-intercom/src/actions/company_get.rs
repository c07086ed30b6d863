//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/retrieveacompanybyid>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::companies::is_given_by_intercom;
use super::paths::path;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Company;

/// Read a company by Intercom's id, by your own, or by its name.
///
/// Where several companies have one name, Intercom chooses one of them.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Get {
    /// The company: Intercom's id, your own, or with `by: name` its name.
    pub company_id: String,
    /// What `company_id` is; where nothing is said, 24 hex digits are Intercom's id and anything else is your own.
    pub by: Option<By>,
}

/// What a company is named by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Intercom's id.
    Id,
    /// Your own id of the company.
    CompanyId,
    /// The company's name, to the letter.
    Name,
}

impl Action for Get {
    const NAME: &'static str = "companies.get";
    const ALIAS: &'static str = "get_company";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"company_id": "6762f0a61bb69f9f00000001"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "company_id")];
    type On = Intercom;
    type Out = Record<Company>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Company>> {
        let guess = if is_given_by_intercom(&self.company_id) { By::Id } else { By::CompanyId };
        let found = match self.by.unwrap_or(guess) {
            By::Id => call.on.read_object(path(&["companies", &self.company_id])?).await,
            By::CompanyId => call.on.find_company("company_id", &self.company_id).await,
            By::Name => call.on.find_company("name", &self.company_id).await,
        };
        Ok(found?.into())
    }
}
