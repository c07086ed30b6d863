//! Commands that write, beside each other and after each other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod desk;
mod office;

use std::time::{Duration, Instant};

use office::{ONE_WAY, SYNC, TWO_WAYS, brevo, fullname, id_of, office, sync, told, writes};
use serde_json::json;
use tajo_sim::BrevoFault;

/// Waits until Brevo's twin was written to.
fn until_written(desk: &desk::Desk, before: usize) {
    let begun = Instant::now();
    while desk.town.brevo().creations() == before {
        assert!(begun.elapsed() < Duration::from_secs(30), "nothing was written");
        std::thread::yield_now();
    }
}

#[test]
fn nobody_syncs_or_erases_while_a_plan_is_carried_out() {
    let desk = office(ONE_WAY);
    desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    desk.town.add_person("user", Some("zenobia@mail.example"), Some("Zenobia"));
    told(&desk, &["plan", "--json"], 0);
    for nth in 1..=2 {
        desk.town.brevo().faults().script("POST", "/v3/contacts", nth + 1, BrevoFault::Slow(4_000));
    }
    let applying = desk.spawn(&["apply", "--json"], &[]);
    until_written(&desk, 0);
    for args in [&SYNC[..], &["erase", "--email", "zenobia@mail.example", "--allow-destructive", "--yes", "--json"]] {
        assert_eq!(told(&desk, args, 75)["error"]["code"], "TJ-STA-BUSY", "{args:?}");
    }
    // Nor into a database of its own: what is known of Brevo is the same.
    let to = format!("sqlite:{}", desk.path("beside.db").display());
    let beside = [&SYNC[..], &["--to", &to]].concat();
    assert_eq!(told(&desk, &beside, 75)["brevo"]["error"]["code"], "TJ-STA-BUSY");
    assert_eq!(applying.finish().exit, 0);
    sync(&desk);
    told(&desk, &["erase", "--email", "zenobia@mail.example", "--allow-destructive", "--yes", "--json"], 0);
    assert_eq!(desk.town.brevo().len(), 1);
}

#[test]
fn a_contact_that_opted_out_since_is_not_deleted_by_an_undo_because_brevo_would_forget_it() {
    let desk = office(ONE_WAY);
    desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    desk.town.add_person("user", Some("gus@mail.example"), Some("Gus"));
    let run = sync(&desk).json()["run_id"].as_str().unwrap().to_string();
    desk.town.brevo().blocklist(id_of(&desk, "gus@mail.example"));
    let plan = told(&desk, &["undo", &run, "--allow-destructive", "--json"], 0);
    assert_eq!((&plan["plan"]["delete"], &plan["undo"]["left_out"]), (&json!(1), &json!({"opt_out": 1})), "{plan:#}");
    // Who opts out between the plan and its application stays as well.
    desk.town.brevo().blocklist(id_of(&desk, "ada@mail.example"));
    let done = told(&desk, &["apply", "--allow-destructive", "--json"], 6);
    assert_eq!((&done["brevo"]["done"]["deleted"], desk.town.brevo().len()), (&json!(0), 2), "{done:#}");
}

#[test]
fn who_was_created_by_mistake_and_undone_can_be_created_again_when_somebody_asks() {
    let desk = office(ONE_WAY);
    desk.town.add_person("user", Some("gus@mail.example"), Some("Gus"));
    sync(&desk);
    told(&desk, &["undo", "last", "--allow-destructive", "--yes", "--json"], 0);
    assert_eq!(desk.town.brevo().len(), 0);
    sync(&desk);
    assert_eq!(desk.town.brevo().len(), 0, "not by itself");
    let plan = told(&desk, &["heal", "--recreate", "--json"], 0);
    assert_eq!(plan["plan"]["create"], 1, "{plan:#}");
    told(&desk, &["apply", "--json"], 0);
    assert_eq!(fullname(&desk, "gus@mail.example"), "Gus");
    let before = writes(&desk);
    sync(&desk);
    assert_eq!(writes(&desk), before);
}

#[test]
fn who_had_unsubscribed_in_brevo_and_was_deleted_there_is_created_again_unsubscribed() {
    for found_by_verify in [true, false] {
        let desk = office(ONE_WAY);
        let ada = desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
        desk.town.add_person("user", Some("bob@mail.example"), Some("Bob"));
        sync(&desk);
        for who in ["ada@mail.example", "bob@mail.example"] {
            if who.starts_with("ada") {
                desk.town.brevo().blocklist(id_of(&desk, who));
            }
        }
        sync(&desk);
        for who in ["ada@mail.example", "bob@mail.example"] {
            desk.town.brevo().delete_contact(id_of(&desk, who));
        }
        if !found_by_verify {
            desk.town.rename_contact(&ada, "Ada Byron");
            desk.tajo(&SYNC).ended(0);
        }
        told(&desk, &["verify", "--json"], 10);
        let plan = told(&desk, &["heal", "--recreate", "--json"], 0);
        assert_eq!(plan["plan"]["create"], 2, "{plan:#}");
        told(&desk, &["apply", "--json"], 0);
        let out = |who: &str| brevo(&desk, who)["emailBlacklisted"].clone();
        assert_eq!((out("ada@mail.example"), out("bob@mail.example")), (json!(true), json!(false)), "verify: {found_by_verify}");
        sync(&desk);
        assert_eq!(out("ada@mail.example"), json!(true));
    }
}

#[test]
fn an_erasure_that_was_done_by_half_is_not_undone_by_the_syncs_before_it_is_finished() {
    for direction in [ONE_WAY, TWO_WAYS] {
        let desk = office(direction);
        let email = "zenobia@mail.example";
        let user = desk.town.add_person("user", Some(email), Some("Zenobia"));
        desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
        sync(&desk);
        desk.town.faults().script(&format!("/contacts/{user}"), 2, 20, tajo_sim::Fault::Unavailable);
        let args = ["erase", "--email", email, "--allow-destructive", "--yes", "--json"];
        let half = told(&desk, &args, 6);
        assert_eq!(
            (&half["receipt"]["brevo"]["proven"], &half["receipt"]["intercom"]["proven"]),
            (&json!(1), &json!(0)),
            "{half:#}"
        );
        desk.town.faults().clear();
        desk.town.rename_contact(&user, "Zenobia the Second");
        sync(&desk);
        desk.tajo(&["connectors", "sync", "intercom", "--type", "full", "--yes", "--json"]).ended(0);
        assert!(desk.town.brevo().contact_by_email(email).is_none(), "no sync brings the person back");
        told(&desk, &args, 0);
        assert_eq!(desk.town.ids("contacts").len(), 1);
    }
}
