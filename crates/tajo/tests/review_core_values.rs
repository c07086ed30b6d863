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
