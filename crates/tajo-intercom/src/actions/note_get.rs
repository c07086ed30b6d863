//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/notes/retrievenote>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tajo_core::{Action, Call, Effect, Epoch, Id, Result};

use super::paths::path;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::conversation::Author;

/// Get a note by its id.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Get {
    /// The note's id.
    pub note_id: String,
}

/// A note on a contact.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// Intercom's id.
    pub id: Id,
    /// Always `note`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// When it was written.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// The contact it is on.
    #[serde(default)]
    pub contact: Option<OfContact>,
    /// The admin who wrote it.
    #[serde(default)]
    pub author: Option<Author>,
    /// Its text, as HTML.
    #[serde(default)]
    pub body: Option<String>,
}

/// The contact that a note is on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OfContact {
    /// Intercom's id.
    #[serde(default)]
    pub id: Option<Id>,
}

impl Action for Get {
    const NAME: &'static str = "notes.get";
    const ALIAS: &'static str = "get_note";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"note_id": "34"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "note_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<Note>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Note>> {
        Ok(call.on.read_object(path(&["notes", &self.note_id])?).await?.into())
    }
}
