//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/admins/listactivitylogs>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Epoch, Id, Paged, Result, Row};

use super::paths::with_query;
use super::{Moment, Rows, needs};
use crate::client::Intercom;

/// Something that an admin did in the workspace.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Activity {
    /// Intercom's id.
    pub id: Id,
    /// Who did it: id, e-mail address, IP address.
    #[serde(default)]
    pub performed_by: Option<Row>,
    /// What it was done with.
    #[serde(default)]
    pub metadata: Option<Row>,
    /// When.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// What: `admin_login_success`, `app_name_change` and many more.
    #[serde(default)]
    pub activity_type: Option<String>,
    /// The same as a sentence.
    #[serde(default)]
    pub activity_description: Option<String>,
}

/// Page through what admins did in the workspace, from one time to another.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ActivityLog {
    /// From this time on.
    pub created_at_after: Moment,
    /// Up to this time; now where nothing is said.
    pub created_at_before: Option<Moment>,
    /// Which page; 1 where nothing is said.
    pub page: Option<u32>,
}

impl Action for ActivityLog {
    const NAME: &'static str = "admins.activity_log";
    const ALIAS: &'static str = "list_activity_logs";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_ACTIVITY];
    const EXAMPLE: &'static str = r#"{"created_at_after": "2026-11-01", "created_at_before": "2026-11-20T10:30:00Z"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("since", "created_at_after"), ("until", "created_at_before")];
    const PAGED: Option<Paged> = Paged::NUMBER;
    const RARE: bool = true;
    type On = Intercom;
    type Out = Rows<Activity>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Activity>> {
        if self.created_at_before.is_some_and(|before| before < self.created_at_after) {
            return Err(refused("created_at_before", "must be later than `created_at_after`"));
        }
        let query = [
            ("created_at_after", Some(self.created_at_after.0.to_string())),
            ("created_at_before", self.created_at_before.map(|at| at.0.to_string())),
            ("page", self.page.map(|page| page.to_string())),
        ];
        Rows::numbered(call.on.read_object(with_query("/admins/activity_logs", &query)).await?, "activity_logs")
    }
}
