//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/manageconversation>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result};

use super::conversation_manage::managed;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Conversation;

/// What Intercom takes for nobody.
const NOBODY: &str = "0";

/// Assign a conversation to an admin or a team, or to nobody.
///
/// A conversation can have an admin and a team at once: assign it twice. It says nothing to the person.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Assign {
    /// The conversation's id.
    pub conversation_id: String,
    /// The admin who does it.
    pub admin_id: String,
    /// The admin who gets it. Give this, `team_assignee_id` or `unassign`.
    pub admin_assignee_id: Option<String>,
    /// The team that gets it.
    pub team_assignee_id: Option<String>,
    /// Takes it from whoever has it.
    pub unassign: Option<bool>,
}

impl Assign {
    /// Who gets it: the kind of assignee and the id.
    fn to(&self) -> Result<(&'static str, &str)> {
        match (self.admin_assignee_id.as_deref(), self.team_assignee_id.as_deref(), self.unassign.unwrap_or(false)) {
            (Some(admin), None, false) => Ok(("admin", admin)),
            (None, Some(team), false) => Ok(("team", team)),
            (None, None, true) => Ok(("admin", NOBODY)),
            _ => Err(refused("admin_assignee_id", "or `team_assignee_id` or `unassign` says who gets it; give exactly one")),
        }
    }
}

impl Action for Assign {
    const NAME: &'static str = "conversations.assign";
    const ALIAS: &'static str = "assign_conversation";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_CONVERSATIONS];
    const EXAMPLE: &'static str = r#"{"conversation_id": "123", "admin_id": "5017691", "team_assignee_id": "5017690"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "conversation_id")];
    type On = Intercom;
    type Out = Record<Conversation>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Conversation>> {
        let (kind, id) = self.to()?;
        let fields = json!({"message_type": "assignment", "type": kind, "admin_id": self.admin_id, "assignee_id": id});
        managed(call, &self.conversation_id, &fields).await
    }
}
