//! Admins (teammates). <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/admins>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tajo_core::{Id, Read, Resource, Spec};

use crate::client::Intercom;

/// A teammate with access to the workspace.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Admin {
    /// Intercom's id.
    pub id: Id,
    /// Always `admin`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Name.
    #[serde(default)]
    pub name: Option<String>,
    /// E-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Job title.
    #[serde(default)]
    pub job_title: Option<String>,
    /// Whether the admin is away.
    #[serde(default)]
    pub away_mode_enabled: Option<bool>,
    /// Whether replies are reassigned while away.
    #[serde(default)]
    pub away_mode_reassign: Option<bool>,
    /// Why the admin is away (2.14 on).
    #[serde(default)]
    pub away_status_reason_id: Option<Id>,
    /// Whether the admin has a paid inbox seat.
    #[serde(default)]
    pub has_inbox_seat: Option<bool>,
    /// Teams the admin is in.
    #[serde(default)]
    pub team_ids: Option<Vec<Id>>,
    /// Priority of the teams.
    #[serde(default)]
    pub team_priority_level: Option<Value>,
    /// URL of the picture, as text or object by version.
    #[serde(default)]
    pub avatar: Option<Value>,
}

impl Resource for Admin {
    type On = Intercom;
    const SPEC: Spec = Spec::of::<Self>("admins", Read::Whole { paths: |_| &["/admins"], items: "admins" })
        .permission("Read admins")
        .caveat("Teammates who left disappear from the API and from the table.");
}
