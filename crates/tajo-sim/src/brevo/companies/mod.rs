//! `/companies`: no upsert, no unique names, links that a PATCH replaces. Source: facts §9.

pub(super) mod attributes;
pub(super) mod import;

use serde_json::{Map, Value, json};

use super::account::Account;
use super::ask::{Answer, Ask, Reply, ids};
use super::refusal::Refusal;
use super::stamp::iso;
pub(crate) use attributes::CrmAttribute;

const STANDARD: usize = 50;
const LIMIT_MAX: usize = 1000;

#[derive(Debug, Clone)]
pub(crate) struct Company {
    pub(crate) id: String,
    attributes: Map<String, Value>,
    contacts: Vec<i64>,
    deals: Vec<String>,
    created: i64,
    modified: i64,
}

impl Company {
    pub(crate) fn show(&self) -> Value {
        let mut attributes = self.attributes.clone();
        attributes.insert("number_of_contacts".to_owned(), self.contacts.len().into());
        attributes.insert("created_at".to_owned(), iso(self.created).into());
        attributes.insert("last_updated_at".to_owned(), iso(self.modified).into());
        json!({"id": self.id, "attributes": attributes, "linkedContactsIds": self.contacts, "linkedDealsIds": self.deals})
    }
}

#[derive(Debug)]
pub(crate) struct Companies {
    pub(crate) all: Vec<Company>,
    pub(crate) attributes: Vec<CrmAttribute>,
}

impl Default for Companies {
    fn default() -> Companies {
        Companies { all: Vec::new(), attributes: attributes::standard() }
    }
}

impl Companies {
    pub(super) fn forget_contact(&mut self, id: i64) {
        self.all.iter_mut().for_each(|company| company.contacts.retain(|contact| *contact != id));
    }

    fn find_mut(&mut self, id: &str) -> Result<&mut Company, Refusal> {
        self.all.iter_mut().find(|company| company.id == id).ok_or_else(missing)
    }
}

/// A value as a filter writes it.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn missing() -> Refusal {
    Refusal::not_found("Company not found")
}

/// What a write says. Values of unknown or read-only attributes are dropped.
struct Wish {
    name: Option<String>,
    attributes: Map<String, Value>,
    contacts: Option<Vec<i64>>,
    deals: Option<Vec<String>>,
}

fn wish(account: &Account, ask: &Ask<'_>) -> Result<Wish, Refusal> {
    let body = ask.object()?;
    let name = match body.get("name") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) if !name.trim().is_empty() => Some(name.clone()),
        Some(_) => return Err(Refusal::invalid("name should be a non empty string")),
    };
    let given = body.get("attributes").and_then(Value::as_object).cloned().unwrap_or_default();
    let attributes = given.into_iter().filter(|(key, value)| account.companies.takes(key, value)).collect();
    let links = |key: &str| body.contains_key(key).then(|| ids(body.get(key), key)).transpose();
    let contacts = links("linkedContactsIds")?;
    if let Some(id) = contacts.iter().flatten().find(|id| account.people.get(**id).is_none()) {
        return Err(Refusal::invalid(format!("Contact {id} does not exist")));
    }
    let deals = body.get("linkedDealsIds").and_then(Value::as_array);
    let deals = deals.map(|deals| deals.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect());
    Ok(Wish { name, attributes, contacts, deals })
}

pub(super) fn list(account: &Account, ask: &Ask<'_>) -> Answer {
    let mut page = ask.paging(STANDARD, LIMIT_MAX)?;
    // Described as "index of the first document", named like a page's number: a switch decides.
    let start: usize = ask.query("page").map_or(Ok(0), str::parse).map_err(|_| Refusal::invalid("page should be integer"))?;
    page.offset = if account.options.page_is_number { start.saturating_sub(1) * page.limit } else { start };
    let (modified, created) = (ask.instant("modifiedSince")?, ask.instant("createdSince")?);
    let linked: Vec<i64> = ask.numbers("linkedContactsIds")?;
    let wanted = |(key, value): &(String, String)| {
        let name = key.strip_prefix("filters[attributes.")?.strip_suffix(']')?;
        Some((name.to_owned(), value.clone()))
    };
    let wanted: Vec<(String, String)> = ask.query.iter().filter_map(wanted).collect();
    let equal = |company: &Company, name: &str, value: &str| {
        let held = company.attributes.get(name);
        held.is_some_and(|held| plain(held) == value)
    };
    let fits = |company: &&Company| {
        modified.is_none_or(|since| company.modified >= since)
            && created.is_none_or(|since| company.created >= since)
            && (linked.is_empty() || company.contacts.iter().any(|id| linked.contains(id)))
            && wanted.iter().all(|(name, value)| equal(company, name, value))
    };
    let found: Vec<Value> = account.companies.all.iter().filter(fits).map(Company::show).collect();
    Reply::json(200, &json!({"items": page.cut(found)}))
}

pub(super) fn one(account: &Account, id: &str) -> Answer {
    let found = account.companies.all.iter().find(|company| company.id == id);
    Reply::json(200, &found.ok_or_else(missing)?.show())
}

/// 200, not 201; a second company of the same name is another one.
pub(super) fn create(account: &mut Account, ask: &Ask<'_>) -> Answer {
    let wish = wish(account, ask)?;
    let name = wish.name.ok_or_else(|| Refusal::missing("name is missing"))?;
    let mut attributes = Map::new();
    attributes.insert("name".to_owned(), name.into());
    attributes.extend(wish.attributes);
    let (id, now) = (account.hex_id(), account.now);
    let (contacts, deals) = (wish.contacts.unwrap_or_default(), wish.deals.unwrap_or_default());
    account.companies.all.push(Company { id: id.clone(), attributes, contacts, deals, created: now, modified: now });
    Reply::json(200, &json!({"id": id}))
}

/// Links named here replace all there were: "Omitted IDs will be removed" (SDK).
pub(super) fn update(account: &mut Account, ask: &Ask<'_>, id: &str) -> Answer {
    let wish = wish(account, ask)?;
    let now = account.now;
    let company = account.companies.find_mut(id)?;
    if let Some(name) = wish.name {
        company.attributes.insert("name".to_owned(), name.into());
    }
    for (key, value) in wish.attributes {
        if value.is_null() {
            company.attributes.shift_remove(&key)
        } else {
            company.attributes.insert(key, value)
        };
    }
    company.contacts = wish.contacts.unwrap_or_else(|| std::mem::take(&mut company.contacts));
    company.deals = wish.deals.unwrap_or_else(|| std::mem::take(&mut company.deals));
    company.modified = now;
    let shown = company.show();
    Reply::json(200, &shown)
}

pub(super) fn delete(account: &mut Account, id: &str) -> Answer {
    account.companies.find_mut(id)?;
    account.companies.all.retain(|company| company.id != id);
    Reply::done()
}

/// The careful way to change links.
pub(super) fn link(account: &mut Account, ask: &Ask<'_>, id: &str) -> Answer {
    let body = ask.object()?;
    let (link, unlink) =
        (ids(body.get("linkContactIds"), "linkContactIds")?, ids(body.get("unlinkContactIds"), "unlinkContactIds")?);
    if link.iter().any(|id| account.people.get(*id).is_none()) {
        return Err(Refusal::invalid("Contact does not exist"));
    }
    let deals = |key: &str| -> Vec<String> {
        let ids = body.get(key).and_then(Value::as_array).into_iter().flatten();
        ids.filter_map(|id| id.as_str().map(str::to_owned)).collect()
    };
    let now = account.now;
    let company = account.companies.find_mut(id)?;
    for id in link {
        if !company.contacts.contains(&id) {
            company.contacts.push(id);
        }
    }
    company.contacts.retain(|id| !unlink.contains(id));
    company.deals.extend(deals("linkDealsIds"));
    company.deals.retain(|id| !deals("unlinkDealsIds").contains(id));
    company.modified = now;
    Reply::done()
}
