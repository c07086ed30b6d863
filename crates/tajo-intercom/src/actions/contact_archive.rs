//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/archivecontact>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Map;
use tajo_core::{Action, Call, Effect, Result};

use super::needs;
use super::paths::path;
use crate::client::Intercom;

/// Archive a contact: it leaves lists and searches, can be brought back, and its details stay taken. Nothing is deleted.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Archive {
    /// Intercom's id of the contact.
    pub contact_id: String,
}

/// Whether a contact is archived.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Archived {
    /// Always `contact`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Intercom's id of the contact.
    pub id: String,
    /// Whether it is archived now.
    pub archived: bool,
}

impl Action for Archive {
    const NAME: &'static str = "contacts.archive";
    const ALIAS: &'static str = "archive_contact";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_PEOPLE];
    const EXAMPLE: &'static str = r#"{"contact_id": "6762f0dd1bb69f9f2193bb83"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "contact_id")];
    type On = Intercom;
    type Out = Archived;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Archived> {
        let path = path(&["contacts", &self.contact_id, "archive"])?;
        let said = call.on.post_again(path, &Map::new()).await?;
        let archived = said.get("archived").and_then(serde_json::Value::as_bool).unwrap_or(true);
        Ok(Archived { kind: "contact", id: self.contact_id, archived })
    }
}
