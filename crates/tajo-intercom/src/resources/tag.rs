//! Tags. <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tajo_core::{Id, Read, Resource, Spec};

use crate::client::Intercom;

/// A label on contacts, companies and conversations.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Tag {
    /// Intercom's id.
    pub id: Id,
    /// Always `tag`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Name; unique without regard to case.
    #[serde(default)]
    pub name: Option<String>,
}

impl Resource for Tag {
    type On = Intercom;
    const SPEC: Spec =
        Spec::of::<Self>("tags", Read::Whole { paths: |_| &["/tags"], items: "data" }).permission("Read tags");
}
