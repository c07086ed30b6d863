//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/createtag>: the same endpoint renames, where the body has an id.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::given;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Tag;

/// Give a tag another name. What carries the tag keeps it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Update {
    /// The tag's id; give this or `tag_name`.
    pub tag_id: Option<String>,
    /// The tag's name until now, in any case; looking it up needs the permission to read tags.
    pub tag_name: Option<String>,
    /// The name it gets.
    pub name: String,
}

impl Action for Update {
    const NAME: &'static str = "tags.update";
    const ALIAS: &'static str = "update_tag";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_TAGS];
    const EXAMPLE: &'static str = r#"{"tag_id": "9100001", "name": "Beta tester"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "tag_id")];
    type On = Intercom;
    type Out = Record<Tag>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Tag>> {
        let tag = call.on.tag_id(self.tag_id, self.tag_name).await?;
        let fields = given(&[("id", Some(Value::from(tag))), ("name", Some(Value::from(self.name)))]);
        Ok(call.on.post_again("/tags".into(), &fields).await?.into())
    }
}
