//! Companies: list by page number, filters, one, its contacts.

use super::errors::Refusal;
use super::pages::{Sizes, numbered_pages, page_number, plain_pages, slice};
use super::versions::Version;
use super::{Answer, Ask, show};
use crate::json::Json;
use crate::options::CompanyNext;
use crate::world::World;
use crate::world::companies::Company;
use crate::world::ids::Kind;
use crate::world::people::Contact;

/// Source: spec, `POST /companies/list`: 15 by default; intercom/claude-plugin-external: at most 60.
const LIST: Sizes = Sizes(15, 60);
/// Source: spec example of `GET /companies/{id}/contacts`, `per_page: 50`.
const CONTACTS: Sizes = Sizes(50, 60);
/// Source: spec, "list all companies": beyond this, use the scroll.
const LISTED_MAX: u64 = 10_000;

/// By `last_request_at`, descending unless told; companies without users are hidden.
/// Source: spec, `POST /companies/list`.
pub(super) fn list(world: &World, ask: &Ask<'_>) -> Answer {
    let ascending = match ask.query("order") {
        None | Some("desc") => false,
        Some("asc") => true,
        Some(_) => return Err(Refusal::invalid("order must be asc or desc")),
    };
    let mut rows = visible(world);
    if ascending {
        rows.reverse();
    }
    paged(world, ask, &rows)
}

/// Companies with users, latest request first.
fn visible(world: &World) -> Vec<&Company> {
    let all = world.companies.order().iter().rev().filter_map(|(_, serial)| world.companies.shown(*serial));
    all.filter(|row| !world.users_of(row.serial).is_empty()).collect()
}

fn paged(world: &World, ask: &Ask<'_>, rows: &[&Company]) -> Answer {
    let (per_page, page) = (LIST.check(ask.query("per_page"))?, page_number(ask)?);
    if page.saturating_mul(u64::from(per_page)) > LISTED_MAX {
        return Err(Refusal::new(400, "bad_request", "page limit reached, please use scroll API"));
    }
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.list("data", slice(rows, page, per_page), |j, row| show::company(j, world, row, ask.version));
        numbered_pages(j, world, next_form(world, ask.version), ask.path, page, per_page, rows.len());
        j.put("total_count", rows.len());
    }))
}

/// Which form `pages.next` takes: the schema has a URL until 2.10 and an object from 2.11 on.
fn next_form(world: &World, version: Version) -> CompanyNext {
    match world.options.company_next {
        CompanyNext::ByVersion if version <= Version::V2_10 => CompanyNext::Url,
        CompanyNext::ByVersion => CompanyNext::Object,
        form => form,
    }
}

/// `company_id=` and `name=` give one company, `tag_id=` and `segment_id=` a page.
/// Source: spec, `GET /companies`.
pub(super) fn find(world: &World, ask: &Ask<'_>) -> Answer {
    if let Some(own) = ask.query("company_id") {
        let serial = by_own_id(world, own);
        return show_one(world, ask, serial);
    }
    if let Some(wanted) = ask.query("name") {
        return show_one(
            world,
            ask,
            world.companies.live().find(|row| row.name().as_deref() == Some(wanted)).map(|row| row.serial),
        );
    }
    let mut rows = visible(world);
    if let Some(tag) = ask.query("tag_id") {
        let tag = Kind::Tag.serial(tag).filter(|tag| world.tag_is_alive(*tag));
        rows.retain(|row| tag.is_some_and(|tag| row.tags.contains(&tag)));
    }
    if let Some(segment) = ask.query("segment_id") {
        let segment = Kind::Segment.serial(segment);
        rows.retain(|row| segment.is_some_and(|segment| segment % 2 == 1 && show::in_segment(row.serial, segment)));
    }
    paged(world, ask, &rows)
}

/// The company that has this id from its owner.
pub(super) fn by_own_id(world: &World, own: &str) -> Option<u32> {
    let first = || own.strip_prefix("org-").and_then(|n| n.parse::<u32>().ok()).and_then(|n| n.checked_sub(100));
    let serial = world.own_ids.get(own).copied().or_else(first)?;
    world.companies.primary(serial).filter(|row| row.own_id().as_deref() == Some(own)).map(|row| row.serial)
}

fn show_one(world: &World, ask: &Ask<'_>, serial: Option<u32>) -> Answer {
    let row = serial.and_then(|serial| world.companies.primary(serial));
    let row = row.ok_or_else(|| Refusal::new(404, "company_not_found", "Company Not Found"))?;
    Ok(Json::object(|j| show::company(j, world, row, ask.version)))
}

pub(super) fn one(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    show_one(world, ask, Kind::Company.serial(id))
}

pub(super) fn contacts(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    let (per_page, page) = (CONTACTS.check(ask.query("per_page"))?, page_number(ask)?);
    let serial = Kind::Company.serial(id).filter(|serial| world.companies.primary(*serial).is_some());
    let serial = serial.ok_or_else(|| Refusal::new(404, "company_not_found", "Company Not Found"))?;
    let all: Vec<&Contact> = world.users_of(serial).iter().filter_map(|contact| world.contacts.primary(*contact)).collect();
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.list("data", slice(&all, page, per_page), |j, row| show::contact(j, world, row, ask.version));
        j.put("total_count", all.len());
        plain_pages(j, world, page, per_page, all.len());
    }))
}

pub(super) fn segments(world: &World, id: &str) -> Answer {
    let serial = Kind::Company.serial(id).filter(|serial| world.companies.primary(*serial).is_some());
    let serial = serial.ok_or_else(|| Refusal::new(404, "company_not_found", "Company Not Found"))?;
    let count = u32::try_from(world.options.segments).unwrap_or(0);
    let all = (0..count).filter(|segment| segment % 2 == 1 && show::in_segment(serial, *segment));
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.list("data", all, |j, segment| show::segment(j, world, segment, false));
    }))
}
