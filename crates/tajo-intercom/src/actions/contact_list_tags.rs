//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/listtagsforacontact>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::path;
use super::{Rows, needs};
use crate::client::Intercom;
use crate::resources::Tag;

/// List the tags of a contact.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListTags {
    /// Intercom's id of the contact.
    pub contact_id: String,
}

impl Action for ListTags {
    const NAME: &'static str = "contacts.list_tags";
    const ALIAS: &'static str = "list_contact_tags";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"contact_id": "6762f0dd1bb69f9f2193bb83"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "contact_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Rows<Tag>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Tag>> {
        Rows::page(call.on.read_object(path(&["contacts", &self.contact_id, "tags"])?).await?, "data")
    }
}
