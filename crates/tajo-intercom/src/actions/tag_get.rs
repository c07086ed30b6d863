//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/findtag>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Error, Result, Row, codes};

use super::paths::path;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Tag;
use crate::told::{drift, rows};

/// Get a tag by id or by name.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Get {
    /// The tag's id; give this or `tag_name`.
    pub tag_id: Option<String>,
    /// The tag's name, in any case.
    pub tag_name: Option<String>,
}

impl Action for Get {
    const NAME: &'static str = "tags.get";
    const ALIAS: &'static str = "get_tag";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_TAGS];
    const EXAMPLE: &'static str = r#"{"tag_id": "9100001"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "tag_id"), ("name", "tag_name")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<Tag>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Tag>> {
        let tag = call.on.tag_id(self.tag_id, self.tag_name).await?;
        Ok(call.on.read_object(path(&["tags", &tag])?).await?.into())
    }
}

impl Intercom {
    /// The id of a tag that is named by it or by its name; the latter costs a call. Fails with [`codes::INT_MISSING`] where
    /// no tag has that name.
    pub(super) async fn tag_id(&self, id: Option<String>, name: Option<String>) -> Result<String> {
        let is_blank = |text: &Option<String>| text.as_ref().is_some_and(|text| text.trim().is_empty());
        match (id, name) {
            (id, name) if is_blank(&id) || is_blank(&name) => Err(refused("tag_id", "or `tag_name` must not be empty")),
            (Some(id), None) => Ok(id),
            (None, Some(name)) => {
                let missing = || {
                    let error = Error::new(&codes::INT_MISSING, "Intercom has no tag of that name");
                    error.note("field", "tag_name").help("`list_tags` shows those there are, and `create_tag` makes one.")
                };
                let tag = self.tag_named(&name).await?.ok_or_else(missing)?;
                let id = tag.get("id").and_then(Value::as_str).map(str::to_owned);
                id.ok_or_else(|| drift("A tag of Intercom's has no id"))
            }
            _ => Err(refused("tag_id", "or `tag_name` says which tag; give exactly one")),
        }
    }

    /// The tag of that name; Intercom compares names without regard to case.
    pub(super) async fn tag_named(&self, name: &str) -> Result<Option<Row>> {
        let all = rows(&mut self.read_object("/tags".into()).await?, "data")?;
        let wanted = name.trim().to_lowercase();
        let is_it = |tag: &Row| tag.get("name").and_then(Value::as_str).is_some_and(|name| name.trim().to_lowercase() == wanted);
        Ok(all.into_iter().find(is_it))
    }
}
