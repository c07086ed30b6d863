//! Who is who: one person is one contact on each side, whatever happens to addresses, roles and records.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use pair::{Rig, empty};
use serde_json::{Value, json};
use tajo::pairs::apply::Run;
use tajo::pairs::known::{Known, Person};
use tajo::pairs::pass::Report;
use tajo::pairs::why::accounts;
use tajo_state::LinkState;

/// People alone, one way or both.
fn rig(direction: &str, more: &str) -> Rig {
    let both = if direction == "bidirectional" { "{to: FULLNAME, direction: both}" } else { "FULLNAME" };
    let mut rig = Rig::new(
        empty(),
        &format!(
            "connectors:\n  intercom:\n    direction: {direction}\n    facts: off\n    sync: {{contacts: true}}\n{more}  brevo: {{}}\n\
             field_mapping:\n  email: email\n  name: {both}\n  phone: SMS\n"
        ),
    );
    rig.resources = vec!["contacts"];
    rig
}

fn name(rig: &Rig, email: &str) -> Value {
    rig.brevo(email)["attributes"]["FULLNAME"].clone()
}

fn state(rig: &Rig, id: &str) -> LinkState {
    rig.ledger.link(id).unwrap().unwrap().state
}

async fn later(rig: &Rig) {
    rig.wait(1_300).await;
}

#[tokio::test(start_paused = true)]
async fn several_leads_with_one_address_are_one_contact() {
    let rig = rig("intercom_to_brevo", "");
    for n in 0..3 {
        rig.town.add_person("lead", Some("eve@mail.example"), Some(&format!("Eve {n}")));
    }
    let report = rig.good().await;
    assert_eq!((rig.town.brevo().len(), report.skipped_by.get("shares_email")), (1, Some(&2)));
    let first = name(&rig, "eve@mail.example");
    later(&rig).await;
    for id in rig.town.ids("contacts") {
        rig.town.touch_contact(&id);
    }
    let writes = rig.town.brevo().writes();
    rig.good().await;
    assert_eq!((name(&rig, "eve@mail.example"), rig.town.brevo().writes()), (first, writes), "they do not take turns");
}

#[tokio::test(start_paused = true)]
async fn a_user_comes_before_the_leads_with_his_address() {
    let rig = rig("intercom_to_brevo", "");
    rig.town.add_person("lead", Some("eve@mail.example"), Some("Eve the lead"));
    rig.town.add_person("user", Some("Eve@mail.example"), Some("Eve the user"));
    rig.good().await;
    assert_eq!((rig.town.brevo().len(), name(&rig, "eve@mail.example")), (1, json!("Eve the user")));
}

#[tokio::test(start_paused = true)]
async fn of_two_users_with_one_address_nobody_is_chosen() {
    let rig = rig("intercom_to_brevo", "");
    rig.town.add_person("user", Some("twin@mail.example"), Some("Twin One"));
    rig.town.add_person("user", Some("twin@mail.example"), Some("Twin Two"));
    rig.town.brevo().add_contact(Some("twin@mail.example"), json!({}));
    let report = rig.good().await;
    assert_eq!(report.skipped_by.get("two_candidates"), Some(&2));
    assert_eq!((rig.town.brevo().writes(), name(&rig, "twin@mail.example")), (1, Value::Null), "the attribute alone was made");
}

#[tokio::test(start_paused = true)]
async fn an_address_on_one_contact_and_the_id_on_another_is_nobody_s_guess() {
    let rig = rig("intercom_to_brevo", "    no_email: ext_id\n");
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.town.brevo().add_contact(Some("ada@mail.example"), json!({}));
    rig.town.brevo().add_contact(None, json!({"EXT_ID": ada}));
    let report = rig.good().await;
    assert_eq!(report.skipped_by.get("two_candidates"), Some(&1));
    assert_eq!(rig.town.brevo().len(), 2);
}

// Shows: T-045.
#[tokio::test(start_paused = true)]
async fn people_without_an_address_are_counted_or_known_by_their_id() {
    let skip = rig("intercom_to_brevo", "");
    skip.town.add_person("lead", None, Some("Nobody"));
    let report = skip.good().await;
    assert_eq!((skip.town.brevo().len(), report.skipped_by.get("no_email")), (0, Some(&1)));

    let by_id = rig("intercom_to_brevo", "    no_email: ext_id\n");
    let id = by_id.town.add_person("lead", None, Some("Nobody"));
    by_id.good().await;
    let all = by_id.town.brevo().contacts();
    assert_eq!((all.len(), &all[0]["attributes"]["EXT_ID"]), (1, &json!(id)));
    // Later an address comes up: the same contact gets it.
    later(&by_id).await;
    by_id.town.set_contact(&id, "email", json!("late@mail.example"));
    by_id.good().await;
    assert_eq!((by_id.town.brevo().len(), name(&by_id, "late@mail.example")), (1, json!("Nobody")));
}

#[tokio::test(start_paused = true)]
async fn a_new_address_in_intercom_moves_the_same_contact_and_keeps_the_opt_out() {
    let rig = rig("intercom_to_brevo", "");
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.good().await;
    let id = rig.brevo("ada@mail.example")["id"].as_i64().unwrap();
    rig.town.brevo().blocklist(id);
    later(&rig).await;
    rig.town.set_contact(&ada, "email", json!("new@mail.example"));
    rig.good().await;
    let moved = rig.brevo("new@mail.example");
    assert_eq!((moved["id"].as_i64(), &moved["emailBlacklisted"], rig.town.brevo().len()), (Some(id), &json!(true), 1));
    assert!(rig.town.brevo().resubscribed().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_new_address_in_brevo_reaches_intercom_and_the_opt_out_is_stated_again() {
    let rig = rig("bidirectional", "");
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.good().await;
    let id = rig.brevo("ada@mail.example")["id"].as_i64().unwrap();
    rig.town.unsubscribe_contact(&ada);
    later(&rig).await;
    rig.good().await;
    assert_eq!(rig.brevo("ada@mail.example")["emailBlacklisted"], true);
    // Brevo lifts the block of whoever gets another address.
    rig.town.brevo().change_email(id, "new@mail.example");
    assert_eq!(rig.brevo("new@mail.example")["emailBlacklisted"], false);
    later(&rig).await;
    rig.good().await;
    assert_eq!(rig.intercom(&ada)["email"], "new@mail.example");
    assert_eq!((&rig.brevo("new@mail.example")["emailBlacklisted"], rig.town.brevo().len()), (&json!(true), 1));
    assert_eq!(rig.intercom(&ada)["unsubscribed_from_emails"], true);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_another_contact_of_brevo_has_is_a_conflict_and_nobody_is_merged() {
    let rig = rig("intercom_to_brevo", "");
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.good().await;
    rig.town.brevo().add_contact(Some("taken@mail.example"), json!({"FULLNAME": "Somebody Else"}));
    later(&rig).await;
    rig.town.set_contact(&ada, "email", json!("taken@mail.example"));
    rig.town.rename_contact(&ada, "Ada Fisher");
    let report = rig.pass().await.unwrap();
    assert_eq!((report.conflicts, rig.town.brevo().len()), (1, 2));
    assert_eq!(name(&rig, "ada@mail.example"), "Ada Fisher", "the rest arrived at the right person");
    assert_eq!(name(&rig, "taken@mail.example"), "Somebody Else");
}

#[tokio::test(start_paused = true)]
async fn who_was_deleted_in_brevo_is_not_created_again() {
    for known in [false, true] {
        let rig = rig("bidirectional", "");
        let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
        rig.good().await;
        rig.town.brevo().delete_contact(rig.brevo("ada@mail.example")["id"].as_i64().unwrap());
        later(&rig).await;
        rig.town.rename_contact(&ada, "Ada Fisher");
        if known {
            rig.pair(&Default::default()).await.unwrap().refresh(true).await.unwrap();
        }
        let report = rig.good().await;
        assert_eq!(report.done.gone + report.skipped_by.get("deleted_in_brevo").copied().unwrap_or(0), 1, "{report:?}");
        later(&rig).await;
        rig.town.rename_contact(&ada, "Ada Byron");
        rig.good().await;
        assert_eq!(rig.town.brevo().len(), 0, "a deletion may have been asked for by law");
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_gone_in_intercom_stays_in_brevo_and_is_not_brought_back() {
    for archived in [false, true] {
        let rig = rig("bidirectional", "");
        let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
        rig.good().await;
        let id = rig.brevo("ada@mail.example")["id"].as_i64().unwrap();
        match archived {
            true => rig.town.archive_contact(&ada),
            false => rig.town.remove_contact(&ada),
        }
        for round in 0..3 {
            later(&rig).await;
            rig.town.brevo().set_attribute(id, "FULLNAME", json!(format!("Ada {round}")));
            rig.good().await;
        }
        assert_eq!((state(&rig, &ada), rig.town.created_contacts()), (LinkState::Merged, 0));
        assert_eq!(name(&rig, "ada@mail.example"), "Ada 2", "Brevo keeps its own");
    }
}

// Shows: T-143.
#[tokio::test(start_paused = true)]
async fn a_lead_that_becomes_a_user_keeps_one_contact_and_one_link() {
    let rig = rig("bidirectional", "    lists: {all_users: 35, leads: 37}\n");
    let eve = rig.town.add_person("lead", Some("eve@mail.example"), Some("Eve"));
    rig.good().await;
    let id = rig.brevo("eve@mail.example")["id"].clone();
    later(&rig).await;
    rig.town.set_contact(&eve, "role", json!("user"));
    rig.good().await;
    let now = rig.brevo("eve@mail.example");
    assert_eq!((&now["id"], &now["listIds"], rig.town.brevo().creations()), (&id, &json!([35]), 1));
}

// Shows: T-146.
#[tokio::test(start_paused = true)]
async fn a_merge_in_intercom_keeps_one_contact_and_redirects_the_link() {
    let rig = rig("bidirectional", "");
    let lead = rig.town.add_person("lead", Some("eve@mail.example"), Some("Eve"));
    rig.good().await;
    let id = rig.brevo("eve@mail.example")["id"].as_i64().unwrap();
    later(&rig).await;
    // She signs up: a user with the same address, and Intercom merges the lead into it.
    let user = rig.town.add_person("user", Some("eve@mail.example"), Some("Eve Miller"));
    rig.town.merge_contact(&lead, &user);
    rig.good().await;
    assert_eq!((rig.town.brevo().len(), rig.town.brevo().creations()), (1, 1));
    assert_eq!(rig.ledger.link(&user).unwrap().unwrap().brevo_id, Some(id), "the survivor has the link");
    assert_eq!(state(&rig, &lead), LinkState::Merged);
    later(&rig).await;
    rig.good().await;
    assert_eq!(name(&rig, "eve@mail.example"), "Eve Miller");
    // And it is alive both ways.
    rig.town.brevo().set_attribute(id, "FULLNAME", json!("Eve M."));
    later(&rig).await;
    rig.good().await;
    assert_eq!(rig.intercom(&user)["name"], "Eve M.");
}

#[tokio::test(start_paused = true)]
async fn a_merge_of_two_linked_people_deletes_nobody_in_brevo() {
    let rig = rig("bidirectional", "");
    let old = rig.town.add_person("user", Some("old@mail.example"), Some("Eve Old"));
    let new = rig.town.add_person("user", Some("new@mail.example"), Some("Eve New"));
    rig.good().await;
    later(&rig).await;
    rig.town.merge_contact(&old, &new);
    rig.good().await;
    rig.town.brevo().set_attribute(rig.brevo("old@mail.example")["id"].as_i64().unwrap(), "FULLNAME", json!("Edited"));
    for _ in 0..2 {
        later(&rig).await;
        rig.good().await;
    }
    assert_eq!((rig.town.brevo().len(), rig.town.created_contacts()), (2, 0));
    assert_eq!((state(&rig, &old), state(&rig, &new)), (LinkState::Merged, LinkState::Live));
}

/// Mends what a survey finds.
async fn heal(rig: &Rig) {
    let pair = rig.pair(&Default::default()).await.unwrap();
    let (_, planned) = pair.heal("test", 100, false).await.unwrap();
    assert_eq!(planned.file.counts.change, 1);
    let mut report = Report::of(&planned);
    pair.carry_out(&planned, &Run::new("heal".to_string()), false, &mut report).await.unwrap();
    assert_eq!((report.exit, report.applied), (0, 1), "{:?}", report.errors);
}

#[tokio::test(start_paused = true)]
async fn a_phone_number_that_changes_hands_follows_its_owner() {
    let rig = rig("intercom_to_brevo", "");
    let (ada, eve) = (
        rig.town.add_person("user", Some("ada@mail.example"), Some("Ada")),
        rig.town.add_person("user", Some("eve@mail.example"), Some("Eve")),
    );
    rig.town.set_contact(&ada, "phone", json!("+491510000001"));
    rig.good().await;
    later(&rig).await;
    rig.town.set_contact(&eve, "phone", json!("+491510000001"));
    assert_eq!(rig.good().await.counts.notes, 1, "it is still Ada's");
    later(&rig).await;
    rig.good().await;
    assert!(rig.ledger.dirty_links(9).unwrap().is_empty(), "and nobody is planned again until Ada gives it up");
    let pair = rig.pair(&Default::default()).await.unwrap();
    let known = Known { ledger: rig.ledger.clone(), mapping: pair.mapping.clone(), mirror: rig.mirror() };
    let account = &accounts(&known, &Person { lefts: vec![eve.clone()], ..Person::default() }).unwrap()[0];
    assert_eq!((account.state, account.reason.as_deref()), ("waits", Some("phone_taken")));
    // A repair of another field does not make anybody forget it.
    rig.town.brevo().set_attribute(rig.brevo("eve@mail.example")["id"].as_i64().unwrap(), "FULLNAME", json!("Evelyn"));
    later(&rig).await;
    rig.good().await;
    heal(&rig).await;
    assert_eq!(rig.brevo("eve@mail.example")["attributes"]["FULLNAME"], "Eve");
    later(&rig).await;
    rig.town.set_contact(&ada, "phone", json!(null));
    for _ in 0..2 {
        rig.good().await;
        later(&rig).await;
        rig.town.add_person("user", None, Some("Passer-by"));
    }
    let phone = |email: &str| rig.brevo(email)["attributes"]["SMS"].clone();
    assert_eq!((phone("ada@mail.example"), phone("eve@mail.example")), (Value::Null, json!("491510000001")));
    let writes = rig.town.brevo().writes();
    rig.good().await;
    assert_eq!(rig.town.brevo().writes(), writes);
}

/// Every write of a direction, counted by the twins themselves.
async fn wrong_way(direction: &str) -> (usize, usize) {
    let rig = rig(direction, "    lists: {all_users: 35, leads: 37}\n");
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.town.add_person("lead", Some("eve@mail.example"), Some("Eve"));
    let known = rig.town.brevo().add_contact(Some("ada@mail.example"), json!({}));
    let alone = rig.town.brevo().add_contact(Some("bob@mail.example"), json!({}));
    for round in 0..3 {
        later(&rig).await;
        rig.good().await;
        rig.town.rename_contact(&ada, &format!("Ada {round}"));
        rig.town.brevo().set_attribute(known, "SMS", json!(format!("4915100000{round}0")));
        rig.town.brevo().blocklist(if round == 0 { alone } else { known });
        if round == 1 {
            rig.town.unsubscribe_contact(&ada);
        }
    }
    (rig.town.writes(), rig.town.brevo().writes())
}

// Shows: T-041.
#[tokio::test(start_paused = true)]
async fn each_direction_writes_to_its_own_side_alone() {
    let (left, right) = wrong_way("intercom_to_brevo").await;
    assert!(left == 0 && right > 0, "{left} {right}");
    let (left, right) = wrong_way("brevo_to_intercom").await;
    assert!(left > 0 && right == 0, "{left} {right}");
    let (left, right) = wrong_way("bidirectional").await;
    assert!(left > 0 && right > 0, "{left} {right}");
}

#[tokio::test(start_paused = true)]
async fn the_direction_of_the_command_line_wins_over_the_file() {
    let mut rig = rig("bidirectional", "");
    rig.direction = tajo::config::Direction::IntercomToBrevo;
    rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.town.brevo().add_contact(Some("bob@mail.example"), json!({}));
    rig.good().await;
    later(&rig).await;
    rig.good().await;
    assert_eq!((rig.town.writes(), rig.town.created_contacts(), rig.town.brevo().len()), (0, 0, 2));
}
