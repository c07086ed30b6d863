//! One after the other: what people and platforms do to a contact over months, and one contact stays one contact.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use pair::{Rig, empty};
use serde_json::json;
use tajo::pairs::plan::Scope;
use tajo_state::LinkState;

fn rig() -> Rig {
    let mut rig = Rig::new(
        empty(),
        "connectors:\n  intercom:\n    direction: bidirectional\n    facts: off\n    sync: {contacts: true}\n    lists: {all_users: 35, leads: 37}\n  \
         brevo: {}\nfield_mapping:\n  email: email\n  name: {to: FULLNAME, direction: both}\n  phone: {to: SMS, direction: both}\n",
    );
    rig.resources = vec!["contacts"];
    rig
}

async fn later(rig: &Rig) {
    rig.wait(1_300).await;
}

async fn pass(rig: &Rig) {
    later(rig).await;
    rig.good().await;
}

async fn quiet(rig: &Rig) {
    pass(rig).await;
    let writes = (rig.town.writes(), rig.town.brevo().writes());
    pass(rig).await;
    assert_eq!((rig.town.writes(), rig.town.brevo().writes()), writes);
}

fn brevo_id(rig: &Rig, id: &str) -> Option<i64> {
    rig.ledger.link(id).unwrap().and_then(|link| link.brevo_id)
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_merges_leads_to_the_last_survivor() {
    let rig = rig();
    let first = rig.town.add_person("lead", Some("eve@mail.example"), Some("Eve"));
    rig.good().await;
    let contact = brevo_id(&rig, &first);
    let mut old = first;
    for round in 0..3 {
        later(&rig).await;
        let next = rig.town.add_person("user", Some("eve@mail.example"), Some(&format!("Eve {round}")));
        rig.town.merge_contact(&old, &next);
        pass(&rig).await;
        assert_eq!(brevo_id(&rig, &next), contact, "round {round}");
        old = next;
    }
    quiet(&rig).await;
    assert_eq!((rig.town.brevo().len(), rig.town.brevo().creations()), (1, 1));
    assert_eq!(rig.brevo("eve@mail.example")["attributes"]["FULLNAME"], "Eve 2");
    assert_eq!(rig.brevo("eve@mail.example")["listIds"], json!([35]));
}

#[tokio::test(start_paused = true)]
async fn a_merge_that_is_seen_only_after_other_passes_still_redirects() {
    let rig = rig();
    let lead = rig.town.add_person("lead", Some("eve@mail.example"), Some("Eve"));
    rig.good().await;
    // For a while both are there; the user is the newer one and has to wait.
    later(&rig).await;
    let user = rig.town.add_person("user", Some("eve@mail.example"), Some("Eve Miller"));
    pass(&rig).await;
    rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    pass(&rig).await;
    pass(&rig).await;
    let before = brevo_id(&rig, &lead).or(brevo_id(&rig, &user));
    rig.town.merge_contact(&lead, &user);
    quiet(&rig).await;
    assert_eq!((brevo_id(&rig, &user), rig.town.brevo().len()), (before, 2));
    assert_eq!(rig.ledger.link(&lead).unwrap().unwrap().state, LinkState::Merged);
}

#[tokio::test(start_paused = true)]
async fn an_opt_out_of_the_merged_lead_holds_for_the_user() {
    let rig = rig();
    let lead = rig.town.add_person("lead", Some("eve@mail.example"), Some("Eve"));
    rig.good().await;
    later(&rig).await;
    rig.town.unsubscribe_contact(&lead);
    rig.good().await;
    later(&rig).await;
    let user = rig.town.add_person("user", Some("eve@mail.example"), Some("Eve Miller"));
    rig.town.merge_contact(&lead, &user);
    quiet(&rig).await;
    assert_eq!(rig.brevo("eve@mail.example")["emailBlacklisted"], true);
    assert_eq!(rig.intercom(&user)["unsubscribed_from_emails"], true, "what Brevo knows comes back to the survivor");
    assert!(rig.town.brevo().resubscribed().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_deleted_user_whose_address_signs_up_again_is_a_new_person_with_the_old_contact() {
    let rig = rig();
    let first = rig.town.add_person("user", Some("eve@mail.example"), Some("Eve"));
    rig.good().await;
    later(&rig).await;
    rig.town.remove_contact(&first);
    let second = rig.town.add_person("user", Some("eve@mail.example"), Some("Eve Again"));
    quiet(&rig).await;
    assert_eq!(
        (rig.town.brevo().len(), rig.brevo("eve@mail.example")["attributes"]["FULLNAME"].clone()),
        (1, json!("Eve Again"))
    );
    assert!(brevo_id(&rig, &second).is_some());
}

#[tokio::test(start_paused = true)]
async fn two_contacts_that_swap_addresses_are_not_merged_and_lose_nothing() {
    let rig = rig();
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    let eve = rig.town.add_person("user", Some("eve@mail.example"), Some("Eve"));
    rig.good().await;
    let ids = (brevo_id(&rig, &ada), brevo_id(&rig, &eve));
    later(&rig).await;
    rig.town.set_contact(&ada, "email", json!("eve@mail.example"));
    rig.town.set_contact(&eve, "email", json!("ada@mail.example"));
    for _ in 0..3 {
        later(&rig).await;
        rig.pass().await.unwrap();
    }
    assert_eq!((brevo_id(&rig, &ada), brevo_id(&rig, &eve)), ids, "links hold, whatever the addresses say");
    assert_eq!((rig.town.brevo().len(), rig.town.brevo().creations()), (2, 2));
    let name = |id: Option<i64>| rig.town.brevo().contact(id.unwrap()).unwrap()["attributes"]["FULLNAME"].clone();
    assert_eq!((name(ids.0), name(ids.1)), (json!("Ada"), json!("Eve")));
}

#[tokio::test(start_paused = true)]
async fn an_address_that_moves_along_a_row_of_people_arrives() {
    let rig = rig();
    let ada = rig.town.add_person("user", Some("office@mail.example"), Some("Ada"));
    let eve = rig.town.add_person("user", Some("eve@mail.example"), Some("Eve"));
    rig.good().await;
    later(&rig).await;
    // Ada leaves, Eve takes over the office's address.
    rig.town.set_contact(&ada, "email", json!("ada@mail.example"));
    rig.town.set_contact(&eve, "email", json!("office@mail.example"));
    for _ in 0..3 {
        later(&rig).await;
        rig.pass().await.unwrap();
    }
    let name = |email: &str| rig.brevo(email)["attributes"]["FULLNAME"].clone();
    assert_eq!((name("ada@mail.example"), name("office@mail.example")), (json!("Ada"), json!("Eve")));
    assert_eq!((rig.town.brevo().len(), rig.ledger.conflicts().unwrap().len()), (2, 0));
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn a_lead_that_somebody_creates_on_both_sides_at_once_is_one_person() {
    let rig = rig();
    rig.good().await;
    later(&rig).await;
    rig.town.add_person("lead", Some("eve@mail.example"), Some("Eve"));
    rig.town.brevo().add_contact(Some("Eve@mail.example"), json!({"SMS": "491510000001"}));
    quiet(&rig).await;
    assert_eq!((rig.town.brevo().len(), rig.town.ids("contacts").len()), (1, 1));
    assert_eq!(rig.town.created_contacts(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_contact_deleted_on_both_sides_is_gone_and_stays_gone() {
    let rig = rig();
    let eve = rig.town.add_person("user", Some("eve@mail.example"), Some("Eve"));
    rig.good().await;
    later(&rig).await;
    rig.town.brevo().delete_contact(brevo_id(&rig, &eve).unwrap());
    rig.town.remove_contact(&eve);
    for scope in [Scope::Changed, Scope::All, Scope::All] {
        later(&rig).await;
        rig.extract().await.unwrap();
        let report = rig.pair(&Default::default()).await.unwrap().pass(&rig.wanted(scope)).await.unwrap();
        assert_eq!(report.exit, 0);
    }
    assert_eq!((rig.town.brevo().len(), rig.town.ids("contacts").len()), (0, 0));
}
