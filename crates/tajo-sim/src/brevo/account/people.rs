//! The contacts by id and by identifier.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;

use super::contact::{Contact, Key};

/// A contact in its place; rows stand in the order of creation, which is that of their ids.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: i64,
    /// Milliseconds; beside the contact, so that `modifiedSince` need not touch each one.
    pub(crate) modified: i64,
    pub(crate) contact: Box<Contact>,
}

/// 128 bits of a text: two texts with one print are not met in the life of this program.
fn print(text: &str) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(salt);
        hasher.write(text.as_bytes());
        u128::from(hasher.finish())
    };
    half(1) << 64 | half(2)
}

#[derive(Debug, Default)]
pub(crate) struct People {
    rows: Vec<Row>,
    /// By the identifier's print, so that a growing table need not touch a million texts at once.
    by_key: [HashMap<u128, i64>; 5],
    last_id: i64,
}

impl People {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(crate) fn owner(&self, key: Key, value: &str) -> Option<i64> {
        self.by_key[key.slot()].get(&print(value)).copied()
    }

    fn place(&self, id: i64) -> Option<usize> {
        // Without deletions before it, a row stands at its id minus the first one.
        let first = self.rows.first()?.id;
        let guess = usize::try_from(id - first).ok()?.min(self.rows.len() - 1);
        if self.rows[guess].id == id {
            return Some(guess);
        }
        self.rows[..guess].binary_search_by_key(&id, |row| row.id).ok()
    }

    pub(crate) fn get(&self, id: i64) -> Option<&Row> {
        self.place(id).map(|at| &self.rows[at])
    }

    /// A contact to change in anything but its identifiers; see [`People::rename`] for those.
    pub(crate) fn get_mut(&mut self, id: i64) -> Option<&mut Row> {
        self.place(id).map(|at| &mut self.rows[at])
    }

    pub(crate) fn rows_mut(&mut self) -> &mut [Row] {
        &mut self.rows
    }

    /// Ids are never given twice.
    pub(crate) fn insert(&mut self, contact: Contact, modified: i64) -> i64 {
        self.last_id += 1;
        let id = self.last_id;
        for key in Key::ALL {
            if let Some(value) = contact.key(key) {
                self.by_key[key.slot()].insert(print(value), id);
            }
        }
        self.rows.push(Row { id, modified, contact: Box::new(contact) });
        id
    }

    pub(crate) fn remove(&mut self, id: i64) -> Option<Row> {
        let row = self.rows.remove(self.place(id)?);
        for key in Key::ALL {
            if let Some(value) = row.contact.key(key) {
                self.by_key[key.slot()].remove(&print(value));
            }
        }
        Some(row)
    }

    /// Changes an identifier, which the caller knows to be free; says whether it was another one.
    pub(crate) fn rename(&mut self, id: i64, key: Key, value: Option<Arc<str>>) -> bool {
        let Some(at) = self.place(id) else { return false };
        let slot = &mut self.rows[at].contact.keys[key.slot()];
        if *slot == value {
            return false;
        }
        let index = &mut self.by_key[key.slot()];
        if let Some(old) = slot.take() {
            index.remove(&print(&old));
        }
        if let Some(new) = &value {
            index.insert(print(new), id);
        }
        *slot = value;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(email: &str) -> Contact {
        let mut contact = Contact::default();
        contact.keys[0] = Some(email.into());
        contact
    }

    #[test]
    fn rows_are_found_around_gaps() {
        let mut people = People::default();
        let ids: Vec<i64> = (0..9).map(|n| people.insert(person(&format!("p{n}@a.example")), n)).collect();
        people.remove(ids[0]);
        people.remove(ids[4]);
        assert!(people.get(ids[4]).is_none() && people.get(99).is_none() && people.get(-1).is_none());
        for id in ids.iter().filter(|id| people.get(**id).is_some()) {
            assert_eq!(people.get(*id).map(|row| row.id), Some(*id));
        }
        assert_eq!(people.insert(person("x@a.example"), 1), 10);
        assert!(people.rename(10, Key::Email, Some("y@a.example".into())));
        assert_eq!((people.owner(Key::Email, "x@a.example"), people.owner(Key::Email, "y@a.example")), (None, Some(10)));
    }
}
