//! The end of a stored connection.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result};

use super::Session;
use crate::config::Settings;
use crate::connections::{Ground, end};

/// Forget a stored connection and its sealed token; its tables stay. With `revoke` an app connected by OAuth is also
/// uninstalled from the workspace.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Disconnect {
    /// The name of the connection.
    pub name: String,
    /// Whether to uninstall the app from the workspace first.
    pub revoke: Option<bool>,
}

/// What became of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Gone {
    /// The name of the connection.
    pub connection: String,
    /// What the workspace or account is called.
    pub workspace: Option<String>,
    /// Whether it is forgotten.
    pub disconnected: bool,
    /// Whether the app was uninstalled from the workspace.
    pub revoked: bool,
}

impl Action for Disconnect {
    const NAME: &'static str = "connectors.disconnect";
    const ALIAS: &'static str = "disconnect_connector";
    const EFFECT: Effect = Effect::Destroy;
    const NEEDS: &'static [&'static str] = &[];
    const EXAMPLE: &'static str = r#"{"name": "acme", "revoke": true}"#;
    const RARE: bool = true;
    type On = Session;
    type Out = Gone;

    async fn run(self, call: &Call<'_, Session>) -> Result<Gone> {
        if call.on.connection.as_ref().is_some_and(|bound| *bound != self.name) {
            return Err(refused("name", "must be the connection that the caller is bound to"));
        }
        let ground = Ground::of(call.on.app.settings(Some(Settings::ANY_CONNECTION))?)?;
        let ended = end::disconnect(&ground, &self.name, self.revoke.unwrap_or(false)).await?;
        Ok(Gone { connection: self.name, workspace: ended.stored.workspace, disconnected: true, revoked: ended.revoked })
    }
}
