//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/articles/retrievearticle>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::path;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Article;

/// Get an article with its text and statistics.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Get {
    /// The article's id.
    pub article_id: String,
}

impl Action for Get {
    const NAME: &'static str = "articles.get";
    const ALIAS: &'static str = "get_article";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_ARTICLES];
    const EXAMPLE: &'static str = r#"{"article_id": "55"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "article_id")];
    type On = Intercom;
    type Out = Record<Article>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Article>> {
        Ok(call.on.read_object(path(&["articles", &self.article_id])?).await?.into())
    }
}
