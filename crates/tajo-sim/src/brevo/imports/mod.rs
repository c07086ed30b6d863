//! `POST /contacts/import`: what is refused at once. Source: facts §5.1.

pub(super) mod csv;
mod run;

use std::collections::HashMap;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::account::Account;
use super::account::contact::Key;
use super::ask::{Answer, Ask, Reply, ids};
use super::processes::{Fate, Job};
use super::refusal::Refusal;

/// The most that `jsonBody` or `fileBody` may weigh, in bytes.
const BODY_MAX: usize = 10_000_000;

const NO_IDENTIFIER: &str = "We could not find any valid email or SMS or Contact ID in the file you uploaded. \
                             Please check your file and try again.";

/// An accepted import, waiting for its turn. Its rows stay text until then.
#[derive(Debug)]
pub(crate) struct Import {
    rows: Rows,
    lists: Vec<u32>,
    update: bool,
    erase: bool,
    email_block: bool,
    sms_block: bool,
    notify: Option<String>,
}

#[derive(Debug)]
enum Rows {
    Json(Box<RawValue>),
    /// A header, then rows.
    Cells(Vec<Vec<String>>),
}

pub(super) fn post(account: &mut Account, ask: &Ask<'_>, fate: Fate) -> Answer {
    if ask.body.is_empty() {
        return Err(Refusal::missing("No inputs in the body"));
    }
    let mut body: HashMap<String, Box<RawValue>> =
        serde_json::from_slice(ask.body).map_err(|_| Refusal::new(400, "bad_request", "Input must be a valid JSON object"))?;
    let rows = rows(&mut body)?;
    let plain = |key: &str| body.get(key).and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok()).unwrap_or_default();
    let flag = |key: &str| plain(key).as_bool();
    let mut lists = account.known_lists(&ids(Some(&plain("listIds")), "listIds")?)?;
    if let Some(name) = plain("newList").get("listName").and_then(Value::as_str) {
        let folder = plain("newList").get("folderId").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok()).unwrap_or(1);
        lists.push(account.add_list(name, folder));
    }
    if lists.is_empty() {
        return Err(Refusal::missing("listIds or newList is missing"));
    }
    let import = Import {
        rows,
        lists,
        update: flag("updateExistingContacts").unwrap_or(true),
        erase: flag("emptyContactsAttributes").unwrap_or(false),
        email_block: flag("emailBlacklist").unwrap_or(false),
        sms_block: flag("smsBlacklist").unwrap_or(false),
        notify: plain("notifyUrl").as_str().map(str::to_owned),
    };
    let id = account.processes.submit(Job::Contacts(Box::new(import)), fate, account.now);
    Reply::json(202, &json!({"processId": id}))
}

fn rows(body: &mut HashMap<String, Box<RawValue>>) -> Result<Rows, Refusal> {
    let too_large = || Refusal::invalid("File size exceeds the maximum of 10MB");
    if let Some(raw) = body.remove("jsonBody") {
        if raw.get().len() > BODY_MAX {
            return Err(too_large());
        }
        let beginning = raw.get().trim_start();
        if !beginning.starts_with('[') || beginning[1..].trim_start().starts_with(']') {
            return Err(Refusal::invalid("jsonBody should be an array of contacts"));
        }
        return Ok(Rows::Json(raw));
    }
    let Some(raw) = body.remove("fileBody") else {
        // A file behind an address would have to be fetched, and the twin talks to nobody.
        let known = body.contains_key("fileUrl");
        return Err(if known {
            Refusal::invalid("fileUrl can not be read")
        } else {
            Refusal::missing("fileUrl, fileBody or jsonBody is missing")
        });
    };
    if raw.get().len() > BODY_MAX {
        return Err(too_large());
    }
    let text: String = serde_json::from_str(raw.get()).map_err(|_| Refusal::invalid("fileBody should be a string"))?;
    let mut cells = csv::rows(&text, ';');
    let Some(header) = cells.first_mut() else { return Err(Refusal::invalid(NO_IDENTIFIER)) };
    header.iter_mut().for_each(|name| *name = name.trim().to_uppercase());
    let identified = header.iter().any(|name| Key::ALL.iter().any(|key| key.attribute() == name));
    if identified { Ok(Rows::Cells(cells)) } else { Err(Refusal::invalid(NO_IDENTIFIER)) }
}
