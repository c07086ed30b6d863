//! Admins, teams, segments and tags.

use super::super::versions::Version;
use crate::dice::Dice;
use crate::json::Json;
use crate::world::World;
use crate::world::ids::Kind;
use crate::world::people::Contact;
use crate::world::words::{FIRST, JOBS, LAST, SEGMENTS, TEAMS};

pub(crate) fn admin_name(serial: u32) -> String {
    let at = serial as usize;
    format!("{} {}", FIRST[(at * 5 + 1) % FIRST.len()], LAST[(at * 11 + 9) % LAST.len()])
}

pub(crate) fn admin_email(serial: u32) -> String {
    format!("{}@helpdesk.example", admin_name(serial).to_ascii_lowercase().replace(' ', "."))
}

fn is_member(admin: u32, team: u32) -> bool {
    team == 0 || (admin + team).is_multiple_of(3)
}

pub(crate) fn admin(j: &mut Json, world: &World, serial: u32, version: Version) {
    let teams = u32::try_from(world.options.teams).unwrap_or(0);
    j.put("type", "admin");
    j.put("email", admin_email(serial));
    j.put("id", Kind::Admin.id(serial));
    j.put("name", admin_name(serial));
    j.put("job_title", JOBS[serial as usize % JOBS.len()]);
    let away = world.away(serial);
    j.put("away_mode_enabled", away.enabled);
    j.put("away_mode_reassign", away.reassign);
    if version >= Version::V2_14 {
        j.put("away_status_reason_id", away.reason);
    }
    j.put("has_inbox_seat", serial % 7 != 6);
    j.values("team_ids", (0..teams).filter(|team| is_member(serial, *team)).map(|team| Kind::Team.number(team)));
    avatar(j, serial, version);
    j.sub("team_priority_level", |_| {});
}

/// An object in 2.11, a URL later. Source: spec 2.11 and 2.14, schema `admin`.
fn avatar(j: &mut Json, serial: u32, version: Version) {
    let url = format!("https://static.intercomassets.com/assets/default-avatars/admins/{}.png", serial % 200);
    if version > Version::V2_11 {
        return j.put("avatar", url);
    }
    j.sub("avatar", |j| {
        j.put("type", "avatar");
        j.put("image_url", url);
    });
}

pub(crate) fn team(j: &mut Json, world: &World, serial: u32, version: Version) {
    let admins = u32::try_from(world.options.admins).unwrap_or(0);
    let title = TEAMS[serial as usize % TEAMS.len()];
    let again = serial as usize / TEAMS.len();
    j.put("type", "team");
    j.put("id", Kind::Team.id(serial));
    j.put("name", if again == 0 { title.to_owned() } else { format!("{title} {}", again + 1) });
    j.values("admin_ids", (0..admins).filter(|admin| is_member(*admin, serial)).map(|admin| Kind::Admin.number(admin)));
    j.sub("admin_priority_level", |_| {});
    if version >= Version::V2_14 {
        j.put("assignment_limit", (serial % 2 == 1).then_some(20u32));
        j.put("distribution_method", if serial % 2 == 1 { "load_balanced" } else { "round_robin" });
    }
}

/// Membership is fixed by the ids, about one in four.
pub(crate) fn in_segment(member: u32, segment: u32) -> bool {
    Dice::of(u64::from(segment), 91, member).below(4) == 0
}

pub(crate) fn segments_of(world: &World, contact: &Contact) -> Vec<u32> {
    let count = u32::try_from(world.options.segments).unwrap_or(0);
    (0..count).filter(|segment| in_segment(contact.serial, *segment)).collect()
}

pub(crate) fn segment(j: &mut Json, world: &World, serial: u32, with_count: bool) {
    let title = SEGMENTS[serial as usize % SEGMENTS.len()];
    let again = serial as usize / SEGMENTS.len();
    let created_at = world.first_day + i64::from(serial) * 3600;
    j.put("type", "segment");
    j.put("id", Kind::Segment.id(serial));
    j.put("name", if again == 0 { title.to_owned() } else { format!("{title} {}", again + 1) });
    j.put("created_at", created_at);
    j.put("updated_at", created_at + 600);
    j.put("person_type", if serial.is_multiple_of(2) { "user" } else { "contact" });
    if with_count {
        j.put("count", world.contacts.live().filter(|row| in_segment(row.serial, serial)).count());
    }
}

/// A tag where it hangs on something. Source: spec, schema `tag`.
pub(crate) fn tag_with_origin(j: &mut Json, world: &World, tag: u32, at: i64) {
    j.put("type", "tag");
    j.put("id", Kind::Tag.id(tag));
    j.put("name", world.tags.get(tag as usize).map_or("", |tag| tag.name.as_str()));
    j.put("applied_at", at);
    let by = u32::try_from(world.options.admins).ok().filter(|count| *count > 0).map(|count| tag % count);
    j.sub_or_null("applied_by", by, |j, by| {
        j.put("type", "admin");
        j.put("id", Kind::Admin.id(by));
    });
}
