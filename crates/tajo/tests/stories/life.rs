//! What people do on both sides, also while a pass is under way.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tajo_sim::Town;

/// Chance that follows from the seed.
#[derive(Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    Intercom,
    Brevo,
}

/// The fields that people edit: Intercom's path and Brevo's attribute.
pub const FIELDS: [(&str, &str); 3] =
    [("name", "FULLNAME"), ("phone", "SMS"), ("custom_attributes.Favourite colour", "PLAN_TIER")];

/// A person, as far as the story knows: an id on one side or both.
#[derive(Clone, Debug, Default)]
pub struct Person {
    pub intercom: Option<String>,
    pub brevo: Option<i64>,
    pub deleted: bool,
    pub opted_out: bool,
    /// When the opt-out was made.
    pub out_since: i64,
    /// Whether a pass has brought both sides together.
    pub linked: bool,
    /// Per field: last edit of each side (time, what the platform stored).
    pub edits: BTreeMap<usize, BTreeMap<At, (i64, Value)>>,
    /// Fields whose last edit met another one that it could not know of.
    pub contested: BTreeMap<usize, bool>,
    /// Fields of free text whose last edit fell into a pass.
    pub raced: BTreeMap<usize, bool>,
}

/// What people do, also while a pass is under way.
pub struct Life {
    pub town: Town,
    pub people: Vec<Person>,
    pub dice: Dice,
    pub serial: u64,
    pub lag: i64,
    /// When the last good pass began.
    pub seen: i64,
    /// Whether a pass is under way.
    pub busy: bool,
    pub told: Vec<String>,
    /// Opt-outs that did not travel at once.
    pub late: Vec<String>,
}

impl Life {
    /// Whether somebody opted out long before a good pass, and is not out on both sides.
    pub fn is_late(&self, who: usize, began: i64) -> bool {
        let person = &self.people[who];
        let (Some(intercom), Some(brevo), true) = (&person.intercom, person.brevo, person.linked && person.opted_out) else {
            return false;
        };
        let left = self.town.record("contacts", intercom).unwrap_or_default();
        let right = self.town.brevo().contact(brevo).unwrap_or_default();
        let out = left["unsubscribed_from_emails"] == true && right["emailBlacklisted"] == true;
        !out && person.out_since + self.lag + 2 < began
    }

    pub fn shown(&self, at: At, who: usize, field: usize) -> Value {
        let person = &self.people[who];
        match at {
            At::Intercom => {
                let record = person.intercom.as_ref().and_then(|id| self.town.record("contacts", id)).unwrap_or_default();
                FIELDS[field].0.split('.').fold(record, |value, key| value[key].clone())
            }
            At::Brevo => {
                let contact = person.brevo.and_then(|id| self.town.brevo().contact(id)).unwrap_or_default();
                contact["attributes"][FIELDS[field].1].clone()
            }
        }
    }

    pub fn edit(&mut self) {
        if self.people.is_empty() {
            return;
        }
        let who = self.dice.below(self.people.len() as u64) as usize;
        let person = &self.people[who];
        let sides: Vec<At> =
            [person.intercom.as_ref().map(|_| At::Intercom), person.brevo.map(|_| At::Brevo)].into_iter().flatten().collect();
        if person.deleted || sides.is_empty() {
            return;
        }
        let at = sides[self.dice.below(sides.len() as u64) as usize];
        self.serial += 1;
        match self.dice.below(12) {
            0 => self.opt_out(who, at),
            // Two records that were never linked and lose their common address are two people to everybody.
            1 if !self.people[who].linked && sides.len() == 2 => self.set(who, at, 0),
            1 => self.move_address(who, at),
            _ => {
                let field = self.dice.below(FIELDS.len() as u64) as usize;
                self.set(who, at, field);
            }
        }
    }

    fn opt_out(&mut self, who: usize, at: At) {
        self.told.push(format!("{}: {who} opts out in {at:?}", self.town.now()));
        if !self.people[who].opted_out {
            self.people[who].out_since = self.town.now();
        }
        self.people[who].opted_out = true;
        match at {
            At::Intercom => self.town.unsubscribe_contact(self.people[who].intercom.as_ref().unwrap()),
            At::Brevo => self.town.brevo().blocklist(self.people[who].brevo.unwrap()),
        }
    }

    fn move_address(&mut self, who: usize, at: At) {
        let address = format!("moved{}@mail.example", self.serial);
        self.told.push(format!("{}: {who} moves to {address} in {at:?}", self.town.now()));
        match at {
            At::Intercom => self.town.set_contact(self.people[who].intercom.as_ref().unwrap(), "email", json!(address)),
            At::Brevo => {
                // The platform lifts the block of whoever moves; a person who does it by hand keeps the opt-out.
                let id = self.people[who].brevo.unwrap();
                let out = self.town.brevo().contact(id).is_some_and(|contact| contact["emailBlacklisted"] == true);
                self.town.brevo().change_email(id, &address);
                if out {
                    self.town.brevo().blocklist(id);
                }
            }
        }
    }

    fn set(&mut self, who: usize, at: At, field: usize) {
        let n = self.serial;
        let value = match field {
            0 => json!(format!(" Name{n}  of Somebody with a long one {n} ")),
            1 => json!(format!("+49151{:07}", n)),
            _ if self.dice.one_in(5) => json!(null),
            _ => json!(format!("tier{n}  ")),
        };
        match at {
            At::Intercom => self.town.set_contact(self.people[who].intercom.as_ref().unwrap(), FIELDS[field].0, value.clone()),
            At::Brevo => self.town.brevo().set_attribute(self.people[who].brevo.unwrap(), FIELDS[field].1, value.clone()),
        }
        let (now, stored) = (self.town.now(), self.shown(at, who, field));
        self.told.push(format!(
            "{now}: {who} sets {} to {stored} in {at:?}{}",
            FIELDS[field].1,
            if self.busy { " meanwhile" } else { "" }
        ));
        let other = if at == At::Intercom { At::Brevo } else { At::Intercom };
        let (lag, seen, busy) = (self.lag, self.seen, self.busy);
        let person = &mut self.people[who];
        let edits = person.edits.entry(field).or_default();
        // On first sight an empty field is filled, whoever emptied it.
        let contested = busy || !person.linked || edits.get(&other).is_some_and(|(time, _)| time + lag + 310 > seen);
        edits.insert(at, (now, stored));
        person.contested.insert(field, contested);
        person.raced.insert(field, busy && field != 1);
    }
}

impl Person {
    /// Whoever unsubscribed before anybody knew of him is not carried over.
    pub fn stays_in_brevo(&self) -> bool {
        self.intercom.is_none() && self.opted_out
    }
}
