//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/listsegmentsforacontact>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::path;
use super::{Rows, needs};
use crate::client::Intercom;
use crate::resources::Segment;

/// List the segments that a contact is in.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListSegments {
    /// Intercom's id of the contact.
    pub contact_id: String,
}

impl Action for ListSegments {
    const NAME: &'static str = "contacts.list_segments";
    const ALIAS: &'static str = "list_contact_segments";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"contact_id": "6762f0dd1bb69f9f2193bb83"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "contact_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Rows<Segment>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Segment>> {
        Rows::page(call.on.read_object(path(&["contacts", &self.contact_id, "segments"])?).await?, "data")
    }
}
