//! `POST /contacts/export`: a CSV when the process is through. Source: facts §5.3.

use serde_json::{Value, json};

use crate::brevo::account::Account;
use crate::brevo::account::contact::{Key, Val};
use crate::brevo::account::people::Row;
use crate::brevo::ask::{Answer, Ask, Reply};
use crate::brevo::imports::csv;
use crate::brevo::processes::{Fate, Job};
use crate::brevo::refusal::Refusal;
use crate::brevo::stamp::iso;

/// Which contacts of one list, and which of their attributes.
#[derive(Debug)]
pub(crate) struct Export {
    list: u32,
    /// `None` for all, otherwise whether to take the blocklisted ones.
    blocked: Option<bool>,
    attributes: Vec<String>,
}

pub(in crate::brevo) fn post(account: &mut Account, ask: &Ask<'_>, fate: Fate) -> Answer {
    let body = ask.object()?;
    let filter = body.get("customContactFilter").ok_or_else(|| Refusal::missing("customContactFilter is missing"))?;
    let list = filter.get("listId").and_then(Value::as_i64).ok_or_else(|| Refusal::missing("listId is missing"))?;
    let blocked = match filter.get("actionForContacts").and_then(Value::as_str) {
        Some("allContacts") => None,
        Some("subscribed") => Some(false),
        Some("unsubscribed" | "unsubscribedPerList") => Some(true),
        _ => return Err(Refusal::invalid("actionForContacts is not valid")),
    };
    let attributes = body.get("exportAttributes").and_then(Value::as_array).into_iter().flatten();
    let attributes = attributes.filter_map(|name| name.as_str().map(str::to_uppercase)).collect();
    let list = account.known_lists(&[list])?[0];
    let id = account.processes.submit(Job::Export(Export { list, blocked, attributes }), fate, account.now);
    Reply::json(202, &json!({"processId": id}))
}

pub(in crate::brevo) fn write(account: &Account, export: &Export) -> String {
    let cell = |row: &Row, name: &String| {
        let value = match Key::ALL.into_iter().find(|key| key.attribute() == name) {
            Some(key) => row.contact.key(key).map(|text| text.to_string()),
            None => account.registry.number(name).and_then(|number| row.contact.value(number)).map(|value| match value {
                Val::Text(text) => text.to_string(),
                other => other.json().to_string(),
            }),
        };
        csv::cell(&value.unwrap_or_default())
    };
    let mut text = ["CONTACT ID", "EMAIL", "ADDED_TIME", "MODIFIED_TIME"].join(";");
    export.attributes.iter().for_each(|name| text.extend([";", name.as_str()]));
    text.push('\n');
    let members = account.people.rows().iter().filter(|row| row.contact.lists.contains(&export.list));
    for row in members.filter(|row| export.blocked.is_none_or(|blocked| blocked == row.contact.email_blocked)) {
        let email = cell(row, &"EMAIL".to_owned());
        text.push_str(&format!("{};{email};{};{}", row.id, iso(row.contact.created), iso(row.modified)));
        export.attributes.iter().for_each(|name| text.extend([";", cell(row, name).as_str()]));
        text.push('\n');
    }
    text
}
