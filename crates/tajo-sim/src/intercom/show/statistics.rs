//! Conversation statistics, counted from the parts.

use super::super::versions::Version;
use crate::json::Json;
use crate::world::World;
use crate::world::conversations::{Author, Conversation, Part};
use crate::world::ids::Kind;
use crate::world::words::TEAMS;

#[derive(Default)]
struct Marks {
    first_assignment: Option<i64>,
    last_assignment: Option<i64>,
    first_admin_reply: Option<i64>,
    last_admin_reply: Option<i64>,
    last_contact_reply: Option<i64>,
    first_close: Option<i64>,
    last_close: Option<i64>,
    assignments: u32,
    reopens: u32,
    closed: bool,
}

impl Marks {
    fn see(&mut self, part: &Part) {
        let at = Some(part.at);
        match (part.kind, part.author) {
            ("assignment", _) => {
                (self.first_assignment, self.last_assignment) = (self.first_assignment.or(at), at);
                self.assignments += 1;
            }
            ("close", _) => {
                (self.first_close, self.last_close, self.closed) = (self.first_close.or(at), at, true);
            }
            ("comment", Author::Admin(_)) => {
                (self.first_admin_reply, self.last_admin_reply) = (self.first_admin_reply.or(at), at);
            }
            ("comment", Author::Contact(_)) | ("open", _) => {
                self.last_contact_reply = if part.kind == "comment" { at } else { self.last_contact_reply };
                self.reopens += u32::from(std::mem::take(&mut self.closed));
            }
            _ => {}
        }
    }
}

/// What has not happened is absent: the schema of the statistics has no `null`.
pub(crate) fn statistics(j: &mut Json, world: &World, row: &Conversation, version: Version) {
    let mut marks = Marks::default();
    for part in row.parts(world.seed) {
        marks.see(&part);
    }
    j.sub("statistics", |j| {
        j.put("type", "conversation_statistics");
        let mut since = |key: &str, at: Option<i64>| at.into_iter().for_each(|at| j.put(key, at - row.created_at));
        since("time_to_assignment", marks.first_assignment);
        since("time_to_admin_reply", marks.first_admin_reply);
        since("time_to_first_close", marks.first_close);
        since("time_to_last_close", marks.last_close);
        since("median_time_to_reply", marks.first_admin_reply);
        let mut at = |key: &str, at: Option<i64>| at.into_iter().for_each(|at| j.put(key, at));
        at("first_contact_reply_at", (!row.contacts.is_empty()).then_some(row.created_at));
        at("first_assignment_at", marks.first_assignment);
        at("first_admin_reply_at", marks.first_admin_reply);
        at("first_close_at", marks.first_close);
        at("last_assignment_at", marks.last_assignment);
        at("last_assignment_admin_reply_at", marks.last_admin_reply);
        at("last_contact_reply_at", marks.last_contact_reply);
        at("last_admin_reply_at", marks.last_admin_reply);
        at("last_close_at", marks.last_close);
        if let Some(admin) = row.admin.filter(|_| marks.last_close.is_some()) {
            j.put("last_closed_by_id", Kind::Admin.id(admin));
        }
        j.put("count_reopens", marks.reopens);
        j.put("count_assignments", marks.assignments);
        j.put("count_conversation_parts", row.count_parts());
        if version >= Version::V2_14 {
            since_2_14(j, row, &marks);
        }
    });
}

/// Source: spec diff 2.11 to 2.14, schema `conversation_statistics`.
fn since_2_14(j: &mut Json, row: &Conversation, marks: &Marks) {
    let first = row.team.zip(marks.first_admin_reply);
    for key in ["assigned_team_first_response_time", "assigned_team_first_response_time_in_office_hours"] {
        j.list(key, first, |j, (team, at)| {
            j.put("team_id", Kind::Team.number(team));
            j.put("team_name", TEAMS[team as usize % TEAMS.len()]);
            j.put("response_time", at - row.created_at);
        });
    }
    j.put("handling_time", 120 + 30 * row.count_parts());
    j.put("adjusted_handling_time", marks.last_close.map(|_| 90 + 30 * row.count_parts()));
}
