//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/listtags>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::{Rows, needs};
use crate::client::Intercom;
use crate::resources::Tag;

/// List all tags. The list comes whole.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {}

impl Action for List {
    const NAME: &'static str = "tags.list";
    const ALIAS: &'static str = "list_tags";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_TAGS];
    const EXAMPLE: &'static str = "{}";
    type On = Intercom;
    type Out = Rows<Tag>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Tag>> {
        Rows::page(call.on.read_object("/tags".into()).await?, "data")
    }
}
