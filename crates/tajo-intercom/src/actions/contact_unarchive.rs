//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/unarchivecontact>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use tajo_core::{Action, Call, Effect, Result};

use super::contact_archive::Archived;
use super::needs;
use super::paths::path;
use crate::client::Intercom;

/// Bring an archived contact back: it is listed and found again. A deleted one cannot be brought back.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Unarchive {
    /// Intercom's id of the contact.
    pub contact_id: String,
}

impl Action for Unarchive {
    const NAME: &'static str = "contacts.unarchive";
    const ALIAS: &'static str = "unarchive_contact";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_PEOPLE];
    const EXAMPLE: &'static str = r#"{"contact_id": "6762f0dd1bb69f9f2193bb83"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "contact_id")];
    type On = Intercom;
    type Out = Archived;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Archived> {
        let path = path(&["contacts", &self.contact_id, "unarchive"])?;
        let said = call.on.post_again(path, &Map::new()).await?;
        let archived = said.get("archived").and_then(Value::as_bool).unwrap_or(false);
        Ok(Archived { kind: "contact", id: self.contact_id, archived })
    }
}
