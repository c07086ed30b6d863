//! `/crm/attributes`: what companies can hold. Source: facts §9.

use serde_json::{Value, json};

use super::Companies;
use crate::brevo::account::Account;
use crate::brevo::ask::{Answer, Ask, Reply};
use crate::brevo::refusal::Refusal;

const LABEL_MAX: usize = 50;
const KINDS: &[&str] = &["text", "user", "number", "single-select", "multi-choice", "date", "boolean"];

/// Name within the API, label, type; the last four are kept by Brevo itself.
const STANDARD: &[(&str, &str, &str)] = &[
    ("name", "Company Name", "text"),
    ("domain", "Company domain", "text"),
    ("phone_number", "Phone number", "number"),
    ("owner", "Company owner", "user"),
    ("industry", "Industry", "single-select"),
    ("revenue", "Revenue", "number"),
    ("number_of_employees", "Number of employees", "number"),
    ("number_of_contacts", "Number of contacts", "number"),
    ("created_at", "Created at", "date"),
    ("last_updated_at", "Last updated at", "date"),
    ("owner_assign_date", "Owner assign date", "date"),
];

#[derive(Debug, Clone)]
pub(crate) struct CrmAttribute {
    id: String,
    object: String,
    name: String,
    label: String,
    kind: String,
    options: Vec<String>,
    fixed: bool,
}

pub(super) fn standard() -> Vec<CrmAttribute> {
    let attribute = |(at, (name, label, kind)): (usize, &(&str, &str, &str))| CrmAttribute {
        id: format!("{at:024x}"),
        object: "companies".to_owned(),
        name: (*name).to_owned(),
        label: (*label).to_owned(),
        kind: (*kind).to_owned(),
        options: if *name == "industry" { ["Software", "Retail", "Other"].map(str::to_owned).to_vec() } else { Vec::new() },
        fixed: at >= 7,
    };
    STANDARD.iter().enumerate().map(attribute).collect()
}

impl Companies {
    /// Whether a value is kept: the attribute exists, can be written, and has that type.
    pub(super) fn takes(&self, name: &str, value: &Value) -> bool {
        let known = self.attributes.iter().find(|known| known.object == "companies" && known.name == name && !known.fixed);
        known.is_some_and(|known| match known.kind.as_str() {
            _ if value.is_null() => true,
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "multi-choice" => value.is_array(),
            _ => value.is_string(),
        })
    }

    /// The type of a column, found by name or label.
    pub(super) fn column(&self, header: &str) -> Option<(&str, &str)> {
        let same = |known: &&CrmAttribute| known.name == header || known.label.eq_ignore_ascii_case(header);
        self.attributes.iter().find(same).map(|known| (known.name.as_str(), known.kind.as_str()))
    }
}

pub(in crate::brevo) fn list(account: &Account, object: &str) -> Answer {
    let show = |known: &CrmAttribute| {
        let options: Vec<Value> = known.options.iter().map(|label| json!({"key": snake(label), "value": label})).collect();
        json!({
            "internalName": known.name, "label": known.label, "attributeTypeName": known.kind,
            "isRequired": known.name == "name", "isValueReadonly": known.fixed, "attributeOptions": options,
        })
    };
    let all = account.companies.attributes.iter().filter(|known| known.object == object);
    Reply::json(200, &all.map(show).collect())
}

/// Values are keyed by the label in small letters with underscores.
fn snake(label: &str) -> String {
    let plain = label.chars().map(|sign| if sign.is_alphanumeric() { sign.to_ascii_lowercase() } else { '_' });
    plain.collect()
}

pub(in crate::brevo) fn create(account: &mut Account, ask: &Ask<'_>) -> Answer {
    let body = ask.object()?;
    let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (label, kind, object) = (text("label"), text("attributeType"), text("objectType"));
    if label.is_empty() || label.chars().count() > LABEL_MAX {
        return Err(Refusal::invalid(format!("label should have 1 to {LABEL_MAX} characters")));
    }
    if !KINDS.contains(&kind.as_str()) || !matches!(object.as_str(), "companies" | "deals") {
        return Err(Refusal::invalid("attributeType or objectType is not valid"));
    }
    let name = snake(&label);
    if account.companies.attributes.iter().any(|known| known.object == object && known.name == name) {
        return Err(Refusal::new(400, "duplicate_parameter", "Attribute already exists"));
    }
    let options = body.get("optionsLabels").and_then(Value::as_array).into_iter().flatten();
    let options = options.filter_map(|option| option.as_str().map(str::to_owned)).collect();
    let id = account.hex_id();
    account.companies.attributes.push(CrmAttribute { id: id.clone(), object, name, label, kind, options, fixed: false });
    Reply::json(200, &json!({"id": id}))
}

pub(in crate::brevo) fn delete(account: &mut Account, id: &str) -> Answer {
    let all = &mut account.companies.attributes;
    let before = all.len();
    all.retain(|known| known.id != id || known.fixed);
    if all.len() < before { Reply::done() } else { Err(Refusal::not_found("Attribute not found")) }
}
