//! What <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/mergecontact> would do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tajo_core::{Action, Call, Effect, Release, Result, Row};

use super::contact_get::role;
use super::contact_merge::differ;
use super::needs;
use super::paths::path;
use crate::client::Intercom;

/// From here on only duplicates are merged unasked.
const DUPLICATES_FROM: Release = (2, 16);

/// Show what merging a lead into a user would do, and what speaks against it. Nothing is written.
///
/// Conversations and events of the lead move too; they are not counted here.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PreviewMerge {
    /// Intercom's id of the lead, who would disappear.
    pub from: String,
    /// Intercom's id of the user, who would stay.
    pub into: String,
}

/// What a merge would do.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Preview {
    /// Whether it would be carried out.
    pub allowed: bool,
    /// What speaks against it, in sentences.
    pub refusals: Vec<String>,
    /// Who would disappear.
    pub from: Side,
    /// Who would stay.
    pub into: Side,
    /// How much would move.
    pub moves: Moves,
}

/// One of the two contacts.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Side {
    /// Intercom's id.
    pub id: Option<String>,
    /// `user` or `lead`.
    pub role: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
    /// Id in a system of your own.
    pub external_id: Option<String>,
}

/// What hangs on the lead, in numbers.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Moves {
    /// Tags.
    pub tags: u64,
    /// Companies.
    pub companies: u64,
    /// Notes.
    pub notes: u64,
}

impl Side {
    fn of(row: &Row) -> Side {
        let text = |key: &str| row.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        Side {
            id: text("id"),
            role: text("role"),
            name: text("name"),
            email: text("email"),
            phone: text("phone"),
            external_id: text("external_id"),
        }
    }
    fn is_like(&self, other: &Side) -> bool {
        let same = |a: &Option<String>, b: &Option<String>| {
            a.is_some() && a.as_ref().map(|a| a.to_lowercase()) == b.as_ref().map(|b| b.to_lowercase())
        };
        same(&self.email, &other.email) || same(&self.phone, &other.phone)
    }
}

impl Preview {
    fn of(from: &Row, into: &Row, release: Release) -> Preview {
        let (lead, user) = (Side::of(from), Side::of(into));
        let mut refusals = Vec::new();
        if role(from) != Some("lead") {
            refusals.push("`from` is not a lead: only leads can be merged away.".to_owned());
        }
        if role(into) != Some("user") {
            refusals.push("`into` is not a user: only users can take leads in.".to_owned());
        }
        if release >= DUPLICATES_FROM && !lead.is_like(&user) {
            refusals.push("They share neither address nor phone number: the merge needs `skip_duplicate_validation`.".to_owned());
        }
        let count = |key: &str| from.get(key).and_then(|list| list.get("total_count")).and_then(Value::as_u64).unwrap_or(0);
        let moves = Moves { tags: count("tags"), companies: count("companies"), notes: count("notes") };
        Preview { allowed: refusals.is_empty(), refusals, from: lead, into: user, moves }
    }
}

impl Action for PreviewMerge {
    const NAME: &'static str = "contacts.preview_merge";
    const ALIAS: &'static str = "preview_merge_contacts";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"from": "6762f0dd1bb69f9f2193bb83", "into": "6762f0dd1bb69f9f2193bb84"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("from_contact_id", "from"), ("into_contact_id", "into")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Preview;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Preview> {
        let (from, into) = (path(&["contacts", &self.from])?, path(&["contacts", &self.into])?);
        differ(&self.from, &self.into)?;
        let (from, into) = (call.on.read_object(from).await?, call.on.read_object(into).await?);
        Ok(Preview::of(&from, &into, call.on.version().release()))
    }
}
