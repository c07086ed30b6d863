//! Two calls of Intercom's under one name: <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/listallcompanies>
//! and <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/retrievecompany>

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::action::refused;
use tajo_core::rest::Request;
use tajo_core::{Action, Call, Effect, Error, Paged, Result};

use super::paths::{is_missing, with_query};
use super::{Rows, needs};
use crate::client::Intercom;
use crate::resources::Company;
use crate::told::object;

/// Intercom's own default, and the seeds'.
const PER_PAGE: u32 = 15;
/// Intercom's greatest page.
pub(super) const PER_PAGE_MAX: u32 = 60;
/// What Intercom says beyond the 10,000th company.
const TOO_FAR: &str = "page limit reached";

/// Page through companies, or find those of a name, an id of your own, a tag or a segment.
///
/// Companies without contacts are not listed, and the list ends at 10,000; `scroll_companies` reads all. A filter cannot be
/// combined with another one or with `order`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {
    /// Which page, from 1; 1 where nothing is said.
    pub page: Option<u32>,
    /// How many companies on a page, 1 to 60; 15 where nothing is said.
    pub per_page: Option<u32>,
    /// Order by the last request; `desc` where nothing is said.
    pub order: Option<Order>,
    /// Only the company of this name; the answer is a list of one, or of none.
    pub name: Option<String>,
    /// Only the company of this id of your own; the answer is a list of one, or of none.
    pub company_id: Option<String>,
    /// Only companies with the tag of this id.
    pub tag_id: Option<String>,
    /// Only companies in the segment of this id.
    pub segment_id: Option<String>,
    /// Not possible with companies; refused with what to use instead.
    pub starting_after: Option<String>,
}

/// Direction of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Longest ago first.
    Asc,
    /// Most recent first.
    Desc,
}

impl List {
    /// The one filter that is given, if any; what cannot be combined is refused by both names.
    fn filter(&self) -> Result<Option<(&'static str, &str)>> {
        let filters =
            [("name", &self.name), ("company_id", &self.company_id), ("tag_id", &self.tag_id), ("segment_id", &self.segment_id)];
        let given: Vec<(&'static str, &str)> =
            filters.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
        if let [(one, _), (other, _), ..] = given[..] {
            return Err(refused(other, format!("cannot be combined with `{one}`: Intercom takes one filter")));
        }
        let Some((name, _)) = given.first() else { return Ok(None) };
        if self.order.is_some() {
            return Err(refused("order", format!("cannot be combined with `{name}`: Intercom orders only the unfiltered list")));
        }
        if matches!(*name, "name" | "company_id") && self.page.is_some_and(|page| page > 1) {
            return Err(refused("page", format!("cannot be combined with `{name}`, which finds one company")));
        }
        Ok(given.first().copied())
    }
}

impl Action for List {
    const NAME: &'static str = "companies.list";
    const ALIAS: &'static str = "list_companies";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"per_page": 60, "order": "desc"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("starting_after_cursor", "starting_after")];
    const PAGED: Option<Paged> = Paged::NUMBER;
    type On = Intercom;
    type Out = Rows<Company>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Company>> {
        if self.starting_after.is_some() {
            return Err(refused("starting_after", "does not exist here: companies are listed by page number; use `page`"));
        }
        let per_page = sized(self.per_page, PER_PAGE)?;
        if self.page == Some(0) {
            return Err(refused("page", "must be 1 or more"));
        }
        let sizes = [("page", self.page.map(|page| page.to_string())), ("per_page", Some(per_page.to_string()))];
        let listed = match self.filter()? {
            Some((by @ ("name" | "company_id"), value)) => return one(call, by, value).await,
            Some((by, value)) => {
                let [page, per_page] = sizes;
                let query = [(by, Some(value.to_owned())), page, per_page];
                call.on.read_object(with_query("/companies", &query)).await
            }
            None => {
                let [page, per_page] = sizes;
                let order = if self.order == Some(Order::Asc) { "asc" } else { "desc" };
                let query = [page, per_page, ("order", Some(order.to_owned()))];
                // A POST that reads, with everything in its query.
                let request = Request::post(with_query("/companies/list", &query), "").repeatable();
                call.on.client().send_checked(request, |answer| object(&answer)).await
            }
        };
        Rows::numbered(listed.map_err(too_far)?, "data")
    }
}

/// The page size, or what is wrong with it.
pub(super) fn sized(per_page: Option<u32>, usual: u32) -> Result<u32> {
    let per_page = per_page.unwrap_or(usual);
    match (1..=PER_PAGE_MAX).contains(&per_page) {
        true => Ok(per_page),
        false => Err(refused("per_page", format!("must be from 1 to {PER_PAGE_MAX}"))),
    }
}

/// Found or not, it is a list.
async fn one(call: &Call<'_, Intercom>, by: &'static str, value: &str) -> Result<Rows<Company>> {
    match call.on.find_company(by, value).await {
        Ok(company) => Ok(Rows { total_count: Some(1), ..Rows::whole(vec![company]) }),
        Err(error) if is_missing(&error) => Ok(Rows { total_count: Some(0), ..Rows::whole(Vec::new()) }),
        Err(error) => Err(error),
    }
}

/// Intercom refuses the list beyond 10,000 companies.
fn too_far(error: Error) -> Error {
    match error.noted("Intercom says").is_some_and(|said| said.contains(TOO_FAR)) {
        true => error.help("The list ends at 10,000 companies; use `companies.scroll`, which reads all of them."),
        false => error,
    }
}
