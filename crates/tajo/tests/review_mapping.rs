//! Values that do not fit: read wrongly, named in two parts, known to one side alone. Nobody's own value is lost over them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use pair::{Rig, config_of, empty};
use serde_json::{Value, json};
use tajo::config::Direction;
use tajo_core::codes;

/// Both ways, contacts alone, with this mapping.
fn both(mapping: &str) -> String {
    let mapping: String = mapping.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "connectors:\n  intercom:\n    direction: bidirectional\n    default_country: DE\n    facts: off\n    engagement: off\n    \
         sync: {{contacts: true, tags: true, companies: true}}\n  brevo: {{}}\nfield_mapping:\n{mapping}"
    )
}

fn rig(mapping: &str) -> Rig {
    Rig::new(empty(), &both(mapping))
}

fn ada(rig: &Rig) -> String {
    rig.town.add_person("user", Some("ada@mail.example"), Some("Ada Lovelace"))
}

fn there(rig: &Rig, name: &str) -> Value {
    rig.brevo("ada@mail.example")["attributes"][name].clone()
}

/// Somebody types it into Brevo.
fn typed(rig: &Rig, name: &str, value: Value) {
    let id = rig.brevo("ada@mail.example")["id"].as_i64().unwrap();
    rig.town.brevo().set_attribute(id, name, value);
}

async fn later(rig: &Rig) {
    rig.wait(1_300).await;
    rig.good().await;
}

/// The next passes write nothing.
async fn quiet(rig: &Rig) {
    for _ in 0..2 {
        let before = (rig.town.brevo().writes(), rig.town.writes());
        later(rig).await;
        assert_eq!((rig.town.brevo().writes(), rig.town.writes()), before, "a quiet pass writes nothing");
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_that_cannot_be_read_is_neither_emptied_there_nor_overwritten_here() {
    let rig = rig("email: email\nphone: SMS\ncustom_attributes.plan_tier: {to: SEATS, as: number}");
    let id = ada(&rig);
    rig.town.set_contact(&id, "phone", json!("+49 151 2345678"));
    rig.town.set_contact(&id, "custom_attributes.plan_tier", json!("12"));
    rig.good().await;
    assert_eq!((there(&rig, "SMS"), there(&rig, "SEATS")), (json!("491512345678"), json!(12)));

    // Somebody at Intercom writes what no attribute of Brevo can hold.
    rig.wait(400).await;
    rig.town.set_contact(&id, "phone", json!("call the office"));
    rig.town.set_contact(&id, "custom_attributes.plan_tier", json!("twelve"));
    later(&rig).await;
    assert_eq!((there(&rig, "SMS"), there(&rig, "SEATS")), (json!("491512345678"), json!(12)), "nothing is emptied");
    quiet(&rig).await;

    // Then somebody in Brevo edits the same fields: the newer words at Intercom are not lost over it.
    typed(&rig, "SEATS", json!(15));
    later(&rig).await;
    assert_eq!(rig.intercom(&id)["custom_attributes"]["plan_tier"], "twelve");
    assert_eq!(there(&rig, "SEATS"), 15);
    quiet(&rig).await;

    // Put right, it flows again.
    rig.town.set_contact(&id, "phone", json!("+49 151 9999999"));
    later(&rig).await;
    assert_eq!(there(&rig, "SMS"), "491519999999");
}

#[tokio::test(start_paused = true)]
async fn at_first_sight_a_value_that_cannot_be_read_is_not_taken_for_an_empty_one() {
    let rig = rig("email: email\nphone: SMS\ncustom_attributes.plan_tier: {to: SEATS, as: number}");
    let id = ada(&rig);
    rig.town.set_contact(&id, "phone", json!("ask for Ada"));
    rig.town.set_contact(&id, "custom_attributes.plan_tier", json!("twelve"));
    rig.town.brevo().add_attribute("SEATS", "float");
    rig.town.brevo().add_contact(Some("ada@mail.example"), json!({"SMS": "491512345678", "SEATS": 15}));
    rig.good().await;
    let shown = rig.intercom(&id);
    assert_eq!((&shown["phone"], &shown["custom_attributes"]["plan_tier"]), (&json!("ask for Ada"), &json!("twelve")));
    assert_eq!((there(&rig, "SMS"), there(&rig, "SEATS")), (json!("491512345678"), json!(15)));
    let survey = rig.pair(&Default::default()).await.unwrap().heal("test", 100, false).await.unwrap();
    assert_eq!(survey.1.file.counts.change, 0, "a repair does not overwrite them either");
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn a_first_name_of_two_words_stays_one() {
    let rig = rig("email: email\nfirst_name: FIRSTNAME\nlast_name: LASTNAME");
    let id = ada(&rig);
    rig.good().await;
    typed(&rig, "FIRSTNAME", json!("Ada Augusta"));
    later(&rig).await;
    assert_eq!(rig.intercom(&id)["name"], "Ada Augusta Lovelace");
    later(&rig).await;
    assert_eq!((there(&rig, "FIRSTNAME"), there(&rig, "LASTNAME")), (json!("Ada Augusta"), json!("Lovelace")));
    quiet(&rig).await;

    typed(&rig, "LASTNAME", json!("King"));
    later(&rig).await;
    assert_eq!(rig.intercom(&id)["name"], "Ada Augusta King", "the part that nobody touched is whole");
    typed(&rig, "FIRSTNAME", json!("Ada"));
    later(&rig).await;
    assert_eq!(rig.intercom(&id)["name"], "Ada King");
    later(&rig).await;
    assert_eq!((there(&rig, "FIRSTNAME"), there(&rig, "LASTNAME")), (json!("Ada"), json!("King")));
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn a_last_name_alone_stays_a_last_name() {
    let rig = rig("email: email\nfirst_name: FIRSTNAME\nlast_name: LASTNAME");
    let id = ada(&rig);
    rig.good().await;
    typed(&rig, "FIRSTNAME", json!(""));
    later(&rig).await;
    assert_eq!(rig.intercom(&id)["name"], "Lovelace");
    later(&rig).await;
    assert_eq!(there(&rig, "LASTNAME"), "Lovelace");
    assert!(there(&rig, "FIRSTNAME").as_str().unwrap_or_default().is_empty());
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_synced_any_more_stays_as_it_is() {
    let mapping = "email: email\ntags: TAGS\ncompany.name: COMPANY_NAME";
    let mut rig = Rig::new(empty(), &both(mapping));
    let id = ada(&rig);
    rig.town.tag_contact(&id, &rig.town.add_tag("vip"));
    let mill = rig.town.add_named_company("Mill", "Pro", 12);
    rig.town.attach_company(&id, &mill);
    rig.good().await;
    assert_eq!((there(&rig, "TAGS"), there(&rig, "COMPANY_NAME")), (json!("vip"), json!("Mill")));
    let text = both(mapping).replace("sync: {contacts: true, tags: true, companies: true}", "sync: {contacts: true}");
    rig.config = config_of(&text);
    later(&rig).await;
    assert_eq!((there(&rig, "TAGS"), there(&rig, "COMPANY_NAME")), (json!("vip"), json!("Mill")), "as the warning says");
}

#[tokio::test(start_paused = true)]
async fn a_value_that_the_table_does_not_have_does_not_go_back() {
    let rig = rig("email: email\ncustom_attributes.plan_tier: {to: PLAN, values: {Starter: Small plan, Growth: Paid plan}}");
    let id = ada(&rig);
    rig.town.set_contact(&id, "custom_attributes.plan_tier", json!("Growth"));
    rig.good().await;
    typed(&rig, "PLAN", json!("Platinum"));
    later(&rig).await;
    assert_eq!(rig.intercom(&id)["custom_attributes"]["plan_tier"], "Growth", "no plan of Intercom is called so");
    assert_eq!(there(&rig, "PLAN"), "Platinum");
    quiet(&rig).await;
    typed(&rig, "PLAN", json!("Small plan"));
    later(&rig).await;
    assert_eq!(rig.intercom(&id)["custom_attributes"]["plan_tier"], "Starter");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_attribute_of_companies_stops_everything_before_the_first_write() {
    let rig = rig("email: email\ncompany.custom_attributes.industri: INDUSTRY");
    ada(&rig);
    let error = rig.pass().await.unwrap_err();
    assert_eq!(error.code(), &codes::CFG_FIELD);
    assert!(error.noted("at").is_some_and(|at| at.starts_with("line ")), "{error:?}");
    assert_eq!(rig.town.brevo().writes(), 0);
    assert_eq!(rig.direction, Direction::Bidirectional);
}
