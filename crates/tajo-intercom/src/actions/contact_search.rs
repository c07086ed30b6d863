//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/searchcontacts>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Paged, Result};

use super::contact_fields::Role;
use super::contact_query::{GROUP_MAX, check};
use super::{Rows, needs};
use crate::client::Intercom;
use crate::resources::Contact;

/// Intercom's own default.
const PER_PAGE: u32 = 50;
/// Intercom's greatest page.
const PER_PAGE_MAX: u32 = 150;
/// As many ids as fit on one page.
const IDS_MAX: usize = PER_PAGE_MAX as usize;

/// Search contacts by what is known about them; all that is given must hold.
///
/// With nothing given, it finds everybody. Archived contacts are not found, and new ones only after some minutes. Up to API
/// version 2.16, dates of a `query` count by whole days in the workspace's timezone.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Search {
    /// Only users, or only leads.
    pub role: Option<Role>,
    /// Name of the contact, whatever its case.
    pub name: Option<String>,
    /// Finds `name` also within longer names.
    pub contains: Option<bool>,
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
    /// Id in a system of your own.
    pub external_id: Option<String>,
    /// Intercom's ids of contacts, 150 at most.
    #[serde(default)]
    pub ids: Vec<String>,
    /// Domain of the e-mail address, such as fisher.example.
    pub email_domain: Option<String>,
    /// Values of attributes that the workspace defined, by name; null finds contacts without one.
    pub custom_attributes: Option<Map<String, Value>>,
    /// A query in Intercom's own language, in place of all fields above: field, operator, value, or AND and OR with a list.
    pub query: Option<Map<String, Value>>,
    /// The field to sort by, such as created_at.
    pub sort_field: Option<String>,
    /// The order of `sort_field`; descending where nothing is said.
    pub sort_order: Option<SortOrder>,
    /// How many contacts on a page, 1 to 150; 50 where nothing is said.
    pub per_page: Option<u32>,
    /// Where the page begins: `next_cursor` of the page before.
    pub starting_after: Option<String>,
}

/// Which comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SortOrder {
    /// The least first.
    Ascending,
    /// The greatest first.
    Descending,
}

fn is(field: &str, operator: &str, value: impl Into<Value>) -> Value {
    json!({"field": field, "operator": operator, "value": value.into()})
}

impl Search {
    /// What the fields ask for, one filter each.
    fn filters(&self) -> Result<Vec<Value>> {
        if self.contains == Some(true) && self.name.is_none() {
            return Err(refused("contains", "goes with `name`"));
        }
        if self.ids.len() > IDS_MAX {
            return Err(refused("ids", format!("takes {IDS_MAX} at most")));
        }
        let mut filters = Vec::new();
        if let Some(role) = self.role {
            filters.push(is("role", "=", role.word()));
        }
        let name_is = if self.contains == Some(true) { "~" } else { "=" };
        for (field, operator, text) in [
            ("name", name_is, &self.name),
            ("email", "=", &self.email),
            ("phone", "=", &self.phone),
            ("external_id", "=", &self.external_id),
            ("email_domain", "=", &self.email_domain),
        ] {
            filters.extend(text.as_ref().map(|text| is(field, operator, text.as_str())));
        }
        // A list of values is short for a group of filters, and has its limit.
        let lists: Vec<Value> = self.ids.chunks(GROUP_MAX).map(|ids| is("id", "IN", ids)).collect();
        match lists.as_slice() {
            [] => {}
            [one] => filters.push(one.clone()),
            several => filters.push(json!({"operator": "OR", "value": several})),
        }
        for (name, value) in self.custom_attributes.iter().flatten() {
            if value.is_array() || value.is_object() {
                return Err(refused("custom_attributes", "takes single values: text, numbers, true, false or null"));
            }
            filters.push(is(&format!("custom_attributes.{name}"), "=", value.clone()));
        }
        if filters.len() > GROUP_MAX {
            return Err(refused("custom_attributes", format!("and the other fields together can be {GROUP_MAX} at most")));
        }
        Ok(filters)
    }

    /// The query that is asked, and whether fields were given that it leaves out.
    fn asked(&self) -> Result<(Value, bool)> {
        let mut filters = self.filters()?;
        if let Some(query) = &self.query {
            return Ok((own(query)?, !filters.is_empty()));
        }
        let one = match filters.len() {
            // Everybody was created after 1970.
            0 => Some(is("created_at", ">", 0)),
            1 => filters.pop(),
            _ => None,
        };
        Ok((one.unwrap_or_else(|| json!({"operator": "AND", "value": filters})), false))
    }

    /// The body of the search, and whether fields were given that it leaves out.
    fn body(&self) -> Result<(Value, bool)> {
        let per_page = self.per_page.unwrap_or(PER_PAGE);
        if !(1..=PER_PAGE_MAX).contains(&per_page) {
            return Err(refused("per_page", format!("must be from 1 to {PER_PAGE_MAX}")));
        }
        let (query, leaves_out) = self.asked()?;
        let mut body = json!({"query": query, "pagination": {"per_page": per_page}});
        if let Some(cursor) = &self.starting_after {
            body["pagination"]["starting_after"] = cursor.as_str().into();
        }
        match (&self.sort_field, self.sort_order) {
            (None, Some(_)) => return Err(refused("sort_order", "goes with `sort_field`")),
            (None, None) => {}
            (Some(field), order) => {
                let order = if order == Some(SortOrder::Ascending) { "ascending" } else { "descending" };
                body["sort"] = json!({"field": field, "order": order});
            }
        }
        Ok((body, leaves_out))
    }
}

/// A query of the caller's own; a whole body of Intercom's documentation is taken for the query in it.
fn own(query: &Map<String, Value>) -> Result<Value> {
    match query.get("query") {
        None => Ok(Value::Object(query.clone())),
        Some(inner) if query.len() == 1 => Ok(inner.clone()),
        Some(_) => {
            Err(refused("query", "takes the query alone; `per_page`, `starting_after`, `sort_field` and `sort_order` are fields"))
        }
    }
}

impl Action for Search {
    const NAME: &'static str = "contacts.search";
    const ALIAS: &'static str = "search_contacts";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = r#"{"role": "user", "email_domain": "fisher.example", "sort_field": "created_at"}"#;
    const ALSO: &'static [(&'static str, &'static str)] =
        &[("json_query", "query"), ("starting_after_cursor", "starting_after"), ("user_id", "external_id")];
    const PAGED: Option<Paged> = Paged::CURSOR;
    type On = Intercom;
    type Out = Rows<Contact>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Contact>> {
        let (body, leaves_out) = self.body()?;
        check(&body["query"], call.on.version().capabilities().contact_search)?;
        if leaves_out {
            call.warn("`query` stands in place of the other filters; they were not used");
        }
        Rows::page(call.on.search_object("/contacts/search", &body).await?, "data")
    }
}
