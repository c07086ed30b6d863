//! Articles and their collections.

use super::errors::Refusal;
use super::pages::{Sizes, page_number, plain_pages, slice};
use super::{Answer, Ask, show};
use crate::json::Json;
use crate::world::World;
use crate::world::articles::Article;
use crate::world::ids::Kind;
use crate::world::words::COLLECTIONS;

/// Source: spec example of `GET /articles`, 25; intercom/claude-plugin-external: at most 150.
const LIST: Sizes = Sizes(25, 150);
/// Source: spec example of `GET /help_center/collections`, 20.
const COLLECTION_LIST: Sizes = Sizes(20, 150);

/// By `updated_at`, latest first, by page number: an edit while paging shifts the rows.
/// Source: spec, `GET /articles`.
pub(super) fn list(world: &World, ask: &Ask<'_>) -> Answer {
    let (per_page, page) = (LIST.check(ask.query("per_page"))?, page_number(ask)?);
    let all: Vec<&Article> =
        world.articles.order().iter().rev().filter_map(|(_, serial)| world.articles.shown(*serial)).collect();
    Ok(Json::object(|j| {
        j.put("type", "list");
        plain_pages(j, world, page, per_page, all.len());
        j.put("total_count", all.len());
        j.list("data", slice(&all, page, per_page), |j, row| show::article(j, world, row, ask.version, false));
    }))
}

pub(super) fn one(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    let row = Kind::Article.serial(id).and_then(|serial| world.articles.primary(serial));
    let row = row.ok_or_else(|| Refusal::not_found("Resource Not Found"))?;
    Ok(Json::object(|j| show::article(j, world, row, ask.version, true)))
}

pub(super) fn collections(world: &World, ask: &Ask<'_>) -> Answer {
    let (per_page, page) = (COLLECTION_LIST.check(ask.query("per_page"))?, page_number(ask)?);
    let all: Vec<u32> = (0..u32::try_from(COLLECTIONS.len()).unwrap_or(0)).rev().collect();
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.list("data", slice(&all, page, per_page), |j, serial| show::collection(j, world, *serial));
        j.put("total_count", all.len());
        plain_pages(j, world, page, per_page, all.len());
    }))
}
