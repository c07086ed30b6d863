//! What is out of step is found and told by kind, repaired by a plan, and what a run wrote is taken back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod desk;
mod office;

use office::{ONE_WAY, TWO_WAYS, brevo, fullname, id_of, office, sync, told, writes};
use serde_json::{Value, json};

#[test]
fn verify_tells_every_kind_of_drift_and_heal_repairs_what_nobody_deleted() {
    let desk = office(ONE_WAY);
    let person = |name: &str| desk.town.add_person("user", Some(&format!("{name}@mail.example")), Some(name));
    let (_, _, _, dan, fay) = (person("ada"), person("bob"), person("cy"), person("dan"), person("fay"));
    desk.town.add_person("lead", None, Some("Nobody"));
    desk.town.unsubscribe_contact(&dan);
    sync(&desk);
    let calm = told(&desk, &["verify", "--json"], 0);
    assert_eq!(calm["survey"]["drift"], json!({}), "{calm:#}");
    assert_eq!(calm["survey"]["left_alone"]["no_email"], 1);
    assert_eq!(calm["survey"]["checked"], json!({"intercom": 6, "brevo": 5, "links": 5}));
    assert_eq!(told(&desk, &["verify", "--sample", "3", "--json"], 0)["survey"]["checked"]["links"], 3);

    let b = desk.town.brevo();
    b.set_attribute(id_of(&desk, "ada@mail.example"), "FULLNAME", json!("Somebody else"));
    b.remove_from_list(id_of(&desk, "bob@mail.example"), 35);
    b.delete_contact(id_of(&desk, "cy@mail.example"));
    b.unblocklist(id_of(&desk, "dan@mail.example"));
    desk.town.remove_contact(&fay);
    let before = writes(&desk);
    let found = told(&desk, &["verify", "--json"], 10);
    let expect =
        json!({"value_differs": 1, "list_membership": 1, "missing_in_brevo": 1, "consent_weaker": 1, "missing_in_intercom": 1});
    assert_eq!(found["survey"]["drift"], expect, "{found:#}");
    assert_eq!(found["survey"]["fields"], json!({"FULLNAME": 1, "list:35": 1, "consent:email": 1}));
    assert_eq!(found["survey"]["tombstones"], 2);
    assert_eq!(writes(&desk), before, "verify writes to nobody");

    let one = told(&desk, &["heal", "--max", "1", "--json"], 0);
    assert_eq!((one["entries"].as_array().unwrap().len(), one["beyond"].as_u64()), (1, Some(2)));
    let plan = told(&desk, &["heal", "--json"], 0);
    assert_eq!(plan["entries"].as_array().unwrap().len(), 3, "{plan:#}");
    assert_eq!(writes(&desk), before, "neither does heal");
    desk.tajo(&["apply", "--json"]).ended(0);
    assert_eq!(fullname(&desk, "ada@mail.example"), "ada");
    assert_eq!(brevo(&desk, "bob@mail.example")["listIds"], json!([35]));
    assert_eq!(brevo(&desk, "dan@mail.example")["emailBlacklisted"], true);
    assert!(desk.town.brevo().contact_by_email("cy@mail.example").is_none(), "who was deleted stays deleted");
    told(&desk, &["verify", "--json"], 0);

    let plan = told(&desk, &["heal", "--recreate", "--json"], 0);
    assert_eq!(plan["plan"]["create"], 1, "{plan:#}");
    desk.tajo(&["apply", "--json"]).ended(0);
    assert_eq!(fullname(&desk, "cy@mail.example"), "cy");
    assert!(desk.town.brevo().contact_by_email("fay@mail.example").is_some(), "a deletion in Intercom deletes nobody in Brevo");
    told(&desk, &["verify", "--json"], 0);
    let before = writes(&desk);
    sync(&desk);
    assert_eq!(writes(&desk), before, "a sync after the repair is quiet");
}

#[test]
fn a_repair_is_refused_for_the_record_that_moved_after_it_was_planned() {
    let desk = office(ONE_WAY);
    desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    desk.town.add_person("user", Some("bob@mail.example"), Some("Bob"));
    sync(&desk);
    for who in ["ada@mail.example", "bob@mail.example"] {
        desk.town.brevo().set_attribute(id_of(&desk, who), "FULLNAME", json!("Wrong"));
    }
    told(&desk, &["heal", "--json"], 0);
    desk.town.brevo().set_attribute(id_of(&desk, "bob@mail.example"), "FULLNAME", json!("Wrong again"));
    let applied = told(&desk, &["apply", "--json"], 6);
    assert_eq!(applied["brevo"]["done"]["moved"], 1, "{applied:#}");
    assert_eq!(fullname(&desk, "ada@mail.example"), "Ada");
    assert_eq!(fullname(&desk, "bob@mail.example"), "Wrong again");
}

#[test]
fn an_undone_run_stays_undone_and_takes_back_no_opt_out_and_nobodys_own_edit() {
    let desk = office(ONE_WAY);
    let person = |name: &str| desk.town.add_person("user", Some(&format!("{name}@mail.example")), Some(name));
    let (ada, bob, hal) = (person("ada"), person("bob"), person("hal"));
    sync(&desk);
    for id in [&ada, &bob] {
        desk.town.rename_contact(id, "Wrongly Named");
    }
    desk.town.unsubscribe_contact(&hal);
    person("gus");
    let run = sync(&desk).json()["run_id"].as_str().unwrap().to_string();
    assert_eq!(fullname(&desk, "ada@mail.example"), "Wrongly Named");
    desk.town.brevo().set_attribute(id_of(&desk, "bob@mail.example"), "FULLNAME", json!("Robert"));

    let before = writes(&desk);
    let plan = told(&desk, &["undo", &run, "--json"], 0);
    assert_eq!(plan["undo"]["left_out"], json!({"changed_since": 1, "created": 1, "opt_out": 1}), "{plan:#}");
    assert_eq!(plan["entries"].as_array().unwrap().len(), 1);
    assert_eq!(writes(&desk), before, "a plan writes nothing");
    let done = told(&desk, &["undo", "last", "--yes", "--json"], 0);
    assert_eq!(done["brevo"]["done"]["changed"], 1, "{done:#}");
    assert_eq!(fullname(&desk, "ada@mail.example"), "ada");
    assert_eq!(fullname(&desk, "bob@mail.example"), "Robert");
    assert_eq!(brevo(&desk, "hal@mail.example")["emailBlacklisted"], true);

    let before = writes(&desk);
    sync(&desk);
    assert_eq!(writes(&desk), before, "the next sync does not write it again");
    desk.town.rename_contact(&ada, "Ada Newly");
    sync(&desk);
    assert_eq!(fullname(&desk, "ada@mail.example"), "Ada Newly", "a new edit flows as ever");
    desk.tajo(&["undo", "run-unknown"]).ended(2);
}

#[test]
fn contacts_that_a_run_created_are_deleted_only_when_that_is_allowed_and_do_not_come_back() {
    let desk = office(ONE_WAY);
    desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    sync(&desk);
    desk.town.add_person("user", Some("gus@mail.example"), Some("Gus"));
    let run = sync(&desk).json()["run_id"].as_str().unwrap().to_string();
    let plan = told(&desk, &["undo", &run, "--allow-destructive", "--json"], 0);
    assert_eq!(plan["plan"]["delete"], 1, "{plan:#}");
    let refused = told(&desk, &["apply", "--json"], 2);
    assert_eq!(refused["error"]["code"], "TJ-STA-DESTRUCTIVE");
    assert!(desk.town.brevo().contact_by_email("gus@mail.example").is_some());
    let done = told(&desk, &["apply", "--allow-destructive", "--json"], 0);
    assert_eq!(done["brevo"]["done"]["deleted"], 1, "{done:#}");
    assert!(desk.town.brevo().contact_by_email("gus@mail.example").is_none());
    sync(&desk);
    assert!(desk.town.brevo().contact_by_email("gus@mail.example").is_none());
    let why = told(&desk, &["why", "gus@mail.example", "--json"], 0);
    assert_eq!(why["people"][0]["reason"], "deleted_in_brevo");
}

#[test]
fn what_was_written_to_intercom_goes_back_as_well() {
    let desk = office(TWO_WAYS);
    let ada = desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    sync(&desk);
    desk.town.brevo().set_attribute(id_of(&desk, "ada@mail.example"), "FULLNAME", json!("Ada of Brevo"));
    sync(&desk);
    let name = |desk: &desk::Desk| desk.town.record("contacts", &ada).unwrap()["name"].clone();
    assert_eq!(name(&desk), "Ada of Brevo");
    let done = told(&desk, &["undo", "last", "--yes", "--json"], 0);
    assert_eq!(done["undo"]["left_out"], json!({}), "{done:#}");
    assert_eq!((name(&desk), fullname(&desk, "ada@mail.example")), (json!("Ada"), json!("Ada of Brevo")));
    let before = writes(&desk);
    sync(&desk);
    sync(&desk);
    assert_eq!(writes(&desk), before, "both sides keep what they show");
}

#[test]
fn nothing_is_repaired_or_undone_before_the_first_sync() {
    let desk = office(ONE_WAY);
    desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    let refused = told(&desk, &["heal", "--json"], 2);
    assert_eq!(refused["error"]["code"], "TJ-STA-FIRST");
    told(&desk, &["undo", "last", "--json"], 2);
    assert_eq!(writes(&desk), 0);
    let _: Value = told(&desk, &["verify", "--json"], 0);
}

#[test]
fn what_the_next_sync_carries_over_is_no_drift_and_an_unheard_opt_out_is() {
    let desk = office(TWO_WAYS);
    let ada = desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    let bob = desk.town.add_person("user", Some("bob@mail.example"), Some("Bob"));
    sync(&desk);
    desk.town.brevo().set_attribute(id_of(&desk, "ada@mail.example"), "FULLNAME", json!("Ada B"));
    let calm = told(&desk, &["verify", "--json"], 0);
    assert_eq!((&calm["survey"]["pending"], &calm["survey"]["drift"]), (&json!(1), &json!({})), "{calm:#}");
    sync(&desk);
    assert_eq!(desk.town.record("contacts", &ada).unwrap()["name"], "Ada B");
    desk.town.brevo().blocklist(id_of(&desk, "bob@mail.example"));
    let found = told(&desk, &["verify", "--json"], 10);
    assert_eq!(found["survey"]["examples"][0]["mend"], "intercom", "{found:#}");
    told(&desk, &["heal", "--json"], 0);
    told(&desk, &["apply", "--json"], 0);
    assert_eq!(desk.town.record("contacts", &bob).unwrap()["unsubscribed_from_emails"], true);
}

/// Each step of an undo is once the last one before the process dies.
#[test]
fn an_undo_that_was_killed_at_any_step_ends_as_one_that_was_not() {
    let mut steps = 0;
    for at in 1..200 {
        let desk = office(ONE_WAY);
        let ada = desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
        sync(&desk);
        desk.town.rename_contact(&ada, "Wrongly Named");
        let run = sync(&desk).json()["run_id"].as_str().unwrap().to_string();
        let crash = at.to_string();
        let ran = desk.process(&["undo", &run, "--yes", "--json"], &[("TAJO_CRASH_AT", &crash)]);
        if ran.exit == 0 {
            break;
        }
        steps += 1;
        let done = fullname(&desk, "ada@mail.example") == "Ada";
        sync(&desk);
        assert!(!done || fullname(&desk, "ada@mail.example") == "Ada", "killed at step {at}: a sync wrote it again");
        let after = desk.tajo(&["undo", &run, "--yes", "--json"]).ended(0).json();
        assert_eq!(fullname(&desk, "ada@mail.example"), "Ada", "killed at step {at}, done before: {done}: {after:#}");
        let before = writes(&desk);
        sync(&desk);
        assert_eq!(writes(&desk), before, "killed at step {at}: the sync after it is quiet");
    }
    assert!(steps > 5, "only {steps} steps");
}
