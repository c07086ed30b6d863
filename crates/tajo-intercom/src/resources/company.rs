//! Companies. <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tajo_core::{Epoch, Id, Link, Read, Resource, Row, Spec, codes};

use crate::client::Intercom;

/// A company that contacts belong to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Company {
    /// Intercom's id.
    pub id: Id,
    /// Always `company`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Your own id of the company.
    #[serde(default)]
    pub company_id: Option<Id>,
    /// Workspace the company belongs to.
    #[serde(default)]
    pub app_id: Option<Id>,
    /// Name.
    #[serde(default)]
    pub name: Option<String>,
    /// Plan the company is on.
    #[serde(default)]
    pub plan: Option<Plan>,
    /// When the company was created on your side.
    #[serde(default)]
    pub remote_created_at: Option<Epoch>,
    /// When the company was created in Intercom.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// When anything on the company last changed.
    #[serde(default)]
    pub updated_at: Option<Epoch>,
    /// When the company was last active.
    #[serde(default)]
    pub last_request_at: Option<Epoch>,
    /// Number of employees.
    #[serde(default)]
    pub size: Option<i64>,
    /// Website.
    #[serde(default)]
    pub website: Option<String>,
    /// Industry.
    #[serde(default)]
    pub industry: Option<String>,
    /// Revenue a month.
    #[serde(default)]
    pub monthly_spend: Option<f64>,
    /// Number of sessions.
    #[serde(default)]
    pub session_count: Option<i64>,
    /// Number of users.
    #[serde(default)]
    pub user_count: Option<i64>,
    /// Attributes the workspace defined.
    #[serde(default)]
    pub custom_attributes: Option<Row>,
}

/// A plan.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// Intercom's id of the plan.
    #[serde(default)]
    pub id: Option<Id>,
    /// Name of the plan.
    #[serde(default)]
    pub name: Option<String>,
}

impl Resource for Company {
    type On = Intercom;
    const SPEC: Spec = Spec::of::<Self>(
        "companies",
        Read::Scroll {
            path: "/companies/scroll",
            list: "/companies/list",
            items: "data",
            page_max: 60,
            list_max: 10_000,
            held: &codes::INT_SCROLL,
        },
    )
    .newest("updated_at")
    .links(&[
        Link { table: "company_tags", at: "tags", items: "tags", columns: ["company_id", "tag_id"], rest: None },
        Link { table: "company_segments", at: "segments", items: "segments", columns: ["company_id", "segment_id"], rest: None },
    ])
    .permission("Read and list users and companies")
    .caveat(
        "Read whole in every run: the API has no filter by change time. Only one scroll may be open per app; while another \
         program holds it, the list is read instead, which ends at 10,000 and leaves out companies without users.",
    );
}
