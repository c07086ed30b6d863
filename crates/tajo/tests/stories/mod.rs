//! A seeded story: who lives where, what they change, what breaks, and what has to be true in the end.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod judge;
mod life;
mod road;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tajo::twin::InProcess;
use tajo_core::rest::Transport;
use tajo_core::trip::Trip;
use tajo_engine::pair::Laws;
use tajo_sim::{BrevoFault, BrevoOptions, Fault, Options};
use tokio::sync::Notify;

use self::judge::judge;
use self::life::{Dice, Life, Person};
use self::road::Road;
use super::pair::{Rig, empty};

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
        // Brevo itself lifts a block with a change of address; whoever opted out in that very moment is blocked again at once.
        let stays_in = |id: &i64| rig.town.brevo().contact(*id).is_some_and(|contact| contact["emailBlacklisted"] != true);
        if rig.town.brevo().resubscribed().iter().any(stays_in) || !rig.town.resubscribed().is_empty() {
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
