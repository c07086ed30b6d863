//! Identifiers that move between people, and opt-outs that several records have a say in.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use pair::{Rig, empty};
use serde_json::{Value, json};

const BOTH: &str = "connectors:\n  intercom:\n    direction: bidirectional\n    facts: off\n    sync: {contacts: true}\n  brevo: {}\n\
    field_mapping:\n  email: email\n  name: {to: FULLNAME, direction: both}\n  phone: {to: SMS, direction: both}\n";

fn rig_of(config: &str) -> Rig {
    let mut rig = Rig::new(empty(), config);
    rig.resources = vec!["contacts"];
    rig
}

async fn pass(rig: &Rig) {
    rig.wait(1_300).await;
    rig.good().await;
}

async fn quiet(rig: &Rig) {
    pass(rig).await;
    let writes = (rig.town.writes(), rig.town.brevo().writes());
    pass(rig).await;
    assert_eq!((rig.town.writes(), rig.town.brevo().writes()), writes, "the last pass is quiet");
}

fn attribute(rig: &Rig, email: &str, name: &str) -> Value {
    rig.brevo(email)["attributes"][name].clone()
}

#[tokio::test(start_paused = true)]
async fn two_people_who_swap_phone_numbers_end_with_their_own() {
    for config in [BOTH.to_string(), BOTH.replace("bidirectional", "intercom_to_brevo").replace(", direction: both", "")] {
        let rig = rig_of(&config);
        let [ada, eve] = ["ada", "eve"].map(|who| rig.town.add_person("user", Some(&format!("{who}@mail.example")), Some(who)));
        rig.town.set_contact(&ada, "phone", json!("+491510000001"));
        rig.town.set_contact(&eve, "phone", json!("+491510000002"));
        rig.good().await;
        rig.wait(1_300).await;
        rig.town.set_contact(&ada, "phone", json!("+491510000002"));
        rig.town.set_contact(&eve, "phone", json!("+491510000001"));
        for _ in 0..3 {
            pass(&rig).await;
        }
        let phone = |who: &str| attribute(&rig, &format!("{who}@mail.example"), "SMS");
        assert_eq!((phone("ada"), phone("eve")), (json!("491510000002"), json!("491510000001")));
        assert_eq!(
            (&rig.intercom(&ada)["phone"], &rig.intercom(&eve)["phone"]),
            (&json!("+491510000002"), &json!("+491510000001"))
        );
        quiet(&rig).await;
    }
}

const ONE_WAY: &str = "\
connectors:
  intercom:
    direction: intercom_to_brevo
    default_country: DE
    facts: off
    engagement: off
    sync: {contacts: true}
  brevo: {}
field_mapping:
  email: email
  phone: SMS
  custom_attributes.plan_tier: {to: WHATSAPP, as: e164}
";

/// People by name, with the number that each side has.
fn people<const N: usize>(rig: &Rig, who: [(&str, &str, &str); N]) -> [String; N] {
    who.map(|(name, here, there)| {
        let email = format!("{name}@mail.example");
        rig.town.brevo().add_contact(Some(&email), json!({"SMS": format!("4915100000{there}")}));
        let id = rig.town.add_person("user", Some(&email), Some(name));
        rig.town.set_contact(&id, "phone", json!(format!("+4915100000{here}")));
        id
    })
}

/// What ends of the numbers in Brevo, by name.
fn numbers<const N: usize>(rig: &Rig, names: [&str; N]) -> [String; N] {
    let last = |sms: &str| sms.strip_prefix("4915100000").unwrap_or("none").to_string();
    names.map(|name| last(attribute(rig, &format!("{name}@mail.example"), "SMS").as_str().unwrap_or_default()))
}

#[tokio::test(start_paused = true)]
async fn numbers_that_are_crosswise_when_two_accounts_meet_for_the_first_time_find_their_owners() {
    for (names, cross) in [(["ada", "eve", "zoe"], ["02", "01", "09"]), (["zoe", "eve", "ada"], ["02", "03", "01"])] {
        let rig = rig_of(ONE_WAY);
        let held = if cross[2] == "09" { ["01", "02", "09"] } else { ["01", "02", "03"] };
        people(&rig, [0, 1, 2].map(|n| (names[n], cross[n], held[n])));
        for _ in 0..5 {
            pass(&rig).await;
        }
        assert_eq!(numbers(&rig, names), cross, "{names:?}");
        quiet(&rig).await;
        assert!(rig.ledger.dirty_links(9).unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_nobodys_any_more_goes_to_its_owner_though_its_holder_gets_none() {
    // Dora keeps 03, which Bea has as well at Intercom; Bea stands with 02 in Brevo, which is Emma's.
    for order in [["dora", "bea", "emma"], ["emma", "bea", "dora"], ["bea", "emma", "dora"]] {
        let rig = rig_of(ONE_WAY);
        let of = |name: &str| match name {
            "dora" => ("03", "03"),
            "bea" => ("03", "02"),
            _ => ("02", "05"),
        };
        people(&rig, order.map(|name| (name, of(name).0, of(name).1)));
        for _ in 0..5 {
            pass(&rig).await;
        }
        assert_eq!(numbers(&rig, ["dora", "bea", "emma"]), ["03", "none", "02"], "{order:?}");
        quiet(&rig).await;
        assert!(rig.ledger.dirty_links(9).unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_number_gets_it_though_brevo_refused_another_field_meanwhile() {
    let rig = rig_of(ONE_WAY);
    let [_, eve] = people(&rig, [("ada", "01", "01"), ("eve", "02", "02")]);
    rig.town.brevo().add_contact(Some("other@mail.example"), json!({"WHATSAPP": "491510000077"}));
    pass(&rig).await;
    rig.wait(1_300).await;
    rig.town.set_contact(&eve, "phone", json!("+491510000001"));
    rig.town.set_contact(&eve, "custom_attributes.plan_tier", json!("+491510000077"));
    rig.extract().await.unwrap();
    let report = rig.pass().await.unwrap();
    assert_eq!((report.exit, report.done.failed), (6, 1), "{:?}", report.errors);
    assert_eq!(rig.ledger.link(&eve).unwrap().unwrap().waits_for.as_deref(), Some("491510000001"));
    rig.wait(1_300).await;
    let ada = rig.brevo("ada@mail.example")["id"].as_i64().unwrap();
    rig.town.brevo().delete_contact(ada);
    let pair = rig.pair(&Default::default()).await.unwrap();
    pair.refresh(true).await.unwrap();
    assert_eq!(rig.ledger.dirty_links(9).unwrap(), [eve]);
    rig.pass().await.unwrap();
    assert_eq!(numbers(&rig, ["eve"]), ["01"]);
}

#[tokio::test(start_paused = true)]
async fn a_contact_that_loses_its_address_goes_on_under_the_one_that_brevo_has() {
    let rig = rig_of(BOTH);
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.good().await;
    rig.wait(1_300).await;
    rig.town.set_contact(&ada, "email", json!(null));
    pass(&rig).await;
    quiet(&rig).await;
    rig.town.rename_contact(&ada, "Ada Fisher");
    pass(&rig).await;
    assert_eq!(attribute(&rig, "ada@mail.example", "FULLNAME"), "Ada Fisher");
    assert_eq!(rig.town.brevo().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_opt_out_of_one_record_holds_for_everybody_with_the_address() {
    for (out_first, direction) in
        [(true, "bidirectional"), (false, "bidirectional"), (true, "intercom_to_brevo"), (false, "intercom_to_brevo")]
    {
        let rig = rig_of(&BOTH.replace("bidirectional", direction));
        let user = rig.town.add_person("user", Some("eve@mail.example"), Some("Eve"));
        let lead = rig.town.add_person("lead", Some("eve@mail.example"), Some("Eve the lead"));
        if out_first {
            rig.town.unsubscribe_contact(&lead);
        }
        rig.good().await;
        if !out_first {
            rig.wait(1_300).await;
            rig.town.unsubscribe_contact(&lead);
        }
        pass(&rig).await;
        assert_eq!(rig.brevo("eve@mail.example")["emailBlacklisted"], true, "{out_first} {direction}");
        quiet(&rig).await;
        let back = direction == "bidirectional";
        assert_eq!(rig.intercom(&user)["unsubscribed_from_emails"] == true, back, "and Intercom hears of it where it may");
        // Whoever is subscribed again by name stays so, whatever the other record says that nobody touched since.
        rig.town.brevo().unblocklist(rig.brevo("eve@mail.example")["id"].as_i64().unwrap());
        rig.town.resubscribe_contact(&user);
        rig.wait(1_300).await;
        rig.town.rename_contact(&user, "Eve Miller");
        quiet(&rig).await;
        assert_eq!(rig.brevo("eve@mail.example")["emailBlacklisted"], false, "{out_first} {direction}");
    }
}
