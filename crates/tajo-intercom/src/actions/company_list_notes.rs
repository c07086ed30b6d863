//! <https://developers.intercom.com/docs/references/2.15/rest-api/api.intercom.io/notes/listcompanynotes>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tajo_core::{Action, Call, Effect, Epoch, Id, Paged, Release, Result};

use super::paths::{path, with_query};
use super::{Rows, needs};
use crate::client::Intercom;
use crate::resources::conversation::Author;

/// Notes of companies are read from here on.
const FROM: Release = (2, 15);

/// List the notes on a company; from API version 2.15 on.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListNotes {
    /// The company: Intercom's id, or your own.
    pub company_id: String,
    /// Which page, from 1; 1 where nothing is said.
    pub page: Option<u32>,
}

/// A note on a company.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CompanyNote {
    /// Intercom's id of the note.
    pub id: Id,
    /// Always `note`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// When it was written.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// The company it is on.
    #[serde(default)]
    pub company: Option<OfCompany>,
    /// The admin who wrote it.
    #[serde(default)]
    pub author: Option<Author>,
    /// Its text, as HTML.
    #[serde(default)]
    pub body: Option<String>,
}

/// The company that a note is on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OfCompany {
    /// Intercom's id.
    #[serde(default)]
    pub id: Option<Id>,
}

impl Action for ListNotes {
    const NAME: &'static str = "companies.list_notes";
    const ALIAS: &'static str = "list_company_notes";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"company_id": "6762f0a61bb69f9f00000001"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "company_id")];
    const PAGED: Option<Paged> = Paged::NUMBER;
    const RARE: bool = true;
    type On = Intercom;
    type Out = Rows<CompanyNote>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<CompanyNote>> {
        call.on.offered_from(FROM, "Notes of companies")?;
        let id = call.on.company_id(&self.company_id).await?;
        let query = [("page", self.page.map(|page| page.to_string()))];
        Rows::numbered(call.on.read_object(with_query(path(&["companies", &id, "notes"])?, &query)).await?, "data")
    }
}
