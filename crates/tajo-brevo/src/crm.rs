//! What Brevo's companies can hold, and reading many of them. Everything here is in the hourly bucket.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::json as value;
use tajo_core::rest::Request;
use tajo_core::{Error, Result, codes};

use crate::client::{Brevo, json};
use crate::companies::Company;
use crate::who::encode;

/// Companies asked for in one page. The vendor names a default of 50 and no limit.
const PAGE: u32 = 500;
/// A page with fewer is the last, whatever the server makes of the limit.
const PAGE_STANDARD: usize = 50;
/// Pages read at most: a whole hour's calls on the largest contract.
const PAGES_MAX: u32 = 600;

/// An attribute of companies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CrmAttribute {
    /// Values are keyed by it.
    pub internal_name: String,
    /// What people see.
    #[serde(default)]
    pub label: String,
    /// `text`, `number`, `date`, `boolean`, …
    #[serde(default, rename = "attributeTypeName")]
    pub kind: String,
}

/// Which companies to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompanyFilter {
    /// Modified after this moment, `2026-11-20T10:30:00.000Z`.
    pub modified_since: Option<String>,
    /// Internal name of an attribute, and the value that it has to have.
    pub attribute: Option<(String, String)>,
}

/// What `page` counts: the vendor names it a page and describes it as "index of the first document".
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    Companies,
    PagesFromZero,
    PagesFromOne,
}

impl Brevo {
    /// The attributes of companies. <https://developers.brevo.com/reference/get_crm-attributes-companies>
    pub async fn company_attributes(&self) -> Result<Vec<CrmAttribute>> {
        self.fetch(Request::get("/crm/attributes/companies"), "the attributes of companies").await
    }

    /// Creates an attribute of companies: a label of at most 50 characters, and `text`, `number`, `date` or `boolean`. Its
    /// internal name follows from the label and is told by [`Brevo::company_attributes`] alone. Not repeated after a fault.
    pub async fn create_company_attribute(&self, label: &str, kind: &str) -> Result<()> {
        let body = json(&value!({"objectType": "companies", "label": label, "attributeType": kind}))?;
        self.tell(Request::post("/crm/attributes", body)).await
    }

    /// Every company that fits, oldest first, each once.
    ///
    /// What `page` counts is found out with the second page. [`codes::BRV_DRIFT`] where the list does not end.
    pub async fn companies_that(&self, filter: &CompanyFilter) -> Result<Vec<Company>> {
        let mut all = self.company_page(filter, 0).await?;
        if all.len() < PAGE_STANDARD {
            return Ok(all);
        }
        let mut seen: HashSet<String> = all.iter().map(|company| company.id.clone()).collect();
        let probe = self.company_page(filter, 1).await?;
        let counts = match probe.first().map(|company| &company.id) {
            None => return Ok(all),
            Some(id) if *id == all[0].id => Counts::PagesFromOne,
            Some(id) if *id == all[1].id => Counts::Companies,
            Some(_) => Counts::PagesFromZero,
        };
        if counts == Counts::PagesFromZero {
            all.extend(probe.into_iter().filter(|company| seen.insert(company.id.clone())));
        }
        for n in 2..PAGES_MAX {
            let page = if counts == Counts::Companies { u32::try_from(all.len()).unwrap_or(u32::MAX) } else { n };
            let before = all.len();
            let more = self.company_page(filter, page).await?;
            all.extend(more.into_iter().filter(|company| seen.insert(company.id.clone())));
            if all.len() == before {
                return Ok(all);
            }
        }
        Err(Error::new(&codes::BRV_DRIFT, "Brevo's list of companies does not come to its end"))
    }

    async fn company_page(&self, filter: &CompanyFilter, page: u32) -> Result<Vec<Company>> {
        #[derive(Deserialize)]
        struct Body {
            #[serde(default)]
            items: Vec<Company>,
        }
        let Body { items } = self.fetch(Request::get(filter.path(page)), "a page of companies").await?;
        Ok(items)
    }
}

impl CompanyFilter {
    fn path(&self, page: u32) -> String {
        let mut path = format!("/companies?page={page}&limit={PAGE}&sort=asc");
        if let Some(since) = &self.modified_since {
            path.push_str(&format!("&modifiedSince={}", encode(since)));
        }
        if let Some((name, value)) = &self.attribute {
            path.push_str(&format!("&filters%5Battributes.{}%5D={}", encode(name), encode(value)));
        }
        path
    }
}
