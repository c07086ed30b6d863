//! Conversations and contacts by one query, as Intercom's own `search` tool has it.
//! <https://developers.intercom.com/docs/guides/mcp>

mod words;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tajo_core::{Action, Call, Effect, Result, Row};

use super::contact_query::check;
use super::needs;
use super::ticket::text;
use crate::client::Intercom;
use crate::told::{next_cursor, rows};
use words::Kind;

/// Search conversations or contacts by one query: `object_type:conversations state:open source_body:contains:"refund"`.
///
/// Words are `field:value` or `field:operator:value`, all of which must hold; operators are eq, neq, gt, gte, lt, lte, in,
/// nin, contains, not_contains, starts_with and ends_with. `q:"text"` looks into first messages, or names and addresses.
/// `limit:` is 5 where nothing is said, 150 at most. The ids found go into `fetch`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Search {
    /// The query; it says `object_type:conversations` or `object_type:contacts`, and at least one field or `q:`.
    pub query: String,
    /// Where the page begins, in place of `starting_after:` in the query.
    pub starting_after: Option<String>,
}

/// What was found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Hits {
    /// The records of this page, in short.
    pub results: Vec<Hit>,
    /// How many are on this page.
    pub total_in_page: usize,
    /// How many there are on all pages, where Intercom says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_count: Option<u64>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// How to get the next page, in words.
    #[serde(rename = "_note", skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A record in short.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Hit {
    /// Its id with its kind before it: `conversation_123`, `contact_6762f0dd1bb69f9f2193bb83`.
    pub id: String,
    /// The title of a conversation, the name or address of a contact.
    pub title: String,
    /// The first message of a conversation as HTML, the address of a contact.
    pub text: String,
    /// `open`, `closed` or `snoozed`; `user` or `lead`.
    pub state: String,
    /// When it last changed, unix seconds.
    pub updated_at: Option<i64>,
}

impl Action for Search {
    const NAME: &'static str = "records.search";
    const ALIAS: &'static str = "search";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE, needs::READ_CONVERSATIONS];
    const EXAMPLE: &'static str = r#"{"query": "object_type:conversations state:open limit:10"}"#;
    type On = Intercom;
    type Out = Hits;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Hits> {
        let asked = words::read(&self.query)?;
        let mut pagination = json!({"per_page": asked.limit});
        if let Some(after) = self.starting_after.or(asked.after) {
            pagination["starting_after"] = after.into();
        }
        let (path, key, hit): (_, _, fn(&Row) -> Hit) = match asked.kind {
            Kind::Conversations => ("/conversations/search", "conversations", conversation),
            Kind::Contacts => ("/contacts/search", "data", contact),
        };
        if asked.kind == Kind::Contacts {
            check(&asked.query, call.on.version().capabilities().contact_search)?;
        }
        let query = json!({"query": asked.query, "pagination": pagination});
        let mut page = call.on.search_object(path, &query).await?;
        let results: Vec<Hit> = rows(&mut page, key)?.iter().map(hit).collect();
        let next_cursor = next_cursor(&page);
        let note = next_cursor
            .as_ref()
            .map(|cursor| format!("More results available. To get the next page, add to your query: starting_after:{cursor}"));
        let total_count = page.get("total_count").and_then(Value::as_u64);
        Ok(Hits { total_in_page: results.len(), results, total_count, next_cursor, note })
    }
}

/// The first of these that says anything.
pub(super) fn first(texts: [String; 3]) -> String {
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

fn conversation(row: &Row) -> Hit {
    let source = row.get("source").and_then(Value::as_object).cloned().unwrap_or_default();
    let title = first([text(row, "title"), text(&source, "subject"), format!("Conversation {}", text(row, "id"))]);
    Hit {
        id: format!("conversation_{}", text(row, "id")),
        title,
        text: text(&source, "body"),
        state: text(row, "state"),
        updated_at: row.get("updated_at").and_then(Value::as_i64),
    }
}

fn contact(row: &Row) -> Hit {
    Hit {
        id: format!("contact_{}", text(row, "id")),
        title: first([text(row, "name"), text(row, "email"), format!("Contact {}", text(row, "id"))]),
        text: text(row, "email"),
        state: text(row, "role"),
        updated_at: row.get("updated_at").and_then(Value::as_i64),
    }
}
