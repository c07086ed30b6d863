//! Creating, changing, merging and deleting contacts. Source: facts §4.3 to §4.5.

use serde_json::{Map, Value, json};

use super::contact::{Contact, Key};
use super::{Account, By, Draft};
use crate::brevo::refusal::Refusal;

/// What a change did, for the webhooks.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) attributes: Map<String, Value>,
    pub(super) added: Vec<u32>,
    pub(super) removed: Vec<u32>,
}

/// Source: facts §3.2. Clients have to read the metadata, since the code changed in 2026.
fn collision(code: &'static str, verb: &str, keys: &[Key]) -> Refusal {
    let labels: Vec<&str> = keys.iter().map(|key| key.label()).collect();
    let verb_of = if labels.len() == 1 { "is" } else { "are" };
    let message = format!("Unable to {verb} contact, {} {verb_of} already associated with another Contact", labels.join(" or "));
    Refusal { metadata: Some(json!({"duplicate_identifiers": labels})), ..Refusal::new(400, code, message) }
}

impl Account {
    /// Who holds an identifier that `draft` wants for `id` (or for a new contact).
    fn holders(&self, id: Option<i64>, draft: &Draft) -> Vec<(Key, i64)> {
        let held = draft.wanted().filter_map(|(key, value)| Some((key, self.people.owner(key, value)?)));
        held.filter(|(_, owner)| Some(*owner) != id).collect()
    }

    /// The contact that a write means: the owner of the first identifier that it names.
    pub(crate) fn meant(&self, draft: &Draft) -> Option<i64> {
        let (key, value) = draft.identity().next()?;
        self.people.owner(key, value)
    }

    /// Which identifiers stand in the way of a write, without doing it.
    pub(crate) fn obstacles(&self, id: Option<i64>, draft: &Draft) -> Vec<Key> {
        self.holders(id, draft).into_iter().map(|(key, _)| key).collect()
    }

    /// `POST /contacts`: gives the contact's id and whether it is new.
    pub(crate) fn upsert(&mut self, draft: Draft, update: bool, merge: bool) -> Result<(i64, bool), Refusal> {
        if !draft.identity().any(|(key, _)| matches!(key, Key::Email | Key::ExtId | Key::Sms)) {
            return Err(Refusal::missing("Either email, SMS or ext_id is required to create a contact"));
        }
        let meant = self.meant(&draft);
        let holders = self.holders(meant, &draft);
        match (meant, holders.first()) {
            (None, None) => Ok((self.create(draft), true)),
            (_, Some((_, other))) if merge => {
                let id = self.merge(meant.unwrap_or(*other), &holders);
                self.change(id, draft).map(|()| (id, false))
            }
            (None, Some(_)) => {
                let keys: Vec<Key> = holders.iter().map(|(key, _)| *key).collect();
                Err(collision("duplicate_parameter", "create", &keys))
            }
            (Some(id), _) if update || merge => self.update(id, draft, false).map(|id| (id, false)),
            (Some(_), _) => {
                let taken = draft.identity().filter(|(key, value)| self.people.owner(*key, value).is_some());
                let keys: Vec<Key> = taken.map(|(key, _)| key).collect();
                Err(collision("duplicate_parameter", "create", &keys))
            }
        }
    }

    /// `PUT /contacts/{id}`: gives the id of the contact that is left.
    pub(crate) fn update(&mut self, id: i64, draft: Draft, merge: bool) -> Result<i64, Refusal> {
        let holders = self.holders(Some(id), &draft);
        let mut id = id;
        if !holders.is_empty() {
            if !merge {
                let keys: Vec<Key> = holders.iter().map(|(key, _)| *key).collect();
                let code = if self.options.collision_code_new { "invalid_parameter" } else { "duplicate_parameter" };
                return Err(collision(code, "update", &keys));
            }
            id = self.merge(id, &holders);
        }
        self.change(id, draft).map(|()| id)
    }

    pub(crate) fn create(&mut self, draft: Draft) -> i64 {
        let contact = Contact { created: self.now, ..Contact::default() };
        let id = self.people.insert(contact, self.now);
        self.creations += 1;
        // A new contact has no blocklisting to lose and no identifier to run out of.
        self.change(id, draft).expect("a new contact has the identifiers of its draft");
        id
    }

    /// Carries a write out; its identifiers are free by now.
    fn change(&mut self, id: i64, draft: Draft) -> Result<(), Refusal> {
        let Some(row) = self.people.get(id) else { return Err(Refusal::not_found("Contact does not exist")) };
        let stays = |key: &Key| draft.keys[key.slot()].as_ref().map_or(row.contact.key(*key).is_some(), Option::is_some);
        if !Key::ALL.iter().any(stays) {
            return Err(Refusal::missing("A contact needs at least one identifier"));
        }
        let watched = self.watches();
        let mut change = Change::default();
        let mut email_moved = false;
        for key in Key::ALL {
            let Some(value) = draft.keys[key.slot()].clone() else { continue };
            if self.people.rename(id, key, value.clone()) {
                email_moved |= key == Key::Email;
                if watched {
                    change.attributes.insert(key.attribute().to_owned(), value.as_deref().unwrap_or_default().into());
                }
            }
        }
        let was_blocked = self.people.get(id).is_some_and(|row| row.contact.email_blocked);
        let Some(row) = self.people.get_mut(id) else { return Ok(()) };
        row.modified = self.now;
        for (number, value) in draft.values {
            let shown = if watched { value.as_ref().map_or(Value::from(""), |value| value.json()) } else { Value::Null };
            if row.contact.put(number, value) && watched {
                change.attributes.insert(self.registry.name(number).unwrap_or_default().to_owned(), shown);
            }
        }
        row.contact.values.shrink_to_fit();
        // "If a blocklisted contact's email address is updated, it is going to remove that
        // blocklisting" (SDK, note on PUT), unless the same write states it again.
        let blocked = draft.email_blocked.unwrap_or(was_blocked && !email_moved);
        row.contact.email_blocked = blocked;
        row.contact.sms_blocked = draft.sms_blocked.unwrap_or(row.contact.sms_blocked);
        if was_blocked && !blocked && self.by != By::Person {
            self.resubscribed.push(id);
        }
        self.enlist(id, &draft.lists, &draft.unlink, &mut change);
        self.announce_change(id, &change);
        Ok(())
    }

    fn enlist(&mut self, id: i64, add: &[u32], remove: &[u32], change: &mut Change) {
        let Some(row) = self.people.get_mut(id) else { return };
        let lists = &mut row.contact.lists;
        for list in add {
            if !lists.contains(list) {
                lists.reserve_exact(1);
                lists.push(*list);
                change.added.push(*list);
            }
        }
        for list in remove {
            if let Some(at) = lists.iter().position(|other| other == list) {
                lists.remove(at);
                change.removed.push(*list);
            }
        }
        for (lists, step) in [(&change.added, 1), (&change.removed, -1)] {
            for list in lists {
                if let Some(list) = self.lists.iter_mut().find(|other| other.id == *list) {
                    list.members = list.members.saturating_add_signed(step);
                }
            }
        }
    }

    /// Joins or leaves a list; says whether that changed anything. Bumps `modifiedAt` (facts §4.6).
    pub(crate) fn move_in_list(&mut self, id: i64, list: u32, join: bool) -> bool {
        let member = self.people.get(id).map(|row| row.contact.lists.contains(&list));
        if member.is_none_or(|member| member == join) {
            return false;
        }
        let mut draft = Draft::default();
        if join {
            draft.lists.push(list)
        } else {
            draft.unlink.push(list)
        }
        self.change(id, draft).is_ok()
    }

    /// The newest of the contacts survives; it keeps its own values and takes what it lacks.
    /// Source: SDK, `forceMerge`. Blocked stays blocked: nothing is said, and this is the safe side.
    fn merge(&mut self, id: i64, holders: &[(Key, i64)]) -> i64 {
        let mut all: Vec<i64> = holders.iter().map(|(_, holder)| *holder).chain([id]).collect();
        all.sort_by_key(|id| (self.people.get(*id).map_or(0, |row| row.modified), *id));
        all.dedup();
        let survivor = all.pop().unwrap_or(id);
        for loser in all {
            let Some(lost) = self.delete(loser) else { continue };
            let Some(row) = self.people.get(survivor) else { continue };
            let mut draft = Draft { lists: lost.lists, ..Draft::default() };
            for key in Key::ALL.into_iter().filter(|key| row.contact.key(*key).is_none()) {
                draft.keys[key.slot()] = lost.keys[key.slot()].clone().map(Some);
            }
            let missing = lost.values.into_iter().filter(|(number, _)| row.contact.value(*number).is_none());
            draft.values = missing.map(|(number, value)| (number, Some(value))).collect();
            draft.email_blocked = Some(lost.email_blocked || row.contact.email_blocked);
            self.change(survivor, draft).expect("a survivor keeps its identifiers");
        }
        survivor
    }

    pub(crate) fn delete(&mut self, id: i64) -> Option<Contact> {
        let row = self.people.remove(id)?;
        for list in &row.contact.lists {
            if let Some(list) = self.list_mut(*list) {
                list.members = list.members.saturating_sub(1);
            }
        }
        self.announce_deletion(&row.contact);
        self.companies.forget_contact(id);
        self.reactions.retain(|known| known.contact != id);
        Some(*row.contact)
    }

    /// Takes a list away; its contacts stay (facts §7).
    pub(crate) fn remove_list(&mut self, id: u32) -> bool {
        let known = self.lists.len();
        self.lists.retain(|list| list.id != id);
        for row in self.people.rows_mut() {
            row.contact.lists.retain(|list| *list != id);
        }
        self.lists.len() < known
    }
}
