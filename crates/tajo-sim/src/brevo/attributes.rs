//! `/contacts/attributes`. Source: facts §6.

use serde_json::{Map, Value, json};

use super::account::Account;
use super::account::registry::{Attribute, Kind};
use super::ask::{Answer, Ask, Reply};
use super::refusal::Refusal;

const NAME_MAX: usize = 50;
const OPTION_MAX: usize = 200;

fn show(attribute: &Attribute) -> Value {
    let mut shown = Map::new();
    shown.insert("name".to_owned(), attribute.name.as_str().into());
    shown.insert("category".to_owned(), attribute.category.as_str().into());
    if let Some(kind) = attribute.kind.and_then(Kind::name) {
        shown.insert("type".to_owned(), kind.into());
    }
    // Since 2026-05-01 `value` is 0 for what is no number.
    let option = |(value, label): &(String, String)| json!({"value": value.parse::<i64>().unwrap_or(0), "label": label, "valueStr": value});
    match attribute.kind {
        Some(Kind::Category) => {
            shown.insert("enumeration".to_owned(), attribute.options.iter().map(option).collect());
        }
        Some(Kind::MultipleChoice) => {
            let labels = attribute.options.iter().map(|(_, label)| Value::from(label.as_str())).collect();
            shown.insert("multiCategoryOptions".to_owned(), labels);
        }
        _ => {}
    }
    if let Some(formula) = &attribute.formula {
        shown.insert("calculatedValue".to_owned(), formula.as_str().into());
    }
    Value::Object(shown)
}

pub(super) fn list(account: &Account) -> Answer {
    let all: Vec<Value> = account.registry.all().map(show).collect();
    Reply::json(200, &json!({"attributes": all}))
}

/// Names are kept in capitals. The pattern is not documented.
pub(super) fn checked_name(name: &str) -> Result<String, Refusal> {
    let name = name.to_uppercase();
    let fine = name.len() <= NAME_MAX
        && name.starts_with(|sign: char| sign.is_ascii_uppercase())
        && name.bytes().all(|sign| sign.is_ascii_uppercase() || sign.is_ascii_digit() || sign == b'_');
    if fine { Ok(name) } else { Err(Refusal::invalid("Invalid attribute name")) }
}

fn options(body: &Map<String, Value>) -> Result<Vec<(String, String)>, Refusal> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs = body.get("enumeration").and_then(Value::as_array).into_iter().flatten();
    let pairs = pairs.map(|pair| (text(&pair["value"]), text(&pair["label"])));
    let labels = body.get("multiCategoryOptions").and_then(Value::as_array).into_iter().flatten();
    let all: Vec<(String, String)> = pairs.chain(labels.map(|label| (text(label), text(label)))).collect();
    if all.iter().any(|(_, label)| label.chars().count() > OPTION_MAX) {
        return Err(Refusal::invalid(format!("Options can not exceed {OPTION_MAX} characters")));
    }
    Ok(all)
}

pub(super) fn create(account: &mut Account, ask: &Ask<'_>, category: &str, name: &str) -> Answer {
    let name = checked_name(name)?;
    let body = if ask.body.is_empty() { Map::new() } else { ask.object()? };
    let kind = body.get("type").and_then(Value::as_str);
    let kind = match (category, kind) {
        ("normal", Some("text" | "date" | "float" | "boolean" | "multiple-choice" | "user")) => kind.and_then(Kind::parse),
        ("normal", _) => return Err(Refusal::invalid("Invalid attribute type")),
        ("transactional", Some("text" | "date" | "float" | "boolean" | "id")) => kind.and_then(Kind::parse),
        ("transactional", _) => return Err(Refusal::invalid("Invalid attribute type")),
        ("category", None | Some("category")) => Some(Kind::Category),
        ("calculated" | "global", None) if body.get("value").is_some_and(Value::is_string) => None,
        ("category" | "calculated" | "global", _) => return Err(Refusal::missing("value or enumeration is missing")),
        _ => return Err(Refusal::invalid("Invalid attribute category")),
    };
    if account.registry.find(&name).is_some() {
        return Err(Refusal::new(400, "duplicate_parameter", "Attribute name must be unique"));
    }
    let mut attribute = Attribute::new(&name, category, kind);
    attribute.options = options(&body)?;
    attribute.formula = body.get("value").and_then(Value::as_str).map(str::to_owned);
    account.registry.add(attribute);
    Ok(Reply { status: 201, body: Vec::new() })
}

/// Options and formulas only: neither name nor type can change.
pub(super) fn update(account: &mut Account, ask: &Ask<'_>, category: &str, name: &str) -> Answer {
    let body = ask.object()?;
    let added = options(&body)?;
    let attribute = account.registry.find_mut(&name.to_uppercase()).filter(|attribute| attribute.category == category);
    let attribute = attribute.ok_or_else(missing)?;
    for (value, label) in added {
        match attribute.options.iter_mut().find(|(known, _)| *known == value) {
            Some(known) => known.1 = label,
            None => attribute.options.push((value, label)),
        }
    }
    if let Some(formula) = body.get("value").and_then(Value::as_str) {
        attribute.formula = Some(formula.to_owned());
    }
    Reply::done()
}

fn missing() -> Refusal {
    Refusal::not_found("Attribute not found")
}

pub(super) fn delete(account: &mut Account, category: &str, name: &str) -> Answer {
    let name = name.to_uppercase();
    let found = account.registry.find(&name).filter(|attribute| attribute.category == category);
    found.ok_or_else(missing)?;
    if account.registry.key(&name).is_some() {
        return Err(Refusal::invalid("This attribute can not be deleted"));
    }
    account.registry.remove(&name);
    Reply::done()
}

pub(super) fn delete_option(account: &mut Account, name: &str, option: &str) -> Answer {
    let attribute = account.registry.find_mut(&name.to_uppercase()).filter(|found| found.kind == Some(Kind::MultipleChoice));
    let attribute = attribute.ok_or_else(missing)?;
    let before = attribute.options.len();
    attribute.options.retain(|(_, label)| label != option);
    if attribute.options.len() < before { Reply::done() } else { Err(Refusal::not_found("Attribute option not found")) }
}
