//! What a contact's conversations, companies, tags and lists say after the less usual turns of a life.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use pair::{Rig, empty};
use serde_json::{Value, json};

const CONFIG: &str = "\
connectors:
  intercom:
    direction: intercom_to_brevo
    lists: {all_users: 35, active_conversations: 36, leads: 37}
    tags: {vip: {list: 40, attribute: IS_VIP}}
    company: newest
    sync: {contacts: true, companies: true, conversations: true, tags: true}
  brevo: {}
field_mapping:
  email: email
  name: FULLNAME
  company.name: COMPANY_NAME
  tags: TAGS
";

fn rig() -> Rig {
    Rig::new(empty(), CONFIG)
}

async fn pass(rig: &Rig) {
    rig.wait(1_300).await;
    rig.good().await;
}

fn value(rig: &Rig, email: &str, name: &str) -> Value {
    rig.brevo(email)["attributes"][name].clone()
}

fn lists(rig: &Rig, email: &str) -> Vec<u64> {
    let mut ids: Vec<u64> = rig.brevo(email)["listIds"].as_array().unwrap().iter().filter_map(Value::as_u64).collect();
    ids.sort_unstable();
    ids
}

async fn quiet(rig: &Rig) {
    pass(rig).await;
    let writes = rig.town.brevo().writes();
    pass(rig).await;
    assert_eq!(rig.town.brevo().writes(), writes);
}

#[tokio::test(start_paused = true)]
async fn what_a_lead_talked_about_stays_known_when_it_becomes_a_user() {
    let rig = rig();
    let eve = "eve@mail.example";
    let lead = rig.town.add_person("lead", Some(eve), Some("Eve"));
    let talk = rig.town.add_conversation_of(&lead);
    rig.town.rate_conversation(&talk, 4, "fine");
    rig.good().await;
    assert_eq!((value(&rig, eve, "CONVERSATIONS"), lists(&rig, eve)), (json!(1), vec![36, 37]));
    rig.wait(1_300).await;
    let user = rig.town.add_person("user", Some(eve), Some("Eve Miller"));
    rig.town.merge_contact(&lead, &user);
    for _ in 0..3 {
        pass(&rig).await;
    }
    assert_eq!((value(&rig, eve, "CONVERSATIONS"), value(&rig, eve, "LAST_RATING")), (json!(1), json!(4)));
    assert!(lists(&rig, eve).contains(&35) && !lists(&rig, eve).contains(&37));
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn who_loses_the_address_keeps_the_contact_and_its_lists() {
    let rig = rig();
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    let eve = rig.town.add_person("lead", Some("eve@mail.example"), Some("Eve"));
    rig.good().await;
    rig.wait(1_300).await;
    for id in [&ada, &eve] {
        rig.town.set_contact(id, "email", Value::Null);
        rig.town.rename_contact(id, "Without Address");
    }
    quiet(&rig).await;
    assert_eq!((rig.town.brevo().len(), lists(&rig, "ada@mail.example")), (2, vec![35]));
    assert_eq!(value(&rig, "ada@mail.example", "FULLNAME"), "Without Address");
}

#[tokio::test(start_paused = true)]
async fn of_three_companies_the_next_one_speaks_when_one_is_left_or_renamed() {
    let rig = rig();
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    let [mills, farms, boats] = ["Mills", "Farms", "Boats"].map(|name| rig.town.add_named_company(name, "Pro", 3));
    for company in [&boats, &farms, &mills] {
        rig.wait(60).await;
        rig.town.touch_company(company);
        rig.town.attach_company(&ada, company);
    }
    rig.good().await;
    let company = || value(&rig, "ada@mail.example", "COMPANY_NAME");
    assert_eq!(company(), "Mills");
    rig.wait(1_300).await;
    rig.town.detach_company(&ada, &mills);
    pass(&rig).await;
    assert_eq!(company(), "Farms");
    rig.town.set_company(&farms, "name", json!("Mills"));
    pass(&rig).await;
    assert_eq!(company(), "Mills", "another one of the same name");
    rig.town.detach_company(&ada, &farms);
    rig.town.detach_company(&ada, &boats);
    quiet(&rig).await;
    assert_eq!(company(), Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_tag_that_is_renamed_or_deleted_takes_its_people_off_and_back_on() {
    let rig = rig();
    let ada = "ada@mail.example";
    let id = rig.town.add_person("user", Some(ada), Some("Ada"));
    let vip = rig.town.add_tag("VIP");
    rig.town.add_tag("Other");
    rig.town.tag_contact(&id, &vip);
    rig.good().await;
    let state = |rig: &Rig| (lists(rig, ada), value(rig, ada, "IS_VIP"), value(rig, ada, "TAGS"));
    assert_eq!(state(&rig), (vec![35, 40], json!(true), json!("VIP")));
    rig.wait(1_300).await;
    rig.town.rename_tag(&vip, "Gold");
    quiet(&rig).await;
    assert_eq!(state(&rig), (vec![35], json!(false), json!("Gold")));
    rig.town.rename_tag(&vip, "vip");
    quiet(&rig).await;
    assert_eq!(state(&rig), (vec![35, 40], json!(true), json!("vip")));
    rig.town.remove_tag(&vip);
    quiet(&rig).await;
    assert_eq!(state(&rig), (vec![35], json!(false), Value::Null));
}

#[tokio::test(start_paused = true)]
async fn outcomes_and_ratings_follow_when_they_change_or_are_taken_back() {
    let rig = rig();
    let ada = "ada@mail.example";
    let id = rig.town.add_person("user", Some(ada), Some("Ada"));
    let talk = rig.town.add_conversation_of(&id);
    rig.town.set_ai_outcome(&talk, "assumed_resolution", Some(5));
    rig.town.rate_conversation(&talk, 5, "good");
    rig.good().await;
    let state =
        |rig: &Rig| ["LAST_RATING", "FIN_LAST_RESOLUTION", "FIN_RATING", "OPEN_CONVERSATIONS"].map(|name| value(rig, ada, name));
    assert_eq!(state(&rig), [json!(5), json!("assumed_resolution"), json!(5), json!(0)]);
    rig.wait(1_300).await;
    rig.town.rate_conversation(&talk, 1, "not good after all");
    rig.town.set_ai_outcome(&talk, "escalated", None);
    rig.town.reply(&talk, "again");
    quiet(&rig).await;
    let [rating, resolution, fin, open] = state(&rig);
    assert_eq!((rating, fin, open), (json!(1), Value::Null, json!(1)));
    assert_ne!(resolution, json!("assumed_resolution"));
}
