//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/help-center/createcollection>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::{Action, Call, Effect, Result};

use super::article_create::newest;
use super::collection_list::{Collection, PATH};
use super::conversation_text::SKEW_SECS;
use super::paths::given;
use super::ticket::text;
use super::{Record, Whole, needs};
use crate::client::Intercom;

/// Collections changed last, among which a look is taken: pages of 150.
const LOOK_PAGES_MAX: usize = 5;

/// Create a collection in the Help Center. Sent at most once.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Create {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// The collection that it stands in; at the top where nothing is said.
    pub parent_id: Option<String>,
    /// The Help Center that it stands in; the default one where nothing is said.
    pub help_center_id: Option<Whole>,
}

impl Action for Create {
    const NAME: &'static str = "collections.create";
    const ALIAS: &'static str = "create_collection";
    const EFFECT: Effect = Effect::Once;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_ARTICLES];
    const EXAMPLE: &'static str = r#"{"name": "Getting started", "description": "The first day."}"#;
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<Collection>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Collection>> {
        let fields = given(&[
            ("name", Some(self.name.into())),
            ("description", self.description.map(Value::from)),
            ("parent_id", self.parent_id.map(Value::from)),
            ("help_center_id", self.help_center_id.map(Value::from)),
        ]);
        Ok(call.on.post_once(PATH.to_owned(), &fields).await?.into())
    }

    /// A collection of this name in the same place that was created since the attempt.
    async fn look(self, call: &Call<'_, Intercom>, since: i64) -> Result<Option<Record<Collection>>> {
        let parent = self.parent_id.unwrap_or_default();
        let found = newest(call.on, PATH, since - SKEW_SECS, LOOK_PAGES_MAX, |row| {
            text(row, "name") == self.name && text(row, "parent_id") == parent
        });
        Ok(found.await?.map(Record::new))
    }
}
