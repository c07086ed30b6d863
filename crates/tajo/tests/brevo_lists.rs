//! Lists are kept exact: in when the rule says so, out when it does not, and never against a person's own wish.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use std::sync::Arc;

use pair::{Rig, empty};
use serde_json::json;
use support::Tap;
use tajo_core::codes;

const CONFIG: &str = "\
connectors:
  intercom:
    direction: intercom_to_brevo
    lists: {all_users: 35, active_conversations: 36, leads: 37}
    facts: off
  brevo: {}
field_mapping:
  email: email
  name: FULLNAME
";

fn lists(rig: &Rig, email: &str) -> Vec<u64> {
    let mut ids: Vec<u64> = rig.brevo(email)["listIds"].as_array().unwrap().iter().filter_map(|id| id.as_u64()).collect();
    ids.sort_unstable();
    ids
}

// Shows: T-042, T-044.
#[tokio::test(start_paused = true)]
async fn users_and_leads_stand_on_their_lists_and_change_over_when_they_convert() {
    let rig = Rig::new(empty(), CONFIG);
    rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    let eve = rig.town.add_person("lead", Some("eve@mail.example"), Some("Eve"));
    rig.town.add_person("lead", None, Some("Nobody"));
    rig.good().await;
    assert_eq!((lists(&rig, "ada@mail.example"), lists(&rig, "eve@mail.example")), (vec![35], vec![37]));
    rig.wait(400).await;
    rig.town.set_contact(&eve, "role", json!("user"));
    rig.good().await;
    assert_eq!(lists(&rig, "eve@mail.example"), [35]);
    assert_eq!(rig.town.brevo().len(), 2);
}

// Shows: T-043.
#[tokio::test(start_paused = true)]
async fn the_list_of_active_conversations_follows_opening_snoozing_closing_and_reopening() {
    let rig = Rig::new(empty(), CONFIG);
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.good().await;
    assert_eq!(lists(&rig, "ada@mail.example"), [35]);
    let first = rig.town.add_conversation_of(&ada);
    let second = rig.town.add_conversation_of(&ada);
    type Step = fn(&Rig, &str, &str);
    let steps: [(Step, &[u64]); 5] = [
        (|_, _, _| (), &[35, 36]),
        (|rig, first, _| rig.town.close_conversation(first), &[35, 36]),
        (|rig, _, second| rig.town.snooze_conversation(second), &[35, 36]),
        (|rig, _, second| rig.town.close_conversation(second), &[35]),
        (|rig, first, _| drop(rig.town.reply(first, "one more thing")), &[35, 36]),
    ];
    for (n, (step, expect)) in steps.into_iter().enumerate() {
        rig.wait(400).await;
        step(&rig, &first, &second);
        rig.good().await;
        assert_eq!(lists(&rig, "ada@mail.example"), expect, "step {n}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_was_put_on_or_taken_off_a_kept_list_by_hand_is_put_right_and_other_lists_are_left_alone() {
    let rig = Rig::new(empty(), CONFIG);
    rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.good().await;
    let id = rig.brevo("ada@mail.example")["id"].as_i64().unwrap();
    rig.wait(400).await;
    rig.town.brevo().add_to_list(id, 37);
    rig.town.brevo().add_to_list(id, 40);
    rig.town.brevo().remove_from_list(id, 35);
    rig.good().await;
    assert_eq!(lists(&rig, "ada@mail.example"), [35, 40]);
}

#[tokio::test(start_paused = true)]
async fn strangers_in_brevo_stay_on_the_lists_they_are_on() {
    let rig = Rig::new(empty(), CONFIG);
    rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    let stranger = rig.town.brevo().add_contact(Some("stranger@mail.example"), json!({}));
    rig.town.brevo().add_to_list(stranger, 35);
    rig.good().await;
    assert_eq!(lists(&rig, "stranger@mail.example"), [35], "Intercom says nothing about them");
}

#[tokio::test(start_paused = true)]
async fn who_unsubscribed_from_a_list_is_never_put_back_on_it() {
    let mut rig = Rig::new(empty(), CONFIG);
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    let id = rig.town.brevo().add_contact(Some("ada@mail.example"), json!({}));
    // The account has unsubscribing per list switched on, and Ada made use of it.
    rig.via = Arc::new(Tap::json(&rig.town, "/v3/contacts", move |answer| {
        let mark = |contact: &mut serde_json::Value| {
            if contact["id"] == id {
                contact["listUnsubscribed"] = json!([35]);
            }
        };
        mark(answer);
        answer["contacts"].as_array_mut().into_iter().flatten().for_each(mark);
    }));
    let report = rig.good().await;
    assert_eq!(lists(&rig, "ada@mail.example"), [0u64; 0]);
    assert_eq!(report.counts.notes, 1, "and it is said");
    rig.wait(400).await;
    rig.town.rename_contact(&ada, "Ada Fisher");
    rig.good().await;
    assert_eq!(lists(&rig, "ada@mail.example"), [0u64; 0]);
    assert_eq!(rig.brevo("ada@mail.example")["attributes"]["FULLNAME"], "Ada Fisher", "the rest is kept in step");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_list_is_refused_before_any_write_and_says_which_there_are() {
    let rig = Rig::new(empty(), &CONFIG.replace("leads: 37", "leads: 99"));
    rig.town.add_person("lead", Some("eve@mail.example"), Some("Eve"));
    let error = rig.pass().await.unwrap_err();
    assert_eq!(error.code(), &codes::BRV_LIST);
    let said = format!("{error:?}");
    assert!(said.contains("99") && said.contains("35, 36, 37, 40") && said.contains("line 4"), "{said}");
    assert_eq!((rig.town.brevo().writes(), rig.town.brevo().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn conversations_that_are_not_synced_leave_their_list_alone() {
    let text = CONFIG.replace("    facts: off\n", "    facts: off\n    sync: {contacts: true}\n");
    let mut rig = Rig::new(empty(), &text);
    rig.resources = vec!["contacts"];
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    let id = rig.town.brevo().add_contact(Some("ada@mail.example"), json!({}));
    rig.town.brevo().add_to_list(id, 36);
    rig.town.add_conversation_of(&ada);
    rig.good().await;
    assert_eq!(lists(&rig, "ada@mail.example"), [35, 36], "what is not known is not denied");
}
