//! What contacts did with Brevo's e-mails, as events of Intercom: each once, and none comes back as an echo.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use pair::{Rig, config_of, empty};
use serde_json::{Value, json};
use support::NOW;
use tajo::config::Direction;
use tajo_core::codes;
use tajo_core::trip::Trip;
use tajo_sim::{BrevoFault, Fault};
use tajo_state::Ledger;

const CONFIG: &str = "\
connectors:
  intercom:
    direction: bidirectional
    facts: off
    sync: {contacts: true, events: true}
  brevo: {}
field_mapping:
  email: email
  name: {to: FULLNAME, direction: both}
";

/// Ada, linked, before engagement is looked at for the first time.
async fn linked(config: &str) -> (Rig, String, i64) {
    let mut rig = Rig::new(empty(), config);
    rig.resources = vec!["contacts"];
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada Fisher"));
    rig.good().await;
    let id = rig.brevo("ada@mail.example")["id"].as_i64().unwrap();
    rig.wait(400).await;
    (rig, ada, id)
}

fn told(rig: &Rig, contact: &str) -> Vec<(String, Value)> {
    let own = |event: &Value| (event["event_name"].as_str().unwrap().to_string(), event["metadata"]["campaign_id"].clone());
    rig.town.events_of(contact).iter().map(own).collect()
}

#[tokio::test(start_paused = true)]
async fn an_opened_and_clicked_email_becomes_events_at_their_own_time() {
    let (rig, ada, id) = linked(CONFIG).await;
    rig.town.brevo().opened(id, 7);
    rig.wait(60).await;
    rig.town.brevo().clicked(id, 7);
    rig.wait(60).await;
    rig.town.brevo().bounced(id, 8, false);
    rig.wait(900).await;
    let report = rig.good().await;
    assert_eq!(report.done.engagement, 3);
    let names = [("brevo_email_opened", 7), ("brevo_email_clicked", 7), ("brevo_email_bounced", 8)];
    assert_eq!(told(&rig, &ada), names.map(|(name, campaign)| (name.to_string(), json!(campaign))));
    let at: Vec<i64> = rig.town.events_of(&ada).iter().filter_map(|event| event["created_at"].as_i64()).collect();
    assert!(at[0] >= NOW + 400 && (at[1] - at[0], at[2] - at[1]) == (60, 60), "{at:?}");

    let writes = (rig.town.writes(), rig.town.brevo().writes());
    for _ in 0..3 {
        rig.wait(400).await;
        let quiet = rig.good().await;
        assert_eq!((quiet.applied, quiet.done.events), (0, 0));
    }
    assert_eq!((rig.town.writes(), rig.town.brevo().writes()), writes);
    // A second opening is another event.
    rig.town.brevo().opened(id, 7);
    rig.wait(60).await;
    assert_eq!((rig.good().await.done.engagement, told(&rig, &ada).len()), (1, 4));
}

#[tokio::test(start_paused = true)]
async fn it_does_not_come_back_to_brevo_when_intercom_stamps_the_contact() {
    let (rig, ada, id) = linked(CONFIG).await;
    rig.town.brevo().opened(id, 7);
    rig.good().await;
    rig.wait(400).await;
    // As if Intercom had moved `updated_at` for the event, and with a name that is changed as well.
    rig.town.rename_contact(&ada, "Ada Byron");
    rig.town.add_event(&ada, "ordered-item", json!({}));
    let report = rig.good().await;
    let names: Vec<Value> = rig.town.brevo().events().iter().map(|event| event["event_name"].clone()).collect();
    assert_eq!((names, report.done.engagement), (vec![json!("ordered-item")], 0));
}

#[tokio::test(start_paused = true)]
async fn what_happened_before_makes_no_event() {
    let mut rig = Rig::new(empty(), CONFIG);
    rig.resources = vec!["contacts"];
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada Fisher"));
    let id = rig.town.brevo().add_contact(Some("ada@mail.example"), json!({"FULLNAME": "Ada Fisher"}));
    rig.town.brevo().opened(id, 1);
    rig.wait(400).await;
    rig.good().await;
    rig.wait(400).await;
    rig.town.brevo().clicked(id, 2);
    rig.wait(400).await;
    rig.good().await;
    assert_eq!(told(&rig, &ada), [("brevo_email_clicked".to_string(), json!(2))]);
}

#[tokio::test(start_paused = true)]
async fn five_hundred_contacts_a_pass_and_the_rest_in_the_next() {
    let mut rig = Rig::new(empty(), CONFIG);
    rig.resources = vec!["contacts"];
    for n in 0..620 {
        rig.town.add_person("user", Some(&format!("p{n}@mail.example")), Some("Somebody"));
    }
    rig.good().await;
    rig.wait(400).await;
    for contact in rig.town.brevo().contacts() {
        rig.town.brevo().opened(contact["id"].as_i64().unwrap(), 7);
    }
    rig.wait(10).await;
    rig.town.brevo().clear_calls();
    let first = rig.good().await;
    let looks =
        rig.town.brevo().calls().iter().filter(|call| call.path.starts_with("/v3/contacts/") && call.method == "GET").count();
    assert!(looks <= 505, "{looks}");
    assert!((490..=500).contains(&first.done.engagement), "{}", first.done.engagement);
    assert!(first.warnings.iter().any(|warning| warning.contains("next pass")), "{:?}", first.warnings);
    let second = rig.good().await;
    assert_eq!(first.done.engagement + second.done.engagement, 620);
    rig.wait(400).await;
    assert_eq!(rig.good().await.applied, 0);
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_either_platform_loses_nothing_and_doubles_nothing() {
    for (intercom, brevo) in [
        (Some(Fault::DroppedAfter), None),
        (Some(Fault::ServerError), None),
        (None, Some(BrevoFault::ServerError)),
        (None, Some(BrevoFault::Truncated)),
    ] {
        let (rig, ada, id) = linked(CONFIG).await;
        rig.town.brevo().opened(id, 7);
        if let Some(fault) = &intercom {
            rig.town.faults().script("/events", 1, 9, fault.clone());
        }
        for nth in 1..=9 {
            if let Some(fault) = &brevo {
                rig.town.brevo().faults().script("GET", &format!("/v3/contacts/{id}"), nth, fault.clone());
            }
        }
        let report = rig.pass().await.unwrap();
        assert!(report.exit != 0, "{intercom:?} {brevo:?}");
        rig.town.faults().clear();
        rig.town.brevo().faults().clear();
        rig.wait(400).await;
        rig.good().await;
        assert_eq!(told(&rig, &ada).len(), 1, "{intercom:?} {brevo:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_contact_deleted_in_intercom_is_passed_over() {
    let (rig, ada, id) = linked(CONFIG).await;
    rig.town.brevo().opened(id, 7);
    rig.town.remove_contact(&ada);
    let report = rig.pass().await.unwrap();
    assert_eq!((report.done.engagement, report.errors.len()), (0, 0), "{:?}", report.errors);
}

#[test]
fn a_kill_at_any_step_makes_no_second_event() {
    let paused = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let begin = || async {
        let (mut rig, ada, id) = linked(CONFIG).await;
        rig.ledger = Ledger::open(rig.folder.path(), "test", Trip::default()).unwrap();
        rig.good().await;
        rig.wait(400).await;
        rig.town.brevo().opened(id, 7);
        rig.town.brevo().clicked(id, 7);
        (rig, ada)
    };
    let steps = paused().block_on(async {
        let (mut rig, _) = begin().await;
        let trip = Trip::counting();
        rig.ledger = Ledger::open(rig.folder.path(), "test", trip.clone()).unwrap();
        rig.pass_with(&trip).await.unwrap();
        trip.passed()
    });
    assert!(steps > 8, "only {steps} steps");
    for n in 1..=steps {
        paused().block_on(async {
            let (mut rig, ada) = begin().await;
            let trip = Trip::fail_at(n, &codes::BUG);
            rig.ledger = Ledger::open(rig.folder.path(), "test", trip.clone()).unwrap();
            drop(rig.pass_with(&trip).await);
            rig.ledger = Ledger::open(rig.folder.path(), "test", Trip::default()).unwrap();
            rig.wait(400).await;
            rig.good().await;
            assert_eq!(told(&rig, &ada).len(), 2, "step {n} of {steps}");
            assert!(rig.town.brevo().events().is_empty());
        });
    }
}

#[test]
fn it_is_on_where_both_ways_are_open_unless_said() {
    use Direction::{Bidirectional, BrevoToIntercom, IntercomToBrevo};
    for (said, expect) in
        [("", [true, false, false]), ("engagement: off\n", [false; 3]), ("engagement: events\n", [true, true, false])]
    {
        let config = config_of(&format!("connectors: {{brevo: {{}}}}\n{said}"));
        let on = [Bidirectional, BrevoToIntercom, IntercomToBrevo].map(|direction| config.sends_engagement(direction));
        assert_eq!(on, expect, "{said}");
    }
}
