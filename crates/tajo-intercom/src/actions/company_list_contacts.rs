//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/listattachedcontacts>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Paged, Result};

use super::company_list::sized;
use super::paths::{path, with_query};
use super::{Rows, needs};
use crate::client::Intercom;
use crate::resources::Contact;

/// The page that Intercom gives unasked.
const PER_PAGE: u32 = 50;

/// Page through the contacts of a company.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListContacts {
    /// The company: Intercom's id, or your own.
    pub company_id: String,
    /// Which page, from 1; 1 where nothing is said.
    pub page: Option<u32>,
    /// How many contacts on a page, 1 to 60; 50 where nothing is said.
    pub per_page: Option<u32>,
}

impl Action for ListContacts {
    const NAME: &'static str = "companies.list_contacts";
    const ALIAS: &'static str = "list_company_contacts";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"company_id": "6762f0a61bb69f9f00000001"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "company_id")];
    const PAGED: Option<Paged> = Paged::NUMBER;
    type On = Intercom;
    type Out = Rows<Contact>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Contact>> {
        let per_page = sized(self.per_page, PER_PAGE)?;
        if self.page == Some(0) {
            return Err(refused("page", "must be 1 or more"));
        }
        let id = call.on.company_id(&self.company_id).await?;
        let query = [("page", self.page.map(|page| page.to_string())), ("per_page", Some(per_page.to_string()))];
        Rows::numbered(call.on.read_object(with_query(path(&["companies", &id, "contacts"])?, &query)).await?, "data")
    }
}
