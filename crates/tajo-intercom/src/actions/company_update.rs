//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/updatecompany>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result, Row};

use super::companies::Draft;
use super::moment::Moment;
use super::paths::path;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Company;

/// Update a company: the fields that are given change, all others stay.
///
/// Your own id of a company and the time of its creation cannot be changed.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Update {
    /// The company: Intercom's id, or your own.
    pub company_id: String,
    /// Name of the company.
    pub name: Option<String>,
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
    /// Attributes that the workspace defined, by name; those not named stay.
    pub custom_attributes: Option<Row>,
    /// Not possible here; refused, as Intercom would ignore it.
    pub remote_created_at: Option<Moment>,
    /// Not possible here; refused, as Intercom would ignore it.
    pub new_company_id: Option<String>,
}

impl Action for Update {
    const NAME: &'static str = "companies.update";
    const ALIAS: &'static str = "update_company";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_COMPANIES];
    const EXAMPLE: &'static str = r#"{"company_id": "6762f0a61bb69f9f00000001", "plan": "Scale", "size": 41}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "company_id")];
    type On = Intercom;
    type Out = Record<Company>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Company>> {
        if self.remote_created_at.is_some() {
            return Err(refused("remote_created_at", "cannot be changed on update"));
        }
        if self.new_company_id.is_some() {
            return Err(refused("new_company_id", "cannot be changed on update: a company keeps the id it was created with"));
        }
        let draft = Draft {
            name: self.name,
            monthly_spend: self.monthly_spend,
            plan: self.plan,
            size: self.size,
            website: self.website,
            industry: self.industry,
            remote_created_at: None,
            custom_attributes: self.custom_attributes,
        };
        let fields = draft.fields(call)?;
        if fields.is_empty() {
            return Err(refused("name", "or another field to change must be given"));
        }
        let id = call.on.company_id(&self.company_id).await?;
        Ok(call.on.put_object(path(&["companies", &id])?, &fields).await?.into())
    }
}
