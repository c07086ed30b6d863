//! A seeded story: who lives where, what they change, what breaks, and what has to be true in the end.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::{Value, json};
use tajo::twin::InProcess;
use tajo_core::BoxFuture;
use tajo_core::rest::{Broken, Transport};
use tajo_core::trip::Trip;
use tajo_engine::pair::{Laws, looks_like};
use tajo_sim::{BrevoFault, BrevoOptions, Fault, Options, Town};
use tokio::sync::Notify;

use super::pair::{Rig, empty};

/// Chance that follows from the seed.
#[derive(Clone)]
pub struct Dice(u64);

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
const FIELDS: [(&str, &str); 3] = [("name", "FULLNAME"), ("phone", "SMS"), ("custom_attributes.Favourite colour", "PLAN_TIER")];

/// A person, as far as the story knows: an id on one side or both.
#[derive(Clone, Debug, Default)]
struct Person {
    intercom: Option<String>,
    brevo: Option<i64>,
    deleted: bool,
    opted_out: bool,
    /// When the opt-out was made.
    out_since: i64,
    /// Whether a pass has brought both sides together.
    linked: bool,
    /// Per field: last edit of each side (time, what the platform stored).
    edits: BTreeMap<usize, BTreeMap<At, (i64, Value)>>,
    /// Fields whose last edit met another one that it could not know of.
    contested: BTreeMap<usize, bool>,
    /// Fields of free text whose last edit fell into a pass.
    raced: BTreeMap<usize, bool>,
}

/// What went wrong; nothing, if all is well.
#[derive(Debug, Default)]
pub struct Verdict {
    pub wrongs: Vec<String>,
    /// Edits of free text that fell into the round trip between a write and its reading back: nobody can tell them from
    /// the platform's spelling.
    pub residual: usize,
}

impl Verdict {
    pub fn is_good(&self) -> bool {
        self.wrongs.is_empty()
    }
}

/// What people do, also while a pass is under way.
struct Life {
    town: Town,
    people: Vec<Person>,
    dice: Dice,
    serial: u64,
    lag: i64,
    /// When the last good pass began.
    seen: i64,
    /// Whether a pass is under way.
    busy: bool,
    told: Vec<String>,
    /// Opt-outs that did not travel at once.
    late: Vec<String>,
}

impl Life {
    /// Whether somebody opted out long before a good pass, and is not out on both sides.
    fn is_late(&self, who: usize, began: i64) -> bool {
        let person = &self.people[who];
        let (Some(intercom), Some(brevo), true) = (&person.intercom, person.brevo, person.linked && person.opted_out) else {
            return false;
        };
        let left = self.town.record("contacts", intercom).unwrap_or_default();
        let right = self.town.brevo().contact(brevo).unwrap_or_default();
        let out = left["unsubscribed_from_emails"] == true && right["emailBlacklisted"] == true;
        !out && person.out_since + self.lag + 2 < began
    }

    fn shown(&self, at: At, who: usize, field: usize) -> Value {
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

    fn edit(&mut self) {
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

/// The network: edits happen while requests travel, and now and then the process dies.
struct Road {
    via: InProcess,
    life: Arc<Mutex<Life>>,
    edits: AtomicU64,
    dies_in: AtomicI64,
    died: Arc<Notify>,
}

impl Road {
    async fn step(&self) {
        if self.dies_in.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

impl Transport for Road {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
        Box::pin(async move {
            self.step().await;
            let answer = self.via.send(request).await;
            let per_mille = self.edits.load(Ordering::SeqCst);
            if per_mille > 0 {
                let mut life = self.life.lock().unwrap();
                if life.dice.below(1000) < per_mille {
                    life.edit();
                }
            }
            self.step().await;
            answer
        })
    }
}

/// One story.
pub struct Story {
    seed: u64,
    laws: Laws,
}

const POLICIES: [&str; 3] = ["intercom", "brevo", "newest"];

impl Story {
    pub fn new(seed: u64, laws: Laws) -> Story {
        Story { seed, laws }
    }

    fn options(&self, dice: &mut Dice) -> Options {
        let base = empty();
        let brevo = BrevoOptions {
            trims_text: true,
            text_max: if dice.one_in(2) { 12 } else { 500 },
            collision_code_new: dice.one_in(2),
            seed: self.seed,
            ..base.brevo.clone()
        };
        Options { seed: self.seed, index_lag_max: [0, 0, 90][dice.below(3) as usize], brevo, ..base }
    }

    pub async fn tell(self) -> Verdict {
        let mut dice = Dice(self.seed.wrapping_mul(77) + 5);
        let options = self.options(&mut dice);
        let lag = options.index_lag_max as i64;
        let policy = |dice: &mut Dice| POLICIES[dice.below(3) as usize];
        let config = format!(
            "connectors:\n  intercom:\n    direction: bidirectional\n    facts: off\n    sync: {{contacts: true, events: false}}\n  \
             brevo: {{}}\nfield_mapping:\n  email: email\n  name: {{to: FULLNAME, direction: both, conflict: {}}}\n  \
             phone: {{to: SMS, direction: both, conflict: {}}}\n  \
             custom_attributes.Favourite colour: {{to: PLAN_TIER, direction: both, conflict: {}}}\n",
            policy(&mut dice),
            policy(&mut dice),
            policy(&mut dice)
        );
        let mut rig = Rig::new(options, &config);
        rig.resources = vec!["contacts"];
        rig.laws = self.laws;
        let town = rig.town.clone();
        let life = Life {
            town: town.clone(),
            people: Vec::new(),
            dice: Dice(self.seed ^ 0xABCD),
            serial: self.seed % 50 * 1000,
            lag,
            seen: 0,
            busy: false,
            told: Vec::new(),
            late: Vec::new(),
        };
        let life = Arc::new(Mutex::new(life));
        let road = Arc::new(Road {
            via: InProcess::new(town.router()),
            life: Arc::clone(&life),
            edits: AtomicU64::new(0),
            dies_in: AtomicI64::new(i64::MAX),
            died: Arc::new(Notify::new()),
        });
        rig.via = Arc::clone(&road) as Arc<dyn Transport>;
        self.settle_people(&rig, &life, &mut dice);
        for _ in 0..4 + dice.below(5) {
            self.chapter(&rig, &road, &life, &mut dice).await;
        }
        self.end(&rig, &road, &life).await
    }

    fn settle_people(&self, rig: &Rig, life: &Mutex<Life>, dice: &mut Dice) {
        let mut life = life.lock().unwrap();
        for n in 0..2 + dice.below(4) {
            let address = format!("person{n}@mail.example");
            let name = format!("Person {n}");
            let mut person = Person::default();
            let where_to = dice.below(4);
            if where_to != 0 {
                person.intercom =
                    Some(rig.town.add_person(if dice.one_in(3) { "lead" } else { "user" }, Some(&address), Some(&name)));
            }
            if where_to <= 1 {
                person.brevo = Some(rig.town.brevo().add_contact(Some(&address), json!({"FULLNAME": name})));
            }
            life.people.push(person);
        }
    }

    /// Some edits, some time, a pass that may break.
    async fn chapter(&self, rig: &Rig, road: &Road, life: &Mutex<Life>, dice: &mut Dice) {
        for _ in 0..dice.below(4) {
            life.lock().unwrap().edit();
            rig.wait(2 + dice.below(40)).await;
        }
        rig.wait(2 + dice.below(400)).await;
        let calm = dice.one_in(3);
        if !calm {
            match dice.below(4) {
                0 => road.dies_in.store(1 + dice.below(60) as i64, Ordering::SeqCst),
                1 => rig.town.brevo().faults().storm(60),
                2 => {
                    rig.town.faults().chance(Fault::DroppedAfter, 60);
                    rig.town.faults().chance(Fault::Unsent, 30);
                }
                _ => {
                    let fault = if dice.one_in(2) { BrevoFault::Dropped } else { BrevoFault::Unsent };
                    let method = ["POST", "PUT"][dice.below(2) as usize];
                    rig.town.brevo().faults().script(method, "/contacts", 1, fault);
                }
            }
        }
        road.edits.store(if dice.one_in(2) { 25 } else { 0 }, Ordering::SeqCst);
        let began = rig.town.now();
        life.lock().unwrap().busy = true;
        let trip = Trip::default();
        let good = tokio::select! {
            done = rig.pass_with(&trip) => done.is_ok_and(|report| report.exit == 0),
            () = road.died.notified() => false,
        };
        road.dies_in.store(i64::MAX, Ordering::SeqCst);
        road.edits.store(0, Ordering::SeqCst);
        rig.town.brevo().faults().clear();
        rig.town.faults().clear();
        // What a killed process left to other threads ends before the next one starts.
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        self.meet(rig, life);
        let mut life = life.lock().unwrap();
        life.busy = false;
        if good {
            life.seen = began;
            // An opt-out is not one of many edits: the first pass that can know of it carries it over.
            let late: Vec<usize> = (0..life.people.len()).filter(|&who| life.is_late(who, began)).collect();
            life.late
                .extend(late.into_iter().map(|who| format!("person {who} opted out, and the next good pass did not say so")));
        }
        let line = format!("{}: pass {}", rig.town.now(), if good { "good" } else { "broken" });
        life.told.push(line);
    }

    /// Who was linked since has two sides now.
    fn meet(&self, rig: &Rig, life: &Mutex<Life>) {
        for person in &mut life.lock().unwrap().people {
            match (&person.intercom, person.brevo) {
                (Some(id), None) => person.brevo = rig.ledger.link(id).unwrap().and_then(|link| link.brevo_id),
                (None, Some(id)) => person.intercom = rig.ledger.link_of_brevo(id).unwrap().map(|link| link.intercom_id),
                _ => {}
            }
            let link = person.intercom.as_ref().and_then(|id| rig.ledger.link(id).unwrap());
            person.linked = link.is_some_and(|link| link.brevo_id.is_some());
        }
    }

    async fn end(&self, rig: &Rig, road: &Road, life: &Mutex<Life>) -> Verdict {
        let mut wrongs = Vec::new();
        let _ = road;
        let mut last = None;
        for _ in 0..4 {
            rig.wait(1_300).await;
            match rig.pass_with(&Trip::default()).await {
                Ok(report) => last = Some(report),
                Err(error) => wrongs.push(format!("a quiet pass failed: {error:?}")),
            }
            self.meet(rig, life);
        }
        let before = (rig.town.writes(), rig.town.brevo().writes());
        rig.wait(1_300).await;
        if let Err(error) = rig.pass_with(&Trip::default()).await {
            wrongs.push(format!("the last pass failed: {error:?}"));
        }
        let after = (rig.town.writes(), rig.town.brevo().writes());
        if before != after {
            wrongs.push(format!("the last pass was not quiet: {before:?} became {after:?} writes"));
        }
        let life = life.lock().unwrap();
        let mut residual = 0;
        wrongs.extend(life.late.iter().cloned());
        for (who, person) in life.people.iter().enumerate() {
            judge(rig, &life, who, person, &mut wrongs, &mut residual);
        }
        if !rig.town.brevo().resubscribed().is_empty() || !rig.town.resubscribed().is_empty() {
            wrongs.push("somebody was subscribed again".into());
        }
        let (here, there) = (rig.town.ids("contacts").len(), rig.town.brevo().len());
        let alone = life.people.iter().filter(|person| person.stays_in_brevo()).count();
        if here + alone != life.people.len() || there != life.people.len() {
            wrongs.push(format!("{} people are {here} contacts in Intercom and {there} in Brevo", life.people.len()));
        }
        if !wrongs.is_empty() {
            wrongs.push(format!("last report: {}", serde_json::to_string(&last).unwrap_or_default()));
            wrongs.push(format!("story: {:#?}", life.told));
            for person in &life.people {
                let link = person.intercom.as_ref().map(|id| rig.ledger.link(id).unwrap());
                wrongs.push(format!("{:?} {link:?}", (&person.intercom, person.brevo)));
            }
        }
        Verdict { wrongs, residual }
    }
}

impl Person {
    /// Whoever unsubscribed before anybody knew of him is not carried over.
    fn stays_in_brevo(&self) -> bool {
        self.intercom.is_none() && self.opted_out
    }
}

fn judge(rig: &Rig, life: &Life, who: usize, person: &Person, wrongs: &mut Vec<String>, residual: &mut usize) {
    if person.stays_in_brevo() {
        return;
    }
    let (Some(intercom), Some(brevo)) = (&person.intercom, person.brevo) else {
        wrongs.push(format!("person {who} is not linked: {person:?}"));
        return;
    };
    let (Some(left), Some(right)) = (rig.town.record("contacts", intercom), rig.town.brevo().contact(brevo)) else {
        wrongs.push(format!("person {who} is gone on one side"));
        return;
    };
    if person.opted_out && (left["unsubscribed_from_emails"] != true || right["emailBlacklisted"] != true) {
        wrongs.push(format!("person {who} opted out, and is not out on both sides"));
    }
    if left["email"] != right["email"] {
        wrongs.push(format!("person {who} has two addresses: {} and {}", left["email"], right["email"]));
    }
    for (field, (_, attribute)) in FIELDS.iter().enumerate() {
        let (l, r) = (life.shown(At::Intercom, who, field), life.shown(At::Brevo, who, field));
        let phone = |value: &Value| value.as_str().map_or(Value::Null, |text| json!(text.trim_start_matches('+')));
        let (plain_l, plain_r) = if field == 1 { (phone(&l), phone(&r)) } else { (l.clone(), r.clone()) };
        let blank = |value: &Value| value.as_str().is_none_or(|text| text.trim().is_empty());
        let same = looks_like(&plain_l, &plain_r) || looks_like(&plain_r, &plain_l) || (blank(&plain_l) && blank(&plain_r));
        let wrote = || {
            let effects = rig.ledger.effects_of(intercom, 100).unwrap();
            effects.iter().any(|effect| effect.intent.as_ref().is_some_and(|intent| intent.contains(attribute)))
        };
        if !same && person.raced.get(&field) == Some(&true) && wrote() {
            *residual += 1;
        } else if !same {
            wrongs.push(format!("person {who}: {} is {l} in Intercom and {r} in Brevo", attribute));
        }
        let Some(edits) = person.edits.get(&field).filter(|_| person.contested.get(&field) == Some(&false)) else { continue };
        let (at, (_, stored)) = edits.iter().max_by_key(|(_, (time, _))| *time).unwrap();
        let now = if *at == At::Intercom { &l } else { &r };
        if now != stored {
            wrongs.push(format!("person {who}: the last edit of {} in {at:?} was {stored}, and it is {now}", attribute));
        }
    }
}
