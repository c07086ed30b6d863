//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/articles/updatearticle>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result};

use super::article_create::{ArticleState, ParentType, parent};
use super::paths::{given, path};
use super::{Record, Whole, needs};
use crate::client::Intercom;
use crate::resources::Article;

/// Update an article; what is not given stays as it is.
///
/// An edit of a published article is before everybody's eyes at once.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Update {
    /// The article's id.
    pub article_id: String,
    /// The new title.
    pub title: Option<String>,
    /// The admin who wrote it.
    pub author_id: Option<Whole>,
    /// The new short description.
    pub description: Option<String>,
    /// The new text as HTML.
    pub body: Option<String>,
    /// Whether it is published.
    pub state: Option<ArticleState>,
    /// The collection that it stands in.
    pub parent_id: Option<Whole>,
    /// What the parent is; a collection where nothing is said.
    pub parent_type: Option<ParentType>,
}

impl Action for Update {
    const NAME: &'static str = "articles.update";
    const ALIAS: &'static str = "update_article";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_ARTICLES];
    const EXAMPLE: &'static str = r#"{"article_id": "55", "title": "Exports and imports"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "article_id")];
    type On = Intercom;
    type Out = Record<Article>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Article>> {
        let path = path(&["articles", &self.article_id])?;
        let mut fields = given(&[
            ("title", self.title.map(Value::from)),
            ("author_id", self.author_id.map(Value::from)),
            ("description", self.description.map(Value::from)),
            ("body", self.body.map(Value::from)),
            ("state", self.state.map(Value::from)),
        ]);
        fields.extend(parent(self.parent_id, self.parent_type)?);
        if fields.is_empty() {
            return Err(refused("article_id", "must come with something to change"));
        }
        Ok(call.on.put_object(path, &fields).await?.into())
    }
}
