//! What a platform refuses, forgets or answers late while a plan is carried out, and what may not follow from it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use std::sync::Arc;

use bytes::Bytes;
use pair::{Rig, empty};
use serde_json::{Value, json};
use support::between::between;
use tajo::pairs::Bounds;
use tajo::pairs::apply::{Applied, Run};
use tajo::pairs::known::{Known, Reach};
use tajo::pairs::plan::Scope;
use tajo_core::trip::Trip;
use tajo_sim::BrevoFault;

const TWO_WAYS: &str = "\
connectors:
  intercom:
    direction: bidirectional
    facts: off
    sync: {contacts: true}
  brevo: {}
field_mapping:
  email: email
  name: {to: FULLNAME, direction: both, conflict: manual}
  phone: SMS
";

fn says(request: &http::Request<Bytes>, text: &str) -> bool {
    String::from_utf8_lossy(request.body()).contains(text)
}

fn no(why: &str) -> Option<(u16, Value)> {
    Some((400, json!({"code": "invalid_parameter", "message": why})))
}

fn rig(config: &str) -> Rig {
    let mut rig = Rig::new(empty(), config);
    rig.resources = vec!["contacts"];
    rig
}

fn id(rig: &Rig, email: &str) -> i64 {
    rig.brevo(email)["id"].as_i64().unwrap()
}

fn address(n: usize) -> String {
    format!("person{n}@mail.example")
}

fn settle(rig: &Rig, count: usize) -> Vec<String> {
    (0..count).map(|n| rig.town.add_person("user", Some(&address(n)), Some(&format!("Person {n}")))).collect()
}

async fn later(rig: &Rig) {
    rig.wait(1_300).await;
}

async fn quiet(rig: &Rig) {
    later(rig).await;
    let writes = (rig.town.writes(), rig.town.brevo().writes());
    rig.good().await;
    assert_eq!((rig.town.writes(), rig.town.brevo().writes()), writes, "the next pass is quiet");
}

#[tokio::test(start_paused = true)]
async fn an_opt_out_from_brevo_reaches_intercom_though_brevo_refuses_a_field_of_the_same_person() {
    let mut rig = rig(TWO_WAYS);
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.good().await;
    later(&rig).await;
    rig.town.brevo().blocklist(id(&rig, "ada@mail.example"));
    rig.town.set_contact(&ada, "phone", json!("+491510000001"));
    rig.via = between(&rig.town, |request| {
        (request.method() == "PUT" && says(request, "491510000001")).then(|| no("Invalid phone number")).flatten()
    });
    assert_eq!(rig.pass().await.unwrap().exit, 6);
    assert_eq!(rig.intercom(&ada)["unsubscribed_from_emails"], true);
}

#[tokio::test(start_paused = true)]
async fn an_opt_out_that_was_refused_once_is_tried_again_until_it_is_there() {
    let mut rig = rig(TWO_WAYS);
    let (ada, eve) = (
        rig.town.add_person("user", Some("ada@mail.example"), Some("Ada")),
        rig.town.add_person("user", Some("eve@mail.example"), Some("Eve")),
    );
    rig.good().await;
    later(&rig).await;
    rig.town.unsubscribe_contact(&ada);
    rig.town.brevo().blocklist(id(&rig, "eve@mail.example"));
    rig.via = between(&rig.town, |request| {
        let out = says(request, "\"emailBlacklisted\":true") || says(request, "\"unsubscribed_from_emails\":true");
        let intercom = !request.uri().path().starts_with("/v3/");
        match (request.method() == "PUT" && out, intercom) {
            (false, _) => None,
            (true, false) => no("not now"),
            (true, true) => {
                Some((422, json!({"type": "error.list", "errors": [{"code": "parameter_invalid", "message": "no"}]})))
            }
        }
    });
    for round in 0..3 {
        let report = rig.pass().await.unwrap();
        assert_eq!((report.exit, report.done.failed), (6, 2), "round {round}: {:?}", report.errors);
        later(&rig).await;
    }
    rig.straight();
    rig.good().await;
    assert_eq!(rig.brevo("ada@mail.example")["emailBlacklisted"], true);
    assert_eq!(rig.intercom(&eve)["unsubscribed_from_emails"], true);
    later(&rig).await;
    quiet(&rig).await;
}

fn bulk_rig(more: &str) -> Rig {
    let mut rig = rig(&format!(
        "connectors:\n  intercom:\n    direction: intercom_to_brevo\n    facts: off\n    sync: {{contacts: true}}\n  brevo: {{}}\n\
         field_mapping:\n  email: email\n  name: FULLNAME\n{more}"
    ));
    rig.bounds = Bounds { bulk_from: 10, ..Bounds::default() };
    rig
}

#[tokio::test(start_paused = true)]
async fn the_list_of_imports_may_be_deleted_in_brevo() {
    let rig = bulk_rig("");
    let people = settle(&rig, 20);
    rig.good().await;
    let lists = rig.pair(&Trip::default()).await.unwrap().brevo.lists().await.unwrap();
    let own = lists.iter().find(|list| list.name == "Tajo import").unwrap().id;
    let delete = http::Request::delete(format!("http://127.0.0.1:1/v3/contacts/lists/{own}")).header("api-key", support::TOKEN);
    assert_eq!(rig.via.send(delete.body(Bytes::new()).unwrap()).await.unwrap().status(), 204);
    later(&rig).await;
    people.iter().for_each(|id| rig.town.rename_contact(id, "Renamed"));
    rig.good().await;
    assert_eq!(rig.brevo(&address(7))["attributes"]["FULLNAME"], "Renamed");
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn an_import_whose_file_of_refusals_cannot_be_had_holds_up_nobody() {
    for kill in [false, true] {
        let mut rig = bulk_rig("");
        settle(&rig, 20);
        let bad = rig.town.add_person("user", Some("no-dot@host"), Some("Bad Address"));
        rig.via = between(&rig.town, |request| {
            request.uri().path().ends_with(".csv").then(|| (403, json!({"message": "Request has expired"})))
        });
        if kill {
            let trip = Trip::counting();
            let twin = bulk_rig("");
            settle(&twin, 20);
            twin.pass_with(&trip).await.unwrap();
            // After the import left, before its end was noted.
            drop(rig.pass_with(&Trip::fail_at(trip.passed() / 2, &tajo_core::codes::NET_CONNECT)).await);
            later(&rig).await;
        }
        let report = rig.pass().await.unwrap();
        assert_eq!((report.exit, rig.town.brevo().len()), (6, 20), "kill: {kill}, {:?}", report.errors);
        assert!(serde_json::to_string(&report.errors).unwrap().contains(&bad), "{:?}", report.errors);
        assert_eq!(rig.ledger.count_links().unwrap().live, 20, "kill: {kill}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_whatsapp_number_of_somebody_else_is_left_out_and_the_person_arrives() {
    for bulk in [false, true] {
        let mut rig = bulk_rig("  phone: {to: WHATSAPP, as: e164}\n");
        rig.bounds.bulk_from = if bulk { 3 } else { 500 };
        rig.town.brevo().add_contact(Some("other@mail.example"), json!({"WHATSAPP": "491510000001"}));
        let people = settle(&rig, 6);
        rig.town.set_contact(&people[3], "phone", json!("+491510000001"));
        let report = rig.pass().await.unwrap();
        assert_eq!((report.exit, report.done.failed, rig.town.brevo().len()), (6, 1, 7), "bulk: {bulk}, {:?}", report.errors);
        let told = serde_json::to_string(&report.errors).unwrap();
        assert!(told.contains("WHATSAPP") && told.contains("TJ-BRV-TAKEN") && told.contains(&people[3]), "{told}");
        let shown = rig.brevo(&address(3));
        assert_eq!((&shown["attributes"]["FULLNAME"], &shown["attributes"]["WHATSAPP"]), (&json!("Person 3"), &Value::Null));
        later(&rig).await;
        rig.town.rename_contact(&people[3], "Renamed");
        assert_eq!(rig.pass().await.unwrap().exit, 6);
        assert_eq!(rig.brevo(&address(3))["attributes"]["FULLNAME"], "Renamed", "bulk: {bulk}");
        // Free at last, it is theirs when they change.
        rig.town.brevo().set_attribute(id(&rig, "other@mail.example"), "WHATSAPP", Value::Null);
        later(&rig).await;
        rig.town.rename_contact(&people[3], "Renamed Again");
        rig.good().await;
        assert_eq!(rig.brevo(&address(3))["attributes"]["WHATSAPP"], "491510000001", "bulk: {bulk}");
        quiet(&rig).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_person_arrives_without_the_field_that_brevo_refuses() {
    let mut rig = bulk_rig("  phone: SMS\n");
    let people = settle(&rig, 3);
    rig.town.set_contact(&people[1], "phone", json!("+491510000001"));
    rig.town.unsubscribe_contact(&people[1]);
    rig.via = between(&rig.town, |request| {
        let write = ["POST", "PUT"].contains(&request.method().as_str());
        (write && says(request, "491510000001")).then(|| no("Invalid phone number")).flatten()
    });
    let report = rig.pass().await.unwrap();
    assert_eq!((report.exit, report.done.failed, rig.town.brevo().len()), (6, 1, 3), "{:?}", report.errors);
    let told = serde_json::to_string(&report.errors).unwrap();
    assert!(told.contains("SMS") && told.contains(&people[1]), "{told}");
    let shown = rig.brevo(&address(1));
    assert_eq!((&shown["attributes"]["FULLNAME"], &shown["emailBlacklisted"]), (&json!("Person 1"), &json!(true)));
    assert_eq!(rig.town.brevo().creations(), 3);
    rig.straight();
    later(&rig).await;
    rig.town.rename_contact(&people[1], "Renamed");
    rig.good().await;
    assert_eq!(rig.brevo(&address(1))["attributes"]["SMS"], "491510000001");
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn an_opt_out_that_an_import_does_not_carry_out_is_written_by_itself() {
    let mut rig = bulk_rig("");
    let people = settle(&rig, 20);
    rig.good().await;
    later(&rig).await;
    people.iter().for_each(|id| rig.town.rename_contact(id, "Renamed"));
    people[..12].iter().for_each(|id| rig.town.unsubscribe_contact(id));
    // Brevo does not say whether an import may blocklist contacts that it knows.
    rig.via = between(&rig.town, |request| {
        if request.uri().path().ends_with("/import") {
            let body = String::from_utf8_lossy(request.body())
                .replace("\"emailBlacklist\":true,", "")
                .replace(",\"emailBlacklist\":true", "");
            *request.body_mut() = body.into();
        }
        None
    });
    let report = rig.good().await;
    assert_eq!((report.done.imports, report.done.opt_outs), (2, 12));
    for n in 0..20 {
        let shown = rig.brevo(&address(n));
        assert_eq!((&shown["emailBlacklisted"], &shown["attributes"]["FULLNAME"]), (&json!(n < 12), &json!("Renamed")), "{n}");
    }
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn an_import_makes_nobody_again_who_was_deleted_in_brevo() {
    let rig = bulk_rig("");
    let people = settle(&rig, 20);
    rig.good().await;
    later(&rig).await;
    for n in 3..6 {
        rig.town.brevo().delete_contact(id(&rig, &address(n)));
    }
    people.iter().for_each(|id| rig.town.rename_contact(id, "Renamed"));
    let report = rig.good().await;
    assert_eq!((report.done.imports, report.done.gone, report.done.changed), (1, 3, 17));
    assert_eq!((rig.town.brevo().len(), rig.town.brevo().creations()), (17, 20));
    assert_eq!(rig.ledger.count_links().unwrap().gone, 3);
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn people_who_come_by_import_carry_their_intercom_id_too() {
    let rig = bulk_rig("");
    let people = settle(&rig, 20);
    rig.good().await;
    for (n, id) in people.iter().enumerate() {
        assert_eq!(rig.brevo(&address(n))["attributes"]["EXT_ID"], json!(id));
    }
}

#[tokio::test(start_paused = true)]
async fn conflicts_of_a_large_run_are_listed_and_go_when_they_are_settled() {
    let mut rig = rig(TWO_WAYS);
    rig.bounds = Bounds { bulk_from: 10, ..Bounds::default() };
    let people = settle(&rig, 12);
    rig.good().await;
    later(&rig).await;
    for (n, person) in people.iter().enumerate() {
        rig.town.rename_contact(person, "Of Intercom");
        rig.town.set_contact(person, "phone", json!(format!("+4915100000{n:02}")));
        rig.town.brevo().set_attribute(id(&rig, &address(n)), "FULLNAME", json!("Of Brevo"));
    }
    let report = rig.good().await;
    assert_eq!((report.conflicts, report.done.imports), (12, 1));
    let listed = rig.ledger.conflicts().unwrap();
    assert_eq!(listed.len(), 12, "they can be settled at once");
    rig.ledger
        .write(|write| listed.iter().try_for_each(|c| write.settle_conflict(&c.intercom_id, &c.field, "intercom")))
        .unwrap();
    later(&rig).await;
    assert_eq!(rig.good().await.done.imports, 1);
    assert!((0..12).all(|n| rig.brevo(&address(n))["attributes"]["FULLNAME"] == "Of Intercom"));
    assert_eq!(rig.ledger.conflicts().unwrap(), []);
    quiet(&rig).await;
}

async fn reach(rig: &Rig) -> Reach {
    let pair = rig.pair(&Trip::default()).await.unwrap();
    let known = Known { ledger: rig.ledger.clone(), mapping: Arc::clone(&pair.mapping), mirror: rig.mirror() };
    Reach { intercom: pair.intercom.clone(), brevo: pair.brevo.clone(), known, trip: Trip::default() }
}

#[tokio::test(start_paused = true)]
async fn a_resubscription_that_broke_off_spoils_no_link() {
    let rig = rig(TWO_WAYS);
    let out = rig.town.brevo().add_contact(Some("out@mail.example"), json!({"FULLNAME": "Only In Brevo"}));
    rig.town.brevo().blocklist(out);
    rig.good().await;
    later(&rig).await;
    // The write arrives, the look after it fails.
    rig.town.brevo().faults().script("GET", "/contacts/", 2, BrevoFault::Unauthorized);
    assert!(reach(&rig).await.resubscribe("out@mail.example", "margaret", "run-consent").await.is_err());
    assert_eq!(rig.brevo("out@mail.example")["emailBlacklisted"], false);
    rig.town.add_person("user", Some("out@mail.example"), Some("In Intercom Too"));
    for _ in 0..2 {
        later(&rig).await;
        rig.good().await;
    }
    let link = rig.ledger.link_of_brevo(out).unwrap().unwrap();
    assert_eq!(link.intercom_id, rig.town.ids("contacts")[0]);
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn a_resubscription_reaches_the_linked_contact_whatever_its_address() {
    let rig = rig(&TWO_WAYS.replace("bidirectional", "intercom_to_brevo").replace("both", "intercom_to_brevo"));
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.town.unsubscribe_contact(&ada);
    rig.good().await;
    let contact = id(&rig, "ada@mail.example");
    rig.town.brevo().change_email(contact, "by-hand@mail.example");
    rig.town.brevo().blocklist(contact);
    later(&rig).await;
    rig.good().await;
    let after = reach(&rig).await.resubscribe("ada@mail.example", "margaret", "run-consent").await.unwrap();
    assert!(after.subscribed);
    assert_eq!(rig.brevo("by-hand@mail.example")["emailBlacklisted"], false, "what it says is so");
}

#[tokio::test(start_paused = true)]
async fn a_saved_plan_makes_no_second_lead_while_nobody_knows_what_became_of_the_first() {
    let mut rig = rig(TWO_WAYS);
    rig.good().await;
    rig.town.brevo().add_contact(Some("bob@mail.example"), json!({"FULLNAME": "Bob"}));
    later(&rig).await;
    rig.extract().await.unwrap();
    let pair = rig.pair(&Trip::default()).await.unwrap();
    pair.refresh(false).await.unwrap();
    let planned = pair.plan(Scope::Changed, "test").await.unwrap();
    assert_eq!(planned.file.counts.create_in_intercom, 1);
    // Intercom's search does not show new contacts yet, and the answer to the first attempt is lost.
    let town = rig.town.clone();
    rig.via = between(&rig.town, move |request| {
        let search = request.uri().path().ends_with("/contacts/search") && says(request, "bob@mail.example");
        let create = request.method() == "POST" && request.uri().path() == "/contacts";
        if create && town.created_contacts() == 0 {
            town.faults().once("/contacts", tajo_sim::Fault::DroppedAfter);
        }
        search.then(|| (200, json!({"type": "list", "data": [], "total_count": 0, "pages": {"type": "pages", "page": 1, "per_page": 50, "total_pages": 1}})))
    });
    let report = rig.pass().await.unwrap();
    assert_eq!((rig.town.created_contacts(), report.done.unknown), (1, 1), "{:?}", report.errors);
    let pair = rig.pair(&Trip::default()).await.unwrap();
    let run = Run { check_ground: true, clock: rig.town.now(), ..Run::new("run-apply") };
    pair.recover(&run).await.unwrap();
    pair.refresh(false).await.unwrap();
    let mut applied = Applied::default();
    pair.apply(&planned.file, &run, &mut applied).await.unwrap();
    assert_eq!((rig.town.created_contacts(), applied.moved), (1, 1), "nobody twice");
}
