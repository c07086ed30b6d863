//! Killed at every step of a pass: each request, each answer, each commit of the ledger and each point between is once the
//! last thing that happens. The next pass ends in step, with nobody created twice and no event sent twice.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use pair::{Rig, empty};
use serde_json::json;
use support::mortal::Mortal;
use tajo_core::codes;
use tajo_core::trip::Trip;
use tajo_state::Ledger;

const CONFIG: &str = "\
connectors:
  intercom:
    direction: bidirectional
    facts: off
    sync: {contacts: true, events: true}
    lists: {all_users: 35}
  brevo: {}
field_mapping:
  email: email
  name: {to: FULLNAME, direction: both}
  phone: {to: SMS, direction: both}
  custom_attributes.Favourite colour: {to: COLOUR, direction: both}
";

/// A rig whose people wait for a first pass, its ledger in a file.
fn rig() -> (Rig, i64) {
    let mut rig = Rig::new(empty(), CONFIG);
    rig.resources = vec!["contacts"];
    rig.ledger = Ledger::open(rig.folder.path(), "test", Trip::default()).unwrap();
    rig.town.brevo().add_contact(Some("old@mail.example"), json!({"FULLNAME": "Old Friend"}));
    let user = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada Fisher"));
    rig.town.add_event(&user, "ordered-item", json!({"item": "mill"}));
    let out = rig.town.add_person("user", Some("out@mail.example"), Some("Out Already"));
    rig.town.unsubscribe_contact(&out);
    let known = rig.town.add_person("user", Some("known@mail.example"), Some("Known Name"));
    rig.town.set_contact(&known, "custom_attributes.Favourite colour", json!("teal"));
    let brevo = rig.town.brevo().add_contact(Some("known@mail.example"), json!({"FULLNAME": "Known Before"}));
    (rig, brevo)
}

/// One pass that may be killed; what was under way on other threads ends before the next begins.
async fn mortal_pass(rig: &mut Rig, trip: &Trip) {
    let (via, killed) = Mortal::new(&rig.town, trip);
    let usual = std::mem::replace(&mut rig.via, via);
    rig.ledger = Ledger::open(rig.folder.path(), "test", trip.clone()).unwrap();
    tokio::select! {
        _ = rig.pass_with(trip) => {}
        () = killed.notified() => {}
    }
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    rig.via = usual;
    rig.ledger = Ledger::open(rig.folder.path(), "test", Trip::default()).unwrap();
}

async fn killed_at(n: u64) -> Vec<String> {
    let (mut rig, _) = rig();
    rig.wait(2_000).await;
    rig.town.brevo().clear_calls();
    mortal_pass(&mut rig, &Trip::fail_at(n, &codes::BUG)).await;
    for _ in 0..3 {
        rig.wait(1_300).await;
        if let Err(error) = rig.pass().await {
            return vec![format!("step {n}: a later pass failed: {error:?}")];
        }
    }
    let mut wrongs = Vec::new();
    let before = (rig.town.writes(), rig.town.brevo().writes());
    rig.wait(1_300).await;
    rig.pass().await.unwrap();
    if before != (rig.town.writes(), rig.town.brevo().writes()) {
        wrongs.push(format!("step {n}: the last pass was not quiet"));
    }
    let (intercom, brevo) = (rig.town.ids("contacts").len(), rig.town.brevo().len());
    if (intercom, brevo) != (4, 4) {
        wrongs.push(format!("step {n}: {intercom} contacts in Intercom and {brevo} in Brevo, not 4 and 4"));
    }
    let created = (rig.town.created_contacts(), rig.town.brevo().creations());
    if created != (1, 4) {
        wrongs.push(format!("step {n}: {created:?} contacts were ever created, not (1, 4)"));
    }
    if rig.town.brevo().events().len() > 1 {
        wrongs.push(format!("step {n}: the event was sent twice"));
    }
    if rig.brevo("out@mail.example")["emailBlacklisted"] != true {
        wrongs.push(format!("step {n}: an opt-out was lost"));
    }
    if rig.brevo("known@mail.example")["attributes"]["COLOUR"] != "teal" {
        wrongs.push(format!("step {n}: a field did not arrive"));
    }
    wrongs
}

// Shows: T-012.
#[test]
fn a_kill_at_any_step_makes_no_second_create_and_no_second_event() {
    let paused = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let steps = paused().block_on(async {
        let (mut rig, _) = rig();
        rig.wait(2_000).await;
        let trip = Trip::counting();
        mortal_pass(&mut rig, &trip).await;
        assert_eq!(rig.town.brevo().events().len(), 1, "an undisturbed pass sends the event");
        trip.passed()
    });
    assert!(steps > 60, "only {steps} steps");
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let next = std::sync::atomic::AtomicU64::new(1);
    let wrongs: Vec<String> = std::thread::scope(|scope| {
        let work = || {
            let mut mine = Vec::new();
            loop {
                let n = next.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                if n > steps {
                    return mine;
                }
                mine.extend(paused().block_on(killed_at(n)));
            }
        };
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().flat_map(|handle| handle.join().unwrap()).collect()
    });
    assert!(wrongs.is_empty(), "{} of {steps} steps\n{}", wrongs.len(), wrongs.join("\n"));
}
