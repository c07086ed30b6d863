//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/help-center/updatecollection>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result};

use super::collection_list::Collection;
use super::paths::{given, path};
use super::{Record, needs};
use crate::client::Intercom;

/// Update a collection; what is not given stays as it is.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Update {
    /// The collection's id.
    pub collection_id: String,
    /// The new name.
    pub name: Option<String>,
    /// The new description.
    pub description: Option<String>,
    /// The collection that it stands in.
    pub parent_id: Option<String>,
}

impl Action for Update {
    const NAME: &'static str = "collections.update";
    const ALIAS: &'static str = "update_collection";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_ARTICLES];
    const EXAMPLE: &'static str = r#"{"collection_id": "6871118", "name": "First steps"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "collection_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<Collection>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Collection>> {
        let path = path(&["help_center", "collections", &self.collection_id])?;
        let fields = given(&[
            ("name", self.name.map(Value::from)),
            ("description", self.description.map(Value::from)),
            ("parent_id", self.parent_id.map(Value::from)),
        ]);
        if fields.is_empty() {
            return Err(refused("collection_id", "must come with something to change"));
        }
        Ok(call.on.put_object(path, &fields).await?.into())
    }
}
