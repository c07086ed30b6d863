//! One contact: create or upsert, show, change, delete. Source: facts §4.2 to §4.5.

use serde_json::{Value, json};

use crate::brevo::account::Account;
use crate::brevo::account::contact::Key;
use crate::brevo::account::people::Row;
use crate::brevo::ask::{Answer, Ask, Reply};
use crate::brevo::contacts::{engagement, show};
use crate::brevo::refusal::Refusal;

/// The account's own registered contact, which cannot be deleted: 405 (2025 description).
pub(in crate::brevo) const OWNER: &str = "owner@brevo-twin.example";

pub(in crate::brevo) fn create(account: &mut Account, ask: &Ask<'_>) -> Answer {
    let body = ask.object()?;
    let flag = |key: &str| body.get(key).and_then(Value::as_bool).unwrap_or(false);
    if body.contains_key("smtpBlacklistSender") && !flag("updateEnabled") {
        return Err(Refusal::invalid("smtpBlacklistSender can be used only if updateEnabled is true"));
    }
    let draft = account.draft(&body)?;
    let (id, new) = account.upsert(draft, flag("updateEnabled"), flag("forceMerge"))?;
    match new {
        true => Reply::json(201, &json!({"id": id})),
        // "When true, the response returns the id of the surviving contact" (SDK, getId).
        false if flag("getId") => Reply::json(200, &json!({"id": id})),
        false => Reply::done(),
    }
}

/// Whoever the path names. Without `identifierType`, digits are an id, or a number where `GET`
/// finds no such id; a numeric `ext_id` is not found that way.
fn find<'a>(account: &'a Account, ask: &Ask<'_>, identifier: &str) -> Result<&'a Row, Refusal> {
    let by_key = |key: Key| account.people.owner(key, &key.canonical(identifier)?);
    let id = match ask.query("identifierType") {
        Some("contact_id") => identifier.parse().ok(),
        Some(kind) => by_key(Key::of_type(kind).ok_or_else(|| Refusal::invalid("identifierType is not valid"))?),
        None if identifier.contains('@') => by_key(Key::Email),
        None => {
            let id = identifier.parse().ok().filter(|id| account.people.get(*id).is_some());
            id.or_else(|| (ask.method == "GET").then(|| by_key(Key::Sms)).flatten())
        }
    };
    id.and_then(|id| account.people.get(id)).ok_or_else(|| Refusal::not_found("Contact does not exist"))
}

pub(in crate::brevo) fn one(account: &Account, ask: &Ask<'_>, identifier: &str) -> Answer {
    let row = find(account, ask, identifier)?;
    Reply::object(|j| show::contact(account, row, true, j))
}

pub(in crate::brevo) fn update(account: &mut Account, ask: &Ask<'_>, identifier: &str) -> Answer {
    let id = find(account, ask, identifier)?.id;
    let mut body = ask.object()?;
    // A new address comes as `attributes.EMAIL`; the top-level one is not part of this call.
    body.shift_remove("email");
    let merge = body.get("forceMerge").and_then(Value::as_bool).unwrap_or(false);
    let draft = account.draft(&body)?;
    account.update(id, draft, merge)?;
    Reply::done()
}

pub(in crate::brevo) fn delete(account: &mut Account, ask: &Ask<'_>, identifier: &str) -> Answer {
    let row = find(account, ask, identifier)?;
    if row.contact.key(Key::Email).is_some_and(|email| email.as_ref() == OWNER) {
        return Err(Refusal::new(405, "method_not_allowed", "You can not delete your own registered contact"));
    }
    let id = row.id;
    account.delete(id);
    Reply::done()
}

pub(in crate::brevo) fn statistics(account: &Account, ask: &Ask<'_>, identifier: &str) -> Answer {
    let id = find(account, ask, identifier)?.id;
    Reply::object(|j| engagement::show(account, id, j))
}
