//! What happens to events, engagement, companies and tags when something is in the way: nothing is lost, nothing comes
//! twice, and one record that cannot be read does not hold up the others.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pair::{Rig, empty};
use serde_json::{Map, Value, json};
use support::Tap;
use support::between::between;
use tajo::pairs::apply::Run;
use tajo::pairs::entry::PlanFile;
use tajo::pairs::pass::Report;
use tajo::pairs::plan::{Planned, Scope};
use tajo_core::codes;
use tajo_core::trip::Trip;

const EVENTS: &str = "\
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

fn rig(config: &str) -> Rig {
    let mut rig = Rig::new(empty(), config);
    rig.resources = vec!["contacts", "conversations"];
    rig
}

fn people<const N: usize>(rig: &Rig) -> [String; N] {
    std::array::from_fn(|n| rig.town.add_person("user", Some(&format!("p{n}@mail.example")), Some("Somebody")))
}

fn names(rig: &Rig) -> Vec<String> {
    let name = |event: &Value| event["event_name"].as_str().unwrap().to_string();
    let mut names: Vec<String> = rig.town.brevo().events().iter().map(name).collect();
    names.sort();
    names
}

/// Every answer about this contact's events is a fault of the server.
fn no_events_of(rig: &mut Rig, contact: &str) -> Arc<AtomicBool> {
    let on = Arc::new(AtomicBool::new(true));
    let (broken, asked) = (Arc::clone(&on), format!("intercom_user_id={contact}"));
    rig.via = Arc::new(Tap::new(&rig.town, move |request, answer| {
        if broken.load(Ordering::SeqCst) && request.uri().query().is_some_and(|query| query.contains(&asked)) {
            *answer.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        }
    }));
    on
}

#[tokio::test(start_paused = true)]
async fn an_interruption_while_events_are_sent_loses_none() {
    let mut rig = rig(EVENTS);
    let people: [String; 30] = people(&rig);
    people.iter().for_each(|id| rig.town.add_event(id, "signed-in", json!({})));
    let mut wanted = rig.wanted(Scope::Changed);
    let stop = Arc::new(AtomicBool::new(false));
    wanted.stop = Arc::clone(&stop);
    rig.via = Arc::new(Tap::new(&rig.town, move |request, _| {
        if request.method() == http::Method::POST && request.uri().path() == "/v3/events" {
            stop.store(true, Ordering::SeqCst);
        }
    }));
    rig.extract().await.unwrap();
    let report = rig.pair(&Trip::default()).await.unwrap().pass(&wanted).await.unwrap();
    assert!((1..30).contains(&names(&rig).len()), "it was stopped on the way");
    assert_eq!((report.exit, report.done.created), (130, 30), "{:?}", report.errors);
    rig.wait(1_300).await;
    let next = rig.good().await;
    assert_eq!((names(&rig).len(), next.planned), (30, 0), "nobody is planned again for it");
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_applied_later_sends_the_events_that_a_sync_would_send() {
    let rig = rig(EVENTS);
    let [ada] = people(&rig);
    for _ in 0..2 {
        rig.good().await;
        rig.wait(1_300).await;
    }
    rig.town.add_event(&ada, "ordered", json!({}));
    rig.town.touch_contact(&ada);
    rig.extract().await.unwrap();
    rig.wait(5).await;
    let pair = rig.pair(&Trip::default()).await.unwrap();
    pair.refresh(false).await.unwrap();
    let drawn = pair.plan(Scope::Changed, "test").await.unwrap();
    // As `tajo apply` does it.
    let file = PlanFile::open(&drawn.file.path).unwrap();
    let (stops, looked_at, warnings) = (Vec::new(), Vec::new(), Vec::new());
    let planned = Planned { file, stops, first: false, planning_ms: 0, looked_at, warnings };
    let mut report = Report::default();
    let run = Run { check_ground: true, ..Run::new("later") };
    pair.carry_out(&planned, &run, true, &mut report).await.unwrap();
    rig.wait(1_300).await;
    rig.good().await;
    assert_eq!(names(&rig), ["ordered"]);
}

#[tokio::test(start_paused = true)]
async fn without_the_permission_for_events_the_people_are_in_step_and_the_events_come_with_it() {
    let rig = rig(EVENTS);
    let [ada, _] = people(&rig);
    rig.town.add_event(&ada, "ordered", json!({}));
    rig.town.faults().deny("read_events");
    let report = rig.pass().await.unwrap();
    assert_eq!((report.errors[0]["code"].as_str(), report.exit), (Some(codes::AUTH_SCOPE.id), 77));
    rig.wait(1_300).await;
    rig.extract().await.unwrap();
    let pair = rig.pair(&Trip::default()).await.unwrap();
    let planned = pair.plan(Scope::Changed, "test").await.unwrap();
    assert!(!planned.first, "nobody is asked the question of the first run twice");
    assert_eq!(planned.file.entries, 0, "nobody is planned again for events");
    rig.town.faults().clear();
    let mut open = rig;
    open.via = Arc::new(Tap::new(&open.town, |_, _| ()));
    open.wait(1_300).await;
    let next = open.pass().await.unwrap();
    assert_eq!((names(&open), next.exit), (vec!["ordered".to_string()], 0), "{:?}", next.errors);
}

#[tokio::test(start_paused = true)]
async fn a_contact_whose_events_cannot_be_read_holds_nobody_up() {
    let mut rig = rig(EVENTS);
    let people: [String; 5] = people(&rig);
    people.iter().for_each(|id| rig.town.add_event(id, "ordered", json!({})));
    let broken = no_events_of(&mut rig, &people[1]);
    let report = rig.pass().await.unwrap();
    assert_eq!((names(&rig).len(), report.exit, report.done.failed), (4, 6, 1), "{:?}", report.errors);
    assert!(report.errors.iter().any(|error| error["intercom_id"] == json!(people[1])), "{:?}", report.errors);
    rig.wait(1_300).await;
    let again = rig.pass().await.unwrap();
    assert_eq!((again.exit, again.done.failed), (6, 1), "it is tried again, and said again: {:?}", again.errors);
    broken.store(false, Ordering::SeqCst);
    rig.wait(1_300).await;
    rig.good().await;
    assert_eq!(names(&rig).len(), 5, "once it can be read, its events go");
}

#[tokio::test(start_paused = true)]
async fn a_lead_that_becomes_a_user_brings_no_event_twice() {
    let rig = rig(EVENTS);
    let lead = rig.town.add_person("lead", Some("eve@mail.example"), Some("Eve"));
    rig.town.add_event(&lead, "asked-for-a-demo", json!({}));
    rig.good().await;
    assert_eq!(names(&rig), ["asked-for-a-demo"]);
    rig.wait(1_300).await;
    let user = rig.town.add_person("user", Some("eve@mail.example"), Some("Eve Miller"));
    rig.town.merge_contact(&lead, &user);
    rig.town.add_event(&user, "signed-up", json!({}));
    for _ in 0..3 {
        rig.wait(1_300).await;
        rig.town.touch_contact(&user);
        rig.good().await;
    }
    assert_eq!(rig.town.brevo().len(), 1);
    assert_eq!(names(&rig), ["asked-for-a-demo", "signed-up"], "it is the same contact of Brevo");
}

#[tokio::test(start_paused = true)]
async fn no_event_goes_to_brevo_where_nothing_may() {
    let rig = rig(&EVENTS.replace("direction: intercom_to_brevo", "direction: brevo_to_intercom"));
    let [ada] = people(&rig);
    rig.town.brevo().add_contact(Some("p0@mail.example"), json!({"FULLNAME": "Somebody"}));
    rig.town.add_event(&ada, "ordered", json!({}));
    rig.town.add_conversation_of(&ada);
    for _ in 0..2 {
        rig.pass().await.unwrap();
        rig.wait(1_300).await;
    }
    assert_eq!((names(&rig), rig.town.brevo().writes()), (vec![], 0));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_intercom_learns_of_late_still_goes() {
    let rig = rig(EVENTS);
    let [ada] = people(&rig);
    rig.good().await;
    rig.wait(7_200).await;
    rig.town.touch_contact(&ada);
    rig.good().await;
    // A server hands in what happened half an hour ago, as queues do.
    rig.wait(600).await;
    let intercom = rig.pair(&Trip::default()).await.unwrap().intercom;
    intercom.submit_event(&ada, "ordered", rig.town.now() - 1_800, &Map::new()).await.unwrap();
    rig.town.touch_contact(&ada);
    rig.good().await;
    assert_eq!(names(&rig), ["ordered"]);
}

#[tokio::test(start_paused = true)]
async fn keys_that_brevo_writes_alike_stand_side_by_side() {
    let rig = rig(EVENTS);
    let [ada] = people(&rig);
    rig.town.add_event(&ada, "ordered", json!({"order id": 1, "order_id": 2, "": 3, "intercom_event": "x"}));
    rig.good().await;
    let event = &rig.town.brevo().events()[0]["event_properties"];
    let mut values: Vec<String> = event.as_object().unwrap().values().map(ToString::to_string).collect();
    values.sort();
    assert_eq!(values, ["\"ordered\"", "\"x\"", "1", "2", "3"], "{event}");
}

#[tokio::test(start_paused = true)]
async fn one_bad_event_does_not_take_its_whole_batch_along() {
    let mut rig = rig(EVENTS);
    let [ada] = people(&rig);
    for name in ["one", "two", "three"] {
        rig.town.add_event(&ada, name, json!({}));
    }
    rig.via = between(&rig.town, |request| {
        let body = json!({"code": "invalid_parameter", "message": "event_properties are not valid"});
        (request.uri().path() == "/v3/events/batch").then_some((400, body))
    });
    let report = rig.good().await;
    assert_eq!((names(&rig), report.done.events), (["one", "three", "two"].map(String::from).to_vec(), 3));
}

#[tokio::test(start_paused = true)]
async fn a_remark_beside_a_rating_is_no_second_rating() {
    let rig = rig(EVENTS);
    let [ada] = people(&rig);
    rig.good().await;
    rig.wait(1_300).await;
    let talk = rig.town.add_conversation_of(&ada);
    let ratings = |rig: &Rig| names(rig).into_iter().filter(|name| name == "conversation_rating_added").count();
    for (stars, remark, expect) in [(4, "", 1), (4, "fine, thank you", 1), (2, "on second thoughts", 2)] {
        rig.wait(1_300).await;
        rig.town.rate_conversation(&talk, stars, remark);
        rig.good().await;
        assert_eq!(ratings(&rig), expect, "{stars} {remark}");
    }
}

const BOTH: &str = "\
connectors:
  intercom:
    direction: bidirectional
    facts: off
    sync: {contacts: true, events: true}
  brevo: {}
field_mapping:
  email: email
  name: {to: FULLNAME, direction: both}
";

#[tokio::test(start_paused = true)]
async fn what_somebody_new_did_before_intercom_had_him_is_told() {
    let mut rig = rig(BOTH);
    rig.resources = vec!["contacts"];
    people::<1>(&rig);
    rig.good().await;
    rig.wait(400).await;
    let new = rig.town.brevo().add_contact(Some("new@mail.example"), json!({"FULLNAME": "Newly Come"}));
    rig.wait(60).await;
    rig.town.brevo().opened(new, 7);
    for _ in 0..8 {
        rig.wait(240).await;
        rig.good().await;
    }
    let ids = rig.town.ids("contacts");
    let told: Vec<Value> = ids.iter().flat_map(|id| rig.town.events_of(id)).map(|event| event["event_name"].clone()).collect();
    assert_eq!((told, ids.len()), (vec![json!("brevo_email_opened")], 2));
}

#[tokio::test(start_paused = true)]
async fn a_contact_that_brevo_cannot_show_holds_no_engagement_up() {
    let mut rig = rig(BOTH);
    rig.resources = vec!["contacts"];
    let people: [String; 3] = people(&rig);
    rig.good().await;
    rig.wait(400).await;
    rig.good().await;
    let ids = [0, 1, 2].map(|n| rig.brevo(&format!("p{n}@mail.example"))["id"].as_i64().unwrap());
    for id in ids {
        rig.wait(5).await;
        rig.town.brevo().opened(id, 7);
    }
    let path = format!("/v3/contacts/{}", ids[0]);
    let on = Arc::new(AtomicBool::new(true));
    let broken = Arc::clone(&on);
    rig.via = Arc::new(Tap::new(&rig.town, move |request, answer| {
        if broken.load(Ordering::SeqCst) && request.method() == http::Method::GET && request.uri().path() == path {
            *answer.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        }
    }));
    let told = |rig: &Rig| people.iter().map(|id| rig.town.events_of(id).len()).collect::<Vec<_>>();
    for _ in 0..2 {
        rig.wait(400).await;
        assert_ne!(rig.pass().await.unwrap().exit, 0);
    }
    assert_eq!(told(&rig), [0, 1, 1]);
    on.store(false, Ordering::SeqCst);
    rig.wait(400).await;
    rig.good().await;
    assert_eq!(told(&rig), [1, 1, 1]);
}

const COMPANIES: &str = "\
connectors:
  intercom:
    direction: intercom_to_brevo
    facts: off
    company: newest
    sync: {contacts: true, companies: true}
  brevo: {}
field_mapping:
  email: email
  company.name: COMPANY_NAME
";

#[tokio::test(start_paused = true)]
async fn a_company_that_is_deleted_speaks_until_its_people_are_read_again() {
    let mut rig = rig(COMPANIES);
    rig.resources = vec!["contacts", "companies"];
    let [ada, bob] = people(&rig);
    let (mills, farms) = (rig.town.add_named_company("Mills", "Pro", 12), rig.town.add_named_company("Farms", "Free", 3));
    rig.town.attach_company(&ada, &mills);
    rig.town.attach_company(&bob, &mills);
    rig.town.attach_company(&bob, &farms);
    rig.wait(60).await;
    rig.town.touch_company(&mills);
    rig.good().await;
    let company = |n: usize| rig.brevo(&format!("p{n}@mail.example"))["attributes"]["COMPANY_NAME"].clone();
    assert_eq!((company(0), company(1)), (json!("Mills"), json!("Mills")));
    rig.wait(1_300).await;
    rig.good().await;
    rig.wait(1_300).await;
    rig.town.remove_company(&mills);
    [&ada, &bob].into_iter().for_each(|id| rig.town.touch_contact(id));
    rig.good().await;
    assert_eq!((company(0), company(1)), (Value::Null, json!("Farms")));
}

const TAGS: &str = "\
connectors:
  intercom:
    direction: intercom_to_brevo
    facts: off
    tags: {vpi: {list: 40}, beta: {list: 36}}
    sync: {contacts: true, tags: true}
  brevo: {}
field_mapping:
  email: email
";

#[tokio::test(start_paused = true)]
async fn a_tag_that_intercom_does_not_have_is_said() {
    let mut rig = rig(TAGS);
    rig.resources = vec!["contacts", "tags"];
    let [ada] = people(&rig);
    rig.town.add_tag("VIP");
    let beta = rig.town.add_tag("Beta");
    rig.town.tag_contact(&ada, &beta);
    let report = rig.good().await;
    let said: Vec<&String> = report.warnings.iter().filter(|warning| warning.contains("tag")).collect();
    assert_eq!(said.len(), 1, "{:?}", report.warnings);
    assert!(said[0].contains("`vpi`") && said[0].contains("VIP"), "{said:?}");
}
