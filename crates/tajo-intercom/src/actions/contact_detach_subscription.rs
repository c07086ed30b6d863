//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/subscription-types/detachsubscriptiontypetocontact>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::path;
use super::subscription_list::SubscriptionType;
use super::{Record, needs};
use crate::client::Intercom;

/// Forget what a contact chose about a subscription type, so that the type's own default holds again.
///
/// After an opt-out of a type that people get unasked, they get it again: forget it only where they agreed.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DetachSubscription {
    /// Intercom's id of the contact.
    pub contact_id: String,
    /// The subscription type's id.
    pub subscription_id: String,
}

impl Action for DetachSubscription {
    const NAME: &'static str = "contacts.detach_subscription";
    const ALIAS: &'static str = "detach_subscription_from_contact";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_PEOPLE];
    const EXAMPLE: &'static str = r#"{"contact_id": "6762f0dd1bb69f9f2193bb83", "subscription_id": "91"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("subscription_type_id", "subscription_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<SubscriptionType>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<SubscriptionType>> {
        let path = path(&["contacts", &self.contact_id, "subscriptions", &self.subscription_id])?;
        Ok(call.on.delete_object(path).await?.into())
    }
}
