//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/teams/retrieveteam>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::path;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Team;

/// Get one team.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Get {
    /// The team's id.
    pub team_id: String,
}

impl Action for Get {
    const NAME: &'static str = "teams.get";
    const ALIAS: &'static str = "get_team";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_ADMINS];
    const EXAMPLE: &'static str = r#"{"team_id": "814865"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "team_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<Team>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Team>> {
        Ok(call.on.read_object(path(&["teams", &self.team_id])?).await?.into())
    }
}
