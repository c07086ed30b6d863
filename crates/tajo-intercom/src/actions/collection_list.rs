//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/help-center/listallcollections>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tajo_core::{Action, Call, Effect, Epoch, Id, Paged, Result, Row};

use super::article_list::page_query;
use super::paths::with_query;
use super::{Rows, needs};
use crate::client::Intercom;

/// Intercom's own default.
const PER_PAGE: u32 = 20;

/// Where collections live.
pub(super) const PATH: &str = "/help_center/collections";

/// A shelf of the Help Center: articles, and other collections.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Collection {
    /// Intercom's id.
    pub id: Id,
    /// Workspace it belongs to.
    #[serde(default)]
    pub workspace_id: Option<Id>,
    /// Name.
    #[serde(default)]
    pub name: Option<String>,
    /// Description.
    #[serde(default)]
    pub description: Option<String>,
    /// Address.
    #[serde(default)]
    pub url: Option<String>,
    /// Name of its picture.
    #[serde(default)]
    pub icon: Option<String>,
    /// Its place among its siblings.
    #[serde(default)]
    pub order: Option<i64>,
    /// Collection it stands in.
    #[serde(default)]
    pub parent_id: Option<Id>,
    /// Help Center it stands in.
    #[serde(default)]
    pub help_center_id: Option<Id>,
    /// Locale of name and description.
    #[serde(default)]
    pub default_locale: Option<String>,
    /// Name and description by locale.
    #[serde(default)]
    pub translated_content: Option<Row>,
    /// When it was created.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: Option<Epoch>,
}

/// Page through all collections of the Help Center, the latest change first.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {
    /// Which page; 1 where nothing is said.
    pub page: Option<u32>,
    /// How many collections on a page, 1 to 150; 20 where nothing is said.
    pub per_page: Option<u32>,
}

impl Action for List {
    const NAME: &'static str = "collections.list";
    const ALIAS: &'static str = "list_collections";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_ARTICLES];
    const EXAMPLE: &'static str = "{}";
    const PAGED: Option<Paged> = Paged::NUMBER;
    const RARE: bool = true;
    type On = Intercom;
    type Out = Rows<Collection>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Collection>> {
        let query = page_query(self.page, self.per_page.unwrap_or(PER_PAGE))?;
        Rows::numbered(call.on.read_object(with_query(PATH, &query)).await?, "data")
    }
}
