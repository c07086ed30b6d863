//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/detachtagfromcontact>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::path;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Tag;

/// Take a tag off a contact. The tag itself stays; where the contact does not have it, the error says so.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DetachTag {
    /// Intercom's id of the contact.
    pub contact_id: String,
    /// The tag's id; give this or `tag_name`.
    pub tag_id: Option<String>,
    /// The tag's name, in any case; looking it up needs the permission to read tags.
    pub tag_name: Option<String>,
}

impl Action for DetachTag {
    const NAME: &'static str = "contacts.detach_tag";
    const ALIAS: &'static str = "detach_tag_from_contact";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_PEOPLE];
    const EXAMPLE: &'static str = r#"{"contact_id": "6762f0dd1bb69f9f2193bb83", "tag_id": "9100001"}"#;
    type On = Intercom;
    type Out = Record<Tag>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Tag>> {
        path(&["contacts", &self.contact_id])?;
        let tag = call.on.tag_id(self.tag_id, self.tag_name).await?;
        Ok(call.on.delete_object(path(&["contacts", &self.contact_id, "tags", &tag])?).await?.into())
    }
}
