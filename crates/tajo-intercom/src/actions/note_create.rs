//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/notes/createnote>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::{Action, Call, Effect, Result, Row};

use super::conversation_text::{SKEW_SECS, same_id, same_text};
use super::note_get::Note;
use super::paths::{given, path, with_query};
use super::{Record, needs};
use crate::client::Intercom;
use crate::told::rows;

/// Pages looked through for a note that may have been written; the order of notes is not documented.
const LOOK_PAGES_MAX: u32 = 20;

/// Write a note on a contact, which only the team sees. Sent at most once.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Create {
    /// Intercom's id of the contact.
    pub contact_id: String,
    /// The text of the note; HTML is kept.
    pub body: String,
    /// The admin who writes it.
    pub admin_id: Option<String>,
}

impl Create {
    fn is_it(&self, note: &Row, since: i64) -> bool {
        let at = note.get("created_at").and_then(Value::as_i64);
        let author = note.get("author").and_then(|author| author.get("id"));
        let text = note.get("body").and_then(Value::as_str);
        at.is_some_and(|at| at >= since - SKEW_SECS)
            && text.is_some_and(|text| same_text(text, &self.body))
            && self.admin_id.as_ref().is_none_or(|admin| author.is_some_and(|author| same_id(author, admin)))
    }
}

impl Action for Create {
    const NAME: &'static str = "notes.create";
    const ALIAS: &'static str = "create_note";
    const EFFECT: Effect = Effect::Once;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_PEOPLE];
    const EXAMPLE: &'static str =
        r#"{"contact_id": "6762f0dd1bb69f9f2193bb83", "body": "Prefers to be called.", "admin_id": "7300000"}"#;
    type On = Intercom;
    type Out = Record<Note>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Note>> {
        let path = path(&["contacts", &self.contact_id, "notes"])?;
        let fields = given(&[("body", Some(Value::from(self.body))), ("admin_id", self.admin_id.map(Value::from))]);
        Ok(call.on.post_once(path, &fields).await?.into())
    }

    /// A note with this text, written after the attempt began.
    async fn look(self, call: &Call<'_, Intercom>, since: i64) -> Result<Option<Record<Note>>> {
        for page in 1..=LOOK_PAGES_MAX {
            let path = path(&["contacts", &self.contact_id, "notes"])?;
            let mut list = call.on.read_object(with_query(path, &[("page", Some(page.to_string()))])).await?;
            let last = list.get("pages").and_then(|pages| pages.get("total_pages")).and_then(Value::as_u64).unwrap_or(1);
            if let Some(note) = rows(&mut list, "data")?.into_iter().find(|note| self.is_it(note, since)) {
                return Ok(Some(note.into()));
            }
            if u64::from(page) >= last {
                break;
            }
        }
        Ok(None)
    }
}
