//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/createorupdatecompany>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Error, Result, Row, codes};

use super::companies::Draft;
use super::moment::Moment;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Company;

/// What Intercom says where two of these calls meet.
const RACE: &str = "unique_company_constraint";

/// Create a company under an id of your own, or update the one that has it.
///
/// Intercom itself updates a company whose id it knows: so does this, and says so; `if_exists: error` refuses instead. A
/// company shows in Intercom's lists only once a contact belongs to it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Create {
    /// Your own id of the company; it cannot be changed later.
    pub company_id: String,
    /// Name of the company.
    pub name: Option<String>,
    /// When the company was created on your side: ISO 8601 or unix seconds.
    pub remote_created_at: Option<Moment>,
    /// Revenue a month; Intercom keeps whole numbers up to 2147483647.
    pub monthly_spend: Option<f64>,
    /// Name of the plan the company is on.
    pub plan: Option<String>,
    /// Number of employees.
    pub size: Option<i64>,
    /// Address of the website; Intercom takes any text.
    pub website: Option<String>,
    /// Industry the company operates in.
    pub industry: Option<String>,
    /// Attributes that the workspace defined, by name; an undefined one is refused by Intercom.
    pub custom_attributes: Option<Row>,
    /// What to do where a company has that id already; `update` where nothing is said.
    pub if_exists: Option<IfExists>,
}

/// What to do where a company has that id already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IfExists {
    /// Change it, and say so.
    Update,
    /// Refuse, naming it.
    Error,
}

impl Action for Create {
    const NAME: &'static str = "companies.create";
    const ALIAS: &'static str = "create_company";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_COMPANIES];
    const EXAMPLE: &'static str =
        r#"{"company_id": "acme-1", "name": "Acme", "plan": "Scale", "monthly_spend": 155, "size": 40, "industry": "Glass"}"#;
    type On = Intercom;
    type Out = Record<Company>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Company>> {
        let draft = Draft {
            name: self.name,
            monthly_spend: self.monthly_spend,
            plan: self.plan,
            size: self.size,
            website: self.website,
            industry: self.industry,
            remote_created_at: self.remote_created_at,
            custom_attributes: self.custom_attributes,
        };
        let mut fields = draft.fields(call)?;
        fields.insert("company_id".into(), self.company_id.as_str().into());
        let refuses = self.if_exists == Some(IfExists::Error);
        // Intercom's answer does not tell a new company from a changed one.
        match call.on.find_company("company_id", &self.company_id).await {
            Ok(there) if refuses => return Err(taken(&there)),
            Ok(_) => call.warn("A company with that company_id existed: it was updated."),
            Err(error) if error.code() == &codes::INT_MISSING => {}
            Err(error) => return Err(error),
        }
        let again = || call.on.post_again("/companies".to_owned(), &fields);
        let written = match again().await {
            // Somebody created it between our look and our call: now it is there, and the second call updates it.
            Err(error) if error.noted("vendor code") == Some(RACE) && refuses => {
                let there = call.on.find_company("company_id", &self.company_id).await;
                return Err(there.map_or(error, |there| taken(&there)));
            }
            Err(error) if error.noted("vendor code") == Some(RACE) => {
                call.warn("Another program created the company at the same time: it was updated.");
                again().await
            }
            other => other,
        };
        Ok(written?.into())
    }
}

fn taken(there: &Row) -> Error {
    let error = Error::new(&codes::INT_CONFLICT, "A company with that company_id exists already; nothing was written");
    let id = there.get("id").and_then(serde_json::Value::as_str).unwrap_or_default();
    error.note("existing", id).help("Use `update_company`, or `if_exists: update`.")
}
