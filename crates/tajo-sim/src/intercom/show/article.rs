//! Articles and collections.

use super::super::versions::Version;
use crate::dice::Dice;
use crate::json::Json;
use crate::world::World;
use crate::world::articles::Article;
use crate::world::ids::Kind;
use crate::world::words::COLLECTIONS;

/// An article; only `GET` by id has statistics.
/// Source: docs, "Unversioned changes": the list does not return `statistics`.
pub(crate) fn article(j: &mut Json, world: &World, row: &Article, version: Version, with_statistics: bool) {
    let id = Kind::Article.id(row.serial);
    let title = row.title();
    let state = if row.draft { "draft" } else { "published" };
    let body =
        format!("<p>{title}</p><p>{}</p><p>Revision {}.</p>", "All you need to know, step by step. ".repeat(6), row.revision);
    let url = format!("https://help.town.example/en/articles/{id}");
    j.put("id", id);
    j.put("type", "article");
    j.put("workspace_id", world.workspace_id());
    parents(j, row, version);
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
    j.put("description", (!row.serial.is_multiple_of(3)).then_some("What this page is about"));
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
            j.put("description", "What this page is about");
            j.put("body", &body);
            j.put("author_id", Kind::Admin.number(row.author));
            j.put("state", state);
            j.put("created_at", row.created_at);
            j.put("updated_at", row.updated_at);
            j.put("url", &url);
        });
    });
    if version >= Version::V2_16 {
        j.put("has_unpublished_changes", false);
        j.null("draft_updated_at");
        j.put("body_markdown", format!("{title}\n\nRevision {}.", row.revision));
    }
}

/// One parent until 2.15, a list from 2.16 on. Source: spec diff 2.15 to 2.16.
fn parents(j: &mut Json, row: &Article, version: Version) {
    let parent = row.collection.map(|collection| Kind::Collection.number(collection));
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

pub(crate) fn collection(j: &mut Json, world: &World, serial: u32) {
    let id = Kind::Collection.id(serial);
    j.put("id", &id);
    j.put("workspace_id", world.workspace_id());
    j.put("name", COLLECTIONS[serial as usize % COLLECTIONS.len()]);
    j.put("url", format!("https://help.town.example/en/collections/{id}"));
    j.put("order", serial + 1);
    j.put("created_at", world.first_day);
    j.put("updated_at", world.first_day + i64::from(serial));
    j.put("description", (serial > 0).then_some("Articles on one subject"));
    j.put("icon", "bookmark");
    j.put("parent_id", (serial == 3).then(|| Kind::Collection.id(0)));
    j.put("help_center_id", 79u32);
    j.put("default_locale", "en");
    j.null("translated_content");
}
