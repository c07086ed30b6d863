//! Companies. What is unset is absent, as in the spec's examples; a company without a plan has `{}`.

use super::super::versions::Version;
use super::contact::Card;
use super::staff::{in_segment, segment};
use crate::dice::Dice;
use crate::json::{Ink, Json};
use crate::world::World;
use crate::world::companies::{Company, domain};
use crate::world::ids::Kind;
use crate::world::words::{INDUSTRIES, PLANS};
use crate::world::written::{Stands, stands, text};

pub(crate) fn company(j: &mut Json, world: &World, row: &Company, version: Version) {
    let mut dice = Dice::of(world.seed, 81, row.serial);
    let plan = dice.below(5) as usize;
    let bare = dice.per_mille(80);
    let card = Card(&row.written);
    j.put("type", "company");
    j.put("company_id", row.own_id());
    j.put("id", Kind::Company.id(row.serial));
    j.put("app_id", world.workspace_id());
    row.name().iter().for_each(|name| j.put("name", name));
    card.always(j, "remote_created_at", row.created_at);
    j.put("created_at", row.created_at);
    j.put("updated_at", row.updated_at);
    let is_plain = row.written.as_ref().is_some_and(|written| written.plain);
    if !is_plain || row.last_request_at > row.created_at {
        j.put("last_request_at", row.last_request_at);
    }
    card.or(j, "monthly_spend", dice.between(0, 20_000), 0i64);
    card.or(j, "session_count", dice.between(0, 5_000) + i64::from(row.revision), 0i64);
    j.put("user_count", world.users_of(row.serial).len());
    card.known(j, "size", (!bare).then(|| dice.between(1, 4_000)));
    card.known(j, "website", (!bare).then(|| format!("https://www.{}", domain(row.serial))));
    card.known(j, "industry", (!bare).then(|| *dice.pick(&INDUSTRIES)));
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
    let title = text(&row.written, "plan", || PLANS.get(plan).map(|title| (*title).to_owned()));
    j.sub("plan", |j| {
        if let Some(title) = title.filter(|title| !title.is_empty()) {
            j.put("type", "plan");
            j.put("id", plan_id(&title));
            j.put("name", title);
        }
    });
    j.sub("custom_attributes", |j| {
        card.own(j, "account_owner", Some(*dice.pick(&["north desk", "south desk", "東京"])));
        card.own(j, "Contract type", dice.per_mille(500).then(|| *dice.pick(&["monthly", "annual"])));
        card.rest(j);
    });
    if world.options.unknown_fields {
        j.put("sim_unknown", row.serial);
    }
}

/// Plans of one name are one plan.
fn plan_id(title: &str) -> String {
    let place = PLANS.iter().position(|plan| *plan == title);
    let other = || 1000 + title.bytes().fold(0usize, |sum, byte| (sum * 31 + usize::from(byte)) % 100_000);
    (269_000 + place.unwrap_or_else(other)).to_string()
}

impl Card<'_> {
    /// What is unset is absent.
    fn known(&self, j: &mut Json, key: &str, derived: Option<impl Ink>) {
        match stands(self.0, key) {
            Stands::Written(value) if !value.is_null() => j.put(key, value),
            Stands::Derived => derived.into_iter().for_each(|value| j.put(key, value)),
            _ => {}
        }
    }
}

/// Every other segment is of companies too.
fn company_segments(world: &World, company: u32) -> impl Iterator<Item = u32> {
    let count = u32::try_from(world.options.segments).unwrap_or(0);
    (0..count).filter(move |segment| segment % 2 == 1 && in_segment(company, *segment))
}
