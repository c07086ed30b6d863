//! What tests and demos change. An unknown id changes nothing.

mod people;

use crate::intercom::scroll::Scroll;
use crate::town::Town;
use crate::world::ids::Kind;
use crate::world::{Gone, World};

impl Town {
    fn edit<T>(&self, change: impl FnOnce(&mut World, i64) -> T) -> T {
        let now_ms = self.now_ms();
        let mut world = self.world();
        world.catch_up(now_ms);
        change(&mut world, now_ms)
    }

    fn edit_contact(&self, id: &str, change: impl FnOnce(&mut World, u32, i64)) {
        if let Some(serial) = Kind::Contact.serial(id) {
            self.edit(|world, now_ms| change(world, serial, now_ms));
        }
    }

    /// Gives a contact another name.
    pub fn rename_contact(&self, id: &str, name: &str) {
        self.edit_contact(id, |world, serial, now_ms| world.edit_contact(serial, now_ms, |row| row.write("name", name.into())));
    }

    /// Changes a contact's `last_seen_at` and its `feature_usage`.
    pub fn touch_contact(&self, id: &str) {
        let touch = |world: &mut World, serial, now_ms: i64| world.edit_contact(serial, now_ms, |row| row.see(now_ms / 1000));
        self.edit_contact(id, touch);
    }

    /// Puts a tag on a contact.
    pub fn tag_contact(&self, id: &str, tag: &str) {
        let Some(tag) = Kind::Tag.serial(tag) else { return };
        self.edit_contact(id, |world, serial, now_ms| {
            if world.tag_is_alive(tag) {
                world.edit_contact(serial, now_ms, |row| {
                    row.tags.retain(|(at, _)| *at != tag);
                    row.tags.push((tag, now_ms.div_euclid(1000)));
                });
            }
        });
    }

    /// Takes a tag off a contact.
    pub fn untag_contact(&self, id: &str, tag: &str) {
        let Some(tag) = Kind::Tag.serial(tag) else { return };
        self.edit_contact(id, |world, serial, now_ms| {
            world.edit_contact(serial, now_ms, |row| row.tags.retain(|(at, _)| *at != tag));
        });
    }

    /// A new contact without tags and companies; returns its id.
    pub fn add_contact(&self) -> String {
        Kind::Contact.id(self.edit(|world, now_ms| world.add_contact(now_ms)))
    }

    /// Deletes a contact for good.
    pub fn remove_contact(&self, id: &str) {
        self.edit_contact(id, |world, serial, now_ms| world.remove_contact(serial, Gone::Deleted, now_ms));
    }

    /// Archives a contact: it is gone from `GET`, list and search.
    pub fn archive_contact(&self, id: &str) {
        self.edit_contact(id, |world, serial, now_ms| world.remove_contact(serial, Gone::Archived, now_ms));
    }

    /// Merges a contact into another: the first vanishes, the second is stamped. `GET` of the first
    /// gives 404, from 2.16 on 410 with a `Link` (spec, `GET /contacts/{id}`).
    pub fn merge_contact(&self, id: &str, into: &str) {
        let Some(into) = Kind::Contact.serial(into) else { return };
        self.edit_contact(id, |world, serial, now_ms| world.merge_contact(serial, into, now_ms));
    }

    /// Makes a contact a user of a company.
    pub fn attach_company(&self, id: &str, company: &str) {
        let Some(company) = Kind::Company.serial(company) else { return };
        self.edit_contact(id, |world, serial, now_ms| world.attach_company(serial, company, now_ms));
    }

    /// Ends a contact's membership in a company.
    pub fn detach_company(&self, id: &str, company: &str) {
        let Some(company) = Kind::Company.serial(company) else { return };
        self.edit_contact(id, |world, serial, now_ms| world.detach_company(serial, company, now_ms));
    }

    /// A company was used: `last_request_at` and `session_count` change, it moves to the list's top.
    pub fn touch_company(&self, id: &str) {
        let Some(serial) = Kind::Company.serial(id) else { return };
        self.edit(|world, now_ms| world.edit_company(serial, now_ms, |row| row.last_request_at = now_ms.div_euclid(1000)));
    }

    /// A new company without users: the scroll shows it, lists hide it.
    pub fn add_company(&self) -> String {
        Kind::Company.id(self.edit(|world, now_ms| world.add_company(None, now_ms)))
    }

    /// Removes a company and its users' memberships.
    pub fn remove_company(&self, id: &str) {
        let Some(serial) = Kind::Company.serial(id) else { return };
        self.edit(|world, now_ms| world.remove_company(serial, now_ms));
    }

    fn part(&self, conversation: &str, kind: &'static str, body: Option<&str>) -> String {
        let serial = Kind::Conversation.serial(conversation);
        let part = serial.and_then(|serial| self.edit(|world, now_ms| world.add_part(serial, kind, None, body, now_ms)));
        part.map(|id| id.to_string()).unwrap_or_default()
    }

    /// The contact replies (which reopens a closed conversation); returns the part's id, empty if
    /// there is no such conversation.
    pub fn reply(&self, conversation: &str, body: &str) -> String {
        self.part(conversation, "comment", Some(body))
    }

    /// An admin writes a note.
    pub fn note(&self, conversation: &str, body: &str) -> String {
        self.part(conversation, "note", Some(body))
    }

    /// An admin closes a conversation.
    pub fn close_conversation(&self, id: &str) {
        self.part(id, "close", None);
    }

    /// An admin opens a conversation.
    pub fn open_conversation(&self, id: &str) {
        self.part(id, "open", None);
    }

    /// An admin snoozes a conversation.
    pub fn snooze_conversation(&self, id: &str) {
        self.part(id, "snoozed", None);
    }

    /// Puts a tag on a conversation.
    pub fn tag_conversation(&self, id: &str, tag: &str) {
        if let (Some(serial), Some(tag)) = (Kind::Conversation.serial(id), Kind::Tag.serial(tag)) {
            self.edit(|world, now_ms| {
                world.edit_conversation(serial, now_ms, |row| {
                    row.tags.retain(|(at, _)| *at != tag);
                    row.tags.push((tag, now_ms.div_euclid(1000)));
                })
            });
        }
    }

    /// A new conversation with two parts; returns its id.
    pub fn add_conversation(&self) -> String {
        Kind::Conversation.id(self.edit(|world, now_ms| world.add_conversation(now_ms, None)))
    }

    /// A new conversation with so many parts; of more than 500 the API shows only the newest.
    pub fn add_long_conversation(&self, parts: u32) -> String {
        Kind::Conversation.id(self.edit(|world, now_ms| world.add_conversation(now_ms, Some(parts))))
    }

    /// Deletes a conversation.
    pub fn remove_conversation(&self, id: &str) {
        let Some(serial) = Kind::Conversation.serial(id) else { return };
        self.edit(|world, now_ms| world.remove_conversation(serial, now_ms));
    }

    /// Edits the text of an article.
    pub fn touch_article(&self, id: &str) {
        let Some(serial) = Kind::Article.serial(id) else { return };
        self.edit(|world, now_ms| world.edit_article(serial, now_ms));
    }

    /// A new article; returns its id.
    pub fn add_article(&self) -> String {
        Kind::Article.id(self.edit(|world, now_ms| world.add_article(now_ms)))
    }

    /// Deletes an article.
    pub fn remove_article(&self, id: &str) {
        let Some(serial) = Kind::Article.serial(id) else { return };
        self.edit(|world, now_ms| world.remove_article(serial, now_ms));
    }

    /// A new tag; returns its id.
    pub fn add_tag(&self, name: &str) -> String {
        Kind::Tag.id(self.edit(|world, _| world.add_tag(name)))
    }

    /// Removes a tag from the workspace and from everything that carries it.
    pub fn remove_tag(&self, id: &str) {
        self.edit(|world, _| {
            if let Some(tag) = Kind::Tag.serial(id).and_then(|serial| world.tags.get_mut(serial as usize)) {
                tag.alive = false;
            }
        });
    }

    /// Gives a tag another name.
    pub fn rename_tag(&self, id: &str, name: &str) {
        self.edit(|world, _| {
            if let Some(tag) = Kind::Tag.serial(id).and_then(|serial| world.tags.get_mut(serial as usize)) {
                name.clone_into(&mut tag.name);
            }
        });
    }

    /// One believable edit, chosen by the town's seed.
    pub fn random_edit(&self) {
        self.edit(|world, now_ms| world.random_edit(now_ms));
    }

    /// After each answered request, with this probability in thousandths, one random edit.
    pub fn edits_while_reading(&self, per_mille: u32) {
        self.world().edits_per_mille = per_mille;
    }

    /// Stops `edits_while_reading`.
    pub fn settle(&self) {
        self.edits_while_reading(0);
    }

    /// Another client opens the one company scroll and keeps it busy for so many seconds; after
    /// that it still idles for the vendor's minute.
    pub fn hold_scroll(&self, seconds: u32) {
        self.edit(|world, now_ms| {
            let param = world.stamp.uuid();
            world.scroll = Some(Scroll { param, next: 0, used_ms: now_ms + i64::from(seconds) * 1000 });
        });
    }
}

impl Town {
    /// The edit that other people make while a client reads.
    pub(crate) fn edit_while_reading(&self) {
        let now_ms = self.now_ms();
        let mut world = self.world();
        let per_mille = world.edits_per_mille;
        if per_mille > 0 && world.whim.per_mille(per_mille) {
            world.random_edit(now_ms);
        }
    }
}
