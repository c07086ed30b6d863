//! Events reach Brevo once: Brevo itself would take every copy.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use pair::{Rig, empty};
use serde_json::json;
use tajo::pairs::plan::Scope;
use tajo_sim::BrevoFault;
use tajo_state::Ledger;

const CONFIG: &str = "\
connectors:
  intercom:
    direction: intercom_to_brevo
    sync: {contacts: true, conversations: true, events: true}
    facts: off
  brevo: {}
field_mapping:
  email: email
  name: FULLNAME
";

fn rig() -> Rig {
    let mut rig = Rig::new(empty(), CONFIG);
    rig.resources = vec!["contacts", "conversations"];
    rig
}

fn names(rig: &Rig) -> Vec<String> {
    let mut names: Vec<String> =
        rig.town.brevo().events().iter().map(|event| event["event_name"].as_str().unwrap().to_string()).collect();
    names.sort();
    names
}

async fn later(rig: &Rig) {
    rig.wait(1_300).await;
}

// Shows: T-012.
#[tokio::test(start_paused = true)]
async fn a_custom_event_arrives_with_its_properties_and_a_replay_makes_none_twice() {
    let rig = rig();
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.town.add_event(&ada, "Ordered item", json!({"item": "mill", "price": 12}));
    rig.good().await;
    let events = rig.town.brevo().events();
    assert_eq!((events.len(), &events[0]["event_name"]), (1, &json!("Ordered_item")));
    let text = events[0].to_string();
    assert!(text.contains("Ordered item") && text.contains("mill"), "its own name and data are kept: {text}");
    // The contact changes, everything is planned again, and nothing is sent again.
    for scope in [Scope::Changed, Scope::All] {
        later(&rig).await;
        rig.town.touch_contact(&ada);
        rig.extract().await.unwrap();
        rig.pair(&Default::default()).await.unwrap().pass(&rig.wanted(scope)).await.unwrap();
        assert_eq!(rig.town.brevo().events().len(), 1);
    }
    rig.town.add_event(&ada, "Ordered item", json!({"item": "barge"}));
    rig.town.touch_contact(&ada);
    rig.good().await;
    assert_eq!(rig.town.brevo().events().len(), 2, "a second order is another event");
}

#[tokio::test(start_paused = true)]
async fn an_event_of_unknown_outcome_is_never_sent_again() {
    for fault in [BrevoFault::Dropped, BrevoFault::EmptyBody, BrevoFault::Truncated, BrevoFault::Unsent, BrevoFault::ServerError]
    {
        for count in [1, 3] {
            let rig = rig();
            let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
            for n in 0..count {
                rig.town.add_event(&ada, &format!("event-{n}"), json!({}));
            }
            rig.town.brevo().faults().script("POST", "/events", 1, fault.clone());
            let report = rig.pass().await.unwrap();
            let after = rig.town.brevo().events().len();
            assert!(after == 0 || after == count, "{fault:?}");
            for _ in 0..2 {
                later(&rig).await;
                rig.town.touch_contact(&ada);
                rig.pass().await.unwrap();
            }
            let sent = names(&rig);
            assert!(sent.len() <= count, "{fault:?}: {sent:?}");
            let single_empty = count == 1 && fault == BrevoFault::EmptyBody;
            assert!(report.done.unknown == count as u64 || sent.len() == count, "{fault:?}: told or sent; {report:?}");
            assert!(!single_empty || sent.len() == 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn old_conversations_make_no_events_and_new_ones_do() {
    let rig = rig();
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    let old = rig.town.add_conversation_of(&ada);
    rig.town.close_conversation(&old);
    later(&rig).await;
    rig.good().await;
    assert_eq!(names(&rig), [""; 0], "nobody is told of last year's talks");
    later(&rig).await;
    let new = rig.town.add_conversation_of(&ada);
    rig.good().await;
    assert_eq!(names(&rig), ["conversation_created"]);
    later(&rig).await;
    rig.town.close_conversation(&new);
    rig.town.rate_conversation(&new, 4, "fine");
    rig.good().await;
    assert_eq!(names(&rig), ["conversation_closed", "conversation_created", "conversation_rating_added"]);
    let rated = rig.town.brevo().events().into_iter().find(|event| event["event_name"] == "conversation_rating_added").unwrap();
    assert!(rated.to_string().contains(&new) && rated.to_string().contains("\"rating\":4"), "{rated}");
    // A replay of everything.
    later(&rig).await;
    rig.pair(&Default::default()).await.unwrap().pass(&rig.wanted(Scope::All)).await.unwrap();
    assert_eq!(names(&rig).len(), 3);
    // The old conversation goes on: what happens now is told.
    rig.town.reply(&old, "again");
    later(&rig).await;
    rig.town.close_conversation(&old);
    rig.good().await;
    assert_eq!(names(&rig).iter().filter(|name| *name == "conversation_closed").count(), 2);
    assert_eq!(names(&rig).len(), 4);
}

#[tokio::test(start_paused = true)]
async fn events_wait_for_a_contact_that_could_not_be_created() {
    let rig = rig();
    let ada = rig.town.add_person("user", None, Some("Ada"));
    rig.town.add_event(&ada, "early", json!({}));
    rig.good().await;
    assert_eq!(names(&rig), [""; 0]);
    later(&rig).await;
    rig.town.set_contact(&ada, "email", json!("ada@mail.example"));
    rig.good().await;
    assert_eq!(names(&rig), ["early"], "who is known now has a past of 90 days");
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_moves_to_another_process_keeps_what_was_sent() {
    let mut rig = rig();
    rig.ledger = Ledger::open(rig.folder.path(), "test", Default::default()).unwrap();
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.town.add_event(&ada, "once", json!({}));
    rig.good().await;
    rig.ledger = Ledger::open(rig.folder.path(), "test", Default::default()).unwrap();
    later(&rig).await;
    rig.town.touch_contact(&ada);
    rig.good().await;
    assert_eq!(names(&rig), ["once"]);
}

#[tokio::test(start_paused = true)]
async fn one_refused_event_of_many_does_not_hold_the_others_up() {
    let rig = rig();
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.town.add_event(&ada, "small", json!({}));
    rig.town.add_event(&ada, "large", json!({"text": "x".repeat(60_000)}));
    rig.town.add_event(&ada, "last", json!({}));
    let report = rig.pass().await.unwrap();
    assert_eq!(
        (names(&rig), report.done.events, report.done.failed, report.exit),
        (vec!["last".into(), "small".into()], 2, 1, 6)
    );
    later(&rig).await;
    rig.town.touch_contact(&ada);
    rig.good().await;
    assert_eq!(names(&rig).len(), 2, "what Brevo refused for good is not tried again");
}
