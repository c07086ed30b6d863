//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/articles/listarticles>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Paged, Result};

use super::paths::with_query;
use super::{Rows, needs};
use crate::client::Intercom;
use crate::resources::Article;

/// Intercom's own default.
const PER_PAGE: u32 = 25;
/// Intercom's greatest page.
pub(super) const PER_PAGE_MAX: u32 = 150;

/// Page through all articles of the Help Center, drafts included, the latest change first.
///
/// An article that changes while pages are read moves to the front and shifts the others. Statistics come with `get_article`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {
    /// Which page; 1 where nothing is said.
    pub page: Option<u32>,
    /// How many articles on a page, 1 to 150; 25 where nothing is said.
    pub per_page: Option<u32>,
}

impl Action for List {
    const NAME: &'static str = "articles.list";
    const ALIAS: &'static str = "list_articles";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_ARTICLES];
    const EXAMPLE: &'static str = r#"{"page": 1, "per_page": 25}"#;
    const PAGED: Option<Paged> = Paged::NUMBER;
    type On = Intercom;
    type Out = Rows<Article>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Article>> {
        let query = page_query(self.page, self.per_page.unwrap_or(PER_PAGE))?;
        Rows::numbered(call.on.read_object(with_query("/articles", &query)).await?, "data")
    }
}

/// `page` and `per_page` of a list that goes by page number.
pub(super) fn page_query(page: Option<u32>, per_page: u32) -> Result<[(&'static str, Option<String>); 2]> {
    if !(1..=PER_PAGE_MAX).contains(&per_page) {
        return Err(refused("per_page", format!("must be from 1 to {PER_PAGE_MAX}")));
    }
    if page == Some(0) {
        return Err(refused("page", "must be 1 or more"));
    }
    Ok([("page", page.map(|page| page.to_string())), ("per_page", Some(per_page.to_string()))])
}
