//! Intercom into Brevo, with the configuration of the documentation as it is printed there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use pair::{Rig, SEED, SEED_MAPPING, empty};
use serde_json::{Value, json};

fn lists(contact: &Value) -> Vec<u64> {
    contact["listIds"].as_array().unwrap().iter().filter_map(Value::as_u64).collect()
}

// Shows: T-001.
#[tokio::test(start_paused = true)]
async fn one_sync_brings_people_company_conversation_and_event_into_brevo() {
    let rig = Rig::new(empty(), &format!("{SEED}{SEED_MAPPING}"));
    let user = rig.town.add_person("user", Some("Ada.Fisher@mail.example"), Some("Ada Fisher"));
    rig.town.add_person("lead", Some("eve@mail.example"), Some("Eve"));
    let company = rig.town.add_named_company("Fisher Mills", "Pro", 12);
    rig.town.attach_company(&user, &company);
    let conversation = rig.town.add_conversation_of(&user);
    rig.town.close_conversation(&conversation);
    rig.town.add_event(&user, "ordered-item", json!({"item": "mill"}));

    let report = rig.good().await;
    assert_eq!(rig.town.brevo().len(), 2);
    let ada = rig.brevo("ada.fisher@mail.example");
    assert_eq!(ada["attributes"]["FULLNAME"], "Ada Fisher");
    assert_eq!(ada["attributes"]["COMPANY_NAME"], "Fisher Mills");
    assert_eq!(ada["attributes"]["COMPANY_PLAN"], "Pro");
    assert_eq!(ada["attributes"]["COMPANY_SIZE"], 12);
    assert_eq!(lists(&ada), [35]);
    assert_eq!(lists(&rig.brevo("eve@mail.example")), [37]);
    let events = rig.town.brevo().events();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["event_name"], "ordered-item");
    assert_eq!(report.done.created, 2);

    let writes = rig.town.brevo().writes();
    rig.wait(60).await;
    let again = rig.good().await;
    assert_eq!((again.applied, rig.town.brevo().writes()), (0, writes), "a second pass is quiet");
}
