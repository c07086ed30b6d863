//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/help-center/listhelpcenters>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tajo_core::{Action, Call, Effect, Epoch, Id, Result};

use super::{Rows, needs};
use crate::client::Intercom;

/// A Help Center.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct HelpCenter {
    /// Intercom's id.
    pub id: Id,
    /// Workspace it belongs to.
    #[serde(default)]
    pub workspace_id: Option<Id>,
    /// Its part of the address.
    #[serde(default)]
    pub identifier: Option<String>,
    /// The name that teammates see.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Whether it is switched on.
    #[serde(default)]
    pub website_turned_on: Option<bool>,
    /// Address.
    #[serde(default)]
    pub url: Option<String>,
    /// Domain of the workspace's own.
    #[serde(default)]
    pub custom_domain: Option<String>,
    /// When it was created.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: Option<Epoch>,
}

/// List all Help Centers of the workspace.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {}

impl Action for List {
    const NAME: &'static str = "help_centers.list";
    const ALIAS: &'static str = "list_help_centers";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_ARTICLES];
    const EXAMPLE: &'static str = "{}";
    const RARE: bool = true;
    type On = Intercom;
    type Out = Rows<HelpCenter>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<HelpCenter>> {
        Rows::page(call.on.read_object("/help_center/help_centers".to_owned()).await?, "data")
    }
}
