//! Articles and their collections.

use serde_json::{Value, json};

use super::conversations::plain;
use super::errors::Refusal;
use super::pages::{Sizes, page_number, plain_pages, slice};
use super::{Answer, Ask, show};
use crate::json::Json;
use crate::world::World;
use crate::world::articles::Article;
use crate::world::ids::Kind;

/// Source: spec example of `GET /articles`, 25; intercom/claude-plugin-external: at most 150.
const LIST: Sizes = Sizes(25, 150);
/// Source: spec example of `GET /help_center/collections`, 20.
const COLLECTION_LIST: Sizes = Sizes(20, 150);

/// Source: spec example of `GET /articles/search`, 10; the greatest as for the list.
const FOUND: Sizes = Sizes(10, 150);

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

pub(super) fn known<'a>(world: &'a World, id: &str) -> Result<&'a Article, Refusal> {
    let row = Kind::Article.serial(id).and_then(|serial| world.articles.primary(serial));
    row.ok_or_else(|| Refusal::not_found("Resource Not Found"))
}

pub(super) fn one(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    let row = known(world, id)?;
    Ok(Json::object(|j| show::article(j, world, row, ask.version, true)))
}

/// In the index; the phrase is looked for in title, description and text, without case. Without a
/// phrase everything is found, which the spec's example shows.
/// Source: spec, `GET /articles/search`. That pages can be asked for is assumed.
pub(super) fn search(world: &World, ask: &Ask<'_>) -> Answer {
    let (per_page, page) = (FOUND.check(ask.query("per_page"))?, page_number(ask)?);
    let phrase = ask.query("phrase").unwrap_or_default().trim().to_lowercase();
    let draft = match ask.query("state") {
        None | Some("all") => None,
        Some("published") => Some(false),
        Some("draft") => Some(true),
        Some(_) => return Err(Refusal::invalid("state must be published, draft or all")),
    };
    let here = ask.query("help_center_id").is_none_or(|id| id == show::HELP_CENTER.to_string());
    let fits = |row: &&Article| {
        let texts = [row.title(), row.description().unwrap_or_default(), plain(&row.body())];
        here && draft.is_none_or(|draft| row.draft == draft) && texts.iter().any(|text| text.to_lowercase().contains(&phrase))
    };
    let rows = world.articles.order().iter().rev().filter_map(|(_, serial)| world.articles.shown(*serial));
    let all: Vec<&Article> = rows.filter(fits).collect();
    let shown = slice(&all, page, per_page);
    let highlighted = if ask.query("highlight") == Some("true") && !phrase.is_empty() { shown } else { &[] };
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.put("total_count", all.len());
        j.sub("data", |j| {
            j.list("articles", shown, |j, row| show::article(j, world, row, ask.version, false));
            j.list("highlights", highlighted, |j, row| highlights(j, row, &phrase));
        });
        plain_pages(j, world, page, per_page, all.len());
    }))
}

/// Source: spec, schema `article_search_highlights`.
fn highlights(j: &mut Json, row: &Article, phrase: &str) {
    let piece = |j: &mut Json, (is_hit, text): (bool, String)| {
        j.put("type", if is_hit { "highlight" } else { "plain" });
        j.put("text", text);
    };
    j.put("article_id", Kind::Article.id(row.serial));
    j.list("highlighted_title", pieces(&row.title(), phrase), piece);
    let summary = pieces(&plain(&row.body()), phrase);
    let objects =
        summary.into_iter().map(|(is_hit, text)| json!({"type": if is_hit { "highlight" } else { "plain" }, "text": text}));
    j.put("highlighted_summary", Value::Array(vec![Value::Array(objects.collect())]));
}

/// A text cut at every place where the lower-case phrase stands.
fn pieces(text: &str, phrase: &str) -> Vec<(bool, String)> {
    let lower = text.to_lowercase();
    // Letters whose lower case has another length move the places; such a text stays whole.
    if lower.len() != text.len() || phrase.is_empty() {
        return vec![(false, text.to_owned())];
    }
    let (mut all, mut at) = (Vec::new(), 0);
    for (place, hit) in lower.match_indices(phrase) {
        all.push((false, text.get(at..place).unwrap_or_default().to_owned()));
        at = place + hit.len();
        all.push((true, text.get(place..at).unwrap_or_default().to_owned()));
    }
    all.push((false, text.get(at..).unwrap_or_default().to_owned()));
    all.retain(|(_, text)| !text.is_empty());
    all
}

/// By `updated_at`, latest first. Source: spec, `GET /help_center/collections`.
pub(super) fn collections(world: &World, ask: &Ask<'_>) -> Answer {
    let (per_page, page) = (COLLECTION_LIST.check(ask.query("per_page"))?, page_number(ask)?);
    let mut all: Vec<(i64, u32)> =
        (0u32..).zip(&world.collections).filter(|(_, at)| at.alive).map(|(serial, at)| (at.updated_at, serial)).collect();
    all.sort_unstable_by(|a, b| b.cmp(a));
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.list("data", slice(&all, page, per_page), |j, (_, serial)| show::collection(j, world, *serial));
        j.put("total_count", all.len());
        plain_pages(j, world, page, per_page, all.len());
    }))
}

pub(super) fn known_collection(world: &World, id: &str) -> Result<u32, Refusal> {
    let found = Kind::Collection.serial(id).filter(|serial| world.collection(*serial).is_some());
    found.ok_or_else(|| Refusal::not_found("Resource Not Found"))
}

pub(super) fn collection(world: &World, id: &str) -> Answer {
    let serial = known_collection(world, id)?;
    Ok(Json::object(|j| show::collection(j, world, serial)))
}

pub(super) fn help_centers(world: &World) -> Answer {
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.list("data", [()], |j, ()| show::help_center(j, world));
    }))
}

pub(super) fn help_center(world: &World, id: &str) -> Answer {
    if id != show::HELP_CENTER.to_string() {
        return Err(Refusal::not_found("Resource Not Found"));
    }
    Ok(Json::object(|j| show::help_center(j, world)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_where_the_phrase_stands() {
        let (plain, hit) = (|text: &str| (false, text.to_owned()), |text: &str| (true, text.to_owned()));
        assert_eq!(pieces("Invite your team", "your"), [plain("Invite "), hit("your"), plain(" team")]);
        assert_eq!(pieces("Team team", "team"), [hit("Team"), plain(" "), hit("team")]);
        assert_eq!(pieces("İstanbul", "bul"), [plain("İstanbul")]);
    }
}
