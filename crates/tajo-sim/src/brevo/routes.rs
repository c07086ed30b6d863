//! The routes: a known path with another method is 405, an unknown path 404.

use serde_json::json;

use super::account::Account;
use super::ask::{Answer, Ask, Reply};
use super::contacts::{batch, export, list, single};
use super::options::Tier;
use super::processes::Fate;
use super::refusal::Refusal;
use super::{attributes, companies, events, imports, lists, notes, processes, stamp, webhooks};

pub(super) fn route(account: &mut Account, ask: &Ask<'_>, fate: Fate) -> Answer {
    let path: Vec<&str> = ask.path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["contacts", rest @ ..] => contacts(account, ask, rest, fate),
        ["companies", rest @ ..] => company(account, ask, rest, fate),
        ["crm", rest @ ..] => crm(account, ask, rest),
        ["account"] if ask.method == "GET" => me(account),
        ["processes"] if ask.method == "GET" => processes::list(account, ask),
        ["processes", id] if ask.method == "GET" => processes::one(account, ask, id),
        ["events"] if ask.method == "GET" => events::list(account, ask),
        ["events"] if ask.method == "POST" => events::create(account, ask),
        ["events", "batch"] if ask.method == "POST" => events::create_many(account, ask),
        ["webhooks"] if ask.method == "GET" => webhooks::list(account, ask),
        ["webhooks"] if ask.method == "POST" => webhooks::create(account, ask),
        ["webhooks", id] => match ask.method {
            "GET" => webhooks::one(account, id),
            "PUT" => webhooks::update(account, ask, id),
            "DELETE" => webhooks::delete(account, id),
            other => Err(Refusal::method(other)),
        },
        ["account"] | ["processes", ..] | ["events"] | ["events", "batch"] | ["webhooks"] => Err(Refusal::method(ask.method)),
        _ => Err(unknown()),
    }
}

fn unknown() -> Refusal {
    Refusal::not_found("The requested resource was not found")
}

fn contacts(account: &mut Account, ask: &Ask<'_>, rest: &[&str], fate: Fate) -> Answer {
    match (rest, ask.method) {
        ([], "GET") => list::all(account, ask),
        ([], "POST") => single::create(account, ask),
        (["import"], "POST") => imports::post(account, ask, fate),
        (["export"], "POST") => export::post(account, ask, fate),
        (["batch"], "POST") => batch::update(account, ask),
        (["segments"], "GET") => lists::segments(account, ask),
        (["attributes", ..], _) => attribute(account, ask, &rest[1..]),
        (["lists", ..], _) => list_of(account, ask, &rest[1..], fate),
        (["folders", ..], _) => folder(account, ask, &rest[1..]),
        ([id, "campaignStats"], "GET") => single::statistics(account, ask, id),
        ([id], "GET") => single::one(account, ask, id),
        ([id], "PUT") => single::update(account, ask, id),
        ([id], "DELETE") => single::delete(account, ask, id),
        ([] | [_] | [_, "campaignStats"], other) => Err(Refusal::method(other)),
        _ => Err(unknown()),
    }
}

fn attribute(account: &mut Account, ask: &Ask<'_>, rest: &[&str]) -> Answer {
    match (rest, ask.method) {
        ([], "GET") => attributes::list(account),
        (["multiple-choice", name, option], "DELETE") => attributes::delete_option(account, name, option),
        ([category, name], "POST") => attributes::create(account, ask, category, name),
        ([category, name], "PUT") => attributes::update(account, ask, category, name),
        ([category, name], "DELETE") => attributes::delete(account, category, name),
        ([] | [_, _], other) => Err(Refusal::method(other)),
        _ => Err(unknown()),
    }
}

fn list_of(account: &mut Account, ask: &Ask<'_>, rest: &[&str], fate: Fate) -> Answer {
    match (rest, ask.method) {
        ([], "GET") => lists::all(account, ask),
        ([], "POST") => lists::create(account, ask),
        ([id], "GET") => lists::one(account, id),
        ([id], "PUT") => lists::update(account, ask, id),
        ([id], "DELETE") => lists::delete(account, id),
        ([id, "contacts"], "GET") => {
            let list = id.parse().ok().filter(|id| account.list(*id).is_some());
            list::members(account, ask, list.ok_or_else(|| Refusal::not_found("List ID does not exist"))?)
        }
        ([id, "contacts", "add"], "POST") => lists::shift(account, ask, id, true, fate),
        ([id, "contacts", "remove"], "POST") => lists::shift(account, ask, id, false, fate),
        ([] | [_] | [_, "contacts", ..], other) => Err(Refusal::method(other)),
        _ => Err(unknown()),
    }
}

fn folder(account: &mut Account, ask: &Ask<'_>, rest: &[&str]) -> Answer {
    match (rest, ask.method) {
        ([], "GET") => lists::folders(account, ask),
        ([], "POST") => lists::create_folder(account, ask),
        ([id], "GET") => lists::folder(account, id),
        ([id], "PUT") => lists::rename_folder(account, ask, id),
        ([id], "DELETE") => lists::delete_folder(account, id),
        ([id, "lists"], "GET") => lists::folder_lists(account, ask, id),
        ([] | [_] | [_, "lists"], other) => Err(Refusal::method(other)),
        _ => Err(unknown()),
    }
}

fn company(account: &mut Account, ask: &Ask<'_>, rest: &[&str], fate: Fate) -> Answer {
    match (rest, ask.method) {
        ([], "GET") => companies::list(account, ask),
        ([], "POST") => companies::create(account, ask),
        (["import"], "POST") => companies::import::post(account, ask, fate),
        (["link-unlink", id], "PATCH") => companies::link(account, ask, id),
        ([id], "GET") => companies::one(account, id),
        ([id], "PATCH") => companies::update(account, ask, id),
        ([id], "DELETE") => companies::delete(account, id),
        ([] | [_] | ["link-unlink", _], other) => Err(Refusal::method(other)),
        _ => Err(unknown()),
    }
}

fn crm(account: &mut Account, ask: &Ask<'_>, rest: &[&str]) -> Answer {
    match (rest, ask.method) {
        (["attributes", object @ ("companies" | "deals")], "GET") => companies::attributes::list(account, object),
        (["attributes"], "POST") => companies::attributes::create(account, ask),
        (["attributes", id], "DELETE") => companies::attributes::delete(account, id),
        (["notes"], "GET") => notes::list(account, ask),
        (["notes"], "POST") => notes::create(account, ask),
        (["notes", id], "GET") => notes::one(account, id),
        (["notes", id], "PATCH") => notes::update(account, ask, id),
        (["notes", id], "DELETE") => notes::delete(account, id),
        (["attributes"] | ["attributes", _] | ["notes"] | ["notes", _], other) => Err(Refusal::method(other)),
        _ => Err(unknown()),
    }
}

/// `GET /account`; `dateTimePreferences` is in the samples of 2026-04-10 only.
fn me(account: &Account) -> Answer {
    let enterprise = account.options.tier == Tier::Extended;
    let plan = if enterprise { "subscription" } else { "free" };
    Reply::json(
        200,
        &json!({
            "organization_id": account.options.organization, "user_id": 1_234_567, "enterprise": enterprise,
            "companyName": "Twin Works", "email": single::OWNER, "firstName": "Olive", "lastName": "Owner",
            "address": {"city": "Paris", "country": "France", "street": "1 rue du Double", "zipCode": "75001"},
            "dateTimePreferences": {"timezone": stamp::ZONE, "timeFormat": "24", "dateFormat": "dd-mm-yyyy"},
            "marketingAutomation": {"enabled": true, "key": "twin0000"},
            "plan": [{"type": plan, "credits": 250, "creditsType": "sendLimit"}],
            "planVerticals": [],
            "relay": {"enabled": true, "data": {"userName": single::OWNER, "relay": "smtp-relay.brevo-twin.example", "port": 587}},
        }),
    )
}
