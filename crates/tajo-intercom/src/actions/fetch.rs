//! One record by the id that `search` gives, as Intercom's own `fetch` tool has it.
//! <https://developers.intercom.com/docs/guides/mcp>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result, Row};

use super::needs;
use super::paths::path;
use super::search::first;
use super::ticket::text;
use crate::client::Intercom;
use crate::region::Region;

/// Fetch a conversation, contact or company in full, by the id that `search` gives.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Fetch {
    /// `conversation_`, `contact_` or `company_`, followed by Intercom's id.
    pub id: String,
}

/// A record in full.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Fetched {
    /// The id as it was given.
    pub id: String,
    /// The title of a conversation, the name of a contact or company.
    pub title: String,
    /// What was said in a conversation, a line for each part; else the address or the website.
    pub text: String,
    /// Where Intercom's own pages show it, if the workspace is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The object exactly as Intercom gave it; bodies of a conversation's parts as plain text.
    pub metadata: Row,
}

impl Action for Fetch {
    const NAME: &'static str = "records.fetch";
    const ALIAS: &'static str = "fetch";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE, needs::READ_CONVERSATIONS];
    const EXAMPLE: &'static str = r#"{"id": "conversation_123"}"#;
    type On = Intercom;
    type Out = Fetched;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Fetched> {
        let Some((kind, id)) = self.id.split_once('_') else { return Err(wrong()) };
        let (metadata, title, told, place) = match kind {
            "conversation" => {
                let row = call.on.read_object(format!("{}?display_as=plaintext", path(&["conversations", id])?)).await?;
                let subject = row.get("source").and_then(|source| source.get("subject")).and_then(Value::as_str);
                let title = first([text(&row, "title"), subject.unwrap_or_default().to_owned(), format!("Conversation {id}")]);
                let told = said(&row);
                (row, title, told, format!("inbox/inbox/conversation/{id}"))
            }
            "contact" => {
                let row = call.on.read_object(path(&["contacts", id])?).await?;
                let title = first([text(&row, "name"), text(&row, "email"), format!("Contact {id}")]);
                let told = text(&row, "email");
                (row, title, told, format!("users/{id}"))
            }
            "company" => {
                let row = call.on.read_object(path(&["companies", id])?).await?;
                let title = first([text(&row, "name"), text(&row, "company_id"), format!("Company {id}")]);
                let told = text(&row, "website");
                (row, title, told, format!("companies/{id}"))
            }
            _ => return Err(wrong()),
        };
        let workspace = match first([text(&metadata, "workspace_id"), text(&metadata, "app_id"), String::new()]) {
            // Only conversations do not name theirs. Without a link the record is no less.
            none if none.is_empty() => call.on.me().await.ok().map(|me| me.id_code),
            named => Some(named),
        };
        let url = workspace.map(|workspace| format!("https://{}/a/apps/{workspace}/{place}", pages(call.on.region())));
        Ok(Fetched { id: self.id, title, text: told, url, metadata })
    }
}

fn wrong() -> tajo_core::Error {
    refused("id", "must be conversation_ID, contact_ID or company_ID, as `search` gives it")
}

/// The host of Intercom's pages.
fn pages(region: Region) -> &'static str {
    match region {
        Region::Us => "app.intercom.com",
        Region::Eu => "app.eu.intercom.com",
        Region::Au => "app.au.intercom.com",
    }
}

/// A line for the first message and each part that says something.
fn said(conversation: &Row) -> String {
    let parts = conversation.get("conversation_parts").and_then(|parts| parts.get("conversation_parts"));
    let parts = parts.and_then(Value::as_array).into_iter().flatten();
    let lines = conversation.get("source").into_iter().chain(parts).filter_map(|part| {
        let body = part.get("body").and_then(Value::as_str).map(str::trim).filter(|body| !body.is_empty())?;
        let author = part.get("author").and_then(Value::as_object).cloned().unwrap_or_default();
        let who = first([text(&author, "name"), text(&author, "type"), "somebody".to_owned()]);
        Some(format!("{who}: {body}"))
    });
    lines.collect::<Vec<_>>().join("\n")
}
