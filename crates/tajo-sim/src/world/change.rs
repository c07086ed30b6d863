//! Edits. Each stamps `updated_at` with the clock; the index learns of it after a random lag.

use serde_json::Value;

use super::articles::Article;
use super::companies::Company;
use super::conversations::{Added, Assignee, Author, Conversation, State, fresh};
use super::ids::part_id;
use super::ledger::Merge;
use super::people::{Contact, Origin, Plan, person};
use super::words::{ADMIN_LINES, CONTACT_LINES, FIRST, LAST};
use super::written::{Maybe, Written};
use super::{Gone, Tag, World};
use crate::dice::Dice;

impl World {
    /// Changes a contact, if there is one.
    pub(crate) fn edit_contact(&mut self, serial: u32, now_ms: i64, change: impl FnOnce(&mut Contact)) {
        let Some(mut row) = self.contacts.primary(serial).cloned() else { return };
        change(&mut row);
        row.updated_at = now_ms.div_euclid(1000);
        row.revision += 1;
        let due = self.due(now_ms);
        self.contacts.commit(serial, Some(row), due);
        self.enrol(serial);
    }

    pub(crate) fn edit_company(&mut self, serial: u32, now_ms: i64, change: impl FnOnce(&mut Company)) {
        let Some(mut row) = self.companies.primary(serial).cloned() else { return };
        change(&mut row);
        row.updated_at = now_ms.div_euclid(1000);
        row.revision += 1;
        let due = self.due(now_ms);
        self.companies.commit(serial, Some(row), due);
    }

    pub(crate) fn edit_conversation(&mut self, serial: u32, now_ms: i64, change: impl FnOnce(&mut Conversation)) {
        let Some(mut row) = self.conversations.primary(serial).cloned() else { return };
        change(&mut row);
        row.updated_at = now_ms.div_euclid(1000);
        let due = self.due(now_ms);
        self.conversations.commit(serial, Some(row), due);
    }

    /// The text of an article is gone over.
    pub(crate) fn edit_article(&mut self, serial: u32, now_ms: i64) {
        self.change_article(serial, now_ms, |row| row.revision += 1);
    }

    pub(crate) fn change_article(&mut self, serial: u32, now_ms: i64, change: impl FnOnce(&mut Article)) {
        let Some(mut row) = self.articles.primary(serial).cloned() else { return };
        change(&mut row);
        row.updated_at = now_ms.div_euclid(1000);
        let due = self.due(now_ms);
        self.articles.commit(serial, Some(row), due);
    }

    pub(crate) fn add_contact(&mut self, now_ms: i64) -> u32 {
        let now = now_ms.div_euclid(1000);
        let (serial, due) = (self.contacts.next_serial(), self.due(now_ms));
        let origin = Origin { serial, lead: self.whim.per_mille(200), home: None };
        self.origins.push(origin);
        let row = newcomer(origin, now);
        self.contacts.insert(row, due);
        self.enrol(serial);
        serial
    }

    /// A new contact that has nothing but what is written; `role` is among it.
    pub(crate) fn add_person(&mut self, written: Box<Written>, now_ms: i64) -> u32 {
        let (serial, due) = (self.contacts.next_serial(), self.due(now_ms));
        let lead = written.fields.get("role").is_some_and(|role| role == "lead");
        let origin = Origin { serial, lead, home: None };
        self.origins.push(origin);
        let row = Contact { written: Some(written), ..newcomer(origin, now_ms.div_euclid(1000)) };
        self.founded.insert(serial, person(self.seed, &row));
        self.contacts.insert(row, due);
        self.enrol(serial);
        serial
    }

    /// Brings an archived contact back; false if it is not archived.
    pub(crate) fn unarchive_contact(&mut self, serial: u32, now_ms: i64) -> bool {
        let Some(mut row) = self.archived.remove(&serial) else { return false };
        self.gone_contacts.remove(&serial);
        row.updated_at = now_ms.div_euclid(1000);
        for company in &row.companies {
            if let Some(members) = self.members.get_mut(*company as usize) {
                members.push(serial);
            }
        }
        let due = self.due(now_ms);
        self.contacts.commit(serial, Some(row), due);
        true
    }

    /// Merges a contact into another: tags, companies, notes and events move, the first
    /// vanishes, the second is stamped; conversations keep naming the first. Nothing happens unless both are there.
    pub(crate) fn merge_contact(&mut self, from: u32, into: u32, now_ms: i64) {
        let Some(row) = self.contacts.primary(from).cloned() else { return };
        if from == into || self.contacts.primary(into).is_none() {
            return;
        }
        self.remove_contact(from, Gone::Merged(into), now_ms);
        self.ledger.merges.push(Merge { from, into, was_lead: row.is_lead(), at: now_ms.div_euclid(1000) });
        for company in row.companies {
            self.attach_company(into, company, now_ms);
        }
        let notes = self.notes.remove(&from).unwrap_or_default();
        self.notes.entry(into).or_default().extend(notes);
        for event in self.events.remove(&from).unwrap_or_default() {
            self.add_event(into, &event.name, event.at, event.metadata);
        }
        self.edit_contact(into, now_ms, |to| {
            let new = |tag: &(u32, i64)| !to.tags.iter().any(|(at, _)| *at == tag.0);
            to.tags.extend(row.tags.into_iter().filter(new).collect::<Vec<_>>());
        });
    }

    /// The contact vanishes from `GET` at once and from lists when the index catches up.
    pub(crate) fn remove_contact(&mut self, serial: u32, gone: Gone, now_ms: i64) {
        let Some(kept) = self.contacts.primary(serial).cloned() else { return };
        for company in &kept.companies {
            if let Some(members) = self.members.get_mut(*company as usize) {
                members.retain(|member| *member != serial);
            }
        }
        self.gone_contacts.insert(serial, gone);
        if gone == Gone::Archived {
            self.archived.insert(serial, kept);
        }
        let due = self.due(now_ms);
        self.contacts.commit(serial, None, due);
    }

    pub(crate) fn attach_company(&mut self, contact: u32, company: u32, now_ms: i64) {
        let fits = self.companies.primary(company).is_some();
        let known = self.contacts.primary(contact).is_none_or(|row| row.companies.contains(&company));
        if !fits || known {
            return;
        }
        self.members[company as usize].push(contact);
        self.edit_contact(contact, now_ms, |row| row.companies.push(company));
    }

    pub(crate) fn detach_company(&mut self, contact: u32, company: u32, now_ms: i64) {
        if let Some(members) = self.members.get_mut(company as usize) {
            members.retain(|member| *member != contact);
        }
        self.edit_contact(contact, now_ms, |row| row.companies.retain(|at| *at != company));
    }

    /// A new company; `written` for one of which nothing is derived.
    pub(crate) fn add_company(&mut self, written: Maybe, now_ms: i64) -> u32 {
        let now = now_ms.div_euclid(1000);
        let (serial, due) = (self.companies.next_serial(), self.due(now_ms));
        self.members.push(Vec::new());
        if let Some(own) = written.as_ref().and_then(|written| written.fields.get("company_id")).and_then(Value::as_str) {
            self.own_ids.insert(own.to_owned(), serial);
        }
        let row =
            Company { serial, created_at: now, updated_at: now, last_request_at: now, revision: 0, tags: Vec::new(), written };
        self.companies.insert(row, due)
    }

    /// Its users lose it; they are not stamped, as a company's end is no edit of a contact.
    pub(crate) fn remove_company(&mut self, serial: u32, now_ms: i64) {
        if self.companies.primary(serial).is_none() {
            return;
        }
        if let Some(members) = self.members.get_mut(serial as usize) {
            members.clear();
        }
        let due = self.due(now_ms);
        self.companies.commit(serial, None, due);
    }

    pub(crate) fn add_part(
        &mut self,
        serial: u32,
        kind: &'static str,
        author: Option<Author>,
        body: Option<&str>,
        now_ms: i64,
    ) -> Option<u64> {
        self.add_part_to(serial, (kind, author), body, None, now_ms)
    }

    /// As [`World::add_part`], with the receiver of an assignment.
    pub(crate) fn add_part_to(
        &mut self,
        serial: u32,
        (kind, author): (&'static str, Option<Author>),
        body: Option<&str>,
        to: Option<Assignee>,
        now_ms: i64,
    ) -> Option<u64> {
        let index = self.conversations.primary(serial)?.count_parts();
        let at = now_ms.div_euclid(1000);
        self.edit_conversation(serial, now_ms, |row| {
            let contact = row.contacts.first().map_or(Author::Bot, |contact| Author::Contact(*contact));
            let author = author.unwrap_or(if kind == "comment" { contact } else { row.admin.map_or(Author::Bot, Author::Admin) });
            row.added.push(Added { at, kind, author, body: body.map(Into::into), to, options: None });
            if let Some(to) = to {
                let (admin, team) = row.assigned();
                row.note().assigned = Some(match to {
                    Assignee::Nobody => (None, None),
                    Assignee::Admin(admin) => (Some(admin), team),
                    Assignee::Team(team) => (admin, Some(team)),
                });
            }
            row.state = match kind {
                "close" => State::Closed,
                "open" => State::Open,
                "snoozed" => State::Snoozed,
                "comment" if matches!(author, Author::Contact(_)) => State::Open,
                _ => row.state,
            };
        });
        Some(part_id(serial, index))
    }

    /// A new conversation with its first parts; `parts` overrides how many.
    pub(crate) fn add_conversation(&mut self, now_ms: i64, parts: Option<u32>) -> u32 {
        self.open_conversation(now_ms, parts.unwrap_or(2), |_| {})
    }

    /// A new open conversation, changed before anybody sees it.
    pub(crate) fn open_conversation(&mut self, now_ms: i64, parts: u32, change: impl FnOnce(&mut Conversation)) -> u32 {
        let (serial, due, now) = (self.conversations.next_serial(), self.due(now_ms), now_ms.div_euclid(1000));
        let plan = Plan {
            seed: self.seed,
            contacts: self.contacts.len(),
            tags: self.tags.len(),
            now,
            spread_secs: 1,
            first_day: self.first_day,
            years: 1,
            inhabited: &[],
            blank: false,
        };
        let mut dice = Dice::of(self.seed, 31, serial);
        let staff = (self.options.admins, self.options.teams);
        let mut row = fresh(&plan, &mut dice, serial, now, now, staff);
        row.contacts.retain(|contact| self.contacts.primary(*contact).is_some());
        row.tags.clear();
        row.state = State::Open;
        row.settled_closed = false;
        row.settled_parts = parts;
        row.created_at = now - i64::from(row.settled_parts).min(3600);
        change(&mut row);
        self.conversations.insert(row, due)
    }

    pub(crate) fn remove_conversation(&mut self, serial: u32, now_ms: i64) {
        if self.conversations.primary(serial).is_none() {
            return;
        }
        self.deleted_conversations.push((serial, now_ms.div_euclid(1000)));
        let due = self.due(now_ms);
        self.conversations.commit(serial, None, due);
    }

    pub(crate) fn add_article(&mut self, now_ms: i64) -> u32 {
        self.write_article(now_ms, |_| {})
    }

    /// A new article, changed before anybody sees it.
    pub(crate) fn write_article(&mut self, now_ms: i64, change: impl FnOnce(&mut Article)) -> u32 {
        let now = now_ms.div_euclid(1000);
        let (serial, due) = (self.articles.next_serial(), self.due(now_ms));
        let mut row = Article {
            serial,
            created_at: now,
            updated_at: now,
            author: 0,
            draft: false,
            collection: Some(0),
            revision: 0,
            written: None,
        };
        change(&mut row);
        self.articles.insert(row, due)
    }

    pub(crate) fn remove_article(&mut self, serial: u32, now_ms: i64) {
        let due = self.due(now_ms);
        self.articles.commit(serial, None, due);
    }

    pub(crate) fn add_tag(&mut self, name: &str) -> u32 {
        self.tags.push(Tag { name: name.to_owned(), alive: true });
        u32::try_from(self.tags.len() - 1).expect("fewer than 2^32 tags")
    }

    /// One believable edit, chosen by the town's own dice.
    pub(crate) fn random_edit(&mut self, now_ms: i64) {
        let choice = self.whim.below(100);
        let contact = self.whim.serial(self.contacts.len());
        let conversation = self.whim.serial(self.conversations.len());
        let company = self.whim.serial(self.companies.len());
        let tag = self.whim.serial(self.tags.len());
        let now = now_ms.div_euclid(1000);
        match choice {
            0..=19 => self.edit_contact(contact, now_ms, |row| row.see(now)),
            20..=29 => {
                let name = format!("{} {}", self.whim.pick(&FIRST), self.whim.pick(&LAST));
                self.edit_contact(contact, now_ms, |row| row.write("name", name.into()));
            }
            30..=39 => {
                if self.tag_is_alive(tag) {
                    self.edit_contact(contact, now_ms, |row| toggle(&mut row.tags, tag, now));
                }
            }
            40..=43 => {
                self.add_contact(now_ms);
            }
            44..=46 => self.remove_contact(contact, Gone::Deleted, now_ms),
            47..=51 => self.attach_company(contact, company, now_ms),
            52..=58 => self.edit_company(company, now_ms, |row| row.last_request_at = now),
            59..=60 => {
                self.add_company(None, now_ms);
            }
            61..=78 => {
                let line = *self.whim.pick(&CONTACT_LINES);
                self.add_part(conversation, "comment", None, Some(&format!("<p>{line}</p>")), now_ms);
            }
            79..=84 => {
                let line = *self.whim.pick(&ADMIN_LINES);
                self.add_part(conversation, "comment", Some(Author::Bot), Some(&format!("<p>{line}</p>")), now_ms);
            }
            85..=90 => {
                self.add_part(conversation, "close", None, None, now_ms);
            }
            91..=95 => {
                self.add_conversation(now_ms, None);
            }
            96 => self.remove_conversation(conversation, now_ms),
            97..=98 => {
                let article = self.whim.serial(self.articles.len());
                self.edit_article(article, now_ms);
            }
            _ => {
                self.add_article(now_ms);
            }
        }
    }
}

/// A contact to whom nothing has happened yet.
fn newcomer(origin: Origin, now: i64) -> Contact {
    Contact {
        serial: origin.serial,
        created_at: now,
        updated_at: now,
        seen_at: now,
        origin,
        revision: 0,
        tags: Vec::new(),
        companies: Vec::new(),
        written: None,
    }
}

/// Adds the tag, or takes it off if it is there.
fn toggle(tags: &mut Vec<(u32, i64)>, tag: u32, now: i64) {
    let before = tags.len();
    tags.retain(|(at, _)| *at != tag);
    if tags.len() == before {
        tags.push((tag, now));
    }
}
