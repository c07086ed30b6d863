//! <https://developers.intercom.com/docs/references/2.16/rest-api/api.intercom.io/notes/createcompanynote>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::{Action, Call, Effect, Release, Result, Row};

use super::company_list_notes::CompanyNote;
use super::conversation_text::{SKEW_SECS, same_id, same_text};
use super::paths::{given, path, with_query};
use super::{Record, needs};
use crate::client::Intercom;
use crate::told::rows;

/// Notes on companies are written from here on.
const FROM: Release = (2, 16);
/// Pages looked through for a note that may have been written; the order of notes is not documented.
const LOOK_PAGES_MAX: u32 = 20;

/// Write a note on a company; from API version 2.16 on. Sent at most once.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CreateNote {
    /// The company: Intercom's id, or your own.
    pub company_id: String,
    /// The text of the note; HTML is kept.
    pub body: String,
    /// The admin who writes it; the owner of the token where nothing is said.
    pub admin_id: Option<String>,
}

impl CreateNote {
    fn is_it(&self, note: &Row, since: i64) -> bool {
        let at = note.get("created_at").and_then(Value::as_i64);
        let text = note.get("body").and_then(Value::as_str);
        let author = note.get("author").and_then(|author| author.get("id"));
        at.is_some_and(|at| at >= since - SKEW_SECS)
            && text.is_some_and(|text| same_text(text, &self.body))
            && self.admin_id.as_ref().zip(author).is_none_or(|(admin, author)| same_id(author, admin))
    }
}

impl Action for CreateNote {
    const NAME: &'static str = "companies.create_note";
    const ALIAS: &'static str = "create_company_note";
    const EFFECT: Effect = Effect::Once;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_COMPANIES];
    const EXAMPLE: &'static str =
        r#"{"company_id": "6762f0a61bb69f9f00000001", "body": "Renews in May.", "admin_id": "5017691"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "company_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<CompanyNote>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<CompanyNote>> {
        call.on.offered_from(FROM, "Writing notes on companies")?;
        let id = call.on.company_id(&self.company_id).await?;
        let fields = given(&[("body", Some(self.body.into())), ("admin_id", self.admin_id.map(Value::from))]);
        Ok(call.on.post_once(path(&["companies", &id, "notes"])?, &fields).await?.into())
    }

    /// A note with this text, written after the attempt began.
    async fn look(self, call: &Call<'_, Intercom>, since: i64) -> Result<Option<Record<CompanyNote>>> {
        let id = call.on.company_id(&self.company_id).await?;
        for page in 1..=LOOK_PAGES_MAX {
            let query = [("page", Some(page.to_string()))];
            let mut list = call.on.read_object(with_query(path(&["companies", &id, "notes"])?, &query)).await?;
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
