//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/articles/searcharticles>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Id, Paged, Result};

use super::paths::with_query;
use super::{Record, Rows, Whole, needs};
use crate::client::Intercom;
use crate::resources::Article;
use crate::told::{drift, rows};

/// Search articles by a phrase in title, description and text.
///
/// Intercom gives ten at a time.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Search {
    /// What to look for.
    pub phrase: Option<String>,
    /// Published articles, drafts, or all of them.
    pub state: Option<State>,
    /// The Help Center to search in; all of them where nothing is said.
    pub help_center_id: Option<Whole>,
    /// Whether the places found come along, as `highlights`.
    pub highlight: Option<bool>,
    /// Which page; 1 where nothing is said.
    pub page: Option<u32>,
}

/// Which articles are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Those that are published.
    Published,
    /// Drafts.
    Draft,
    /// Both.
    All,
}

/// Articles found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FoundArticles {
    /// The articles of this page.
    pub data: Vec<Record<Article>>,
    /// The places found in each, if asked for.
    pub highlights: Vec<Record<Highlight>>,
    /// How many there are on all pages, where Intercom says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_count: Option<u64>,
    /// What to give as `page` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page: Option<u64>,
}

/// Where an article has the phrase.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Highlight {
    /// The article's id.
    pub article_id: Id,
    /// The title in pieces, each `highlight` or `plain`.
    #[serde(default)]
    pub highlighted_title: Option<Value>,
    /// Lines of the text in such pieces.
    #[serde(default)]
    pub highlighted_summary: Option<Value>,
}

impl Action for Search {
    const NAME: &'static str = "articles.search";
    const ALIAS: &'static str = "search_articles";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_ARTICLES];
    const EXAMPLE: &'static str = r#"{"phrase": "Getting started", "state": "published"}"#;
    const PAGED: Option<Paged> = Paged::NUMBER;
    type On = Intercom;
    type Out = FoundArticles;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<FoundArticles> {
        if self.phrase.is_none() && self.state.is_none() && self.help_center_id.is_none() {
            return Err(refused("phrase", "or `state` or `help_center_id` must say what to look for"));
        }
        let state = self.state.map(|state| match state {
            State::Published => "published",
            State::Draft => "draft",
            State::All => "all",
        });
        let query = [
            ("phrase", self.phrase),
            ("state", state.map(str::to_owned)),
            ("help_center_id", self.help_center_id.map(|id| id.0.to_string())),
            ("highlight", self.highlight.map(|is| is.to_string())),
            ("page", self.page.map(|page| page.to_string())),
        ];
        let mut page = call.on.read_object(with_query("/articles/search", &query)).await?;
        // The rows stand one level deeper than in any other list.
        let Some(Value::Object(mut found)) = page.remove("data") else {
            return Err(drift("A search for articles has no rows"));
        };
        let highlights = if found.contains_key("highlights") { rows(&mut found, "highlights")? } else { Vec::new() };
        page.insert("data".to_owned(), found.remove("articles").unwrap_or_default());
        let Rows { data, total_count, next_page, .. } = Rows::numbered(page, "data")?;
        Ok(FoundArticles { data, highlights: highlights.into_iter().map(Record::new).collect(), total_count, next_page })
    }
}
