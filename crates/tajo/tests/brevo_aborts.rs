//! The built program, killed as `kill -9` would at every step of the half that writes to both platforms: each commit of the
//! ledger, and each point before and after a write. The next runs end in step, with nobody and nothing written twice.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod desk;
mod office;

use std::sync::atomic::{AtomicU64, Ordering};

use desk::Desk;
use office::{brevo, fullname, office, sync, writes};
use serde_json::json;

const CONFIG: &str = "\
connectors:
  intercom:
    direction: bidirectional
    facts: off
    sync: {contacts: true, tags: true, events: true}
    lists: {all_users: 35}
  brevo: {}
field_mapping:
  email: email
  name: {to: FULLNAME, direction: both}
";
const BREVO: [&str; 6] = ["connectors", "sync", "intercom", "--yes", "--only", "brevo"];
/// More steps than any run of these few people has.
const STEPS_MAX: u64 = 400;

/// In step, then one of each: edited there, edited here, new, opted out in Brevo, and something happened.
fn changed_on_both_sides() -> Desk {
    let desk = office(CONFIG);
    for (email, name) in [("ada@mail.example", "Ada"), ("bea@mail.example", "Bea"), ("out@mail.example", "Out")] {
        desk.town.add_person("user", Some(email), Some(name));
    }
    sync(&desk);
    let ada = desk.town.ids("contacts")[0].clone();
    desk.town.set_contact(&ada, "name", json!("Ada Fisher"));
    desk.town.add_event(&ada, "ordered-item", json!({"item": "mill"}));
    desk.town.add_person("user", Some("new@mail.example"), Some("New Friend"));
    desk.town.brevo().set_attribute(office::id_of(&desk, "bea@mail.example"), "FULLNAME", json!("Bea Miller"));
    desk.town.brevo().blocklist(office::id_of(&desk, "out@mail.example"));
    desk.tajo(&["connectors", "sync", "intercom", "--only", "warehouse"]).ended(0);
    desk
}

/// What is wrong after a kill at step `n`; nothing where the run ended before that step.
fn killed_at(n: u64) -> Option<Vec<String>> {
    let desk = changed_on_both_sides();
    let ran = desk.process(&BREVO, &[("TAJO_CRASH_AT", &n.to_string())]);
    if ran.exit == 0 {
        return None;
    }
    assert_eq!(ran.exit, 128 + 6, "step {n}: {ran:?}");
    let mut wrongs = Vec::new();
    let mut check = |good: bool, what: String| {
        if !good {
            wrongs.push(format!("step {n}: {what}"));
        }
    };
    sync(&desk);
    sync(&desk);
    let before = writes(&desk);
    sync(&desk);
    check(writes(&desk) == before, "the last run was not quiet".into());
    let made = (desk.town.ids("contacts").len(), desk.town.brevo().len(), desk.town.brevo().creations());
    check(made == (4, 4, 4), format!("{made:?} contacts in Intercom, in Brevo and ever created there, not 4, 4, 4"));
    let sent = desk.town.brevo().events().len();
    check(sent <= 1, format!("{sent} events"));
    check(fullname(&desk, "ada@mail.example") == "Ada Fisher", "an edit in Intercom was lost".into());
    check(fullname(&desk, "bea@mail.example") == "Bea Miller", "an edit in Brevo was undone".into());
    let name = |email: &str| desk.query(&format!("SELECT name, unsubscribed_from_emails FROM contacts WHERE email = '{email}'"));
    check(name("bea@mail.example")[0][0] == "Bea Miller", "an edit in Brevo did not arrive".into());
    check(name("out@mail.example")[0][1] == "1", format!("an opt-out did not arrive: {:?}", name("out@mail.example")));
    check(brevo(&desk, "out@mail.example")["emailBlacklisted"] == true, "an opt-out was lost".into());
    Some(wrongs)
}

#[test]
fn a_process_killed_at_any_step_of_its_writing_is_completed_by_the_next_without_a_second_write() {
    let next = AtomicU64::new(1);
    let work = || {
        let (mut killed, mut wrongs) = (0, Vec::new());
        loop {
            let n = next.fetch_add(1, Ordering::SeqCst);
            assert!(n < STEPS_MAX, "it never ends");
            match killed_at(n) {
                Some(found) => (killed, wrongs) = (killed + 1, [wrongs, found].concat()),
                None => return (killed, wrongs),
            }
        }
    };
    let done: Vec<(u32, Vec<String>)> = std::thread::scope(|scope| {
        let handles = [scope.spawn(work), scope.spawn(work)];
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    let killed: u32 = done.iter().map(|(killed, _)| killed).sum();
    let wrongs: Vec<String> = done.into_iter().flat_map(|(_, wrongs)| wrongs).collect();
    assert!(wrongs.is_empty(), "{}", wrongs.join("\n"));
    assert!(killed > 20, "only {killed} steps");
}
