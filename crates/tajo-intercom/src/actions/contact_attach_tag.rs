//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/attachtagtocontact>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::{given, path};
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Tag;

/// Put a tag on a contact; where it is there already, nothing changes. Answers with the tag.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct AttachTag {
    /// Intercom's id of the contact.
    pub contact_id: String,
    /// The tag's id; give this or `tag_name`.
    pub tag_id: Option<String>,
    /// The tag's name, in any case; looking it up needs the permission to read tags.
    pub tag_name: Option<String>,
}

impl Action for AttachTag {
    const NAME: &'static str = "contacts.attach_tag";
    const ALIAS: &'static str = "attach_tag_to_contact";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_PEOPLE];
    const EXAMPLE: &'static str = r#"{"contact_id": "6762f0dd1bb69f9f2193bb83", "tag_id": "9100001"}"#;
    type On = Intercom;
    type Out = Record<Tag>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Tag>> {
        let path = path(&["contacts", &self.contact_id, "tags"])?;
        let tag = call.on.tag_id(self.tag_id, self.tag_name).await?;
        Ok(call.on.post_again(path, &given(&[("id", Some(Value::from(tag)))])).await?.into())
    }
}
