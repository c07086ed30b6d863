//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/segments/retrievesegment>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::{path, with_query};
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Segment;

/// Get a segment by its id.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Get {
    /// The segment's id.
    pub segment_id: String,
    /// Also counts its members.
    pub include_count: Option<bool>,
}

impl Action for Get {
    const NAME: &'static str = "segments.get";
    const ALIAS: &'static str = "get_segment";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"segment_id": "6762f25c1bb69f9f00000001"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "segment_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<Segment>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Segment>> {
        let query = [("include_count", self.include_count.map(|is| is.to_string()))];
        Ok(call.on.read_object(with_query(path(&["segments", &self.segment_id])?, &query)).await?.into())
    }
}
