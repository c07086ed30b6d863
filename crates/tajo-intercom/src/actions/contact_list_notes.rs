//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/notes/listnotes>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Paged, Result};

use super::company_list::sized;
use super::note_get::Note;
use super::paths::{path, with_query};
use super::{Rows, needs};
use crate::client::Intercom;

/// The page that Intercom gives unasked.
const PER_PAGE: u32 = 50;

/// Page through the notes on a contact.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListNotes {
    /// Intercom's id of the contact.
    pub contact_id: String,
    /// Which page, from 1; 1 where nothing is said.
    pub page: Option<u32>,
    /// How many notes on a page, 1 to 60; 50 where nothing is said.
    pub per_page: Option<u32>,
}

impl Action for ListNotes {
    const NAME: &'static str = "contacts.list_notes";
    const ALIAS: &'static str = "list_contact_notes";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"contact_id": "6762f0dd1bb69f9f2193bb83"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "contact_id")];
    const PAGED: Option<Paged> = Paged::NUMBER;
    type On = Intercom;
    type Out = Rows<Note>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Note>> {
        let path = path(&["contacts", &self.contact_id, "notes"])?;
        if self.page == Some(0) {
            return Err(refused("page", "must be 1 or more"));
        }
        let per_page = sized(self.per_page, PER_PAGE)?;
        let query = [("page", self.page.map(|page| page.to_string())), ("per_page", Some(per_page.to_string()))];
        let page = call.on.read_object(with_query(path, &query)).await?;
        Rows::numbered(page, "data")
    }
}
