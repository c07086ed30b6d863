//! What the platforms refuse, forget or take back: told per record, the rest goes on, nothing is lost.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use pair::{Rig, empty};
use serde_json::{Value, json};
use support::between::between;
use tajo_core::codes;
use tajo_sim::{BrevoFault, BrevoOptions, Options, Tier};

fn rig_of(options: Options, events: bool) -> Rig {
    let config = format!(
        "connectors:\n  intercom:\n    direction: intercom_to_brevo\n    facts: off\n    sync: {{contacts: true, events: {events}}}\n  brevo: {{}}\n\
         field_mapping:\n  email: email\n  name: FULLNAME\n  phone: SMS\n"
    );
    let mut rig = Rig::new(options, &config);
    rig.resources = vec!["contacts"];
    rig
}

fn rig() -> Rig {
    rig_of(empty(), false)
}

fn address(n: usize) -> String {
    format!("person{n}@mail.example")
}

fn settle(rig: &Rig, count: usize) -> Vec<String> {
    (0..count).map(|n| rig.town.add_person("user", Some(&address(n)), Some(&format!("Person {n}")))).collect()
}

fn attribute(rig: &Rig, n: usize, name: &str) -> Value {
    rig.brevo(&address(n))["attributes"][name].clone()
}

async fn later(rig: &Rig) {
    rig.wait(1_300).await;
}

async fn quiet(rig: &Rig) {
    later(rig).await;
    let writes = rig.town.brevo().writes();
    rig.good().await;
    assert_eq!(rig.town.brevo().writes(), writes, "the next pass is quiet");
}

#[tokio::test(start_paused = true)]
async fn a_value_that_brevo_refuses_does_not_keep_back_the_other_fields() {
    let mut rig = rig();
    let people = settle(&rig, 3);
    rig.good().await;
    later(&rig).await;
    rig.via = between(&rig.town, |request| {
        let bad = request.method() == "PUT" && String::from_utf8_lossy(request.body()).contains("491510000001");
        bad.then(|| (400, json!({"code": "invalid_parameter", "message": "Invalid phone number"})))
    });
    rig.town.set_contact(&people[1], "phone", json!("+491510000001"));
    people.iter().for_each(|id| rig.town.rename_contact(id, "Renamed"));
    let report = rig.pass().await.unwrap();
    assert_eq!((report.exit, report.done.failed), (6, 1), "{:?}", report.errors);
    let told = serde_json::to_string(&report.errors).unwrap();
    assert!(told.contains("SMS") && told.contains(codes::BRV_INVALID.id) && told.contains(&people[1]), "{told}");
    assert!((0..3).all(|n| attribute(&rig, n, "FULLNAME") == "Renamed"), "everybody's name arrived");
}

#[tokio::test(start_paused = true)]
async fn a_phone_taken_between_the_look_and_the_write_is_left_out_and_tried_when_it_is_free() {
    for new in [true, false] {
        let mut rig = rig();
        let ada = rig.town.add_person("user", Some(&address(0)), Some("Ada"));
        if !new {
            rig.good().await;
            later(&rig).await;
            rig.town.rename_contact(&ada, "Ada Fisher");
        }
        rig.town.set_contact(&ada, "phone", json!("+491510000001"));
        let (town, first) = (rig.town.clone(), AtomicBool::new(true));
        let method = if new { "POST" } else { "PUT" };
        rig.via = between(&rig.town, move |request| {
            if request.method() == method && !request.uri().path().contains("attributes") && first.swap(false, Ordering::SeqCst) {
                town.brevo().add_contact(Some("other@mail.example"), json!({"SMS": "491510000001"}));
            }
            None
        });
        let report = rig.pass().await.unwrap();
        assert_eq!((report.exit, rig.town.brevo().len()), (0, 2), "new: {new}, {:?}", report.errors);
        let expect = if new { "Ada" } else { "Ada Fisher" };
        assert_eq!((attribute(&rig, 0, "FULLNAME"), attribute(&rig, 0, "SMS")), (json!(expect), json!(null)));
        quiet(&rig).await;
        rig.town.brevo().delete_contact(rig.brevo("other@mail.example")["id"].as_i64().unwrap());
        rig.pair(&Default::default()).await.unwrap().refresh(true).await.unwrap();
        later(&rig).await;
        rig.good().await;
        assert_eq!(attribute(&rig, 0, "SMS"), "491510000001", "new: {new}");
        quiet(&rig).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_refusals_for_lack_of_budget_is_sat_out() {
    let brevo = BrevoOptions { tier: Tier::General, ..empty().brevo };
    let rig = rig_of(Options { brevo, ..empty() }, false);
    settle(&rig, 60);
    for nth in (1..120).step_by(3) {
        rig.town.brevo().faults().script("", "/contacts", nth, BrevoFault::RateLimited);
    }
    let report = rig.good().await;
    assert_eq!((report.done.created, rig.town.brevo().creations()), (60, 60));
    assert!(rig.town.brevo().calls().iter().filter(|call| call.status == 429).count() >= 20);
    rig.town.brevo().faults().clear();
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn everything_that_can_go_wrong_at_once_makes_nobody_twice_and_loses_nobody() {
    for seed in 0..6 {
        let brevo = BrevoOptions { seed, ..empty().brevo };
        let rig = rig_of(Options { brevo, ..empty() }, false);
        settle(&rig, 40);
        for _ in 0..3 {
            rig.town.brevo().faults().storm(250);
            drop(rig.pass().await);
            rig.town.brevo().faults().clear();
            later(&rig).await;
        }
        rig.good().await;
        assert_eq!((rig.town.brevo().len(), rig.town.brevo().creations()), (40, 40), "seed {seed}");
        assert!((0..40).all(|n| attribute(&rig, n, "FULLNAME") == json!(format!("Person {n}"))), "seed {seed}");
        quiet(&rig).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_revoked_in_the_middle_stops_the_run_and_the_next_one_completes_it() {
    for nth in [1, 2, 5, 9, 20] {
        let rig = rig();
        settle(&rig, 20);
        for n in 0..8 {
            rig.town.brevo().faults().script("", "/contacts", nth + n, BrevoFault::Unauthorized);
        }
        let exit = match rig.pass().await {
            Ok(report) => report.exit,
            Err(error) => error.kind().advice().exit,
        };
        assert_eq!(exit, 77, "call {nth}");
        rig.town.brevo().faults().clear();
        later(&rig).await;
        rig.good().await;
        assert_eq!((rig.town.brevo().len(), rig.town.brevo().creations()), (20, 20), "call {nth}");
        quiet(&rig).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_of_intercom_revoked_in_the_middle_stops_the_run_and_the_next_one_completes_it() {
    let mut rig = Rig::new(
        empty(),
        "connectors:\n  intercom:\n    direction: bidirectional\n    facts: off\n    sync: {contacts: true}\n  brevo: {}\n\
         field_mapping:\n  email: email\n  name: {to: FULLNAME, direction: both}\n",
    );
    rig.resources = vec!["contacts"];
    let people = settle(&rig, 6);
    rig.good().await;
    for n in 0..6 {
        rig.town.brevo().set_attribute(rig.brevo(&address(n))["id"].as_i64().unwrap(), "FULLNAME", json!(format!("Edited {n}")));
    }
    later(&rig).await;
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    rig.via = between(&rig.town, move |request| {
        let third = request.method() == "PUT"
            && request.uri().path().starts_with("/contacts/")
            && count.fetch_add(1, Ordering::SeqCst) >= 2;
        third.then(|| {
            (401, json!({"type": "error.list", "errors": [{"code": "unauthorized", "message": "Access Token Invalid"}]}))
        })
    });
    let report = rig.pass().await.unwrap();
    assert_eq!(report.exit, 77, "{:?}", report.errors);
    rig.straight();
    for _ in 0..2 {
        later(&rig).await;
        rig.good().await;
    }
    let name = |id: &String| rig.intercom(id)["name"].clone();
    assert_eq!(people.iter().map(name).collect::<Vec<_>>(), (0..6).map(|n| json!(format!("Edited {n}"))).collect::<Vec<_>>());
    assert_eq!(rig.town.writes(), 6, "each once");
}

#[tokio::test(start_paused = true)]
async fn an_exhausted_hourly_bucket_stops_events_and_loses_none() {
    let mut rig = rig_of(empty(), true);
    let people = settle(&rig, 4);
    for id in &people {
        rig.town.add_event(id, "ordered-item", json!({}));
        rig.town.add_event(id, "paid", json!({}));
    }
    let seen = AtomicUsize::new(0);
    rig.via = between(&rig.town, move |request| {
        let third = request.uri().path().starts_with("/v3/events") && seen.fetch_add(1, Ordering::SeqCst) >= 2;
        third.then(|| (429, json!({"code": "too_many_requests", "message": "slow down"})))
    });
    let report = rig.pass().await.unwrap();
    let said = report.warnings.iter().any(|warning| warning.contains("calls are used up"));
    assert!(report.exit == 0 && said, "as where the calls of companies are used up: {report:?}");
    assert_eq!(rig.town.brevo().events().len(), 4, "two people's");
    rig.straight();
    later(&rig).await;
    rig.good().await;
    assert_eq!(rig.town.brevo().events().len(), 8, "all, and none twice");
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_revoked_before_the_events_loses_none_of_them() {
    let rig = rig_of(empty(), true);
    for id in settle(&rig, 3) {
        rig.town.add_event(&id, "ordered-item", json!({}));
    }
    rig.town.brevo().faults().script("POST", "/events", 2, BrevoFault::Unauthorized);
    assert_eq!(rig.pass().await.unwrap().exit, 77);
    later(&rig).await;
    rig.good().await;
    assert_eq!(rig.town.brevo().events().len(), 3);
}
