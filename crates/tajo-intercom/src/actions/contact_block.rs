//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/blockcontact>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tajo_core::{Action, Call, Effect, Release, Result};

use super::needs;
use super::paths::path;
use crate::client::Intercom;

/// The endpoint exists from here on.
const FROM: Release = (2, 13);

/// Block a contact: they can no longer write, and their conversations are archived. From API version 2.13 on.
///
/// The API has no way to unblock; that is done in Intercom itself.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Block {
    /// Intercom's id of the contact.
    pub contact_id: String,
}

/// Whether a contact is blocked.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Blocked {
    /// Intercom's id of the contact.
    pub id: String,
    /// Whether it is blocked now.
    pub blocked: bool,
}

impl Action for Block {
    const NAME: &'static str = "contacts.block";
    const ALIAS: &'static str = "block_contact";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_PEOPLE];
    const EXAMPLE: &'static str = r#"{"contact_id": "6762f0dd1bb69f9f2193bb83"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "contact_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Blocked;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Blocked> {
        let path = path(&["contacts", &self.contact_id, "block"])?;
        call.on.offered_from(FROM, "Blocks of contacts")?;
        let said = call.on.post_again(path, &Map::new()).await?;
        let blocked = said.get("blocked").and_then(Value::as_bool).unwrap_or(true);
        Ok(Blocked { id: self.contact_id, blocked })
    }
}
