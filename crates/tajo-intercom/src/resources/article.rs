//! Help Center articles. <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/articles>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tajo_core::{Epoch, Id, Read, Resource, Row, Spec};

use crate::client::Intercom;

/// An article of the Help Center.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Article {
    /// Intercom's id.
    pub id: Id,
    /// Always `article`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Workspace the article belongs to.
    #[serde(default)]
    pub workspace_id: Option<Id>,
    /// Title.
    #[serde(default)]
    pub title: Option<String>,
    /// Short description.
    #[serde(default)]
    pub description: Option<String>,
    /// Body as HTML.
    #[serde(default)]
    pub body: Option<String>,
    /// Admin who wrote it.
    #[serde(default)]
    pub author_id: Option<Id>,
    /// `published` or `draft`.
    #[serde(default)]
    pub state: Option<String>,
    /// When it was created.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: Option<Epoch>,
    /// Address of the published article.
    #[serde(default)]
    pub url: Option<String>,
    /// Collection it stands in (up to 2.15).
    #[serde(default)]
    pub parent_id: Option<Id>,
    /// Kind of the parent (up to 2.15).
    #[serde(default)]
    pub parent_type: Option<String>,
    /// Collections it stands in.
    #[serde(default)]
    pub parent_ids: Option<Vec<Id>>,
    /// Locale of the fields here.
    #[serde(default)]
    pub default_locale: Option<String>,
    /// Content by locale.
    #[serde(default)]
    pub translated_content: Option<Row>,
    /// Tags on the article.
    #[serde(default)]
    pub tags: Option<Value>,
}

impl Resource for Article {
    type On = Intercom;
    const SPEC: Spec = Spec::of::<Self>("articles", Read::Pages { path: "/articles", items: "data", page_max: 150 })
        .newest("updated_at")
        .permission("Read articles")
        .caveat("The list has no statistics; they are not read. Deleted articles stay in the table.");
}
