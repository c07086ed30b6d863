//! Teams. <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/teams>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tajo_core::{Id, Read, Resource, Spec};

use crate::client::Intercom;

/// A group of admins.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Team {
    /// Intercom's id.
    pub id: Id,
    /// Always `team`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Name.
    #[serde(default)]
    pub name: Option<String>,
    /// Admins in the team.
    #[serde(default)]
    pub admin_ids: Option<Vec<Id>>,
    /// Priority of the admins.
    #[serde(default)]
    pub admin_priority_level: Option<Value>,
    /// Most conversations one admin is given (2.14 on).
    #[serde(default)]
    pub assignment_limit: Option<i64>,
    /// How conversations are shared out (2.14 on).
    #[serde(default)]
    pub distribution_method: Option<String>,
}

impl Resource for Team {
    type On = Intercom;
    const SPEC: Spec =
        Spec::of::<Self>("teams", Read::Whole { paths: |_| &["/teams"], items: "teams" }).permission("Read admins");
}
