//! How a company is named, and what is written of it. <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies>

use serde_json::{Map, Value, json};
use tajo_core::action::refused;
use tajo_core::{Call, Error, Result, Row, codes};

use super::moment::Moment;
use super::paths::{given, with_query};
use crate::client::Intercom;
use crate::told::{drift, rows};

/// Intercom's limit: four bytes with a sign.
const SPEND_MAX: f64 = 2_147_483_647.0;

/// Whether an id is one that Intercom gave: 24 hex digits. Anything else is your own.
pub(super) fn is_given_by_intercom(id: &str) -> bool {
    id.len() == 24 && id.bytes().all(|b| b.is_ascii_hexdigit())
}

impl Intercom {
    /// Intercom's id of a company that is named by it or by your own; the latter costs a call. Fails with
    /// [`codes::INT_MISSING`] where no company has that id of your own.
    pub(super) async fn company_id(&self, named: &str) -> Result<String> {
        if is_given_by_intercom(named) {
            return Ok(named.to_owned());
        }
        let company = self.find_company("company_id", named).await?;
        let id = company.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        id.map(str::to_owned).ok_or_else(|| drift("A company of Intercom's has no id"))
    }

    /// The company with this `company_id` (your own) or `name`. Documented as a list, answered as the company itself:
    /// both are read.
    pub(super) async fn find_company(&self, by: &'static str, value: &str) -> Result<Row> {
        if value.trim().is_empty() {
            return Err(refused(by, "must not be empty"));
        }
        let missing = |error: Error| error.help(format!("No company has that `{by}`; `list_companies` shows those there are."));
        let path = with_query("/companies", &[(by, Some(value.to_owned()))]);
        let mut found = self.read_object(path).await.map_err(|e| if e.code() == &codes::INT_MISSING { missing(e) } else { e })?;
        if !found.contains_key("data") {
            return Ok(found);
        }
        // A list may be of more than was asked for: what is taken is what was meant, to the letter where there is one.
        let named = |row: &Row| row.get(by).and_then(Value::as_str).unwrap_or_default().to_owned();
        let found = rows(&mut found, "data")?.into_iter().filter(|row| named(row).eq_ignore_ascii_case(value));
        let found = found.min_by_key(|row| named(row) != value);
        found.ok_or_else(|| missing(Error::new(&codes::INT_MISSING, "Intercom does not have that company")))
    }
}

/// What a company is written with, both when it is created and when it is changed.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) name: Option<String>,
    pub(super) monthly_spend: Option<f64>,
    pub(super) plan: Option<String>,
    pub(super) size: Option<i64>,
    pub(super) website: Option<String>,
    pub(super) industry: Option<String>,
    pub(super) remote_created_at: Option<Moment>,
    pub(super) custom_attributes: Option<Row>,
}

impl Draft {
    /// The body of the write: what was given and nothing else; or what is wrong with it.
    pub(super) fn fields(self, call: &Call<'_, Intercom>) -> Result<Map<String, Value>> {
        let spend = self.monthly_spend.map(|spend| whole(spend, call)).transpose()?;
        if self.size.is_some_and(|size| size < 0) {
            return Err(refused("size", "must be 0 or more"));
        }
        self.custom_attributes.as_ref().map(plain).transpose()?;
        Ok(given(&[
            ("name", self.name.map(Value::from)),
            ("monthly_spend", spend.map(Value::from)),
            ("plan", self.plan.map(Value::from)),
            ("size", self.size.map(Value::from)),
            ("website", self.website.map(Value::from)),
            ("industry", self.industry.map(Value::from)),
            ("remote_created_at", self.remote_created_at.map(|at| json!(at.0))),
            ("custom_attributes", self.custom_attributes.map(Value::Object)),
        ]))
    }
}

/// Intercom keeps whole numbers and cuts the rest off without a word.
fn whole(spend: f64, call: &Call<'_, Intercom>) -> Result<i64> {
    if !(-SPEND_MAX..=SPEND_MAX).contains(&spend) {
        return Err(refused("monthly_spend", format!("must be at most {SPEND_MAX:.0}: Intercom keeps no greater number")));
    }
    #[allow(clippy::cast_possible_truncation, reason = "it fits, and cutting it is what Intercom does")]
    let whole = spend.trunc() as i64;
    if spend.fract() != 0.0 {
        call.warn(format!("`monthly_spend` truncated to {whole}: Intercom keeps whole numbers."));
    }
    Ok(whole)
}

/// Attributes of companies are texts, numbers, flags or dates. <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-attributes>
fn plain(attributes: &Row) -> Result<()> {
    match attributes.iter().find(|(_, value)| value.is_object() || value.is_array()) {
        Some((name, _)) => Err(refused("custom_attributes", format!("takes plain values; `{name}` is an object or a list"))),
        None => Ok(()),
    }
}
