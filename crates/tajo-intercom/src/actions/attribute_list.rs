//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-attributes/lisdataattributes>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Release, Result};

use super::paths::with_query;
use super::{Rows, needs};
use crate::client::Intercom;
use crate::resources::DataAttribute;
use crate::told::rows;

/// Attributes of conversations have a list of their own from here on.
const MOVED: Release = (2, 16);

/// List the attributes that contacts, companies or conversations can have, built in and custom.
///
/// Built-in ones have no id. From API version 2.16 on, those of conversations come in a shape of their own.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {
    /// Whose attributes; those of contacts and companies where nothing is said.
    pub model: Option<Model>,
    /// Whether archived ones are listed too; not unless told.
    pub include_archived: Option<bool>,
}

/// What has attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// Contacts.
    Contact,
    /// Companies.
    Company,
    /// Conversations.
    Conversation,
}

impl Model {
    fn word(self) -> &'static str {
        match self {
            Model::Contact => "contact",
            Model::Company => "company",
            Model::Conversation => "conversation",
        }
    }
}

impl Action for List {
    const NAME: &'static str = "data_attributes.list";
    const ALIAS: &'static str = "list_data_attributes";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"model": "contact"}"#;
    const RARE: bool = true;
    type On = Intercom;
    type Out = Rows<DataAttribute>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<DataAttribute>> {
        let archived = self.include_archived.unwrap_or(false).then(|| "true".to_owned());
        let is_moved = self.model == Some(Model::Conversation) && call.on.version().release() >= MOVED;
        let (path, model) = match is_moved {
            true => ("/conversations/attributes", None),
            false => ("/data_attributes", self.model.map(|model| model.word().to_owned())),
        };
        let mut list = call.on.read_object(with_query(path, &[("model", model), ("include_archived", archived)])).await?;
        Ok(Rows::whole(rows(&mut list, "data")?))
    }
}
