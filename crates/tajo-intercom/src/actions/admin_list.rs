//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/admins/listadmins>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::{Rows, needs};
use crate::client::Intercom;
use crate::resources::Admin;

/// List all admins (teammates) of the workspace; who left is not among them.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {}

impl Action for List {
    const NAME: &'static str = "admins.list";
    const ALIAS: &'static str = "list_admins";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_ADMINS];
    const EXAMPLE: &'static str = "{}";
    type On = Intercom;
    type Out = Rows<Admin>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Admin>> {
        Rows::page(call.on.read_object("/admins".to_owned()).await?, "admins")
    }
}
