//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/listcontacts>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Paged, Result};

use super::paths::with_query;
use super::{Rows, needs};
use crate::client::Intercom;
use crate::resources::Contact;

/// What the seeds ask for; Intercom's own default is 10.
const PER_PAGE: u32 = 15;
/// Intercom's greatest page.
const PER_PAGE_MAX: u32 = 150;

/// Page through all contacts, users and leads, in Intercom's own order.
///
/// Archived contacts are not listed. Contacts are paged by cursor: there are no page numbers and no order.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {
    /// How many contacts on a page, 1 to 150; 15 where nothing is said.
    pub per_page: Option<u32>,
    /// Where the page begins: `next_cursor` of the page before.
    pub starting_after: Option<String>,
    /// Not possible with contacts; refused with what to use instead.
    pub page: Option<u32>,
    /// Not possible with this list; use `search_contacts`, which sorts.
    pub order: Option<String>,
}

impl Action for List {
    const NAME: &'static str = "contacts.list";
    const ALIAS: &'static str = "list_contacts";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"per_page": 50}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("starting_after_cursor", "starting_after")];
    const PAGED: Option<Paged> = Paged::CURSOR;
    type On = Intercom;
    type Out = Rows<Contact>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Contact>> {
        if self.page.is_some() {
            return Err(refused("page", "does not exist here: contacts are cursor-paged; use --starting-after"));
        }
        if self.order.is_some() {
            return Err(refused(
                "order",
                "does not exist here: Intercom lists contacts in its own order; `search_contacts` sorts",
            ));
        }
        let per_page = self.per_page.unwrap_or(PER_PAGE);
        if !(1..=PER_PAGE_MAX).contains(&per_page) {
            return Err(refused("per_page", format!("must be from 1 to {PER_PAGE_MAX}")));
        }
        let query = [("per_page", Some(per_page.to_string())), ("starting_after", self.starting_after)];
        Rows::page(call.on.read_object(with_query("/contacts", &query)).await?, "data")
    }
}
