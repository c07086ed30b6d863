//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/listsubscriptionsforacontact>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::path;
use super::subscription_list::SubscriptionType;
use super::{Rows, needs};
use crate::client::Intercom;

/// List what a contact chose about subscription types. Only explicit choices are listed.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListSubscriptions {
    /// Intercom's id of the contact.
    pub contact_id: String,
}

impl Action for ListSubscriptions {
    const NAME: &'static str = "contacts.list_subscriptions";
    const ALIAS: &'static str = "list_contact_subscriptions";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"contact_id": "6762f0dd1bb69f9f2193bb83"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "contact_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Rows<SubscriptionType>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<SubscriptionType>> {
        Rows::page(call.on.read_object(path(&["contacts", &self.contact_id, "subscriptions"])?).await?, "data")
    }
}
