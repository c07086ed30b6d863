//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/admins/identifyadmin>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tajo_core::{Action, Call, Effect, Id, Result, Row};

use super::{Record, needs};
use crate::client::Intercom;

/// Tell which workspace the token belongs to, and which admin.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Get {}

/// The admin that the token belongs to, and the workspace.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Teammate {
    /// Intercom's id of the admin.
    pub id: Id,
    /// Always `admin`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// The admin's name.
    #[serde(default)]
    pub name: Option<String>,
    /// The admin's e-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Whether the address was verified.
    #[serde(default)]
    pub email_verified: Option<bool>,
    /// Whether the admin has a paid inbox seat.
    #[serde(default)]
    pub has_inbox_seat: Option<bool>,
    /// The workspace: `id_code`, `name`, `region`, `timezone`, `created_at`.
    #[serde(default)]
    pub app: Option<Row>,
}

impl Action for Get {
    const NAME: &'static str = "workspace.get";
    const ALIAS: &'static str = "whoami";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_SELF];
    const EXAMPLE: &'static str = "{}";
    type On = Intercom;
    type Out = Record<Teammate>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Teammate>> {
        Ok(call.on.read_object("/me".to_owned()).await?.into())
    }
}
