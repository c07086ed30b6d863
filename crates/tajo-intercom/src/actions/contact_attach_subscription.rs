//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/subscription-types/attachsubscriptiontypetocontact>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::{given, path};
use super::subscription_list::SubscriptionType;
use super::{Record, needs};
use crate::client::Intercom;

/// Record what a contact chose about a subscription type: to get it (`opt_in`), or not to (`opt_out`).
///
/// `opt_in` is a consent: record it only where the person gave it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct AttachSubscription {
    /// Intercom's id of the contact.
    pub contact_id: String,
    /// The subscription type's id; `subscription_types.list` shows them.
    pub subscription_id: String,
    /// What the contact chose.
    pub consent_type: Consent,
}

/// What somebody chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// To get it.
    OptIn,
    /// Not to get it.
    OptOut,
}

impl Action for AttachSubscription {
    const NAME: &'static str = "contacts.attach_subscription";
    const ALIAS: &'static str = "attach_subscription_to_contact";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_PEOPLE];
    const EXAMPLE: &'static str =
        r#"{"contact_id": "6762f0dd1bb69f9f2193bb83", "subscription_id": "91", "consent_type": "opt_out"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("subscription_type_id", "subscription_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<SubscriptionType>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<SubscriptionType>> {
        let path = path(&["contacts", &self.contact_id, "subscriptions"])?;
        let consent = if self.consent_type == Consent::OptIn { "opt_in" } else { "opt_out" };
        let fields = given(&[("id", Some(Value::from(self.subscription_id))), ("consent_type", Some(consent.into()))]);
        Ok(call.on.post_again(path, &fields).await?.into())
    }
}
