//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/listconversations>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Paged, Result};

use super::paths::with_query;
use super::{Rows, needs};
use crate::client::Intercom;
use crate::resources::Conversation;

/// Intercom's own default.
const PER_PAGE: u32 = 20;
/// Intercom's greatest page.
const PER_PAGE_MAX: u32 = 150;

/// Page through all conversations, the last changed first.
///
/// They come without their parts: `get_conversation` reads those of one.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {
    /// How many conversations on a page, 1 to 150; 20 where nothing is said.
    pub per_page: Option<u32>,
    /// Where the page begins: `next_cursor` of the page before.
    pub starting_after: Option<String>,
}

/// The page size, or what is wrong with it.
pub(super) fn sized(per_page: Option<u32>) -> Result<u32> {
    let per_page = per_page.unwrap_or(PER_PAGE);
    match (1..=PER_PAGE_MAX).contains(&per_page) {
        true => Ok(per_page),
        false => Err(refused("per_page", format!("must be from 1 to {PER_PAGE_MAX}"))),
    }
}

impl Action for List {
    const NAME: &'static str = "conversations.list";
    const ALIAS: &'static str = "list_conversations";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_CONVERSATIONS];
    const EXAMPLE: &'static str = r#"{"per_page": 50}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("starting_after_cursor", "starting_after")];
    const PAGED: Option<Paged> = Paged::CURSOR;
    type On = Intercom;
    type Out = Rows<Conversation>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Conversation>> {
        let query = [("per_page", Some(sized(self.per_page)?.to_string())), ("starting_after", self.starting_after)];
        Rows::page(call.on.read_object(with_query("/conversations", &query)).await?, "conversations")
    }
}
