//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/searchconversations>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Paged, Result, Row};

use super::conversation_list::sized;
use super::moment::Moment;
use super::{Rows, needs};
use crate::client::Intercom;
use crate::resources::Conversation;

/// Find conversations by who wrote, who has them, their state, tags and times; all conditions must hold.
///
/// They come without their parts. What changed within the last minutes may be missing. `query` takes a query of Intercom's
/// own in place of the other conditions.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Search {
    /// Only conversations of these ids.
    #[serde(default)]
    pub ids: Vec<String>,
    /// Only those that began on this channel, such as `conversation`, `email`, `whatsapp`.
    pub source_type: Option<String>,
    /// Only those begun by somebody whose name contains this.
    pub source_author_name: Option<String>,
    /// Only those begun from this e-mail address.
    pub source_author_email: Option<String>,
    /// Only those in this state.
    pub state: Option<State>,
    /// Only open ones, or only those that are not.
    pub open: Option<bool>,
    /// Only those assigned to the team of this id.
    pub team_assignee_id: Option<String>,
    /// Only those assigned to the admin of this id.
    pub admin_assignee_id: Option<String>,
    /// Only those with the contact of this Intercom id.
    pub contact_id: Option<String>,
    /// Only those with the tag of this id.
    pub tag_id: Option<String>,
    /// Only those created at this moment or later: ISO 8601 or unix seconds.
    pub created_since: Option<Moment>,
    /// Only those changed at this moment or later: ISO 8601 or unix seconds.
    pub updated_since: Option<Moment>,
    /// Only those where the assignment took so many seconds: `{"operator": ">", "value": 300}`.
    pub statistics_time_to_assignment: Option<Row>,
    /// Only those where an admin's first reply took so many seconds: `{"operator": ">", "value": 300}`.
    pub statistics_time_to_admin_reply: Option<Row>,
    /// Only those where the first close took so many seconds: `{"operator": "<", "value": 3600}`.
    pub statistics_time_to_first_close: Option<Row>,
    /// A query of Intercom's own, as JSON: `{"field": "priority", "operator": "=", "value": "priority"}`.
    pub query: Option<Row>,
    /// How many conversations on a page, 1 to 150; 20 where nothing is said.
    pub per_page: Option<u32>,
    /// Where the page begins: `next_cursor` of the page before.
    pub starting_after: Option<String>,
}

/// The state of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Open.
    Open,
    /// Closed.
    Closed,
    /// Closed until a moment.
    Snoozed,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Closed => "closed",
            State::Snoozed => "snoozed",
        }
    }
}

impl Search {
    /// The conditions that are given, each with the name of its input.
    fn conditions(&self) -> Result<Vec<(&'static str, Value)>> {
        let equal = |input: &'static str, field: &str, value: &Option<String>| {
            value.as_ref().map(|value| (input, leaf(field, "=", value.as_str())))
        };
        let ids = (!self.ids.is_empty()).then(|| ("ids", leaf("id", "IN", json!(self.ids))));
        let name =
            self.source_author_name.as_ref().map(|name| ("source_author_name", leaf("source.author.name", "~", name.as_str())));
        let since = |input: &'static str, field: &str, at: Option<Moment>| at.map(|at| (input, not_before(field, at)));
        let mut all: Vec<(&'static str, Value)> = [
            ids,
            equal("source_type", "source.type", &self.source_type),
            name,
            equal("source_author_email", "source.author.email", &self.source_author_email),
            self.state.map(|state| ("state", leaf("state", "=", state.word()))),
            self.open.map(|open| ("open", leaf("open", "=", open))),
            equal("team_assignee_id", "team_assignee_id", &self.team_assignee_id),
            equal("admin_assignee_id", "admin_assignee_id", &self.admin_assignee_id),
            equal("contact_id", "contact_ids", &self.contact_id),
            equal("tag_id", "tag_ids", &self.tag_id),
            since("created_since", "created_at", self.created_since),
            since("updated_since", "updated_at", self.updated_since),
        ]
        .into_iter()
        .flatten()
        .collect();
        for (input, field, given) in [
            ("statistics_time_to_assignment", "statistics.time_to_assignment", &self.statistics_time_to_assignment),
            ("statistics_time_to_admin_reply", "statistics.time_to_admin_reply", &self.statistics_time_to_admin_reply),
            ("statistics_time_to_first_close", "statistics.time_to_first_close", &self.statistics_time_to_first_close),
        ] {
            let Some(given) = given else { continue };
            let (operator, value) = (given.get("operator").and_then(Value::as_str), given.get("value"));
            let (Some(operator), Some(value), 2) = (operator, value, given.len()) else {
                return Err(refused(input, r#"must be {"operator": ">", "value": SECONDS}"#));
            };
            all.push((input, leaf(field, operator, value.clone())));
        }
        Ok(all)
    }

    /// Intercom's query, or what is wrong with the input.
    fn asked(&self) -> Result<Value> {
        let mut conditions = self.conditions()?;
        if let Some(query) = &self.query {
            return match conditions.first() {
                Some((input, _)) => Err(refused("query", format!("cannot be combined with `{input}`: it takes the place of it"))),
                None => Ok(Value::Object(query.clone())),
            };
        }
        Ok(match conditions.len() {
            // A search asks for something in any case: this is true of all.
            0 => leaf("created_at", ">", 0),
            1 => conditions.swap_remove(0).1,
            _ => json!({"operator": "AND", "value": conditions.into_iter().map(|(_, one)| one).collect::<Vec<_>>()}),
        })
    }
}

fn leaf(field: &str, operator: &str, value: impl Into<Value>) -> Value {
    json!({"field": field, "operator": operator, "value": value.into()})
}

/// `>=` is not documented for conversations, and `>` may be read as including its bound: this is right either way.
fn not_before(field: &str, at: Moment) -> Value {
    json!({"operator": "OR", "value": [leaf(field, ">", at.0), leaf(field, "=", at.0)]})
}

impl Action for Search {
    const NAME: &'static str = "conversations.search";
    const ALIAS: &'static str = "search_conversations";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_CONVERSATIONS];
    const EXAMPLE: &'static str = r#"{"state": "open", "created_since": "2026-11-01", "per_page": 50}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("starting_after_cursor", "starting_after")];
    const PAGED: Option<Paged> = Paged::CURSOR;
    type On = Intercom;
    type Out = Rows<Conversation>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Conversation>> {
        let mut pagination = json!({"per_page": sized(self.per_page)?});
        if let Some(cursor) = &self.starting_after {
            pagination["starting_after"] = json!(cursor);
        }
        let body = json!({"query": self.asked()?, "pagination": pagination});
        Rows::page(call.on.search_object("/conversations/search", &body).await?, "conversations")
    }
}
