//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/articles/deletearticle>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::{path, take_away};
use super::{Deleted, needs};
use crate::client::Intercom;

/// Delete an article for good.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Delete {
    /// The article's id.
    pub article_id: String,
}

impl Action for Delete {
    const NAME: &'static str = "articles.delete";
    const ALIAS: &'static str = "delete_article";
    const EFFECT: Effect = Effect::Destroy;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_ARTICLES];
    const EXAMPLE: &'static str = r#"{"article_id": "55"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "article_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Deleted;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Deleted> {
        take_away(call, path(&["articles", &self.article_id])?, self.article_id).await
    }
}
