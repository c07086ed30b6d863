//! What is too large to be meant stops before the first write, and a saved plan is applied to the ground it was made from.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use pair::{Rig, config_of, empty};
use serde_json::json;
use tajo::pairs::apply::{Applied, Run};
use tajo::pairs::entry::PlanFile;
use tajo::pairs::pass::Report;
use tajo::pairs::plan::{Planned, Scope};
use tajo_core::{Error, codes};
use tajo_sim::BrevoFault;

fn config(more: &str, mapping: &str) -> String {
    format!(
        "connectors:\n  intercom:\n    direction: intercom_to_brevo\n    facts: off\n    sync: {{contacts: true, events: false}}\n{more}  brevo: {{}}\n\
         field_mapping:\n  email: email\n{mapping}"
    )
}

const PLAIN: &str = "  name: FULLNAME\n  custom_attributes.plan_tier: PLAN_TIER\n  custom_attributes.Favourite colour: COLOUR\n";

fn rig_of(people: usize, more: &str) -> (Rig, Vec<String>) {
    let mut rig = Rig::new(empty(), &config(more, PLAIN));
    rig.resources = vec!["contacts"];
    let ids = (0..people)
        .map(|n| {
            let role = if n.is_multiple_of(5) { "lead" } else { "user" };
            let id = rig.town.add_person(role, Some(&address(n)), Some(&format!("Person {n}")));
            rig.town.set_contact(&id, "custom_attributes.plan_tier", json!(["free", "pro"][n % 2]));
            id
        })
        .collect();
    (rig, ids)
}

fn address(n: usize) -> String {
    format!("person{n}@mail.example")
}

async fn later(rig: &Rig) {
    rig.wait(1_300).await;
}

/// The pass has to be stopped by these brakes, with nothing written.
async fn stopped(rig: &Rig, brakes: &[&str]) -> Error {
    let (left, right) = (rig.town.writes(), rig.town.brevo().writes());
    let error = rig.pass().await.map(|report| report.done).unwrap_err();
    assert_eq!(error.code(), &codes::STA_BRAKE, "{error:?}");
    let said = error.noted("brakes").unwrap();
    assert!(brakes.iter().all(|brake| said.contains(brake)), "{said}");
    assert_eq!((rig.town.writes(), rig.town.brevo().writes()), (left, right), "nothing was written");
    error
}

/// Two lines were mixed up, a conversion is not meant, a source is empty.
const WRONG: [(&str, &str); 3] = [
    ("  name: PLAN_TIER\n  custom_attributes.plan_tier: FULLNAME\n", "changed"),
    ("  name: {to: FULLNAME, as: uppercase}\n  custom_attributes.plan_tier: PLAN_TIER\n", "changed"),
    ("  name: FULLNAME\n  custom_attributes.Favourite colour: PLAN_TIER\n", "blanked"),
];

async fn wrong_mappings(people: usize, wrong: &[(&str, &str)]) {
    let (mut rig, _) = rig_of(people, "");
    rig.good().await;
    assert_eq!(rig.town.brevo().len(), people);
    later(&rig).await;
    for (wrong, brake) in wrong {
        rig.config = config_of(&config("", wrong));
        stopped(&rig, &[*brake]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_mapping_over_ten_thousand_people_writes_nothing_at_all() {
    wrong_mappings(10_000, &WRONG[..1]).await;
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_wrong_mapping_is_stopped() {
    wrong_mappings(1_000, &WRONG).await;
}

#[tokio::test(start_paused = true)]
async fn lists_that_would_lose_most_of_their_people_stop_the_run() {
    let (mut rig, _) = rig_of(1_000, "    lists: {all_users: 35, leads: 37}\n");
    rig.good().await;
    later(&rig).await;
    rig.config = config_of(&config("    lists: {all_users: 37, leads: 35}\n", PLAIN));
    stopped(&rig, &["changed"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_field_that_is_emptied_everywhere_in_intercom_stops_the_run() {
    let (rig, ids) = rig_of(400, "");
    rig.good().await;
    later(&rig).await;
    ids.iter().take(50).for_each(|id| rig.town.set_contact(id, "custom_attributes.plan_tier", json!(null)));
    let error = stopped(&rig, &["blanked: PLAN_TIER would be emptied in 50 of 400"]).await;
    assert!(error.noted("plan").is_some_and(|path| path.ends_with(".tajo")), "it lies there to be looked at");
    assert!(error.remedy().contains("tajo apply"), "{error:?}");
    // And again: a brake does not wear out.
    later(&rig).await;
    stopped(&rig, &["blanked"]).await;
}

#[tokio::test(start_paused = true)]
async fn small_workspaces_are_never_stuck() {
    let (rig, ids) = rig_of(90, "");
    rig.good().await;
    later(&rig).await;
    ids.iter().for_each(|id| rig.town.rename_contact(id, "Everybody"));
    ids.iter().take(9).for_each(|id| rig.town.set_contact(id, "custom_attributes.plan_tier", json!(null)));
    assert_eq!(rig.good().await.done.changed, 90);
}

#[tokio::test(start_paused = true)]
async fn an_empty_listing_is_not_believed() {
    let (rig, _) = rig_of(5, "");
    rig.good().await;
    std::fs::remove_file(rig.mirror()).unwrap();
    for name in ["mirror.db-wal", "mirror.db-shm"] {
        let _ = std::fs::remove_file(rig.folder.path().join(name));
    }
    let (empty_rig, _) = rig_of(0, "");
    empty_rig.extract().await.unwrap();
    std::fs::copy(empty_rig.mirror(), rig.mirror()).unwrap();
    let pair = rig.pair(&Default::default()).await.unwrap();
    let error = pair.pass(&rig.wanted(Scope::All)).await.unwrap_err();
    assert!(error.code() == &codes::STA_BRAKE && error.noted("brakes").unwrap().contains("empty"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn the_first_run_asks_and_without_a_yes_nothing_is_written() {
    let (rig, _) = rig_of(3, "");
    rig.extract().await.unwrap();
    let pair = rig.pair(&Default::default()).await.unwrap();
    let mut wanted = rig.wanted(Scope::Changed);
    wanted.yes = false;
    for _ in 0..2 {
        let error = pair.pass(&wanted).await.unwrap_err();
        assert_eq!(error.code(), &codes::STA_FIRST);
        assert_eq!((rig.town.brevo().writes(), rig.town.brevo().len(), rig.town.writes()), (0, 0, 0));
    }
    rig.good().await;
    // Asked once, answered for good.
    let report = pair.pass(&wanted).await.unwrap();
    assert_eq!((report.exit, rig.town.brevo().len()), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn yes_answers_the_first_question_and_no_brake() {
    let (rig, ids) = rig_of(400, "");
    rig.good().await;
    later(&rig).await;
    ids.iter().for_each(|id| rig.town.rename_contact(id, "Everybody"));
    assert!(rig.wanted(Scope::Changed).yes);
    stopped(&rig, &["changed"]).await;
}

/// What `tajo plan` leaves behind.
async fn plan(rig: &Rig) -> Planned {
    rig.extract().await.unwrap();
    let pair = rig.pair(&Default::default()).await.unwrap();
    let known = rig.ledger.mark("brevo_seen").unwrap().is_some();
    pair.refresh(!known).await.unwrap();
    pair.plan(Scope::Changed, "test").await.unwrap()
}

/// What `tajo apply` does with it.
async fn apply(rig: &Rig, planned: &Planned) -> Report {
    let pair = rig.pair(&Default::default()).await.unwrap();
    let file = PlanFile::open(&planned.file.path).unwrap();
    let run = Run { check_ground: true, clock: rig.town.now(), ..Run::new(rig.wanted(Scope::Changed).run_id) };
    let recovered = pair.recover(&run).await.unwrap();
    pair.refresh(false).await.unwrap();
    let planned = Planned { file, stops: Vec::new(), ..planned.clone() };
    let mut report = Report { recovered, ..Report::of(&planned) };
    pair.carry_out(&planned, &run, false, &mut report).await.unwrap();
    report
}

#[tokio::test(start_paused = true)]
async fn a_braked_plan_can_be_applied_by_whoever_means_it() {
    let (rig, ids) = rig_of(300, "");
    rig.good().await;
    later(&rig).await;
    ids.iter().for_each(|id| rig.town.rename_contact(id, "Everybody"));
    let planned = plan(&rig).await;
    assert_eq!(planned.stops.len(), 1);
    let report = apply(&rig, &planned).await;
    assert_eq!((report.exit, report.done.changed), (0, 300));
    let writes = rig.town.brevo().writes();
    later(&rig).await;
    rig.good().await;
    assert_eq!(rig.town.brevo().writes(), writes);
}

#[tokio::test(start_paused = true)]
async fn entries_whose_ground_moved_are_refused_one_by_one_and_come_with_the_next_run() {
    let (rig, ids) = rig_of(6, "");
    rig.good().await;
    later(&rig).await;
    ids.iter().for_each(|id| rig.town.rename_contact(id, "Planned"));
    let planned = plan(&rig).await;
    later(&rig).await;
    rig.town.rename_contact(&ids[1], "Moved in Intercom");
    rig.extract().await.unwrap();
    let three = rig.brevo(&address(3))["id"].as_i64().unwrap();
    rig.town.brevo().set_attribute(three, "FULLNAME", json!("Moved in Brevo"));
    rig.town.brevo().delete_contact(rig.brevo(&address(4))["id"].as_i64().unwrap());
    let report = apply(&rig, &planned).await;
    assert_eq!((report.done.changed, report.done.moved, report.done.gone), (3, 2, 1), "{:?}", report.errors);
    assert_eq!(rig.brevo(&address(1))["attributes"]["FULLNAME"], "Person 1");
    assert_eq!(rig.brevo(&address(3))["attributes"]["FULLNAME"], "Moved in Brevo");
    later(&rig).await;
    rig.good().await;
    assert_eq!(rig.brevo(&address(1))["attributes"]["FULLNAME"], "Moved in Intercom");
    assert_eq!(rig.brevo(&address(3))["attributes"]["FULLNAME"], "Planned", "Intercom's edit is the newer news");
    assert_eq!(rig.town.brevo().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_plan_applied_twice_does_nothing_the_second_time() {
    let (rig, ids) = rig_of(6, "");
    let planned = plan(&rig).await;
    assert_eq!(apply(&rig, &planned).await.done.created, 6);
    assert_eq!(rig.ledger.plan(&planned.file.heading.plan_id).unwrap().unwrap().state, "applied");
    let writes = rig.town.brevo().writes();
    let report = apply(&rig, &planned).await;
    assert_eq!((report.applied, report.done.moved, rig.town.brevo().writes()), (0, 6, writes));
    assert_eq!((ids.len(), rig.town.brevo().creations()), (6, 6));
}

#[tokio::test(start_paused = true)]
async fn a_plan_half_applied_is_completed_by_applying_it_again_or_by_the_next_run() {
    for again in [true, false] {
        let (mut rig, _) = rig_of(12, "");
        rig.bounds.singles = 1;
        let planned = plan(&rig).await;
        for nth in 6..12 {
            rig.town.brevo().faults().script("POST", "/v3/contacts", nth, BrevoFault::Unauthorized);
        }
        let report = apply(&rig, &planned).await;
        assert_eq!(report.exit, 77);
        let done = rig.town.brevo().len();
        assert!((1..12).contains(&done), "{done}");
        assert_eq!(rig.ledger.plan(&planned.file.heading.plan_id).unwrap().unwrap().state, "applying");
        rig.town.brevo().faults().clear();
        later(&rig).await;
        if again {
            apply(&rig, &planned).await;
        }
        rig.good().await;
        assert_eq!((rig.town.brevo().len(), rig.town.brevo().creations()), (12, 12), "again: {again}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_changed_configuration_is_another_plan_and_a_changed_comment_is_not() {
    let (mut rig, _) = rig_of(2, "");
    let planned = plan(&rig).await;
    let hash = planned.file.heading.config_hash.clone();
    for (text, same) in [
        (config("", &format!("  # a remark\n{PLAIN}")), true),
        (config("    lists: {all_users: 35}\n", PLAIN), false),
        (config("", "  name: {to: FULLNAME, as: uppercase}\n"), false),
        (config("", PLAIN).replace("intercom_to_brevo", "bidirectional"), false),
        (config("    no_email: ext_id\n", PLAIN), false),
        (config("    default_country: DE\n", &format!("{PLAIN}  phone: SMS\n")), false),
    ] {
        rig.config = config_of(&text);
        rig.direction = rig.config.direction.unwrap();
        let now = rig.pair(&Default::default()).await.unwrap().mapping.hash();
        assert_eq!(now == hash, same, "{text}");
    }
    let pair = rig.pair(&Default::default()).await.unwrap();
    let mut applied = Applied::default();
    assert!(pair.apply(&planned.file, &Run { check_ground: true, ..Run::new("other") }, &mut applied).await.is_ok());
    assert_eq!(applied.created, 0, "even past the surface every entry is refused: its ground is another one");
}
