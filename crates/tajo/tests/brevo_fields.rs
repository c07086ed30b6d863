//! What arrives in Brevo, field by field: of the right type, of the right person, and nothing dropped in silence.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pair::{Rig, SEED, SEED_MAPPING, empty};
use serde_json::{Value, json};
use support::{NOW, Tap};
use tajo_core::codes;
use tajo_sim::BrevoOptions;

/// A connector with these lines under `intercom`, and this mapping.
fn config(more: &str, mapping: &str) -> String {
    let more: String = more.lines().map(|line| format!("    {line}\n")).collect();
    let mapping: String = mapping.lines().map(|line| format!("  {line}\n")).collect();
    let mapping = if mapping.is_empty() { String::new() } else { format!("field_mapping:\n{mapping}") };
    format!("connectors:\n  intercom:\n    direction: intercom_to_brevo\n{more}  brevo: {{}}\n{mapping}")
}

fn attributes(rig: &Rig, email: &str) -> Value {
    rig.brevo(email)["attributes"].clone()
}

// Shows: T-011, T-045, T-050, T-051, T-053, T-055, T-056, T-057, T-058, T-059, T-061, T-065, T-066.
#[tokio::test(start_paused = true)]
async fn every_line_of_the_documented_mapping_arrives_typed() {
    let rig = Rig::new(empty(), &format!("{SEED}{SEED_MAPPING}"));
    let ada = rig.town.add_person("user", Some("Ada.Fisher@mail.example"), Some("Ada Fisher"));
    for (field, value) in [
        ("phone", json!("+49 151 2345678")),
        ("signed_up_at", json!(1_700_000_000)),
        ("last_seen_at", json!(NOW - 10)),
        ("unsubscribed_from_emails", json!(true)),
        ("custom_attributes.plan_tier", json!("pro")),
        ("custom_attributes.feature_usage", json!(17)),
    ] {
        rig.town.set_contact(&ada, field, value);
    }
    rig.town.add_person("lead", None, Some("Nobody's Address"));
    let report = rig.good().await;
    assert_eq!(report.skipped_by.get("no_email"), Some(&1), "counted, never silently lost");

    let shown = rig.brevo("ada.fisher@mail.example");
    let got = &shown["attributes"];
    for (name, expect) in [
        ("FULLNAME", json!("Ada Fisher")),
        ("SMS", json!("491512345678")),
        ("SIGNUP_DATE", json!("2023-11-14")),
        ("LAST_ACTIVE", json!("2026-09-21")),
        ("UNSUBSCRIBED", json!(true)),
        ("PLAN_TIER", json!("pro")),
        ("FEATURE_USAGE", json!(17)),
    ] {
        assert_eq!(got[name], expect, "{name}");
    }
    assert_eq!(shown["emailBlacklisted"], true, "the attribute is for reading; the opt-out itself travels as consent");
    assert_eq!(rig.intercom(&ada)["email"], "Ada.Fisher@mail.example", "the case of the original is kept");
    let pair = rig.pair(&Default::default()).await.unwrap();
    let schema = pair.brevo.attributes().await.unwrap();
    let kind = |name: &str| schema.iter().find(|one| one.name == name).and_then(|one| one.kind).and_then(|kind| kind.word());
    let kinds = ["FULLNAME", "SIGNUP_DATE", "FEATURE_USAGE", "UNSUBSCRIBED"].map(kind);
    assert_eq!(kinds, [Some("text"), Some("date"), Some("float"), Some("boolean")]);

    // The attributes came first: Brevo drops what it does not know.
    let calls = rig.town.brevo().calls();
    let posts: Vec<&str> = calls.iter().filter(|c| c.method == "POST" && c.status < 300).map(|c| c.path.as_str()).collect();
    let first_contact = posts.iter().position(|path| *path == "/v3/contacts").unwrap();
    let last_attribute = posts.iter().rposition(|path| path.starts_with("/v3/contacts/attributes/")).unwrap();
    assert!(last_attribute < first_contact, "{posts:?}");
    for name in ["FULLNAME", "SIGNUP_DATE", "LAST_ACTIVE", "UNSUBSCRIBED", "PLAN_TIER", "FEATURE_USAGE", "COMPANY_SIZE"] {
        assert!(posts.iter().any(|path| path.ends_with(&format!("/{name}"))), "{name} is created");
    }
}

// Shows: T-010, T-049, T-062, T-063, T-064.
#[tokio::test(start_paused = true)]
async fn of_several_companies_the_stated_rule_picks_the_one_that_speaks() {
    for (rule, name, plan, size) in
        [("newest", "Mill", "Pro", 12), ("largest", "Harbour", "Team", 900), ("first", "Abbey", "Free", 3)]
    {
        let mapping = "email: email\ncompany.name: COMPANY_NAME\ncompany.plan: COMPANY_PLAN\ncompany.size: COMPANY_SIZE";
        let rig = Rig::new(empty(), &config(&format!("company: {rule}\nfacts: off"), mapping));
        let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
        let alone = rig.town.add_person("user", Some("eve@mail.example"), Some("Eve"));
        for (company, plan, size, at) in [("Abbey", "Free", 3, 10), ("Harbour", "Team", 900, 20), ("Mill", "Pro", 12, 30)] {
            let id = rig.town.add_named_company(company, plan, size);
            rig.town.attach_company(&ada, &id);
            rig.town.set_company(&id, "last_request_at", json!(NOW + at));
        }
        rig.good().await;
        let got = attributes(&rig, "ada@mail.example");
        assert_eq!(
            (&got["COMPANY_NAME"], &got["COMPANY_PLAN"], &got["COMPANY_SIZE"]),
            (&json!(name), &json!(plan), &json!(size))
        );
        assert!(attributes(&rig, "eve@mail.example").get("COMPANY_NAME").is_none(), "{alone} has none");
    }
}

#[tokio::test(start_paused = true)]
async fn a_renamed_company_reaches_its_people_though_they_did_not_change() {
    let rig = Rig::new(empty(), &config("facts: off", "email: email\ncompany.name: COMPANY_NAME"));
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    let mill = rig.town.add_named_company("Mill", "Pro", 12);
    rig.town.attach_company(&ada, &mill);
    rig.good().await;
    rig.wait(400).await;
    rig.town.set_company(&mill, "name", json!("Windmill"));
    rig.good().await;
    assert_eq!(attributes(&rig, "ada@mail.example")["COMPANY_NAME"], "Windmill");
}

// Shows: T-009, T-014, T-015, T-144.
#[tokio::test(start_paused = true)]
async fn conversations_messenger_and_ai_agent_become_attributes() {
    let rig = Rig::new(empty(), &config("lists: {active_conversations: 36}", "email: email\nname: FULLNAME"));
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    for field in ["last_replied_at", "last_contacted_at", "last_email_opened_at", "last_email_clicked_at"] {
        rig.town.set_contact(&ada, field, json!(1_700_000_000));
    }
    let solved = rig.town.add_conversation_of(&ada);
    rig.town.set_ai_outcome(&solved, "assumed_resolution", Some(4));
    rig.wait(60).await;
    let open = rig.town.add_conversation_of(&ada);
    rig.town.tag_conversation(&open, &rig.town.add_tag("billing"));
    rig.town.rate_conversation(&open, 5, "quick");
    rig.good().await;
    let got = attributes(&rig, "ada@mail.example");
    for (name, expect) in [
        ("OPEN_CONVERSATIONS", json!(1)),
        ("CONVERSATIONS", json!(2)),
        ("LAST_CONVERSATION_AT", json!("2026-09-21")),
        ("LAST_RATING", json!(5)),
        ("LAST_CONVERSATION_TAGS", json!("billing")),
        ("LAST_REPLIED_AT", json!("2023-11-14")),
        ("LAST_CONTACTED_AT", json!("2023-11-14")),
        ("LAST_EMAIL_OPENED_AT", json!("2023-11-14")),
        ("LAST_EMAIL_CLICKED_AT", json!("2023-11-14")),
        ("FIN_LAST_RESOLUTION", json!("assumed_resolution")),
        ("FIN_RATING", json!(4)),
    ] {
        assert_eq!(got[name], expect, "{name}");
    }
    assert!(got["LAST_CONVERSATION_CHANNEL"].is_string() && got["MESSAGES"].as_i64() >= Some(2), "{got}");
    assert_eq!(rig.brevo("ada@mail.example")["listIds"], json!([36]));
}

// Shows: T-048.
#[tokio::test(start_paused = true)]
async fn the_role_is_an_attribute_and_an_unknown_one_passes_through() {
    let mut rig = Rig::new(empty(), &config("facts: off\nlists: {all_users: 35, leads: 37}", ""));
    let odd = rig.town.add_person("user", Some("odd@mail.example"), Some("Odd One"));
    // A role that is none of today's.
    rig.via = Arc::new(Tap::json(&rig.town, "/contacts", move |answer| {
        for contact in answer["data"].as_array_mut().into_iter().flatten() {
            if contact["id"] == odd.as_str() {
                contact["role"] = json!("visitor");
            }
        }
    }));
    rig.town.add_person("lead", Some("eve@mail.example"), Some("Eve de la Cruz"));
    rig.good().await;
    let eve = rig.brevo("eve@mail.example");
    assert_eq!((&eve["attributes"]["ROLE"], &eve["listIds"]), (&json!("lead"), &json!([37])));
    assert_eq!((&eve["attributes"]["FIRSTNAME"], &eve["attributes"]["LASTNAME"]), (&json!("Eve"), &json!("de la Cruz")));
    let odd = rig.brevo("odd@mail.example");
    assert_eq!((&odd["attributes"]["ROLE"], &odd["listIds"]), (&json!("visitor"), &json!([])));
}

// Shows: T-013.
#[tokio::test(start_paused = true)]
async fn tags_become_lists_or_attributes_and_untagging_takes_them_back() {
    let rig = Rig::new(empty(), &config("facts: off\ntags: {vip: {list: 40}, Beta: {attribute: IS_BETA}}", "email: email"));
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    let (vip, beta) = (rig.town.add_tag("VIP"), rig.town.add_tag("beta"));
    rig.town.tag_contact(&ada, &vip);
    rig.town.tag_contact(&ada, &beta);
    rig.good().await;
    let shown = rig.brevo("ada@mail.example");
    assert_eq!((&shown["listIds"], &shown["attributes"]["IS_BETA"]), (&json!([40]), &json!(true)));
    rig.wait(400).await;
    rig.town.untag_contact(&ada, &vip);
    rig.town.untag_contact(&ada, &beta);
    rig.good().await;
    let shown = rig.brevo("ada@mail.example");
    assert_eq!((&shown["listIds"], &shown["attributes"]["IS_BETA"]), (&json!([]), &json!(false)));
}

#[tokio::test(start_paused = true)]
async fn a_tag_removed_from_the_workspace_takes_its_people_off_the_list() {
    let rig = Rig::new(empty(), &config("facts: off\ntags: {vip: {list: 40}}", "email: email"));
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    let vip = rig.town.add_tag("vip");
    rig.town.add_tag("another");
    rig.town.tag_contact(&ada, &vip);
    rig.good().await;
    rig.wait(400).await;
    rig.town.remove_tag(&vip);
    rig.good().await;
    assert_eq!(rig.brevo("ada@mail.example")["listIds"], json!([]));
}

// Shows: T-052.
#[tokio::test(start_paused = true)]
async fn attributes_that_nobody_maps_are_listed_and_unknown_ones_refused() {
    let rig = Rig::new(empty(), &config("facts: off", "email: email\ncustom_attributes.plan_tier: PLAN_TIER"));
    rig.extract().await.unwrap();
    let checked = rig.pair(&Default::default()).await.unwrap().check().await.unwrap();
    assert!(checked.unmapped.contains(&"mrr".to_string()) && !checked.unmapped.contains(&"plan_tier".to_string()));
    assert_eq!(
        checked.missing.iter().map(|new| (new.name.as_str(), new.kind.as_str())).collect::<Vec<_>>(),
        [("PLAN_TIER", "text")]
    );

    let rig = Rig::new(empty(), &config("facts: off", "email: email\ncustom_attributes.plan_tire: PLAN_TIER"));
    rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    let error = rig.pass().await.unwrap_err();
    assert_eq!(error.code(), &codes::CFG_FIELD);
    assert!(format!("{error:?}").contains("plan_tier"), "{error:?}");
    assert_eq!(rig.town.brevo().writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_attribute_of_another_type_is_refused_before_anything_is_written() {
    let rig = Rig::new(empty(), &config("facts: off", "email: email\ncustom_attributes.feature_usage: USAGE"));
    rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.town.brevo().add_attribute("USAGE", "boolean");
    let error = rig.pass().await.unwrap_err();
    assert_eq!(error.code(), &codes::BRV_ATTRIBUTE);
    assert!(error.noted("at").is_some_and(|at| at.contains("line")), "{error:?}");
    assert_eq!((rig.town.brevo().writes(), rig.town.brevo().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_attribute_that_changed_its_type_under_the_run_is_noticed_by_reading_back() {
    let mut rig =
        Rig::new(empty(), &config("facts: off", "email: email\nname: FULLNAME\ncustom_attributes.feature_usage: USAGE"));
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.town.set_contact(&ada, "custom_attributes.feature_usage", json!(17));
    // Between the check and the creation somebody makes USAGE by hand, as text: Brevo drops numbers without a word.
    let (town, first) = (rig.town.clone(), AtomicBool::new(true));
    rig.via = Arc::new(Tap::new(&rig.town, move |request, _| {
        if request.uri().path() == "/v3/contacts/lists" && first.swap(false, Ordering::SeqCst) {
            town.brevo().add_attribute("USAGE", "text");
        }
    }));
    let report = rig.pass().await.unwrap();
    assert_eq!(report.exit, 6, "not whole");
    let text = serde_json::to_string(&report.errors).unwrap();
    assert!(text.contains(codes::BRV_DROPPED.id) && text.contains("USAGE"), "{text}");
    assert_eq!(attributes(&rig, "ada@mail.example")["FULLNAME"], "Ada", "the rest of the record arrived");
    let error = rig.pass().await.unwrap_err();
    assert_eq!(error.code(), &codes::BRV_ATTRIBUTE, "the next check says what is wrong");
}

#[tokio::test(start_paused = true)]
async fn an_account_in_french_is_told_of_and_its_own_names_can_be_mapped() {
    let options = tajo_sim::Options { brevo: BrevoOptions { localised: true, ..empty().brevo }, ..empty() };
    let rig = Rig::new(options.clone(), &config("facts: off\nsync: {contacts: true}", ""));
    rig.town.add_person("user", Some("ada@mail.example"), Some("Ada Fisher"));
    let report = rig.good().await;
    assert!(report.warnings.iter().any(|said| said.contains("PRENOM") && said.contains("NOM")), "{:?}", report.warnings);

    let rig = Rig::new(options, &config("facts: off", "email: email\nfirst_name: PRENOM\nlast_name: NOM"));
    rig.town.add_person("user", Some("ada@mail.example"), Some("Ada Fisher"));
    let report = rig.good().await;
    assert_eq!((report.counts.attributes, report.warnings.len()), (0, 0), "nothing is missing: {:?}", report.warnings);
    let got = attributes(&rig, "ada@mail.example");
    assert_eq!((&got["PRENOM"], &got["NOM"]), (&json!("Ada"), &json!("Fisher")));
}

// Shows: T-047.
#[tokio::test(start_paused = true)]
async fn a_phone_that_is_none_or_is_taken_holds_nobody_up() {
    let rig = Rig::new(empty(), &config("facts: off\ndefault_country: DE", "email: email\nname: FULLNAME\nphone: SMS"));
    rig.town.brevo().add_contact(Some("other@mail.example"), json!({"SMS": "491510000001"}));
    for (name, phone) in [("good", "0151 0000002"), ("none", "call me"), ("taken", "+49 151 0000001"), ("twin", "+491510000002")]
    {
        let id = rig.town.add_person("user", Some(&format!("{name}@mail.example")), Some(name));
        rig.town.set_contact(&id, "phone", json!(phone));
    }
    let report = rig.good().await;
    let phone = |name: &str| attributes(&rig, &format!("{name}@mail.example"))["SMS"].clone();
    let held = [phone("good"), phone("twin")];
    assert!(held.contains(&json!("491510000002")) && held.contains(&json!(null)), "one of two with one number: {held:?}");
    assert_eq!((phone("none"), phone("taken")), (json!(null), json!(null)));
    assert_eq!((report.done.created, report.counts.notes), (4, 3), "each is told");
    assert_eq!(phone("other"), "491510000001", "nobody was merged");
}
