//! Conversations: a small stored row; the parts that existed at the start are derived on demand.

use serde_json::Value;

use super::ids::part_id;
use super::people::Plan;
use super::table::Row;
use super::words::{ADMIN_LINES, BOT_LINES, CONTACT_LINES, NOTES};
use super::written::Written;
use crate::dice::Dice;

/// What stands where a text was taken out. Source: spec, example of `POST /conversations/redact`.
pub(crate) const REDACTED: &str = "<p><i>This message was deleted</i></p>";

/// What is stored of a conversation.
#[derive(Debug, Clone)]
pub(crate) struct Conversation {
    pub(crate) serial: u32,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    /// When the last of the derived parts was written.
    pub(crate) settled_at: i64,
    /// Number of derived parts.
    pub(crate) settled_parts: u32,
    pub(crate) settled_closed: bool,
    pub(crate) state: State,
    pub(crate) contacts: Vec<u32>,
    pub(crate) admin: Option<u32>,
    pub(crate) team: Option<u32>,
    pub(crate) ai: bool,
    pub(crate) tags: Vec<(u32, i64)>,
    /// Parts written after the start.
    pub(crate) added: Vec<Added>,
    pub(crate) happened: Option<Box<Happened>>,
}

/// What happened to a conversation beside its parts. The assignees of the row stay those of the
/// start, of whom the derived parts tell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Happened {
    /// `title`, `read`, `snoozed_until`, `source.body`, `source.subject`, custom attributes.
    pub(crate) written: Written,
    /// The present admin and team.
    pub(crate) assigned: Option<(Option<u32>, Option<u32>)>,
    /// The present company.
    pub(crate) company: Option<u32>,
    pub(crate) rating: Option<Rating>,
    pub(crate) agent: Option<Outcome>,
    /// The admin whose message began it.
    pub(crate) started_by: Option<u32>,
    /// Parts whose text was taken out.
    pub(crate) redacted: Vec<usize>,
    pub(crate) source_redacted: bool,
}

/// A rating given after the start.
#[derive(Debug, Clone)]
pub(crate) struct Rating {
    pub(crate) at: i64,
    pub(crate) stars: u8,
    pub(crate) remark: String,
}

/// What the AI agent came to after the start.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) at: i64,
    pub(crate) state: String,
    pub(crate) rating: Option<u8>,
}

/// The state of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    Closed,
    Snoozed,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Closed => "closed",
            State::Snoozed => "snoozed",
        }
    }
}

/// A part written by an edit.
#[derive(Debug, Clone)]
pub(crate) struct Added {
    pub(crate) at: i64,
    pub(crate) kind: &'static str,
    pub(crate) author: Author,
    pub(crate) body: Option<Box<str>>,
    /// To whom an assignment went.
    pub(crate) to: Option<Assignee>,
    /// The answers that a quick reply offers.
    pub(crate) options: Option<Box<Value>>,
}

/// To whom a conversation can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Assignee {
    Nobody,
    Admin(u32),
    Team(u32),
}

/// Who wrote a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Author {
    Contact(u32),
    Admin(u32),
    Bot,
}

/// A part without its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) id: u64,
    pub(crate) index: usize,
    pub(crate) at: i64,
    pub(crate) kind: &'static str,
    pub(crate) author: Author,
    pub(crate) to: Option<Assignee>,
}

impl Row for Conversation {
    fn sort_key(&self) -> i64 {
        self.updated_at
    }

    fn serial(&self) -> u32 {
        self.serial
    }
}

impl Conversation {
    pub(crate) fn count_parts(&self) -> usize {
        self.settled_parts as usize + self.added.len()
    }

    /// The admin and the team that have it now.
    pub(crate) fn assigned(&self) -> (Option<u32>, Option<u32>) {
        self.happened.as_ref().and_then(|happened| happened.assigned).unwrap_or((self.admin, self.team))
    }

    /// A field as it was written.
    pub(crate) fn written(&self, field: &str) -> Option<&Value> {
        self.happened.as_ref()?.written.fields.get(field)
    }

    /// Whether the text of a part was taken out.
    pub(crate) fn is_redacted(&self, part: &Part) -> bool {
        self.happened.as_ref().is_some_and(|happened| happened.redacted.contains(&part.index))
    }

    /// The answers that a part offers.
    pub(crate) fn options(&self, part: &Part) -> Option<&Value> {
        let added = part.index.checked_sub(self.settled_parts as usize).and_then(|n| self.added.get(n));
        added.and_then(|added| added.options.as_deref())
    }

    /// Where to note what happens.
    pub(crate) fn note(&mut self) -> &mut Happened {
        self.happened.get_or_insert_default()
    }

    /// All parts, oldest first.
    pub(crate) fn parts(&self, seed: u64) -> impl DoubleEndedIterator<Item = Part> + ExactSizeIterator {
        (0..self.count_parts()).map(move |index| self.part(seed, index))
    }

    fn part(&self, seed: u64, index: usize) -> Part {
        let id = part_id(self.serial, index);
        if let Some(added) = index.checked_sub(self.settled_parts as usize).and_then(|n| self.added.get(n)) {
            return Part { id, index, at: added.at, kind: added.kind, author: added.author, to: added.to };
        }
        let (kind, author) = self.settled_kind(seed, index);
        let (step, steps) = (i64::try_from(index).unwrap_or(0) + 1, i64::from(self.settled_parts.max(1)));
        let at = self.created_at + (self.settled_at - self.created_at) * step / steps;
        let given = self.team.map(Assignee::Team).or(self.admin.map(Assignee::Admin)).unwrap_or(Assignee::Nobody);
        Part { id, index, at, kind, author, to: (kind == "assignment").then_some(given) }
    }

    /// Assigned first, answered second, closed last; chatter and notes between.
    fn settled_kind(&self, seed: u64, index: usize) -> (&'static str, Author) {
        let mut dice = self.dice(seed, index);
        let admin = self.admin.map_or(Author::Bot, Author::Admin);
        let contact = self.contacts.first().map_or(Author::Bot, |serial| Author::Contact(*serial));
        if self.settled_closed && index + 1 == self.settled_parts as usize {
            return ("close", admin);
        }
        match (index, dice.below(100)) {
            (0, _) => ("assignment", Author::Bot),
            (1, _) => ("comment", if self.ai { Author::Bot } else { admin }),
            (_, 0..=39) => ("comment", admin),
            (_, 40..=79) => ("comment", contact),
            (_, 80..=87) => ("note", admin),
            (_, 88..=91) => ("assignment", admin),
            (_, 92..=95) => ("conversation_attribute_updated_by_admin", admin),
            _ => ("comment", Author::Bot),
        }
    }

    fn dice(&self, seed: u64, index: usize) -> Dice {
        Dice::of(seed, 1000 + u64::try_from(index).unwrap_or(0), self.serial)
    }

    /// The text of a part, or none for a change of state. One in fifty is long.
    pub(crate) fn body(&self, seed: u64, part: &Part) -> Option<String> {
        if self.is_redacted(part) {
            return Some(REDACTED.to_owned());
        }
        if let Some(added) = part.index.checked_sub(self.settled_parts as usize).and_then(|n| self.added.get(n)) {
            return added.body.as_deref().map(str::to_owned);
        }
        let mut dice = self.dice(seed, part.index);
        dice.next();
        let line = match (part.kind, part.author) {
            ("note", _) => dice.pick(&NOTES),
            ("comment", Author::Admin(_)) => dice.pick(&ADMIN_LINES),
            ("comment", Author::Contact(_)) => dice.pick(&CONTACT_LINES),
            ("comment", Author::Bot) => dice.pick(&BOT_LINES),
            _ => return None,
        };
        let times = if dice.per_mille(20) { 60 } else { 1 };
        Some(format!("<p>{line}</p>").repeat(times))
    }
}

pub(crate) fn settle(plan: &Plan<'_>, count: usize, admins: usize, teams: usize) -> Vec<Conversation> {
    (0..u32::try_from(count).expect("fewer than 2^32 conversations"))
        .map(|serial| {
            let mut dice = Dice::of(plan.seed, 31, serial);
            let updated_at = plan.spread(serial, count);
            let created_at = updated_at - dice.between(600, 5 * 86_400);
            fresh(plan, &mut dice, serial, created_at, updated_at, (admins, teams))
        })
        .collect()
}

/// A conversation with 2 to 25 derived parts.
pub(crate) fn fresh(
    plan: &Plan<'_>,
    dice: &mut Dice,
    serial: u32,
    created_at: i64,
    updated_at: i64,
    (admins, teams): (usize, usize),
) -> Conversation {
    let state = match dice.below(10) {
        0..=5 => State::Closed,
        6..=8 => State::Open,
        _ => State::Snoozed,
    };
    let mut contacts = Vec::new();
    if plan.contacts > 0 {
        contacts.push(dice.serial(plan.contacts));
        let second = dice.serial(plan.contacts);
        if dice.per_mille(60) && !contacts.contains(&second) {
            contacts.push(second);
        }
    }
    let parts = 2 + dice.below(8) + if dice.per_mille(200) { dice.below(16) } else { 0 };
    Conversation {
        serial,
        created_at,
        updated_at,
        settled_at: updated_at,
        settled_parts: u32::try_from(parts).unwrap_or(2),
        settled_closed: state == State::Closed,
        state,
        contacts,
        admin: (admins > 0 && dice.per_mille(850)).then(|| dice.serial(admins)),
        team: (teams > 0 && dice.per_mille(600)).then(|| dice.serial(teams)),
        ai: dice.per_mille(350),
        tags: if plan.tags > 0 && dice.per_mille(300) && !plan.blank {
            vec![(dice.serial(plan.tags), created_at + 300)]
        } else {
            Vec::new()
        },
        added: Vec::new(),
        happened: None,
    }
}
