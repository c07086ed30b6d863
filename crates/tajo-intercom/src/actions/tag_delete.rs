//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/deletetag>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::{path, take_away};
use super::{Deleted, needs};
use crate::client::Intercom;

/// Delete a tag, also from everything that carries it.
///
/// A tag that segments or messages are made with is not deleted; the error names them.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Delete {
    /// The tag's id; give this or `tag_name`.
    pub tag_id: Option<String>,
    /// The tag's name, in any case; looking it up needs the permission to read tags.
    pub tag_name: Option<String>,
}

impl Action for Delete {
    const NAME: &'static str = "tags.delete";
    const ALIAS: &'static str = "delete_tag";
    const EFFECT: Effect = Effect::Destroy;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_TAGS];
    const EXAMPLE: &'static str = r#"{"tag_id": "9100001"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "tag_id")];
    type On = Intercom;
    type Out = Deleted;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Deleted> {
        let id = call.on.tag_id(self.tag_id, self.tag_name).await?;
        take_away(call, path(&["tags", &id])?, id).await.map_err(|error| match error.noted("vendor code") {
            Some("tag_has_dependent_objects") => {
                error.help("Change what Intercom names above so that it does without the tag, then delete it.")
            }
            _ => error,
        })
    }
}
