//! <https://developers.intercom.com/docs/references/2.16/rest-api/api.intercom.io/contacts/listcontactmergehistory>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Epoch, Id, Paged, Release, Result};

use super::paths::{path, with_query};
use super::{Rows, needs};
use crate::client::Intercom;

/// The endpoint exists from here on.
const FROM: Release = (2, 16);
/// Intercom's greatest page.
const PER_PAGE_MAX: u32 = 150;

/// List the contacts that were merged into a user; from API version 2.16 on.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct MergeHistory {
    /// Intercom's id of the user.
    pub contact_id: String,
    /// How many entries on a page, 1 to 150; 50 where nothing is said.
    pub per_page: Option<u32>,
    /// Where the page begins: `next_cursor` of the page before.
    pub starting_after: Option<String>,
    /// Newest first (`desc`) where nothing is said.
    pub order: Option<Order>,
}

/// The order of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Oldest first.
    Asc,
    /// Newest first.
    Desc,
}

/// A contact that was merged into another one.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct MergedContact {
    /// Always `merge_history`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// The id that the contact had.
    #[serde(default)]
    pub source_contact_id: Option<Id>,
    /// `lead` or `user`.
    #[serde(default)]
    pub source_contact_role: Option<String>,
    /// When it was merged.
    #[serde(default)]
    pub merged_at: Option<Epoch>,
}

impl Action for MergeHistory {
    const NAME: &'static str = "contacts.merge_history";
    const ALIAS: &'static str = "list_contact_merge_history";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"contact_id": "6762f0dd1bb69f9f2193bb83"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "contact_id"), ("cursor", "starting_after")];
    const PAGED: Option<Paged> = Paged::CURSOR;
    const RARE: bool = true;
    type On = Intercom;
    type Out = Rows<MergedContact>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<MergedContact>> {
        let path = path(&["contacts", &self.contact_id, "merge_history"])?;
        if self.per_page.is_some_and(|per_page| !(1..=PER_PAGE_MAX).contains(&per_page)) {
            return Err(refused("per_page", format!("must be from 1 to {PER_PAGE_MAX}")));
        }
        call.on.offered_from(FROM, "Merge histories")?;
        let order = self.order.map(|order| if order == Order::Asc { "asc" } else { "desc" }.to_owned());
        let query = [("per_page", self.per_page.map(|n| n.to_string())), ("cursor", self.starting_after), ("order", order)];
        let page = call.on.read_object(with_query(path, &query)).await?;
        // This list alone names its next page at the top.
        let next = page.get("next_cursor").and_then(Value::as_str).filter(|next| !next.is_empty()).map(str::to_owned);
        let has_more = page.get("has_more").and_then(Value::as_bool).unwrap_or(true);
        Ok(Rows { next_cursor: next.filter(|_| has_more), ..Rows::page(page, "data")? })
    }
}
