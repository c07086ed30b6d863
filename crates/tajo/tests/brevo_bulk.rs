//! Many at once, by import: gathered, sent, waited for, read back, and never believed before it is seen.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use std::sync::Arc;

use pair::{Rig, empty};
use serde_json::{Value, json};
use support::Tap;
use tajo::pairs::Bounds;
use tajo_core::codes;
use tajo_core::trip::Trip;
use tajo_sim::{BrevoFault, BrevoOptions, Options, Tier};

const CONFIG: &str = "\
connectors:
  intercom:
    direction: intercom_to_brevo
    facts: off
    sync: {contacts: true}
    lists: {all_users: 35, leads: 37}
  brevo: {}
field_mapping:
  email: email
  name: FULLNAME
  phone: SMS
";

/// Imports from ten contacts on, small chunks, quick patience.
fn rig_of(options: Options, config: &str) -> Rig {
    let mut rig = Rig::new(options, config);
    rig.resources = vec!["contacts"];
    rig.bounds = Bounds { bulk_from: 10, chunk_bytes: 2_000, ..Bounds::default() };
    rig
}

fn rig() -> Rig {
    rig_of(empty(), CONFIG)
}

fn address(n: usize) -> String {
    format!("person{n}@mail.example")
}

fn settle(rig: &Rig, count: usize) -> Vec<String> {
    let role = |n: usize| if n.is_multiple_of(4) { "lead" } else { "user" };
    (0..count).map(|n| rig.town.add_person(role(n), Some(&address(n)), Some(&format!("Person {n}")))).collect()
}

fn name(rig: &Rig, n: usize) -> Value {
    rig.brevo(&address(n))["attributes"]["FULLNAME"].clone()
}

async fn later(rig: &Rig) {
    rig.wait(1_300).await;
}

async fn quiet(rig: &Rig) {
    later(rig).await;
    let writes = rig.town.brevo().writes();
    let report = rig.good().await;
    assert_eq!((report.applied, rig.town.brevo().writes()), (0, writes), "a second pass is quiet");
}

#[tokio::test(start_paused = true)]
async fn a_first_load_goes_by_import_in_chunks_of_one_list_set_and_consent_with_opt_outs_first() {
    let mut rig = rig();
    let people = settle(&rig, 120);
    for id in people.iter().step_by(10) {
        rig.town.unsubscribe_contact(id);
    }
    let tap = Tap::listening(&rig.town);
    rig.via = Arc::new(tap.clone());
    let report = rig.good().await;
    let imports: Vec<Value> = tap
        .log()
        .iter()
        .filter(|seen| seen.uri.ends_with("/v3/contacts/import"))
        .map(|seen| serde_json::from_str(&seen.body).unwrap())
        .collect();
    assert_eq!((report.done.created, report.done.opt_outs, report.done.imports), (120, 12, imports.len() as u64));
    let outs: Vec<bool> = imports.iter().map(|import| import["emailBlacklist"] == true).collect();
    assert!(outs.is_sorted_by(|a, b| a >= b) && outs[0] && !outs[outs.len() - 1], "{outs:?}");
    for import in &imports {
        assert_eq!(import["listIds"].as_array().unwrap().len(), 1);
        assert!(import["jsonBody"].to_string().len() <= 2_000);
    }
    assert_eq!(rig.town.brevo().count_calls("POST", "/v3/contacts"), imports.len() + 1, "no single, one attribute");
    for n in 0..120 {
        let shown = rig.brevo(&address(n));
        assert_eq!(shown["listIds"], json!([if n % 4 == 0 { 37 } else { 35 }]), "{n}");
        assert_eq!((&shown["emailBlacklisted"], name(&rig, n)), (&json!(n % 10 == 0), json!(format!("Person {n}"))));
    }
    quiet(&rig).await;
    assert_eq!(rig.town.brevo().creations(), 120);
}

#[tokio::test(start_paused = true)]
async fn without_lists_an_import_uses_one_of_its_own_made_once() {
    let rig = rig_of(empty(), &CONFIG.replace("    lists: {all_users: 35, leads: 37}\n", ""));
    let people = settle(&rig, 30);
    rig.good().await;
    assert_eq!(rig.town.brevo().len(), 30);
    later(&rig).await;
    people.iter().for_each(|id| rig.town.rename_contact(id, "Renamed"));
    rig.good().await;
    assert_eq!(rig.town.brevo().count_calls("POST", "/v3/contacts/lists"), 1);
    assert_eq!(name(&rig, 7), "Renamed");
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn a_phone_that_somebody_else_took_meanwhile_is_left_out_and_the_person_arrives() {
    let mut rig = rig();
    let people = settle(&rig, 20);
    rig.town.set_contact(&people[3], "phone", json!("+491510000001"));
    // After the walk and before the import somebody else gets the number.
    let town = rig.town.clone();
    rig.via = Arc::new(Tap::new(&rig.town, move |request, _| {
        if request.uri().path().starts_with("/v3/contacts/attributes/") {
            town.brevo().add_contact(Some("other@mail.example"), json!({"SMS": "491510000001"}));
        }
    }));
    let report = rig.pass().await.unwrap();
    assert_eq!((report.exit, report.done.created, rig.town.brevo().len()), (0, 20, 21), "{:?}", report.errors);
    assert_eq!((name(&rig, 3), &rig.brevo(&address(3))["attributes"]["SMS"]), (json!("Person 3"), &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn an_address_that_brevo_refuses_is_told_of_and_the_others_arrive() {
    let rig = rig();
    settle(&rig, 20);
    let bad = rig.town.add_person("user", Some("no-dot@host"), Some("Bad Address"));
    let report = rig.pass().await.unwrap();
    assert_eq!((report.exit, report.done.created, report.done.failed, rig.town.brevo().len()), (6, 20, 1, 20));
    assert!(serde_json::to_string(&report.errors).unwrap().contains(&bad), "by its id");
}

#[tokio::test(start_paused = true)]
async fn somebody_whose_address_was_edited_in_brevo_is_changed_there_and_not_made_again() {
    let rig = rig();
    let people = settle(&rig, 20);
    rig.good().await;
    let id = rig.brevo(&address(5))["id"].as_i64().unwrap();
    rig.town.brevo().change_email(id, "by-hand@mail.example");
    later(&rig).await;
    people.iter().for_each(|id| rig.town.rename_contact(id, "Renamed"));
    rig.good().await;
    assert_eq!(rig.town.brevo().creations(), 20, "nobody twice");
    assert_eq!(rig.brevo("by-hand@mail.example")["attributes"]["FULLNAME"], "Renamed");
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn somebody_who_moves_to_a_taken_address_does_not_write_over_its_owner() {
    let rig = rig();
    let people = settle(&rig, 20);
    rig.good().await;
    rig.town.brevo().add_contact(Some("taken@mail.example"), json!({"FULLNAME": "Somebody Else"}));
    later(&rig).await;
    people.iter().for_each(|id| rig.town.rename_contact(id, "Renamed"));
    rig.town.set_contact(&people[5], "email", json!("taken@mail.example"));
    let report = rig.pass().await.unwrap();
    assert_eq!((report.exit, report.conflicts), (0, 1), "{:?}", report.errors);
    assert_eq!(rig.brevo("taken@mail.example")["attributes"]["FULLNAME"], "Somebody Else");
    assert_eq!(name(&rig, 5), "Renamed");
}

#[tokio::test(start_paused = true)]
async fn what_a_failed_import_did_not_do_is_done_by_the_next_run() {
    for fault in [BrevoFault::ImportFailed, BrevoFault::ImportHalf] {
        let rig = rig();
        let people = settle(&rig, 60);
        rig.town.unsubscribe_contact(&people[0]);
        for nth in 1..=2 {
            rig.town.brevo().faults().script("POST", "/import", nth, fault.clone());
        }
        let report = rig.pass().await.unwrap();
        assert_eq!(report.exit, 6, "{fault:?}");
        assert!(serde_json::to_string(&report.errors).unwrap().contains(codes::BRV_IMPORT.id), "{fault:?}");
        rig.town.brevo().faults().clear();
        later(&rig).await;
        rig.town.add_person("user", Some("later@mail.example"), Some("Later"));
        rig.good().await;
        assert_eq!((rig.town.brevo().len(), rig.town.brevo().creations()), (61, 61), "{fault:?}");
        assert_eq!(rig.brevo(&address(0))["emailBlacklisted"], true);
        quiet(&rig).await;

        // And the same with people who are there already.
        people.iter().for_each(|id| rig.town.rename_contact(id, "Renamed"));
        rig.town.unsubscribe_contact(&people[1]);
        for nth in 1..=2 {
            rig.town.brevo().faults().script("POST", "/import", nth, fault.clone());
        }
        let report = rig.pass().await.unwrap();
        assert_eq!(report.exit, 6, "{fault:?}");
        rig.town.brevo().faults().clear();
        later(&rig).await;
        rig.town.add_person("user", Some("last@mail.example"), Some("Last"));
        rig.good().await;
        assert!((0..60).all(|n| name(&rig, n) == "Renamed"), "{fault:?}");
        assert_eq!(rig.brevo(&address(1))["emailBlacklisted"], true, "{fault:?}");
        quiet(&rig).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_import_that_never_ends_holds_up_one_run_and_not_all_that_follow() {
    let rig = rig();
    settle(&rig, 40);
    rig.town.brevo().faults().script("POST", "/import", 1, BrevoFault::ImportStuck);
    let report = rig.pass().await.unwrap();
    assert_eq!(report.exit, 6);
    assert!(serde_json::to_string(&report.errors).unwrap().contains(codes::BRV_IMPORT.id), "{:?}", report.errors);
    later(&rig).await;
    rig.good().await;
    assert_eq!((rig.town.brevo().len(), rig.town.brevo().creations()), (40, 40));
    assert!((0..40).all(|n| name(&rig, n) == json!(format!("Person {n}"))));
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn a_kill_anywhere_around_an_import_makes_nobody_twice_and_loses_nobody() {
    let counting = Trip::counting();
    let rig = rig();
    settle(&rig, 25);
    rig.pass_with(&counting).await.unwrap();
    assert!(counting.passed() > 4, "{}", counting.passed());
    for step in 1..=counting.passed() {
        let rig = self::rig();
        let people = settle(&rig, 25);
        rig.town.unsubscribe_contact(&people[2]);
        let trip = Trip::fail_at(step, &codes::NET_CONNECT);
        drop(rig.pass_with(&trip).await);
        later(&rig).await;
        rig.good().await;
        assert_eq!((rig.town.brevo().len(), rig.town.brevo().creations()), (25, 25), "step {step}");
        assert!(rig.ledger.count_links().unwrap().live == 25, "step {step}");
        assert_eq!(rig.brevo(&address(2))["emailBlacklisted"], true, "step {step}");
        quiet(&rig).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_hourly_bucket_is_enough_for_a_first_load_that_brevo_takes_its_time_with() {
    let brevo = BrevoOptions { tier: Tier::General, import_ms: 600_000, ..empty().brevo };
    let rig = rig_of(Options { brevo, ..empty() }, CONFIG);
    settle(&rig, 60);
    let report = rig.good().await;
    let throttled = rig.town.brevo().calls().iter().filter(|call| call.status == 429).count();
    assert_eq!((report.done.created, throttled), (60, 0));
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn the_calls_of_a_bulk_change_are_counted_and_few() {
    let mut rig = rig();
    rig.bounds = Bounds { bulk_from: 10, ..Bounds::default() };
    let people = settle(&rig, 3_000);
    rig.good().await;
    later(&rig).await;
    people.iter().for_each(|id| rig.town.rename_contact(id, "Renamed"));
    rig.config.brakes.changed_percent = Some(100.0);
    let before = rig.town.brevo().calls().len();
    let report = rig.good().await;
    let calls = (rig.town.brevo().calls().len() - before) as u64;
    assert_eq!((report.done.changed, report.calls), (3_000, calls), "what is said is what was done");
    assert!(calls <= 16, "{calls} calls for 3,000 contacts");
    quiet(&rig).await;
}
