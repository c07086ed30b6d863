//! Whose key it is.

use std::fmt;

use serde::Deserialize;
use tajo_core::rest::{Answer, Request};
use tajo_core::{Error, Result, codes};

use crate::client::{Brevo, read};

/// The account behind the credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id, where the answer has one.
    pub organization: Option<String>,
    /// The address that its owner logs in with.
    pub email: String,
    /// The company's name.
    pub company: String,
    /// Whether it has Enterprise features.
    pub enterprise: bool,
    /// The kinds of plan: `free`, `subscription`, `payAsYouGo`, `sms`; then names of plans where the answer has them.
    pub plans: Vec<String>,
    /// IANA name of its timezone.
    pub timezone: Option<String>,
    /// Its date format, `dd-mm-yyyy`, by which imported dates may be read.
    pub date_format: Option<String>,
    /// Brevo's clock when it answered, unix seconds: the "now" of a run.
    pub date: i64,
}

/// Without the address.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({:?}, {:?})", self.company, self.plans)
    }
}

impl Brevo {
    /// Whose account this is, and what time it is there. Costs one of the calls of the slowest bucket.
    pub async fn account(&self) -> Result<Account> {
        self.ask(Request::get("/account"), |answer| read_account(&answer)).await
    }
}

/// <https://developers.brevo.com/reference/get-account>
fn read_account(answer: &Answer) -> Result<Account> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        #[serde(rename = "organization_id")]
        organization: Option<String>,
        email: String,
        #[serde(default)]
        company_name: String,
        #[serde(default)]
        enterprise: bool,
        #[serde(default)]
        plan: Vec<Plan>,
        #[serde(default)]
        plan_verticals: Vec<Vertical>,
        date_time_preferences: Option<Preferences>,
    }
    #[derive(Deserialize)]
    struct Plan {
        r#type: Option<String>,
    }
    #[derive(Deserialize)]
    struct Vertical {
        name: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Preferences {
        timezone: Option<String>,
        date_format: Option<String>,
    }
    let body: Body = read(answer, "the account")?;
    let date = answer
        .date
        .ok_or_else(|| Error::new(&codes::BRV_DRIFT, "Brevo's answer has no Date header, and a run needs Brevo's clock"))?;
    let (timezone, date_format) = body.date_time_preferences.map_or((None, None), |p| (p.timezone, p.date_format));
    let kinds = body.plan.into_iter().filter_map(|plan| plan.r#type);
    let named = body.plan_verticals.into_iter().filter_map(|vertical| vertical.name);
    Ok(Account {
        organization: body.organization,
        email: body.email,
        company: body.company_name,
        enterprise: body.enterprise,
        plans: kinds.chain(named).collect(),
        timezone: timezone.filter(|zone| !zone.is_empty()),
        date_format,
        date,
    })
}
