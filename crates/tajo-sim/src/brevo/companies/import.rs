//! `POST /companies/import`: the only way to write many companies. Source: 2025 description: the
//! first row names `company_id`, `associated_contact`, `associated_deal` or internal names.

use serde_json::{Map, Value, json};

use super::Company;
use crate::brevo::account::Account;
use crate::brevo::ask::{Answer, Ask, Reply};
use crate::brevo::imports::csv;
use crate::brevo::processes::{Fate, Job, Outcome};
use crate::brevo::refusal::Refusal;

/// An accepted file, waiting for its turn.
#[derive(Debug)]
pub(crate) struct CompanyImport {
    rows: Vec<Vec<String>>,
    link: bool,
    unlink: bool,
    update: bool,
    unset: bool,
}

/// The parts of a form by name.
fn parts(kind: &str, body: &[u8]) -> Vec<(String, String)> {
    let boundary = kind.split(';').find_map(|part| part.trim().strip_prefix("boundary=")).map(|text| text.trim_matches('"'));
    let Some(boundary) = boundary else { return Vec::new() };
    let text = String::from_utf8_lossy(body);
    let part = |part: &str| {
        let (head, body) = part.split_once("\r\n\r\n")?;
        let (_, name) = head.split_once("name=\"")?;
        let name = name.split('"').next()?;
        Some((name.to_owned(), body.strip_suffix("\r\n").unwrap_or(body).to_owned()))
    };
    text.split(&format!("--{boundary}")).filter_map(part).collect()
}

pub(in crate::brevo) fn post(account: &mut Account, ask: &Ask<'_>, fate: Fate) -> Answer {
    let parts = parts(ask.kind, ask.body);
    let part = |name: &str| parts.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
    let file = part("file").ok_or_else(|| Refusal::invalid("Bad request : file is missing"))?;
    let mapping: Value =
        serde_json::from_str(part("mapping").unwrap_or("{}")).map_err(|_| Refusal::invalid("Bad request : mapping"))?;
    let separator = if file.lines().next().is_some_and(|header| header.contains(';')) { ';' } else { ',' };
    let rows = csv::rows(file, separator);
    if rows.first().is_none_or(|header| !header.iter().any(|name| name == "company_id" || is_name(account, name))) {
        return Err(Refusal::invalid("Bad request : the file needs a column name or company_id"));
    }
    let flag = |key: &str| mapping[key].as_bool().unwrap_or(false);
    let import = CompanyImport {
        rows,
        link: flag("link_entities"),
        unlink: flag("unlink_entities"),
        update: flag("update_existing_records"),
        unset: flag("unset_empty_attributes"),
    };
    let id = account.processes.submit(Job::Companies(Box::new(import)), fate, account.now);
    Reply::json(200, &json!({"processId": id}))
}

fn is_name(account: &Account, header: &str) -> bool {
    account.companies.column(header).is_some_and(|(name, _)| name == "name")
}

/// A row's cells by what they are for.
#[derive(Default)]
struct Row {
    id: String,
    contacts: Vec<i64>,
    attributes: Map<String, Value>,
}

impl Account {
    fn company_row(&self, header: &[String], cells: &[String]) -> Row {
        let mut row = Row::default();
        for (name, text) in header.iter().zip(cells) {
            match name.as_str() {
                "company_id" => row.id.clone_from(text),
                "associated_contact" => {
                    let ids = text.split([',', ';', '|', ' ']).filter_map(|id| id.trim().parse().ok());
                    row.contacts = ids.filter(|id| self.people.get(*id).is_some()).collect();
                }
                "associated_deal" => {}
                _ => {
                    let Some((name, kind)) = self.companies.column(name) else { continue };
                    let value = match kind {
                        _ if text.is_empty() => Value::Null,
                        "number" => text
                            .parse::<i64>()
                            .map(Value::from)
                            .or_else(|_| text.parse::<f64>().map(Value::from))
                            .unwrap_or_default(),
                        "boolean" => Value::from(matches!(text.to_lowercase().as_str(), "true" | "yes" | "1")),
                        "multi-choice" => text.split(',').map(|label| Value::from(label.trim())).collect(),
                        _ => Value::from(text.as_str()),
                    };
                    if self.companies.takes(name, &value) {
                        row.attributes.insert(name.to_owned(), value);
                    }
                }
            }
        }
        row
    }

    /// Updates by company id where asked; any other row is a new company.
    pub(crate) fn run_company_import(&mut self, import: &CompanyImport, half: bool) -> Outcome {
        let Some((header, rows)) = import.rows.split_first() else { return Outcome::default() };
        for (at, cells) in rows.iter().enumerate() {
            if half && at.is_multiple_of(3) {
                continue;
            }
            let row = self.company_row(header, cells);
            let now = self.now;
            let known = self.companies.all.iter_mut().find(|company| import.update && company.id == row.id);
            if let Some(company) = known {
                for (key, value) in row.attributes {
                    match value {
                        Value::Null if import.unset && key != "name" => drop(company.attributes.shift_remove(&key)),
                        Value::Null => {}
                        value => drop(company.attributes.insert(key, value)),
                    }
                }
                if import.unlink {
                    company.contacts.retain(|id| !row.contacts.contains(id));
                } else if import.link {
                    let new: Vec<i64> = row.contacts.into_iter().filter(|id| !company.contacts.contains(id)).collect();
                    company.contacts.extend(new);
                }
                company.modified = now;
                continue;
            }
            let attributes: Map<String, Value> = row.attributes.into_iter().filter(|(_, value)| !value.is_null()).collect();
            if !attributes.contains_key("name") {
                continue;
            }
            let contacts = if import.link { row.contacts } else { Vec::new() };
            let id = self.hex_id();
            self.companies.all.push(Company { id, attributes, contacts, deals: Vec::new(), created: now, modified: now });
        }
        Outcome::default()
    }
}
