//! Lists, their members, folders and segments. Source: facts §7.

use serde_json::{Value, json};

use super::account::{Account, Folder, List};
use super::ask::{Answer, Ask, Reply};
use super::contacts::list::{SEGMENT, named};
use super::processes::{Fate, Job};
use super::refusal::Refusal;
use super::stamp::iso;

const STANDARD: usize = 10;
const LIMIT_MAX: usize = 50;
const MOVES_MAX: usize = 150;

fn name(ask: &Ask<'_>) -> Result<Option<String>, Refusal> {
    let name = ask.object()?.get("name").and_then(Value::as_str).map(str::to_owned);
    if name.as_deref() == Some("") { Err(Refusal::missing("name is missing")) } else { Ok(name) }
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}

fn found<'a>(account: &'a Account, id: &str) -> Result<&'a List, Refusal> {
    number(id).and_then(|id| account.list(id)).ok_or_else(|| Refusal::not_found("List ID does not exist"))
}

/// The two totals are being retired: always 0.
fn show(list: &List) -> Value {
    json!({
        "id": list.id, "name": list.name, "folderId": list.folder,
        "uniqueSubscribers": list.members, "totalSubscribers": 0, "totalBlacklisted": 0,
    })
}

pub(super) fn all(account: &Account, ask: &Ask<'_>) -> Answer {
    let page = ask.paging(STANDARD, LIMIT_MAX)?;
    let mut lists: Vec<&List> = account.lists.iter().collect();
    lists.sort_by_key(|list| list.id);
    let shown: Vec<Value> = page.cut(lists).into_iter().map(show).collect();
    Reply::json(200, &json!({"count": account.lists.len(), "lists": shown}))
}

pub(super) fn one(account: &Account, id: &str) -> Answer {
    let list = found(account, id)?;
    let mut shown = show(list);
    shown["createdAt"] = iso(list.created).into();
    shown["dynamicList"] = false.into();
    shown["campaignStats"] = json!([]);
    Reply::json(200, &shown)
}

/// Names are not unique: a second list of the same name is another list.
pub(super) fn create(account: &mut Account, ask: &Ask<'_>) -> Answer {
    let name = name(ask)?.ok_or_else(|| Refusal::missing("name is missing"))?;
    let folder = ask.object()?.get("folderId").and_then(Value::as_u64).ok_or_else(|| Refusal::missing("folderId is missing"))?;
    let folder = known_folder(account, folder)?;
    let id = account.add_list(&name, folder);
    Reply::json(201, &json!({"id": id}))
}

fn known_folder(account: &Account, id: u64) -> Result<u32, Refusal> {
    let folder = account.folders.iter().find(|folder| u64::from(folder.id) == id);
    folder.map(|folder| folder.id).ok_or_else(|| Refusal::invalid("Folder ID does not exist"))
}

/// Either a new name or another folder, not both.
pub(super) fn update(account: &mut Account, ask: &Ask<'_>, id: &str) -> Answer {
    let id = found(account, id)?.id;
    let (name, folder) = (name(ask)?, ask.object()?.get("folderId").and_then(Value::as_u64));
    let folder = folder.map(|folder| known_folder(account, folder)).transpose()?;
    if name.is_some() == folder.is_some() {
        return Err(Refusal::invalid("Either of the two parameters (name, folderId) can be updated at a time"));
    }
    if let Some(list) = account.list_mut(id) {
        list.name = name.unwrap_or_else(|| list.name.clone());
        list.folder = folder.unwrap_or(list.folder);
    }
    Reply::done()
}

pub(super) fn delete(account: &mut Account, id: &str) -> Answer {
    let id = found(account, id)?.id;
    account.remove_list(id);
    Reply::done()
}

/// `add` or `remove`: 201 with who moved and who did not, which may be for being there already.
pub(super) fn shift(account: &mut Account, ask: &Ask<'_>, id: &str, join: bool, fate: Fate) -> Answer {
    let id = found(account, id)?.id;
    let body = ask.object()?;
    if !join && body.get("all") == Some(&Value::Bool(true)) {
        let total = account.list(id).map_or(0, |list| list.members);
        let process = account.processes.submit(Job::Empty(id), fate, account.now);
        return Reply::json(201, &json!({"contacts": {"processId": process, "total": total}}));
    }
    let kinds: Vec<&str> = ["emails", "ids", "extIds"].into_iter().filter(|kind| body.contains_key(*kind)).collect();
    let [kind] = kinds[..] else { return Err(Refusal::invalid("Exactly one of emails, ids or extIds should be passed")) };
    let named_ones = body[kind].as_array().ok_or_else(|| Refusal::invalid(format!("{kind} should be an array")))?;
    if named_ones.is_empty() || named_ones.len() > MOVES_MAX {
        return Err(Refusal::out_of_range(format!("{kind} should hold 1 to {MOVES_MAX} contacts")));
    }
    let (mut success, mut failure) = (Vec::new(), Vec::new());
    for one in named_ones {
        let moved = named(account, kind, one).is_some_and(|contact| account.move_in_list(contact, id, join));
        if moved { success.push(one.clone()) } else { failure.push(one.clone()) }
    }
    if success.is_empty() {
        let state = if join { "already in list" } else { "not in list" };
        return Err(Refusal::invalid(format!("Contact {state} and/or does not exist")));
    }
    Reply::json(201, &json!({"contacts": {"success": success, "failure": failure}}))
}

fn show_folder(account: &Account, folder: &Folder) -> Value {
    let members: u64 = account.lists.iter().filter(|list| list.folder == folder.id).map(|list| list.members).sum();
    json!({"id": folder.id, "name": folder.name, "uniqueSubscribers": members, "totalSubscribers": 0, "totalBlacklisted": 0})
}

fn found_folder<'a>(account: &'a Account, id: &str) -> Result<&'a Folder, Refusal> {
    let found = account.folders.iter().find(|folder| number(id) == Some(folder.id));
    found.ok_or_else(|| Refusal::not_found("Folder ID does not exist"))
}

pub(super) fn folders(account: &Account, ask: &Ask<'_>) -> Answer {
    let page = ask.paging(STANDARD, LIMIT_MAX)?;
    let shown: Vec<Value> = page.cut(account.folders.iter().map(|folder| show_folder(account, folder)).collect());
    Reply::json(200, &json!({"count": account.folders.len(), "folders": shown}))
}

pub(super) fn folder(account: &Account, id: &str) -> Answer {
    Reply::json(200, &show_folder(account, found_folder(account, id)?))
}

pub(super) fn folder_lists(account: &Account, ask: &Ask<'_>, id: &str) -> Answer {
    let id = found_folder(account, id)?.id;
    let page = ask.paging(STANDARD, LIMIT_MAX)?;
    // Here, and only here, lists come without their folder (SDK, `GetList`).
    let mut lists: Vec<Value> = account.lists.iter().filter(|list| list.folder == id).map(show).collect();
    lists.iter_mut().filter_map(Value::as_object_mut).for_each(|list| drop(list.shift_remove("folderId")));
    Reply::json(200, &json!({"count": lists.len(), "lists": page.cut(lists)}))
}

pub(super) fn create_folder(account: &mut Account, ask: &Ask<'_>) -> Answer {
    let name = name(ask)?.ok_or_else(|| Refusal::missing("name is missing"))?;
    account.last_folder += 1;
    let id = account.last_folder;
    account.folders.push(Folder { id, name });
    Reply::json(201, &json!({"id": id}))
}

pub(super) fn rename_folder(account: &mut Account, ask: &Ask<'_>, id: &str) -> Answer {
    let id = found_folder(account, id)?.id;
    let name = name(ask)?.ok_or_else(|| Refusal::missing("name is missing"))?;
    account.folders.iter_mut().filter(|folder| folder.id == id).for_each(|folder| folder.name.clone_from(&name));
    Reply::done()
}

/// A folder takes its lists with it.
pub(super) fn delete_folder(account: &mut Account, id: &str) -> Answer {
    let id = found_folder(account, id)?.id;
    let lists: Vec<u32> = account.lists.iter().filter(|list| list.folder == id).map(|list| list.id).collect();
    for list in lists {
        account.remove_list(list);
    }
    account.folders.retain(|folder| folder.id != id);
    Reply::done()
}

pub(super) fn segments(account: &Account, ask: &Ask<'_>) -> Answer {
    let page = ask.paging(STANDARD, LIMIT_MAX)?;
    let segment = json!({"id": SEGMENT, "segmentName": "Blocklisted", "categoryName": "Default", "updatedAt": iso(account.now)});
    Reply::json(200, &json!({"count": 1, "segments": page.cut(vec![segment])}))
}
