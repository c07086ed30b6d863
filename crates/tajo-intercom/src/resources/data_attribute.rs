//! Data attributes, built in and custom. <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-attributes>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tajo_core::{Epoch, Id, Read, Release, Resource, Spec};

use crate::client::Intercom;

/// An attribute that contacts, companies or conversations can have.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DataAttribute {
    /// `contact`, `company` or `conversation`.
    pub model: String,
    /// Name with its place, such as `custom_attributes.plan`.
    pub full_name: String,
    /// Name; repeats across models.
    #[serde(default)]
    pub name: Option<String>,
    /// Intercom's id; built-in attributes have none.
    #[serde(default)]
    pub id: Option<Id>,
    /// Always `data_attribute`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Name shown to people.
    #[serde(default)]
    pub label: Option<String>,
    /// What it means.
    #[serde(default)]
    pub description: Option<String>,
    /// `string`, `integer`, `float`, `boolean`, `date` …
    #[serde(default)]
    pub data_type: Option<String>,
    /// Choices of a list.
    #[serde(default)]
    pub options: Option<Vec<Value>>,
    /// Whether the API may write it.
    #[serde(default)]
    pub api_writable: Option<bool>,
    /// Whether the Messenger may write it.
    #[serde(default)]
    pub messenger_writable: Option<bool>,
    /// Whether people may write it.
    #[serde(default)]
    pub ui_writable: Option<bool>,
    /// Whether the workspace defined it.
    #[serde(default)]
    pub custom: Option<bool>,
    /// Whether it is archived.
    #[serde(default)]
    pub archived: Option<bool>,
    /// When it was defined.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: Option<Epoch>,
    /// Admin who defined it.
    #[serde(default)]
    pub admin_id: Option<Id>,
}

/// One list per model. Conversation attributes left this endpoint in 2.16.
fn paths(release: Release) -> &'static [&'static str] {
    const ALL: &[&str] =
        &["/data_attributes?model=contact", "/data_attributes?model=company", "/data_attributes?model=conversation"];
    if release >= (2, 16) { &ALL[..2] } else { ALL }
}

impl Resource for DataAttribute {
    type On = Intercom;
    const SPEC: Spec = Spec::of::<Self>("data_attributes", Read::Whole { paths, items: "data" })
        .key(&["model", "full_name"])
        .permission("Read and list users and companies")
        .caveat(
            "Keyed by model and full name: names repeat across models, and built-in attributes have no id. From API 2.16 on, \
             conversation attributes are not part of this list.",
        );
}
