//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/help-center/deletecollection>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::{path, take_away};
use super::{Deleted, needs};
use crate::client::Intercom;

/// Delete a collection of the Help Center for good.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Delete {
    /// The collection's id.
    pub collection_id: String,
}

impl Action for Delete {
    const NAME: &'static str = "collections.delete";
    const ALIAS: &'static str = "delete_collection";
    const EFFECT: Effect = Effect::Destroy;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_ARTICLES];
    const EXAMPLE: &'static str = r#"{"collection_id": "6871118"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "collection_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Deleted;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Deleted> {
        take_away(call, path(&["help_center", "collections", &self.collection_id])?, self.collection_id).await
    }
}
