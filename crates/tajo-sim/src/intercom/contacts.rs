//! Contacts: list, search, one, and what hangs on one.

use serde_json::{Value, json};

use super::cursor::Cursor;
use super::errors::Refusal;
use super::pages::{Sizes, cursor_pages, numbered_pages, page_number, plain_pages, slice};
use super::search::{Dates, Filter, Found, Grammar, Holds, Op, Searched, Wanted, run};
use super::versions::Version;
use super::{Answer, Ask, attributes, show};
use crate::json::Json;
use crate::options::CompanyNext;
use crate::world::attributes::CUSTOM;
use crate::world::companies::Company;
use crate::world::ids::Kind;
use crate::world::people::{Contact, person};
use crate::world::table::Table;
use crate::world::{Gone, World};

/// Source: Intercom-OpenAPI#639: the list gives 10 by default and at most 150.
const LIST: Sizes = Sizes(10, 150);
/// Source: spec, contacts/search: "The default is 50 results per page"; docs, "Pagination": 150.
const SEARCH: Sizes = Sizes(50, 150);
/// Source: spec example of `GET /contacts/{id}/companies`, `per_page: 50`; companies' cap of 60.
const SUBLIST: Sizes = Sizes(50, 60);

/// Newest first; archived and merged contacts are not listed. The vendor documents no order: this
/// one is by creation, which edits do not move.
pub(super) fn list(world: &World, ask: &Ask<'_>) -> Answer {
    let per_page = LIST.check(ask.query("per_page"))?;
    let after = ask.query("starting_after").map(|text| Cursor::parse(text, Kind::Contact)).transpose()?;
    let top = after.map_or(world.contacts.next_serial(), |cursor| cursor.serial);
    let mut rows = (0..top).rev().filter_map(|serial| world.contacts.shown(serial));
    let rows: Vec<&Contact> = rows.by_ref().take(per_page as usize + 1).collect();
    let page = after.map_or(1, |cursor| cursor.page);
    let has_more = rows.len() > per_page as usize;
    let rows = rows.get(..rows.len().min(per_page as usize)).unwrap_or(&[]);
    let last = rows.last().filter(|_| has_more);
    let next = last.map(|row| Cursor { value: row.created_at, serial: row.serial, page: page + 1 });
    let found = Searched { rows: rows.to_vec(), total: world.contacts.order().len(), page, next };
    Ok(render(world, ask, per_page, &found))
}

pub(super) fn search(world: &World, ask: &Ask<'_>) -> Answer {
    let dates = if ask.version.contact_dates_are_exact() { Dates::Second } else { Dates::by_day(&world.options.timezone) };
    let holds = |field: &str| holds(world, field);
    let grammar = Grammar { dates, holds: &holds };
    let wanted = Wanted::read(ask, &grammar, SEARCH, Kind::Contact)?;
    Ok(render(world, ask, wanted.per_page, &run(world, &wanted)))
}

fn render(world: &World, ask: &Ask<'_>, per_page: u32, found: &Searched<'_, Contact>) -> Vec<u8> {
    Json::object(|j| {
        j.put("type", "list");
        j.list("data", &found.rows, |j, row| show::contact(j, world, row, ask.version));
        j.put("total_count", found.total);
        cursor_pages(j, world, Kind::Contact, found.page, per_page, found.total, found.next);
    })
}

/// The contact in the primary. A merged one is 404, from 2.16 on 410 with a `Link` to the survivor;
/// chains are followed for three hops. Source: spec 2.16, `GET /contacts/{id}`, 410.
pub(super) fn known<'a>(world: &'a World, version: Version, id: &str) -> Result<&'a Contact, Refusal> {
    let missing = || Refusal::not_found("User Not Found");
    let serial = Kind::Contact.serial(id).ok_or_else(missing)?;
    if let Some(row) = world.contacts.primary(serial) {
        return Ok(row);
    }
    let mut into = None;
    for _ in 0..3 {
        match world.gone_contacts.get(&into.unwrap_or(serial)) {
            Some(Gone::Merged(next)) => into = Some(*next),
            _ => break,
        }
    }
    let Some(survivor) = into.filter(|_| version >= Version::V2_16) else { return Err(missing()) };
    let message = "This contact has been merged. See the 'Link' header for the canonical contact.";
    let mut refusal = Refusal::new(410, "contact_merged", message);
    refusal.link = Some(format!("</contacts/{}>; rel=\"canonical\"", Kind::Contact.id(survivor)));
    Err(refusal)
}

pub(super) fn one(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    let row = known(world, ask.version, id)?;
    Ok(Json::object(|j| show::contact(j, world, row, ask.version)))
}

/// Complete, by page number. Source: spec, `contact_attached_companies`: the key is `companies` in
/// the schema and `data` in the example and in practice.
pub(super) fn companies(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    let (per_page, page) = (SUBLIST.check(ask.query("per_page"))?, page_number(ask)?);
    let row = known(world, ask.version, id)?;
    let all: Vec<&Company> = row.companies.iter().filter_map(|serial| world.companies.primary(*serial)).collect();
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.list("data", slice(&all, page, per_page), |j, company| show::company(j, world, company, ask.version));
        numbered_pages(j, world, CompanyNext::Url, ask.path, page, per_page, all.len());
        j.put("total_count", all.len());
    }))
}

pub(super) fn tags(world: &World, id: &str) -> Answer {
    let row = known(world, Version::V2_11, id)?;
    let alive = row.tags.iter().filter(|(tag, _)| world.tag_is_alive(*tag));
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.list("data", alive, |j, (tag, at)| show::tag_with_origin(j, world, *tag, *at));
    }))
}

pub(super) fn segments(world: &World, id: &str) -> Answer {
    let row = known(world, Version::V2_11, id)?;
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.list("data", show::segments_of(world, row), |j, serial| show::segment(j, world, serial, false));
    }))
}

pub(super) fn notes(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    let (per_page, page) = (SUBLIST.check(ask.query("per_page"))?, page_number(ask)?);
    let row = known(world, ask.version, id)?;
    let all: Vec<u32> = (0..show::note_count(world, row)).collect();
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.list("data", slice(&all, page, per_page), |j, n| show::note(j, world, row, *n, ask.version));
        j.put("total_count", all.len());
        plain_pages(j, world, page, per_page, all.len());
    }))
}

const TEXTS: [&str; 22] = [
    "id",
    "role",
    "name",
    "avatar",
    "owner_id",
    "email",
    "email_domain",
    "phone",
    "formatted_phone",
    "external_id",
    "language_override",
    "browser",
    "browser_language",
    "os",
    "location.country",
    "location.region",
    "location.city",
    "segment_id",
    "ios_app_name",
    "ios_app_version",
    "android_app_name",
    "android_app_version",
];

/// The searchable fields. Source: spec, contacts/search, "Accepted Fields".
fn holds(world: &World, field: &str) -> Option<Holds> {
    match field {
        "created_at"
        | "signed_up_at"
        | "updated_at"
        | "last_seen_at"
        | "last_contacted_at"
        | "last_replied_at"
        | "last_email_opened_at"
        | "last_email_clicked_at"
        | "ios_last_seen_at"
        | "android_last_seen_at" => Some(Holds::Date),
        "unsubscribed_from_emails" | "marked_email_as_spam" | "has_hard_bounced" => Some(Holds::Flag),
        "tag_id" => Some(Holds::TagIds),
        own if own.starts_with(CUSTOM) => attributes::holds(world, "contact", own),
        _ => TEXTS.contains(&field).then_some(Holds::Text),
    }
}

impl Found for Contact {
    fn few(world: &World, filter: &Filter) -> Option<Vec<u32>> {
        few(world, filter)
    }

    fn table(world: &World) -> &Table<Contact> {
        &world.contacts
    }

    fn field(&self, world: &World, name: &str) -> Vec<Value> {
        let one = |value: Value| vec![value];
        match name {
            "id" => one(json!(Kind::Contact.id(self.serial))),
            "role" => one(json!(if self.is_lead() { "lead" } else { "user" })),
            "created_at" if self.written.is_none() => one(json!(self.created_at)),
            "updated_at" => one(json!(self.updated_at)),
            "last_seen_at" if self.written.is_none() => one(json!(self.seen_at)),
            "signed_up_at" if self.written.is_none() => one(if self.origin.lead { Value::Null } else { json!(self.created_at) }),
            "name" => one(json!(person(world.seed, self).name)),
            "email" => one(json!(person(world.seed, self).email)),
            "external_id" => one(json!(person(world.seed, self).external_id)),
            "tag_id" => {
                self.tags.iter().filter(|(tag, _)| world.tag_is_alive(*tag)).map(|(tag, _)| json!(Kind::Tag.id(*tag))).collect()
            }
            "segment_id" => show::segments_of(world, self).into_iter().map(|serial| json!(Kind::Segment.id(serial))).collect(),
            _ => one(deep(world, self, name)),
        }
    }
}

/// Contacts that a search for one address or external id can find.
fn few(world: &World, filter: &Filter) -> Option<Vec<u32>> {
    match filter {
        Filter::Is { field, op: Op::Equal, value: Value::String(text) } if !text.is_empty() => match field.as_str() {
            "email" => Some(world.holders_of_email(text)),
            "external_id" => Some(world.holders_of_external_id(text)),
            _ => None,
        },
        Filter::All(filters) => filters.iter().find_map(|filter| few(world, filter)),
        _ => None,
    }
}

/// A field that only the rendered contact has.
fn deep(world: &World, row: &Contact, name: &str) -> Value {
    let text = Json::object(|j| show::contact(j, world, row, Version::V2_14));
    let all: Value = serde_json::from_slice(&text).unwrap_or_default();
    let found = match name.split_once('.') {
        Some((outer, inner)) => all.get(outer).and_then(|outer| outer.get(inner)),
        None => all.get(name),
    };
    found.cloned().unwrap_or_default()
}
