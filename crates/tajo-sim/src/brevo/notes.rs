//! `/crm/notes`. Source: facts §9.

use serde_json::{Value, json};

use super::account::Account;
use super::ask::{Answer, Ask, Reply};
use super::refusal::Refusal;
use super::stamp::{iso, parse};

const STANDARD: usize = 50;
const LIMIT_MAX: usize = 1000;

fn missing() -> Refusal {
    Refusal::not_found("Document not found")
}

fn place(account: &Account, id: &str) -> Result<usize, Refusal> {
    account.notes.iter().position(|note| note["id"] == id).ok_or_else(missing)
}

pub(super) fn list(account: &Account, ask: &Ask<'_>) -> Answer {
    let page = ask.paging(STANDARD, LIMIT_MAX)?;
    let key = match ask.query("entity") {
        None => None,
        Some("contacts") => Some("contactIds"),
        Some("companies") => Some("companyIds"),
        Some("deals") => Some("dealIds"),
        Some(_) => return Err(Refusal::invalid("entity is not valid")),
    };
    let named = ask.all("entityIds");
    let (from, to) = (ask.numbers::<i64>("dateFrom")?, ask.numbers::<i64>("dateTo")?);
    let fits = |note: &&Value| {
        let about = |key: &str| -> Vec<String> {
            let ids = note[key].as_array().into_iter().flatten();
            ids.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)).collect()
        };
        let at = note["createdAt"].as_str().and_then(parse).unwrap_or(0);
        key.is_none_or(|key| about(key).iter().any(|id| named.is_empty() || named.contains(&id.as_str())))
            && from.first().is_none_or(|from| at >= *from)
            && to.first().is_none_or(|to| at <= *to)
    };
    let found: Vec<Value> = account.notes.iter().filter(fits).cloned().collect();
    Reply::json(200, &Value::from(page.cut(found)))
}

pub(super) fn one(account: &Account, id: &str) -> Answer {
    Reply::json(200, &account.notes[place(account, id)?])
}

pub(super) fn create(account: &mut Account, ask: &Ask<'_>) -> Answer {
    let body = ask.object()?;
    let text = body.get("text").and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let text = text.ok_or_else(|| Refusal::missing("text is missing"))?;
    let contacts = super::ask::ids(body.get("contactIds"), "contactIds")?;
    if contacts.iter().any(|id| account.people.get(*id).is_none()) {
        return Err(Refusal::invalid("Contact does not exist"));
    }
    let (id, now) = (account.hex_id(), iso(account.now));
    let author =
        json!({"email": super::contacts::single::OWNER, "id": "5fa2b8c123456789abcdef02", "name": {"fullName": "Olive Owner"}});
    let list = |key: &str| body.get(key).filter(|value| value.is_array()).cloned().unwrap_or_else(|| json!([]));
    account.notes.push(json!({
        "id": id, "text": text, "contactIds": contacts, "companyIds": list("companyIds"), "dealIds": list("dealIds"),
        "authorId": author, "createdAt": now, "updatedAt": now,
    }));
    Reply::json(200, &json!({"id": id}))
}

pub(super) fn update(account: &mut Account, ask: &Ask<'_>, id: &str) -> Answer {
    let at = place(account, id)?;
    let body = ask.object()?;
    let now = iso(account.now);
    let note = &mut account.notes[at];
    for key in ["text", "contactIds", "companyIds", "dealIds"] {
        if let Some(value) = body.get(key) {
            note[key] = value.clone();
        }
    }
    note["updatedAt"] = now.into();
    Reply::done()
}

pub(super) fn delete(account: &mut Account, id: &str) -> Answer {
    let at = place(account, id)?;
    account.notes.remove(at);
    Reply::done()
}
