//! Companies of Intercom as companies of Brevo: one import for all that changed, and nobody twice.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use std::collections::BTreeMap;

use pair::{Rig, empty};
use serde_json::{Value, json};
use tajo::pairs::pass::Report;
use tajo_core::codes;
use tajo_core::trip::Trip;
use tajo_sim::{BrevoFault, BrevoOptions, Options, Tier};
use tajo_state::Ledger;

const CONFIG: &str = "\
connectors:
  intercom:
    direction: intercom_to_brevo
    facts: off
    companies: objects
    sync: {contacts: true, companies: true}
  brevo: {}
field_mapping:
  email: email
  name: FULLNAME
";

fn rig(options: Options) -> Rig {
    let mut rig = Rig::new(options, CONFIG);
    rig.resources = vec!["contacts", "companies"];
    rig
}

/// Ada of two companies, Bob of one.
fn town(rig: &Rig) -> (String, String, String, String) {
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada Fisher"));
    let bob = rig.town.add_person("user", Some("bob@mail.example"), Some("Bob Miller"));
    let mills = rig.town.add_named_company("Fisher, \"Mills\"", "Pro", 12);
    let farms = rig.town.add_named_company("Green Farms", "Free", 3);
    rig.town.attach_company(&ada, &mills);
    rig.town.attach_company(&ada, &farms);
    rig.town.attach_company(&bob, &farms);
    (ada, bob, mills, farms)
}

/// Brevo's companies by the Intercom id that they carry; panics where two carry the same.
fn shown(rig: &Rig) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for company in rig.town.brevo().companies() {
        let id = company["attributes"]["intercom_id"].as_str().unwrap_or_default().to_string();
        assert!(found.insert(id.clone(), company).is_none(), "{id} stands twice");
    }
    found
}

fn linked(company: &Value) -> Vec<i64> {
    let mut ids: Vec<i64> = company["linkedContactsIds"].as_array().unwrap().iter().filter_map(Value::as_i64).collect();
    ids.sort_unstable();
    ids
}

fn id(rig: &Rig, email: &str) -> i64 {
    rig.brevo(email)["id"].as_i64().unwrap()
}

fn imports(rig: &Rig) -> usize {
    rig.town.brevo().count_calls("POST", "/companies/import")
}

fn warned(report: &Report, what: &str) -> bool {
    report.warnings.iter().any(|warning| warning.contains(what))
}

// Shows: T-010.
#[tokio::test(start_paused = true)]
async fn companies_are_created_and_linked_by_one_import() {
    let rig = rig(empty());
    let (.., mills, farms) = town(&rig);
    let report = rig.good().await;
    assert_eq!((report.done.companies, imports(&rig)), (2, 1));
    let found = shown(&rig);
    let values = &found[&mills]["attributes"];
    assert_eq!(values["name"], "Fisher, \"Mills\"");
    assert_eq!((values["intercom_plan"].as_str(), values["intercom_size"].as_i64()), (Some("Pro"), Some(12)));
    let (ada, bob) = (id(&rig, "ada@mail.example"), id(&rig, "bob@mail.example"));
    assert_eq!((linked(&found[&mills]), linked(&found[&farms])), (vec![ada], vec![ada.min(bob), ada.max(bob)]));
    // One by one they are neither created nor linked: the bucket holds a hundred calls an hour.
    assert_eq!(rig.town.brevo().count_calls("PATCH", "/companies"), 0);
    assert_eq!(rig.town.brevo().calls().iter().filter(|c| c.method == "POST" && c.path == "/v3/companies").count(), 0);

    rig.wait(400).await;
    rig.town.brevo().clear_calls();
    let again = rig.good().await;
    assert_eq!((again.applied, rig.town.brevo().writes()), (0, 0), "a second pass is quiet");
    assert_eq!(rig.town.brevo().count_calls("", "/companies") + rig.town.brevo().count_calls("", "/crm"), 0);
}

#[tokio::test(start_paused = true)]
async fn what_changed_is_updated_and_who_left_is_taken_off() {
    let rig = rig(empty());
    let (ada, _, mills, farms) = town(&rig);
    rig.good().await;
    let before = shown(&rig);
    rig.wait(400).await;
    rig.town.set_company(&mills, "plan", json!("Enterprise"));
    rig.town.detach_company(&ada, &farms);
    // People of Brevo may link whom they like.
    let own = rig.town.brevo().add_contact(Some("own@mail.example"), json!({}));
    let pair = rig.pair(&Trip::default()).await.unwrap();
    pair.brevo.link_company(before[&farms]["id"].as_str().unwrap(), &[own], &[]).await.unwrap();
    let report = rig.good().await;
    let found = shown(&rig);
    assert_eq!((found.len(), report.done.companies, imports(&rig)), (2, 2, 2));
    assert_eq!(found[&mills]["id"], before[&mills]["id"]);
    assert_eq!(found[&mills]["attributes"]["intercom_plan"], "Enterprise");
    assert_eq!(linked(&found[&farms]), [id(&rig, "bob@mail.example"), own], "Ada alone was taken off");
    assert_eq!(rig.good().await.applied, 0);
}

#[tokio::test(start_paused = true)]
async fn a_new_contact_is_linked_to_the_company_that_was_there() {
    let rig = rig(empty());
    let (.., farms) = town(&rig);
    rig.good().await;
    rig.wait(400).await;
    let eve = rig.town.add_person("user", Some("eve@mail.example"), Some("Eve"));
    rig.town.attach_company(&eve, &farms);
    assert_eq!(rig.good().await.done.companies, 1);
    assert!(linked(&shown(&rig)[&farms]).contains(&id(&rig, "eve@mail.example")));
}

#[tokio::test(start_paused = true)]
async fn an_import_whose_answer_is_lost_is_looked_up_and_not_sent_again() {
    let rig = rig(empty());
    let (.., mills, _) = town(&rig);
    rig.town.brevo().faults().script("POST", "/companies/import", 1, BrevoFault::Dropped);
    let report = rig.good().await;
    assert!(warned(&report, "answer"), "{:?}", report.warnings);
    rig.wait(400).await;
    let next = rig.good().await;
    assert_eq!((shown(&rig).len(), imports(&rig), next.done.companies), (2, 1, 0));
    // And it can be changed afterwards.
    rig.town.set_company(&mills, "size", json!(13));
    rig.good().await;
    assert_eq!((shown(&rig)[&mills]["attributes"]["intercom_size"].as_i64(), imports(&rig)), (Some(13), 2));
}

#[tokio::test(start_paused = true)]
async fn an_import_under_way_is_waited_for_and_not_sent_again() {
    let brevo = BrevoOptions { import_ms: 3_000_000, tier: Tier::Unlimited, ..BrevoOptions::default() };
    for lost in [false, true] {
        let rig = rig(Options { brevo: brevo.clone(), ..empty() });
        town(&rig);
        if lost {
            rig.town.brevo().faults().script("POST", "/companies/import", 1, BrevoFault::Dropped);
        }
        assert!(!rig.good().await.warnings.is_empty());
        rig.wait(400).await;
        assert!(warned(&rig.good().await, "not ended"));
        rig.wait(3_000).await;
        rig.good().await;
        assert_eq!((shown(&rig).len(), imports(&rig)), (2, 1), "lost: {lost}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_import_that_fails_or_passes_over_rows_is_made_good_by_the_next_pass() {
    for fault in [BrevoFault::ImportFailed, BrevoFault::ImportHalf, BrevoFault::ServerError, BrevoFault::Unsent] {
        let rig = rig(empty());
        town(&rig);
        rig.town.brevo().faults().script("POST", "/companies/import", 1, fault.clone());
        assert!(!rig.good().await.warnings.is_empty(), "{fault:?}");
        rig.wait(400).await;
        rig.good().await;
        assert_eq!(shown(&rig).len(), 2, "{fault:?}");
        rig.wait(400).await;
        assert_eq!(rig.good().await.applied, 0, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_spent_hourly_bucket_lets_companies_wait_and_contacts_pass() {
    let brevo = BrevoOptions { tier: Tier::General, import_ms: 10, ..BrevoOptions::default() };
    let rig = rig(Options { brevo, ..empty() });
    town(&rig);
    rig.extract().await.unwrap();
    let pair = rig.pair(&Trip::default()).await.unwrap();
    while pair.brevo.processes(1, 0).await.is_ok() {}
    let report = rig.good().await;
    assert!(warned(&report, "hourly"), "{:?}", report.warnings);
    assert_eq!((rig.town.brevo().len(), rig.town.brevo().companies().len()), (2, 0));
    rig.wait(3_600).await;
    assert_eq!((rig.good().await.done.companies, shown(&rig).len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_new_installation_finds_the_companies_of_the_one_before() {
    let mut rig = rig(empty());
    town(&rig);
    rig.good().await;
    rig.wait(400).await;
    rig.ledger = Ledger::in_memory(Trip::default()).unwrap();
    let report = rig.good().await;
    assert_eq!((shown(&rig).len(), imports(&rig), report.done.companies), (2, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn many_companies_are_read_back_whatever_a_page_counts() {
    for page_is_number in [false, true] {
        let brevo = BrevoOptions { page_is_number, tier: Tier::Unlimited, import_ms: 10, ..BrevoOptions::default() };
        let rig = rig(Options { brevo, ..empty() });
        let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada Fisher"));
        for n in 0..1_100 {
            let company = rig.town.add_named_company(&format!("Mill {n}"), "Pro", n);
            rig.town.attach_company(&ada, &company);
        }
        let report = rig.good().await;
        assert_eq!((report.done.companies, imports(&rig)), (1_100, 1), "{page_is_number}: {:?}", report.warnings);
        rig.wait(400).await;
        assert_eq!(rig.good().await.applied, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn more_than_one_import_takes_goes_with_the_next_pass() {
    let mut rig = rig(empty());
    rig.bounds.chunk_bytes = 2_000;
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada Fisher"));
    for n in 0..40 {
        let company = rig.town.add_named_company(&format!("Mill {n}"), "Pro", n);
        rig.town.attach_company(&ada, &company);
    }
    let mut passes = 0;
    while shown(&rig).len() < 40 {
        let report = rig.good().await;
        passes += 1;
        assert_eq!((imports(&rig), passes < 9), (passes, true), "{:?}", report.warnings);
        rig.wait(400).await;
    }
    assert!(passes > 1);
    assert_eq!(rig.good().await.applied, 0);
}

#[tokio::test(start_paused = true)]
async fn without_the_wish_nothing_is_made_and_a_foreign_type_is_refused() {
    let plain = Rig::new(empty(), &CONFIG.replace("companies: objects", "companies: attributes"));
    town(&plain);
    plain.good().await;
    assert_eq!((plain.town.brevo().companies().len(), imports(&plain)), (0, 0));

    let rig = rig(empty());
    town(&rig);
    rig.extract().await.unwrap();
    let pair = rig.pair(&Trip::default()).await.unwrap();
    pair.brevo.create_company_attribute("Intercom size", "text").await.unwrap();
    let report = rig.pass().await.unwrap();
    assert_eq!((report.errors[0]["code"].as_str(), rig.town.brevo().len()), (Some(codes::BRV_ATTRIBUTE.id), 2));
    assert!(report.exit != 0 && rig.town.brevo().companies().is_empty());
}

#[test]
fn a_kill_at_any_step_makes_no_second_company() {
    let paused = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let begin = || {
        let mut rig = rig(empty());
        town(&rig);
        rig.ledger = Ledger::open(rig.folder.path(), "test", Trip::default()).unwrap();
        rig
    };
    // Only the last part of a pass is about companies; the rest has a test of its own.
    let steps = paused().block_on(async {
        let mut rig = begin();
        let trip = Trip::counting();
        rig.ledger = Ledger::open(rig.folder.path(), "test", trip.clone()).unwrap();
        rig.pass_with(&trip).await.unwrap();
        trip.passed()
    });
    for n in 1..=steps {
        paused().block_on(async {
            let mut rig = begin();
            let trip = Trip::fail_at(n, &codes::BUG);
            rig.ledger = Ledger::open(rig.folder.path(), "test", trip.clone()).unwrap();
            drop(rig.pass_with(&trip).await);
            rig.ledger = Ledger::open(rig.folder.path(), "test", Trip::default()).unwrap();
            for _ in 0..2 {
                rig.wait(1_300).await;
                rig.good().await;
            }
            assert_eq!(shown(&rig).len(), 2, "step {n} of {steps}");
            rig.wait(1_300).await;
            assert_eq!(rig.good().await.applied, 0, "step {n} of {steps}");
        });
    }
    assert!(steps > 15, "only {steps} steps");
}
