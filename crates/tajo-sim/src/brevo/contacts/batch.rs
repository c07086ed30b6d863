//! `POST /contacts/batch`: gone since 2026-10-30, or as it was: update only, all or nothing.
//! Source: facts §4.7.

use serde_json::Value;

use crate::brevo::account::contact::Key;
use crate::brevo::account::{Account, Draft};
use crate::brevo::ask::{Answer, Ask, Reply};
use crate::brevo::refusal::Refusal;

const CONTACTS_MAX: usize = 100;

pub(in crate::brevo) fn update(account: &mut Account, ask: &Ask<'_>) -> Answer {
    if account.options.batch_gone {
        return Err(Refusal::new(410, "not_acceptable", "This endpoint is no longer available, use POST /contacts/import"));
    }
    let body = ask.object()?;
    let items = body.get("contacts").and_then(Value::as_array).ok_or_else(|| Refusal::missing("contacts is missing"))?;
    if items.len() > CONTACTS_MAX {
        return Err(Refusal::out_of_range("Too many contacts"));
    }
    let checked: Vec<(i64, Draft)> = items.iter().map(|item| check(account, item)).collect::<Result<_, Refusal>>()?;
    for (id, draft) in checked {
        account.update(id, draft, false)?;
    }
    Reply::done()
}

fn check(account: &Account, item: &Value) -> Result<(i64, Draft), Refusal> {
    let mut item = item.as_object().cloned().ok_or_else(|| Refusal::invalid("contacts should be an array of objects"))?;
    let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
    let id = item.shift_remove("id").and_then(|id| id.as_i64());
    let by = |key: Key, text: Option<String>| account.people.owner(key, &key.canonical(&text?)?);
    let found = by(Key::Email, text(item.shift_remove("email"))).or_else(|| by(Key::Sms, text(item.shift_remove("sms")))).or(id);
    let id = found.filter(|id| account.people.get(*id).is_some()).ok_or_else(|| Refusal::not_found("Contact does not exist"))?;
    let draft = account.draft(&item)?;
    if account.obstacles(Some(id), &draft).is_empty() {
        return Ok((id, draft));
    }
    Err(Refusal::new(400, "duplicate_parameter", "An identifier is already associated with another Contact"))
}
