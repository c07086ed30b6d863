//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/segments/listsegments>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::with_query;
use super::{Rows, needs};
use crate::client::Intercom;
use crate::resources::Segment;

/// List all segments. The list comes whole.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {
    /// Also counts the members of each segment.
    pub include_count: Option<bool>,
}

impl Action for List {
    const NAME: &'static str = "segments.list";
    const ALIAS: &'static str = "list_segments";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"include_count": true}"#;
    type On = Intercom;
    type Out = Rows<Segment>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Segment>> {
        let query = [("include_count", self.include_count.map(|is| is.to_string()))];
        Rows::page(call.on.read_object(with_query("/segments", &query)).await?, "segments")
    }
}
