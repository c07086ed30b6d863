//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/listattachedsegmentsforcompanies>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::{Action, Call, Effect, Result};

use super::paths::path;
use super::{Rows, needs};
use crate::client::Intercom;
use crate::resources::Segment;
use crate::told::rows;

/// List the segments that a company is in.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListSegments {
    /// The company: Intercom's id, or your own.
    pub company_id: String,
}

impl Action for ListSegments {
    const NAME: &'static str = "companies.list_segments";
    const ALIAS: &'static str = "list_company_segments";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"company_id": "6762f0a61bb69f9f00000001"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "company_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Rows<Segment>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Segment>> {
        let id = call.on.company_id(&self.company_id).await?;
        let mut list = call.on.read_object(path(&["companies", &id, "segments"])?).await?;
        Ok(Rows::whole(rows(&mut list, "data")?))
    }
}
