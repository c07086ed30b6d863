//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/mergecontact>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::{given, path};
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Contact;

/// Merge a lead into a user: all that hangs on the lead moves to the user, and the lead is gone. It cannot be undone.
///
/// Look first with `contacts.preview_merge`. From API version 2.16 on both must share an address or a phone number, unless
/// `skip_duplicate_validation` is given.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Merge {
    /// Intercom's id of the lead, who disappears.
    pub from: String,
    /// Intercom's id of the user, who stays.
    pub into: String,
    /// Merges them even if they share neither address nor phone number; of use from API version 2.16 on.
    pub skip_duplicate_validation: Option<bool>,
}

/// Refuses what names one contact twice.
pub(super) fn differ(from: &str, into: &str) -> Result<()> {
    if from == into { Err(refused("into", "must be another contact than `from`")) } else { Ok(()) }
}

impl Action for Merge {
    const NAME: &'static str = "contacts.merge";
    const ALIAS: &'static str = "merge_contacts";
    const EFFECT: Effect = Effect::Destroy;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_PEOPLE];
    const EXAMPLE: &'static str = r#"{"from": "6762f0dd1bb69f9f2193bb83", "into": "6762f0dd1bb69f9f2193bb84"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("from_contact_id", "from"), ("into_contact_id", "into")];
    type On = Intercom;
    type Out = Record<Contact>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Contact>> {
        let survivor = path(&["contacts", &self.into])?;
        path(&["contacts", &self.from])?;
        differ(&self.from, &self.into)?;
        let fields = given(&[
            ("from", Some(Value::from(self.from))),
            ("into", Some(Value::from(self.into.as_str()))),
            ("skip_duplicate_validation", self.skip_duplicate_validation.map(Value::from)),
        ]);
        match call.on.post_once("/contacts/merge".into(), &fields).await {
            Err(error) if error.noted("merged into") == Some(&self.into) => {
                call.warn("they were merged before");
                Ok(call.on.read_object(survivor).await?.into())
            }
            other => Ok(other?.into()),
        }
    }
}
