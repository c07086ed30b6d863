//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/createtag>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::given;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Tag;

/// Create a tag, or find the one of that name. Names are the same whatever their case.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Create {
    /// The tag's name.
    pub name: String,
}

/// A tag, and whether it is new.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Created {
    /// The tag.
    pub tag: Record<Tag>,
    /// Whether there was one of that name already.
    pub existed: bool,
}

impl Action for Create {
    const NAME: &'static str = "tags.create";
    const ALIAS: &'static str = "create_tag";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_TAGS, needs::READ_TAGS];
    const EXAMPLE: &'static str = r#"{"name": "Beta tester"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("tag_name", "name")];
    type On = Intercom;
    type Out = Created;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Created> {
        if let Some(tag) = call.on.tag_named(&self.name).await? {
            return Ok(Created { tag: tag.into(), existed: true });
        }
        let tag = call.on.post_again("/tags".into(), &given(&[("name", Some(Value::from(self.name)))])).await?;
        Ok(Created { tag: tag.into(), existed: false })
    }
}
