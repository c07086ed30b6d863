//! Companies. What is unset is absent, as in the spec's examples; a company without a plan has `{}`.

use super::super::versions::Version;
use super::staff::{in_segment, segment};
use crate::dice::Dice;
use crate::json::Json;
use crate::world::World;
use crate::world::companies::{Company, domain, name};
use crate::world::ids::Kind;
use crate::world::words::{INDUSTRIES, PLANS};

pub(crate) fn company(j: &mut Json, world: &World, row: &Company, version: Version) {
    let mut dice = Dice::of(world.seed, 81, row.serial);
    let plan = dice.below(5) as usize;
    let bare = dice.per_mille(80);
    j.put("type", "company");
    j.put("company_id", format!("org-{}", 100 + row.serial));
    j.put("id", Kind::Company.id(row.serial));
    j.put("app_id", world.workspace_id());
    j.put("name", name(row.serial));
    j.put("remote_created_at", row.created_at);
    j.put("created_at", row.created_at);
    j.put("updated_at", row.updated_at);
    j.put("last_request_at", row.last_request_at);
    j.put("monthly_spend", dice.between(0, 20_000));
    j.put("session_count", dice.between(0, 5_000) + i64::from(row.revision));
    j.put("user_count", world.users_of(row.serial).len());
    if !bare {
        j.put("size", dice.between(1, 4_000));
        j.put("website", format!("https://www.{}", domain(row.serial)));
        j.put("industry", *dice.pick(&INDUSTRIES));
    }
    j.sub("tags", |j| {
        j.put("type", "tag.list");
        j.list("tags", row.tags.iter().filter(|tag| world.tag_is_alive(**tag)), |j, tag| {
            j.put("type", "tag");
            j.put("id", Kind::Tag.id(*tag));
            j.put("name", &world.tags[*tag as usize].name);
        });
    });
    j.sub("segments", |j| {
        j.put("type", "segment.list");
        j.list("segments", company_segments(world, row.serial), |j, serial| segment(j, world, serial, false));
    });
    if version >= Version::V2_15 {
        j.sub("notes", |j| {
            j.put("type", "note.list");
            j.list("notes", [(); 0], |_, ()| {});
        });
    }
    j.sub("plan", |j| {
        if let Some(title) = PLANS.get(plan) {
            j.put("type", "plan");
            j.put("id", (269_000 + plan).to_string());
            j.put("name", *title);
        }
    });
    j.sub("custom_attributes", |j| {
        j.put("account_owner", *dice.pick(&["north desk", "south desk", "東京"]));
        if dice.per_mille(500) {
            j.put("Contract type", *dice.pick(&["monthly", "annual"]));
        }
    });
    if world.options.unknown_fields {
        j.put("sim_unknown", row.serial);
    }
}

/// Every other segment is of companies too.
fn company_segments(world: &World, company: u32) -> impl Iterator<Item = u32> {
    let count = u32::try_from(world.options.segments).unwrap_or(0);
    (0..count).filter(move |segment| segment % 2 == 1 && in_segment(company, *segment))
}
