//! Who ever had an address or an external id, so that a million contacts need no scan per lookup.

use std::collections::BTreeSet;

use super::World;
use super::people::person;

/// (hash, serial) of every value a contact ever had. Entries are never taken out: whoever looks one
/// up compares with the record.
pub(crate) struct Directory {
    emails: BTreeSet<(u64, u32)>,
    external_ids: BTreeSet<(u64, u32)>,
}

/// FNV-1a of the lower-case text: addresses are compared without case.
fn hash(text: &str) -> u64 {
    let step = |hash: u64, c: char| (hash ^ u64::from(c)).wrapping_mul(0x0100_0000_01b3);
    text.chars().flat_map(char::to_lowercase).fold(0xcbf2_9ce4_8422_2325, step)
}

fn holders(of: &BTreeSet<(u64, u32)>, text: &str) -> Vec<u32> {
    let hash = hash(text);
    of.range((hash, 0)..=(hash, u32::MAX)).map(|(_, serial)| *serial).collect()
}

impl World {
    /// Built at the first lookup, kept up by [`World::enrol`].
    fn directory(&self) -> &Directory {
        self.directory.get_or_init(|| {
            let (mut emails, mut external_ids) = (Vec::new(), Vec::new());
            for row in self.contacts.live().chain(self.contacts.outdated()).chain(self.archived.values()) {
                let person = person(self.seed, row);
                emails.extend(person.email.map(|text| (hash(&text), row.serial)));
                external_ids.extend(person.external_id.map(|text| (hash(&text), row.serial)));
            }
            Directory { emails: emails.into_iter().collect(), external_ids: external_ids.into_iter().collect() }
        })
    }

    /// Contacts that have or had this address, in order of creation; the record decides.
    pub(crate) fn holders_of_email(&self, email: &str) -> Vec<u32> {
        holders(&self.directory().emails, email)
    }

    /// Contacts that have or had this external id; the record decides.
    pub(crate) fn holders_of_external_id(&self, id: &str) -> Vec<u32> {
        holders(&self.directory().external_ids, id)
    }

    /// Notes what a changed or new contact is called.
    pub(crate) fn enrol(&mut self, serial: u32) {
        let (Some(row), Some(directory)) = (self.contacts.primary(serial), self.directory.get_mut()) else { return };
        let person = person(self.seed, row);
        directory.emails.extend(person.email.map(|text| (hash(&text), serial)));
        directory.external_ids.extend(person.external_id.map(|text| (hash(&text), serial)));
    }
}
