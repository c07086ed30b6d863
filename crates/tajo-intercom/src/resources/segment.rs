//! Segments. <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/segments>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tajo_core::{Epoch, Id, Read, Resource, Spec};

use crate::client::Intercom;

/// A saved filter of contacts.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Segment {
    /// Intercom's id.
    pub id: Id,
    /// Always `segment`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Name.
    #[serde(default)]
    pub name: Option<String>,
    /// When it was created.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: Option<Epoch>,
    /// `contact` or `user`.
    #[serde(default)]
    pub person_type: Option<String>,
    /// Number of members.
    #[serde(default)]
    pub count: Option<i64>,
}

impl Resource for Segment {
    type On = Intercom;
    const SPEC: Spec = Spec::of::<Self>("segments", Read::Whole { paths: |_| &["/segments?include_count=true"], items: "segments" })
        .permission("Read and list users and companies");
}
