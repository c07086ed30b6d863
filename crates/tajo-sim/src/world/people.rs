//! Contacts: a small stored row; everything else follows from the seed and the serial number.

use serde_json::Value;

use super::companies;
use super::table::Row;
use super::words::{FIRST, LAST, ODD_NAMES};
use super::written::{Maybe, Stands, stands, text};
use crate::dice::Dice;

const NAMES: u64 = 64 * 64;

/// What is stored of a contact.
#[derive(Debug, Clone)]
pub(crate) struct Contact {
    pub(crate) serial: u32,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) seen_at: i64,
    pub(crate) origin: Origin,
    /// Grows with every edit and shows in `custom_attributes.feature_usage`.
    pub(crate) revision: u32,
    /// (tag, applied_at)
    pub(crate) tags: Vec<(u32, i64)>,
    pub(crate) companies: Vec<u32>,
    pub(crate) written: Maybe,
}

impl Row for Contact {
    fn sort_key(&self) -> i64 {
        self.updated_at
    }

    fn serial(&self) -> u32 {
        self.serial
    }
}

impl Contact {
    /// Writes one field; see [`super::written::Written::set`].
    pub(crate) fn write(&mut self, field: &str, value: Value) {
        self.written.get_or_insert_default().set(field, value);
    }

    /// Somebody saw the contact at work.
    pub(crate) fn see(&mut self, at: i64) {
        self.seen_at = at;
        if let Some(written) = &mut self.written {
            written.set("last_seen_at", at.into());
        }
    }

    /// Whether its role is `lead` by now.
    pub(crate) fn is_lead(&self) -> bool {
        match stands(&self.written, "role") {
            Stands::Written(role) => role == "lead",
            _ => self.origin.lead,
        }
    }
}

/// What never changes about a contact, so that what others quote of it (the author of a message)
/// changes only with their own `updated_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) serial: u32,
    pub(crate) lead: bool,
    /// The company whose domain is in the address.
    pub(crate) home: Option<u32>,
}

/// What a contact is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) external_id: Option<String>,
}

/// The present name, the address and the external id of a contact.
pub(crate) fn person(seed: u64, contact: &Contact) -> Person {
    if contact.written.is_none() {
        return author(seed, contact.origin);
    }
    let first = author(seed, contact.origin);
    let written = &contact.written;
    Person {
        name: text(written, "name", || first.name),
        email: text(written, "email", || first.email),
        external_id: text(written, "external_id", || first.external_id),
    }
}

/// A contact as it was called at first.
pub(crate) fn author(seed: u64, origin: Origin) -> Person {
    let mut dice = Dice::of(seed, 11, origin.serial);
    let at = u64::from(origin.serial) + seed % 97;
    let first = FIRST[usize::try_from(at % 64).unwrap_or(0)];
    let last = LAST[usize::try_from((at / 64 + at * 7) % 64).unwrap_or(0)];
    let again = at / NAMES;
    let odd = at % 23 == 11;
    let without_name = origin.lead && dice.per_mille(300);
    let without_email = origin.lead && dice.per_mille(400);
    let domain = origin.home.map_or_else(|| "mailbox.example".to_owned(), companies::domain);
    let number = if again == 0 { String::new() } else { again.to_string() };
    let name = match (odd, without_name) {
        (true, _) => Some((*dice.pick(&ODD_NAMES)).to_owned()),
        (false, true) => None,
        (false, false) => Some(format!("{first} {last}")),
    };
    let email = format!("{}.{}{number}@{domain}", first.to_ascii_lowercase(), last.to_ascii_lowercase());
    let external_id = if origin.lead { dice.uuid() } else { format!("user-{}", 1000 + origin.serial) };
    Person { name, email: (!without_email).then_some(email), external_id: Some(external_id) }
}

/// The contacts at the start. Their ids are in order of creation; their `updated_at` are spread
/// evenly and in no order of the ids.
pub(crate) fn settle(world: &Plan<'_>) -> Vec<Contact> {
    let count = world.contacts;
    let mut users = 0u32;
    (0..u32::try_from(count).expect("fewer than 2^32 contacts"))
        .map(|serial| {
            let mut dice = Dice::of(world.seed, 12, serial);
            let lead = dice.per_mille(200);
            let updated_at = world.spread(serial, count);
            let created_at = world.first_day + world.years * i64::from(serial) / i64::try_from(count.max(1)).unwrap_or(1);
            let companies = if lead { Vec::new() } else { employers(world, &mut dice, serial, users) };
            users += u32::from(!lead);
            Contact {
                serial,
                created_at,
                updated_at,
                seen_at: updated_at - dice.between(0, 86_400),
                origin: Origin { serial, lead, home: companies.first().copied() },
                revision: 0,
                tags: tags(world, &mut dice, serial, created_at),
                companies,
                written: None,
            }
        })
        .collect()
}

/// Most users have one company, some two, and one in 233 has more than the ten that a contact embeds.
fn employers(world: &Plan<'_>, dice: &mut Dice, serial: u32, users: u32) -> Vec<u32> {
    let open = world.inhabited;
    if open.is_empty() || world.blank {
        return Vec::new();
    }
    let main = users as usize % open.len();
    let more = if serial % 233 == 7 {
        13
    } else if dice.per_mille(150) {
        1
    } else {
        0
    };
    (0..=more).take(open.len()).map(|step| open[(main + step) % open.len()]).collect()
}

/// Two in three have no tag; one in 211 has more than ten.
fn tags(world: &Plan<'_>, dice: &mut Dice, serial: u32, since: i64) -> Vec<(u32, i64)> {
    let wanted = if world.blank {
        0
    } else if serial % 211 == 5 {
        14
    } else if dice.per_mille(330) {
        1 + dice.below(3) as usize
    } else {
        0
    };
    let start = dice.serial(world.tags);
    let count = u32::try_from(world.tags).unwrap_or(1).max(1);
    (0..u32::try_from(wanted.min(world.tags)).unwrap_or(0)).map(|n| ((start + n) % count, since + i64::from(n) * 60)).collect()
}

/// What the generators need to know before the world exists.
pub(crate) struct Plan<'a> {
    pub(crate) seed: u64,
    pub(crate) contacts: usize,
    pub(crate) tags: usize,
    pub(crate) now: i64,
    pub(crate) spread_secs: i64,
    pub(crate) first_day: i64,
    pub(crate) years: i64,
    /// Companies that may have users.
    pub(crate) inhabited: &'a [u32],
    /// Nothing hangs on anything.
    pub(crate) blank: bool,
}

impl Plan<'_> {
    /// An even spread over the days before `now`, in an order unlike that of the serials.
    pub(crate) fn spread(&self, serial: u32, count: usize) -> i64 {
        let count = u64::try_from(count.max(1)).unwrap_or(1);
        let mut stride = count * 618 / 1000 + 1;
        while gcd(stride, count) != 1 {
            stride += 1;
        }
        let place = u64::from(serial) * stride % count;
        let back = u128::from(place) * u128::try_from(self.spread_secs).unwrap_or(0) / u128::from(count);
        self.now - 1 - i64::try_from(back).unwrap_or(0)
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_are_spread_evenly_and_differ() {
        let plan = Plan {
            seed: 1,
            contacts: 90,
            tags: 3,
            now: 1_000_000_000,
            spread_secs: 90 * 86_400,
            first_day: 0,
            years: 1,
            inhabited: &[],
            blank: false,
        };
        let mut times: Vec<i64> = (0..90).map(|n| plan.spread(n, 90)).collect();
        times.sort_unstable();
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] == 86_400));
    }

    #[test]
    fn addresses_stay_in_the_reserved_domain() {
        for serial in 0..500 {
            let origin = Origin { serial, lead: serial % 5 == 0, home: (serial % 2 == 0).then_some(serial) };
            assert!(author(1, origin).email.is_none_or(|email| email.ends_with(".example")));
        }
    }
}
