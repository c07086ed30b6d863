//! What somebody at the keyboard meets: another account's key, a plan that cannot be made, plans that are looked at.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod desk;
mod office;

use desk::{Desk, small};
use office::{ONE_WAY, SYNC, TWO_WAYS, brevo, fullname, id_of, office, sync, told, writes};
use tajo_sim::{BrevoFault, BrevoOptions, Fault, Options, Tier};

/// Another account of Brevo, with other people under the same numbers.
fn stranger() -> Desk {
    let brevo = BrevoOptions { tier: Tier::Unlimited, organization: "another".into(), ..BrevoOptions::default() };
    let desk = Desk::new(Options { brevo, ..small() });
    desk.town.brevo().add_attribute("FULLNAME", "text");
    desk.town.brevo().add_attribute("PLAN_TIER", "text");
    for n in 0..5 {
        desk.town.brevo().add_contact(Some(&format!("prod{n}@mail.example")), serde_json::json!({"FULLNAME": "Somebody else"}));
    }
    desk
}

#[test]
fn a_key_of_another_account_reaches_none_of_the_people_who_have_the_same_numbers_there() {
    let (mut desk, other) = (office(ONE_WAY), stranger());
    let people: Vec<String> = (0..5).map(|n| format!("ada{n}@mail.example")).collect();
    let ids: Vec<String> = people.iter().map(|who| desk.town.add_person("user", Some(who), Some("Ada"))).collect();
    sync(&desk);
    for id in &ids {
        desk.town.unsubscribe_contact(id);
    }
    told(&desk, &["plan", "--json"], 0);
    let (home, away) = (format!("{}/v3", desk.url), format!("{}/v3", other.url));
    desk.set("TAJO_BREVO_BASE_URL", Some(&away));
    let erase = ["erase", "--email", &people[0], "--allow-destructive", "--yes", "--json"];
    let again = ["consent", "resubscribe", "--email", &people[0], "--yes", "--json"];
    for args in
        [&["apply", "--json"][..], &["plan", "--json"], &["verify", "--json"], &["undo", "last", "--json"], &erase, &again]
    {
        assert_eq!(told(&desk, args, 78)["error"]["code"], "TJ-BRV-ACCOUNT", "{args:?}");
    }
    let run = told(&desk, &SYNC, 78);
    assert_eq!(run["brevo"]["error"]["code"], "TJ-BRV-ACCOUNT");
    assert_eq!(other.town.brevo().writes(), 0, "nobody over there was touched");

    desk.set("TAJO_BREVO_BASE_URL", Some(&home));
    sync(&desk);
    assert_eq!(brevo(&desk, &people[0])["emailBlacklisted"], true, "with the own account it goes on");
}

#[test]
fn a_new_key_of_the_same_account_is_asked_about_once() {
    let mut desk = office(ONE_WAY);
    desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    let asked = |desk: &Desk| desk.town.brevo().calls().iter().filter(|call| call.path.ends_with("/account")).count();
    sync(&desk);
    sync(&desk);
    assert_eq!(asked(&desk), 1);
    desk.set("BREVO_API_KEY", Some("another_key_for_the_twin"));
    sync(&desk);
    sync(&desk);
    assert_eq!(asked(&desk), 2);
}

#[test]
fn a_plan_that_cannot_be_made_says_by_itself_why() {
    let desk = office(ONE_WAY);
    desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    desk.town.faults().missing_scope("/conversations", "Read conversations");
    let error = told(&desk, &["plan", "--json"], 6)["error"].clone();
    let said = error["notes"]["incomplete"].as_str().unwrap().to_string();
    assert!(said.starts_with("conversations: ") && said.contains("(TJ-AUTH-SCOPE)"), "{error:#}");
    assert!(!error["help"].as_str().unwrap().contains("above"), "{error:#}");
    let plain = desk.tajo(&["verify"]).ended(6);
    assert!(plain.err.contains("TJ-AUTH-SCOPE"), "{plain:?}");
}

#[test]
fn an_interrupt_ends_a_plan_with_130_whatever_it_is_waiting_for() {
    let desk = office(ONE_WAY);
    desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    desk.town.faults().script("/conversations/search", 1, 1, Fault::Slow(300_000));
    let running = desk.spawn(&["plan", "--json"], &[]);
    desk.until_called("/contacts/search", 1);
    running.signal("INT");
    let ran = running.finish().ended(130);
    assert_eq!(ran.json()["error"]["code"], "TJ-STA-INT");

    for args in [&["plan"][..], &["verify"], &["connectors", "sync", "intercom", "--yes"]] {
        desk.town.faults().clear();
        desk.town.brevo().faults().clear();
        desk.town.brevo().faults().script("GET", "/contacts", 1, BrevoFault::Slow(300_000));
        let before = desk.town.brevo().calls().len();
        let running = desk.spawn(args, &[]);
        desk.until_called_in_brevo(before + 1);
        running.signal("INT");
        if args[0] == "connectors" {
            // What writes comes to its end where it can; who insists is heard.
            let told = std::iter::repeat_with(|| running.error_line()).find(|line| line.contains("once more"));
            assert!(told.is_some());
            running.signal("INT");
        }
        running.finish().ended(130);
    }
    assert_eq!(desk.town.brevo().writes(), 0);
}

#[test]
fn plans_that_nobody_will_apply_do_not_pile_up() {
    let desk = office(ONE_WAY);
    let ada = desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    sync(&desk);
    let files = || std::fs::read_dir(desk.path("home").join("plans")).unwrap().count();
    for n in 0..15 {
        desk.town.rename_contact(&ada, &format!("Ada {n}"));
        sync(&desk);
    }
    assert!(files() <= 11, "{} files", files());
    desk.town.rename_contact(&ada, "Ada King");
    for _ in 0..15 {
        told(&desk, &["plan", "--json"], 0);
    }
    assert!(files() <= 21, "{} files", files());
    desk.tajo(&["apply"]).ended(0);
    assert_eq!(fullname(&desk, "ada@mail.example"), "Ada King", "the last one is there to be applied");
}

#[test]
fn a_plan_is_shown_with_what_becomes_of_everybody_and_an_empty_one_says_so() {
    let desk = office(ONE_WAY);
    desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    let bob = desk.town.add_person("user", Some("bob@mail.example"), Some("Bob"));
    desk.town.unsubscribe_contact(&bob);
    let brief = desk.tajo(&["plan"]).ended(0).out;
    let of = |text: &str, who: &str| text.lines().find(|line| line.contains(who)).unwrap().to_string();
    assert!(of(&brief, "bob@mail.example").ends_with("new in Brevo, lists 35, opted out"), "{brief}");
    assert!(!of(&brief, "ada@mail.example").contains("opted out"), "{brief}");
    let whole = desk.tajo(&["plan", "show"]).ended(0).out;
    assert!(whole.contains("      FULLNAME  \"Ada\"\n"), "{whole}");
    assert!(whole.contains("2 create, 0 change, 1 opt-outs"), "{whole}");
    desk.tajo(&["apply"]).ended(0);
    let nothing = desk.tajo(&["plan"]).ended(0).out;
    assert!(nothing.contains("there is nothing to write"), "{nothing}");
    assert!(desk.tajo(&["plan", "show"]).ended(0).out.starts_with("Plan: 0 attributes, 0 create, 0 change"));
}

#[test]
fn a_plan_made_with_a_direction_of_its_own_can_be_applied() {
    let desk = office(TWO_WAYS);
    desk.config(&TWO_WAYS.replace("direction: bidirectional", "direction: intercom_to_brevo"));
    desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    sync(&desk);
    desk.town.brevo().set_attribute(id_of(&desk, "ada@mail.example"), "FULLNAME", serde_json::json!("Ada King"));
    let plan = told(&desk, &["plan", "--direction", "bidirectional", "--json"], 0);
    assert_eq!(plan["plan"]["change_in_intercom"], 1, "{plan:#}");
    desk.tajo(&["apply"]).ended(0);
    let ada = desk.town.ids("contacts").pop().unwrap();
    assert_eq!(desk.town.record("contacts", &ada).unwrap()["name"], "Ada King");
    let before = writes(&desk);
    desk.config(&TWO_WAYS.replace("manual", "brevo"));
    let stale = told(&desk, &["apply", "--json"], 78);
    assert_eq!(stale["error"]["code"], "TJ-STA-PLAN");
    assert_eq!(writes(&desk), before);
}

#[test]
fn what_is_switched_off_is_neither_planned_nor_applied_and_says_which_line_it_is() {
    let desk = office(ONE_WAY);
    desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    told(&desk, &["plan", "--json"], 0);
    for (config, line) in [
        (ONE_WAY.replace("  intercom:\n", "  intercom:\n    enabled: false\n"), "`enabled: false`"),
        (ONE_WAY.replace("brevo: {}", "brevo: {enabled: false}"), "connectors.brevo.enabled"),
    ] {
        desk.config(&config);
        for args in [["plan", "--json"], ["apply", "--json"], ["verify", "--json"]] {
            let said = told(&desk, &args, 78)["error"]["message"].to_string();
            assert!(said.contains(line), "{args:?}: {said}");
        }
    }
    assert_eq!(writes(&desk), 0);
}
