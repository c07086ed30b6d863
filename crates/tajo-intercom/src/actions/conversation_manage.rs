//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/manageconversation>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result};

use super::conversation_assign::Assign;
use super::conversation_close::Close;
use super::conversation_open::Open;
use super::conversation_snooze::Snooze;
use super::moment::Moment;
use super::paths::path;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Conversation;

/// Close, open, snooze or assign a conversation, whichever `action` says.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Manage {
    /// The conversation's id.
    pub conversation_id: String,
    /// What to do with it.
    pub action: Step,
    /// The admin who does it.
    pub admin_id: String,
    /// With `snooze`: when it opens again, as ISO 8601 or unix seconds.
    pub until: Option<Moment>,
    /// With `assign`: the admin who gets it.
    pub admin_assignee_id: Option<String>,
    /// With `assign`: the team that gets it.
    pub team_assignee_id: Option<String>,
    /// With `assign`: takes it from whoever has it.
    pub unassign: Option<bool>,
}

/// What to do with a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Close it.
    Close,
    /// Open it again.
    Open,
    /// Close it until a moment.
    Snooze,
    /// Give it to an admin, a team or nobody.
    Assign,
}

impl Manage {
    /// An input that belongs to another step than the one asked for is a mistake, not a detail.
    fn check(&self) -> Result<()> {
        let given = [
            ("until", self.until.is_some(), Step::Snooze, "snooze"),
            ("admin_assignee_id", self.admin_assignee_id.is_some(), Step::Assign, "assign"),
            ("team_assignee_id", self.team_assignee_id.is_some(), Step::Assign, "assign"),
            ("unassign", self.unassign.is_some(), Step::Assign, "assign"),
        ];
        match given.iter().find(|(_, is_given, step, _)| *is_given && *step != self.action) {
            Some((field, _, _, step)) => Err(refused(field, format!("can be given only with `action: {step}`"))),
            None => Ok(()),
        }
    }
}

impl Action for Manage {
    const NAME: &'static str = "conversations.manage";
    const ALIAS: &'static str = "manage_conversation";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_CONVERSATIONS];
    const EXAMPLE: &'static str = r#"{"conversation_id": "123", "action": "close", "admin_id": "5017691"}"#;
    const ALSO: &'static [(&'static str, &'static str)] =
        &[("id", "conversation_id"), ("snoozed_until", "until"), ("message_type", "action")];
    type On = Intercom;
    type Out = Record<Conversation>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Conversation>> {
        self.check()?;
        let Manage { conversation_id, admin_id, until, admin_assignee_id, team_assignee_id, unassign, .. } = self;
        match self.action {
            Step::Close => Close { conversation_id, admin_id }.run(call).await,
            Step::Open => Open { conversation_id, admin_id }.run(call).await,
            Step::Snooze => {
                let until = until.ok_or_else(|| refused("until", "must be given: it says when the conversation opens again"))?;
                Snooze { conversation_id, admin_id, until }.run(call).await
            }
            Step::Assign => Assign { conversation_id, admin_id, admin_assignee_id, team_assignee_id, unassign }.run(call).await,
        }
    }
}

/// One step, sent again after a lost answer: it sets a state and says nothing to anybody.
pub(super) async fn managed(call: &Call<'_, Intercom>, conversation_id: &str, fields: &Value) -> Result<Record<Conversation>> {
    let path = path(&["conversations", conversation_id, "parts"])?;
    Ok(call.on.post_again(path, &fields.as_object().cloned().unwrap_or_default()).await?.into())
}
