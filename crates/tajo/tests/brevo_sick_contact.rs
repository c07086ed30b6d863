//! A contact that its platform cannot show any more, and a platform that shows nobody.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use std::sync::atomic::{AtomicUsize, Ordering};

use pair::{Rig, empty};
use serde_json::json;
use support::between::between;

const CONFIG: &str = "\
connectors:
  intercom:
    direction: intercom_to_brevo
    facts: off
    sync: {contacts: true, events: false}
  brevo: {}
field_mapping:
  email: email
  name: FULLNAME
";

/// People in step, ids in Intercom, and the way on which some of them are sick.
async fn rig(people: usize) -> (Rig, Vec<String>) {
    let mut rig = Rig::new(empty(), CONFIG);
    rig.resources = vec!["contacts"];
    let names = ["ada", "bea", "cleo", "dora", "emma", "fay", "greta", "hanna"];
    let add = |name: &&str| rig.town.add_person("user", Some(&format!("{name}@mail.example")), Some(name));
    let ids: Vec<String> = names.iter().take(people).map(add).collect();
    rig.good().await;
    rig.wait(1_300).await;
    (rig, ids)
}

/// Requests for what is `sick` fail once `good` of them went through.
fn fall_sick(rig: &mut Rig, sick: impl Fn(&str) -> bool + Send + Sync + 'static, good: usize) {
    let seen = AtomicUsize::new(0);
    rig.via = between(&rig.town, move |request| {
        let fails = sick(request.uri().path()) && seen.fetch_add(1, Ordering::SeqCst) >= good;
        fails.then(|| (500, json!({"code": "internal_error", "message": "try again"})))
    });
}

fn fullname(rig: &Rig, email: &str) -> String {
    rig.brevo(email)["attributes"]["FULLNAME"].as_str().unwrap().to_string()
}

#[tokio::test(start_paused = true)]
async fn a_contact_that_brevo_cannot_show_keeps_nobody_else_from_being_written_in_any_run() {
    // Before anything was sent, and when a write was sent and what became of it cannot be seen.
    for good in [0, 1] {
        let (mut rig, ids) = rig(3).await;
        let bea = format!("/v3/contacts/{}", rig.brevo("bea@mail.example")["id"]);
        for round in 0..3 {
            let bea = bea.clone();
            fall_sick(&mut rig, move |path| path == bea, if round == 0 { good } else { 0 });
            ids.iter().for_each(|id| rig.town.rename_contact(id, &format!("Round {round}")));
            let report = rig.pass().await.unwrap();
            assert_eq!(report.exit, 6, "{report:?}");
            for email in ["ada@mail.example", "cleo@mail.example"] {
                assert_eq!(fullname(&rig, email), format!("Round {round}"), "good {good}");
            }
            assert_eq!(fullname(&rig, "bea@mail.example"), "bea");
            rig.wait(1_300).await;
        }
        rig.straight();
        rig.good().await;
        assert_eq!(fullname(&rig, "bea@mail.example"), "Round 2", "nothing was forgotten");
        rig.wait(1_300).await;
        let writes = rig.town.brevo().writes();
        rig.good().await;
        assert_eq!(rig.town.brevo().writes(), writes, "and then there is quiet");
    }
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_shows_nobody_ends_the_run_and_the_next_one_makes_up_for_it() {
    let (mut rig, ids) = rig(8).await;
    let is_contact = |path: &str| path.strip_prefix("/v3/contacts/").is_some_and(|id| id.parse::<i64>().is_ok());
    fall_sick(&mut rig, is_contact, 0);
    ids.iter().for_each(|id| rig.town.rename_contact(id, "Renamed"));
    let ended = rig.pass().await;
    assert!(ended.is_err() || ended.is_ok_and(|report| report.exit != 0 && report.done.failed < 8), "not one by one to the end");
    rig.wait(1_300).await;
    rig.straight();
    rig.good().await;
    for name in ["ada", "hanna"] {
        assert_eq!(fullname(&rig, &format!("{name}@mail.example")), "Renamed");
    }
}
