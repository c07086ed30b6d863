//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/admins/setawayadmin>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::{given, path};
use super::{Record, Whole, needs};
use crate::client::Intercom;
use crate::resources::Admin;

/// Set an admin away, or back.
///
/// While away, replies to the admin's conversations can be handed to the team. Some workspaces ask for a reason.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SetAway {
    /// The admin's id.
    pub admin_id: String,
    /// Whether the admin is away.
    pub away_mode_enabled: bool,
    /// Whether replies are reassigned meanwhile; not where nothing is said.
    pub away_mode_reassign: Option<bool>,
    /// The reason, from API 2.14 on; an id of the workspace's list of reasons.
    pub away_status_reason_id: Option<Whole>,
}

impl Action for SetAway {
    const NAME: &'static str = "admins.set_away";
    const ALIAS: &'static str = "set_admin_away";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_ADMINS];
    const EXAMPLE: &'static str = r#"{"admin_id": "991267460", "away_mode_enabled": true, "away_mode_reassign": true}"#;
    const ALSO: &'static [(&'static str, &'static str)] =
        &[("id", "admin_id"), ("away", "away_mode_enabled"), ("reassign", "away_mode_reassign")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<Admin>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Admin>> {
        let path = path(&["admins", &self.admin_id, "away"])?;
        let reassign = self.away_mode_reassign.unwrap_or(false);
        if reassign && !self.away_mode_enabled {
            return Err(refused("away_mode_reassign", "must be false for somebody who is not away"));
        }
        if self.away_status_reason_id.is_some() {
            call.on.offered_from((2, 14), "Reasons to be away")?;
        }
        let fields = given(&[
            ("away_mode_enabled", Some(self.away_mode_enabled.into())),
            ("away_mode_reassign", Some(reassign.into())),
            ("away_status_reason_id", self.away_status_reason_id.map(Value::from)),
        ]);
        Ok(call.on.put_object(path, &fields).await?.into())
    }
}
