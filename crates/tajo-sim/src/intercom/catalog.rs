//! The small lists that come whole: tags, segments, admins, teams; and `GET /me`.

use super::errors::Refusal;
use super::{Answer, Ask, show};
use crate::json::Json;
use crate::world::World;
use crate::world::ids::Kind;

/// The admin behind the token, and the app: `app.timezone` decides contact date searches.
/// Source: spec, schema `admin_with_app`.
pub(super) fn me(world: &World) -> Answer {
    Ok(Json::object(|j| {
        j.put("type", "admin");
        j.put("id", Kind::Admin.id(0));
        j.put("email", show::admin_email(0));
        j.put("name", show::admin_name(0));
        j.put("job_title", "Team Lead");
        j.put("away_mode_enabled", world.away(0).enabled);
        j.put("away_mode_reassign", world.away(0).reassign);
        j.values("team_ids", [0u64; 0]);
        j.put("email_verified", true);
        j.sub("app", |j| {
            j.put("type", "app");
            j.put("id_code", world.workspace_id());
            j.put("name", &world.options.workspace_name);
            j.put("created_at", world.first_day);
            j.put("secure", false);
            j.put("identity_verification", false);
            j.put("timezone", &world.options.timezone);
            j.put("region", &world.options.region);
        });
        j.sub("avatar", |j| {
            j.put("type", "avatar");
            j.put("image_url", "https://static.intercomassets.com/assets/default-avatars/admins/128.png");
        });
        j.put("has_inbox_seat", true);
    }))
}

fn serial_below(kind: Kind, id: &str, count: usize) -> Option<u32> {
    kind.serial(id).filter(|serial| (*serial as usize) < count)
}

fn serials(count: usize) -> std::ops::Range<u32> {
    0..u32::try_from(count).unwrap_or(0)
}

pub(super) fn tags(world: &World) -> Answer {
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.list("data", world.live_tags(), |j, (serial, name)| basic_tag(j, serial, name));
    }))
}

fn basic_tag(j: &mut Json, serial: u32, name: &str) {
    j.put("type", "tag");
    j.put("id", Kind::Tag.id(serial));
    j.put("name", name);
}

pub(super) fn tag(world: &World, id: &str) -> Answer {
    let tag = Kind::Tag.serial(id).and_then(|wanted| world.live_tags().find(|(serial, _)| *serial == wanted));
    let (serial, name) = tag.ok_or_else(|| Refusal::not_found("Resource Not Found"))?;
    Ok(Json::object(|j| basic_tag(j, serial, name)))
}

fn with_count(ask: &Ask<'_>) -> bool {
    ask.query("include_count") == Some("true")
}

pub(super) fn segments(world: &World, ask: &Ask<'_>) -> Answer {
    let of_companies = ask.query("type") == Some("company");
    let all = serials(world.options.segments).filter(|serial| !of_companies || serial % 2 == 1);
    Ok(Json::object(|j| {
        j.put("type", "segment.list");
        j.list("segments", all, |j, serial| show::segment(j, world, serial, with_count(ask)));
    }))
}

pub(super) fn segment(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    let serial = serial_below(Kind::Segment, id, world.options.segments);
    let serial = serial.ok_or_else(|| Refusal::not_found("Resource Not Found"))?;
    Ok(Json::object(|j| show::segment(j, world, serial, with_count(ask))))
}

pub(super) fn admins(world: &World, ask: &Ask<'_>) -> Answer {
    Ok(Json::object(|j| {
        j.put("type", "admin.list");
        j.list("admins", serials(world.options.admins), |j, serial| show::admin(j, world, serial, ask.version));
    }))
}

pub(super) fn admin(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    let serial = serial_below(Kind::Admin, id, world.options.admins);
    let serial = serial.ok_or_else(|| Refusal::new(404, "admin_not_found", "Admin not found"))?;
    Ok(Json::object(|j| show::admin(j, world, serial, ask.version)))
}

pub(super) fn teams(world: &World, ask: &Ask<'_>) -> Answer {
    Ok(Json::object(|j| {
        j.put("type", "team.list");
        j.list("teams", serials(world.options.teams), |j, serial| show::team(j, world, serial, ask.version));
    }))
}

pub(super) fn team(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    let serial = serial_below(Kind::Team, id, world.options.teams);
    let serial = serial.ok_or_else(|| Refusal::new(404, "team_not_found", "Team not found"))?;
    Ok(Json::object(|j| show::team(j, world, serial, ask.version)))
}
