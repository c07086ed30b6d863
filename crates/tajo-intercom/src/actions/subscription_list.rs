//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/subscription-types/listsubscriptiontypes>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tajo_core::{Action, Call, Effect, Id, Result};

use super::{Rows, needs};
use crate::client::Intercom;

/// List the subscription types: what people can choose to get, or not to get.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {}

/// A kind of messages that people can choose.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SubscriptionType {
    /// Intercom's id.
    pub id: Id,
    /// Always `subscription`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// `live`, `draft` or `archived`.
    #[serde(default)]
    pub state: Option<String>,
    /// `opt_in`: people get it who chose it; `opt_out`: people get it who did not refuse.
    #[serde(default)]
    pub consent_type: Option<String>,
    /// Name and description in the workspace's language.
    #[serde(default)]
    pub default_translation: Option<Translation>,
    /// Name and description in each language.
    #[serde(default)]
    pub translations: Option<Vec<Translation>>,
    /// `email`, `sms_message` or both.
    #[serde(default)]
    pub content_types: Option<Vec<String>>,
}

/// A name in one language.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Translation {
    /// Name.
    #[serde(default)]
    pub name: Option<String>,
    /// Description.
    #[serde(default)]
    pub description: Option<String>,
    /// Language, two letters.
    #[serde(default)]
    pub locale: Option<String>,
}

impl Action for List {
    const NAME: &'static str = "subscription_types.list";
    const ALIAS: &'static str = "list_subscription_types";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = "{}";
    const RARE: bool = true;
    type On = Intercom;
    type Out = Rows<SubscriptionType>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<SubscriptionType>> {
        Rows::page(call.on.read_object("/subscription_types".into()).await?, "data")
    }
}
