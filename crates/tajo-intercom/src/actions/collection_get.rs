//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/help-center/retrievecollection>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::collection_list::Collection;
use super::paths::path;
use super::{Record, needs};
use crate::client::Intercom;

/// Get a collection of the Help Center.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Get {
    /// The collection's id.
    pub collection_id: String,
}

impl Action for Get {
    const NAME: &'static str = "collections.get";
    const ALIAS: &'static str = "get_collection";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_ARTICLES];
    const EXAMPLE: &'static str = r#"{"collection_id": "6871118"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "collection_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<Collection>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Collection>> {
        Ok(call.on.read_object(path(&["help_center", "collections", &self.collection_id])?).await?.into())
    }
}
