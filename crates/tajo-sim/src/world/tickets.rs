//! Tickets: stored whole, for there are few.

use std::collections::BTreeMap;

use serde_json::Value;

use super::World;
use super::conversations::{Assignee, Author};
use super::table::Row;
use super::ticket_types::{DESCRIPTION, TITLE, TicketType, ticket_type};
use super::words::QUESTIONS;
use crate::dice::Dice;

/// What is stored of a ticket.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    pub(crate) serial: u32,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    /// Its type.
    pub(crate) kind: u32,
    pub(crate) contacts: Vec<u32>,
    pub(crate) attributes: BTreeMap<String, Value>,
    pub(crate) state: u32,
    pub(crate) open: bool,
    pub(crate) snoozed_until: Option<i64>,
    pub(crate) shared: bool,
    pub(crate) admin: Option<u32>,
    pub(crate) team: Option<u32>,
    pub(crate) company: Option<u32>,
    pub(crate) tags: Vec<(u32, i64)>,
    /// Conversations linked to it.
    pub(crate) linked: Vec<u32>,
    pub(crate) parts: Vec<TicketPart>,
}

/// Something that happened to a ticket.
#[derive(Debug, Clone)]
pub(crate) struct TicketPart {
    pub(crate) at: i64,
    pub(crate) kind: &'static str,
    pub(crate) author: Author,
    pub(crate) body: Option<String>,
    /// The state before, where it changed.
    pub(crate) before: Option<u32>,
    /// The state since.
    pub(crate) state: u32,
    pub(crate) to: Option<Assignee>,
    /// The attribute that changed, by its place in the type.
    pub(crate) changed: Option<(u32, Value)>,
}

impl Row for Ticket {
    fn sort_key(&self) -> i64 {
        self.updated_at
    }

    fn serial(&self) -> u32 {
        self.serial
    }
}

impl Ticket {
    pub(crate) fn ticket_type(&self) -> &'static TicketType {
        ticket_type(self.kind).expect("a ticket has a type")
    }

    /// A plain part of that kind.
    pub(crate) fn part(&self, kind: &'static str, author: Author, at: i64) -> TicketPart {
        TicketPart { at, kind, author, body: None, before: None, state: self.state, to: None, changed: None }
    }
}

/// A new ticket of a contact, with the part that every ticket begins with.
pub(crate) fn fresh(serial: u32, kind: u32, contact: u32, attributes: BTreeMap<String, Value>, at: i64) -> Ticket {
    let begin = TicketPart {
        at,
        kind: "ticket_state_updated_by_admin",
        author: Author::Bot,
        body: None,
        before: Some(0),
        state: 0,
        to: None,
        changed: None,
    };
    Ticket {
        serial,
        created_at: at,
        updated_at: at,
        kind,
        contacts: vec![contact],
        attributes,
        state: 0,
        open: true,
        snoozed_until: None,
        shared: true,
        admin: None,
        team: None,
        company: None,
        tags: Vec::new(),
        linked: Vec::new(),
        parts: vec![begin],
    }
}

pub(crate) fn settle(seed: u64, count: usize, contacts: usize, now: i64) -> Vec<Ticket> {
    let count = if contacts == 0 { 0 } else { u32::try_from(count).expect("fewer than 2^32 tickets") };
    let one = |serial: u32| {
        let mut dice = Dice::of(seed, 45, serial);
        let (title, description) = *dice.pick(&QUESTIONS);
        let attributes = [(TITLE.to_owned(), title.into()), (DESCRIPTION.to_owned(), description.into())].into();
        let at = now - i64::from(count - serial) * 3600;
        let mut row = fresh(serial, serial % 3, dice.serial(contacts), attributes, at);
        row.shared = row.kind == 0;
        row.state = dice.serial(4);
        row
    };
    (0..count).map(one).collect()
}

impl World {
    /// A new ticket, changed before anybody sees it. Linked conversations learn of it.
    pub(crate) fn add_ticket(
        &mut self,
        (kind, contact): (u32, u32),
        attributes: BTreeMap<String, Value>,
        now_ms: i64,
        change: impl FnOnce(&mut Ticket),
    ) -> u32 {
        let (serial, due) = (self.tickets.next_serial(), self.due(now_ms));
        let mut row = fresh(serial, kind, contact, attributes, now_ms.div_euclid(1000));
        change(&mut row);
        for conversation in &row.linked {
            self.ticket_links.entry(*conversation).or_default().push(serial);
        }
        self.tickets.insert(row, due)
    }

    pub(crate) fn edit_ticket(&mut self, serial: u32, now_ms: i64, change: impl FnOnce(&mut Ticket)) {
        let Some(mut row) = self.tickets.primary(serial).cloned() else { return };
        change(&mut row);
        row.updated_at = now_ms.div_euclid(1000);
        let due = self.due(now_ms);
        self.tickets.commit(serial, Some(row), due);
    }

    pub(crate) fn remove_ticket(&mut self, serial: u32, now_ms: i64) {
        let due = self.due(now_ms);
        self.ticket_links.values_mut().for_each(|all| all.retain(|at| *at != serial));
        self.tickets.commit(serial, None, due);
    }
}
