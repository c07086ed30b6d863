//! Articles and collections.

use serde_json::Value;

use super::super::versions::Version;
use crate::dice::Dice;
use crate::json::Json;
use crate::world::World;
use crate::world::articles::Article;
use crate::world::ids::Kind;

/// An article; only `GET` by id has statistics.
/// Source: docs, "Unversioned changes": the list does not return `statistics`.
pub(crate) fn article(j: &mut Json, world: &World, row: &Article, version: Version, with_statistics: bool) {
    let id = Kind::Article.id(row.serial);
    let (title, description, body) = (row.title(), row.description(), row.body());
    let state = if row.draft { "draft" } else { "published" };
    let url = format!("https://help.town.example/en/articles/{id}");
    j.put("id", id);
    j.put("type", "article");
    j.put("workspace_id", world.workspace_id());
    parents(j, world, row, version);
    if with_statistics {
        statistics(j, world, row, version);
    }
    // Source: spec 2.11 against 2.14, schema `article_list_item`.
    if version > Version::V2_11 {
        j.sub("tags", |j| {
            j.put("type", "tag.list");
            j.list("tags", [(); 0], |_, ()| {});
        });
    }
    j.put("title", &title);
    j.put("description", &description);
    j.put("body", &body);
    j.put("author_id", Kind::Admin.number(row.author));
    j.put("state", state);
    j.put("created_at", row.created_at);
    j.put("updated_at", row.updated_at);
    j.put("url", (!row.draft).then_some(&url));
    j.put("default_locale", "en");
    j.sub("translated_content", |j| {
        j.put("type", "article_translated_content");
        j.sub("en", |j| {
            j.put("type", "article_content");
            j.put("title", &title);
            j.put("description", description.as_deref().unwrap_or("What this page is about"));
            j.put("body", &body);
            j.put("author_id", Kind::Admin.number(row.author));
            j.put("state", state);
            j.put("created_at", row.created_at);
            j.put("updated_at", row.updated_at);
            j.put("url", &url);
        });
        let others = row.written.as_ref().and_then(|all| all.fields.get("translated_content")).and_then(Value::as_object);
        for (locale, content) in others.into_iter().flatten().filter(|(locale, _)| !matches!(locale.as_str(), "en" | "type")) {
            j.put(locale, content);
        }
    });
    if version >= Version::V2_16 {
        j.put("has_unpublished_changes", false);
        j.null("draft_updated_at");
        j.put("body_markdown", format!("{title}\n\nRevision {}.", row.revision));
    }
}

/// One parent until 2.15, a list from 2.16 on. Source: spec diff 2.15 to 2.16.
fn parents(j: &mut Json, world: &World, row: &Article, version: Version) {
    let alive = row.collection.filter(|collection| world.collection(*collection).is_some());
    let parent = alive.map(|collection| Kind::Collection.number(collection));
    if version >= Version::V2_16 {
        return j.values("parent_ids", parent);
    }
    j.put("parent_id", parent);
    j.put("parent_type", parent.map(|_| "collection"));
    j.values("parent_ids", [0u64; 0]);
}

fn statistics(j: &mut Json, world: &World, row: &Article, version: Version) {
    let mut dice = Dice::of(world.seed, 95, row.serial);
    let happy = dice.between(0, 80);
    let sad = dice.between(0, 100 - happy);
    j.sub("statistics", |j| {
        j.put("type", "article_statistics");
        j.put("views", dice.between(0, 9000));
        j.put("conversions", dice.between(0, 90));
        j.put("reactions", dice.between(0, 300));
        j.put("happy_reaction_percentage", happy);
        j.put("neutral_reaction_percentage", 100 - happy - sad);
        j.put("sad_reaction_percentage", sad);
        if version >= Version::V2_16 {
            j.put("fin_involvements", dice.between(0, 50));
            j.put("fin_resolutions", dice.between(0, 20));
            j.put("fin_resolution_rate", dice.between(0, 100));
        }
    });
}

/// The only help center.
pub(crate) const HELP_CENTER: u32 = 79;

pub(crate) fn collection(j: &mut Json, world: &World, serial: u32) {
    let Some(row) = world.collection(serial) else { return };
    let id = Kind::Collection.id(serial);
    j.put("id", &id);
    j.put("workspace_id", world.workspace_id());
    j.put("name", &row.name);
    j.put("url", format!("https://help.town.example/en/collections/{id}"));
    j.put("order", serial + 1);
    j.put("created_at", row.created_at);
    j.put("updated_at", row.updated_at);
    j.put("description", &row.description);
    j.put("icon", "bookmark");
    j.put("parent_id", row.parent.filter(|parent| world.collection(*parent).is_some()).map(|parent| Kind::Collection.id(parent)));
    j.put("help_center_id", HELP_CENTER);
    j.put("default_locale", "en");
    j.null("translated_content");
}

pub(crate) fn help_center(j: &mut Json, world: &World) {
    j.put("id", HELP_CENTER.to_string());
    j.put("workspace_id", world.workspace_id());
    j.put("created_at", world.first_day);
    j.put("updated_at", world.first_day);
    j.put("identifier", "town");
    j.put("website_turned_on", true);
    j.put("display_name", "Town help center");
    j.put("url", "https://help.town.example");
    j.put("custom_domain", "help.town.example");
}
