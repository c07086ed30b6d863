//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/teams/listteams>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::{Rows, needs};
use crate::client::Intercom;
use crate::resources::Team;

/// List all teams of the workspace.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {}

impl Action for List {
    const NAME: &'static str = "teams.list";
    const ALIAS: &'static str = "list_teams";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_ADMINS];
    const EXAMPLE: &'static str = "{}";
    const RARE: bool = true;
    type On = Intercom;
    type Out = Rows<Team>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Team>> {
        Rows::page(call.on.read_object("/teams".to_owned()).await?, "teams")
    }
}
