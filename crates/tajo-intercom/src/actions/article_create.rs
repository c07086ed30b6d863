//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/articles/createarticle>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result, Row};

use super::conversation_text::SKEW_SECS;
use super::paths::given;
use super::ticket::text;
use super::{Record, Whole, needs};
use crate::client::Intercom;
use crate::resources::Article;
use crate::told::rows;

/// Articles changed last, among which a look is taken: pages of 150.
const LOOK_PAGES_MAX: usize = 5;

/// Create an article of the Help Center; a draft unless `state` says otherwise. Sent at most once.
///
/// `published` puts it before everybody's eyes at once.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Create {
    /// The title.
    pub title: String,
    /// The admin who wrote it; a teammate of the workspace.
    pub author_id: Whole,
    /// A short description.
    pub description: Option<String>,
    /// The text as HTML.
    pub body: Option<String>,
    /// Whether it is published at once.
    pub state: Option<ArticleState>,
    /// The collection that it stands in; by itself where nothing is said.
    pub parent_id: Option<Whole>,
    /// What the parent is; a collection where nothing is said.
    pub parent_type: Option<ParentType>,
}

/// Whether readers see an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArticleState {
    /// Everybody sees it.
    Published,
    /// Only the team sees it.
    Draft,
}

impl From<ArticleState> for Value {
    fn from(state: ArticleState) -> Value {
        match state {
            ArticleState::Published => "published".into(),
            ArticleState::Draft => "draft".into(),
        }
    }
}

/// What an article stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParentType {
    /// A collection.
    Collection,
    /// A section of a collection, up to API 2.9.
    Section,
}

/// The parent as it is sent: its kind goes with its id.
pub(super) fn parent(id: Option<Whole>, kind: Option<ParentType>) -> Result<Map<String, Value>> {
    let Some(id) = id else {
        return match kind {
            Some(_) => Err(refused("parent_type", "needs `parent_id`")),
            None => Ok(Map::new()),
        };
    };
    let kind = if kind == Some(ParentType::Section) { "section" } else { "collection" };
    Ok(given(&[("parent_id", Some(id.into())), ("parent_type", Some(kind.into()))]))
}

impl Action for Create {
    const NAME: &'static str = "articles.create";
    const ALIAS: &'static str = "create_article";
    const EFFECT: Effect = Effect::Once;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_ARTICLES];
    const EXAMPLE: &'static str = r#"{"title": "Exports", "author_id": "991267460", "body": "<p>How to export.</p>"}"#;
    type On = Intercom;
    type Out = Record<Article>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Article>> {
        let mut fields = given(&[
            ("title", Some(self.title.into())),
            ("author_id", Some(self.author_id.into())),
            ("description", self.description.map(Value::from)),
            ("body", self.body.map(Value::from)),
            ("state", self.state.map(Value::from)),
        ]);
        fields.extend(parent(self.parent_id, self.parent_type)?);
        Ok(call.on.post_once("/articles".to_owned(), &fields).await?.into())
    }

    /// An article of this title and author that was created since the attempt; the list has the newest first.
    async fn look(self, call: &Call<'_, Intercom>, since: i64) -> Result<Option<Record<Article>>> {
        let is_this = |row: &Row| text(row, "title") == self.title && text(row, "author_id") == self.author_id.0.to_string();
        let found = newest(call.on, "/articles", since - SKEW_SECS, LOOK_PAGES_MAX, is_this).await?;
        Ok(found.map(Record::new))
    }
}

/// The first row of a list, the latest change first, that was created since then and is it.
pub(super) async fn newest(
    on: &Intercom,
    path: &str,
    since: i64,
    pages_max: usize,
    is_this: impl Fn(&Row) -> bool,
) -> Result<Option<Row>> {
    let second = |row: &Row, key: &str| row.get(key).and_then(Value::as_i64);
    for page in 1..=pages_max {
        let list = rows(&mut on.read_object(format!("{path}?page={page}&per_page=150")).await?, "data")?;
        let is_last = list.last().is_none_or(|row| second(row, "updated_at").is_some_and(|at| at < since));
        if let Some(row) = list.into_iter().find(|row| second(row, "created_at").is_some_and(|at| at >= since) && is_this(row)) {
            return Ok(Some(row));
        }
        if is_last {
            break;
        }
    }
    Ok(None)
}
