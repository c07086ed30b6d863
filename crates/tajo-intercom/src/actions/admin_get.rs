//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/admins/retrieveadmin>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::path;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Admin;

/// Get one admin.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Get {
    /// The admin's id.
    pub admin_id: String,
}

impl Action for Get {
    const NAME: &'static str = "admins.get";
    const ALIAS: &'static str = "get_admin";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_ADMINS];
    const EXAMPLE: &'static str = r#"{"admin_id": "991267460"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "admin_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<Admin>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Admin>> {
        Ok(call.on.read_object(path(&["admins", &self.admin_id])?).await?.into())
    }
}
