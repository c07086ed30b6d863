//! Which permissions an app needs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result};

use super::{Entry, Session};
use crate::config::Settings;
use crate::connections::hub::DEVELOPER_HUB;
use crate::connections::permissions::{ALL, Permission, needed};

/// List the least permissions that Intercom's app needs, for what the configuration syncs or for what is named. They are
/// ticked in the Developer Hub; no platform is asked.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Scopes {
    /// The platform; only Intercom's permissions are chosen one by one.
    pub connector: Option<String>,
    /// Resources to load, or `all`; those that the configuration syncs where absent.
    pub resources: Option<Vec<String>>,
    /// Actions to run, or `all`; none where absent.
    pub actions: Option<Vec<String>>,
}

/// The permissions, and where they are ticked.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Needed {
    /// The permissions.
    pub permissions: Vec<Permission>,
    /// Where they are ticked: your app > Configure > Authentication.
    pub developer_hub: String,
}

impl Action for Scopes {
    const NAME: &'static str = "connectors.scopes";
    const ALIAS: &'static str = "list_connector_scopes";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[];
    const EXAMPLE: &'static str = r#"{"connector": "intercom", "resources": ["contacts"], "actions": ["contacts.create"]}"#;
    const RARE: bool = true;
    type On = Session;
    type Out = Needed;

    async fn run(self, call: &Call<'_, Session>) -> Result<Needed> {
        if self.connector.is_some_and(|connector| connector != crate::connections::INTERCOM) {
            return Err(refused("connector", "can only be `intercom`: Brevo's keys have no permissions to choose"));
        }
        let app = &call.on.app;
        let settings = app.settings(Some(Settings::ANY_CONNECTION))?;
        let named = self.actions.unwrap_or_default();
        let actions: Vec<&Entry> = match named.iter().any(|name| name == ALL) {
            true => app.entries().iter().collect(),
            false => named.iter().map(|name| app.find(name)).collect::<Result<_>>()?,
        };
        let permissions = needed(&settings.config, app.entries(), self.resources.as_deref(), &actions)?;
        Ok(Needed { permissions, developer_hub: DEVELOPER_HUB.into() })
    }
}
