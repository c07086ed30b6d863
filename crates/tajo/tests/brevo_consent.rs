//! Consent is a lane of its own: an opt-out goes first, wins always, and is never taken back by a sync.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use std::sync::Arc;

use pair::{Rig, empty};
use serde_json::json;
use support::Tap;
use tajo::pairs::Bounds;
use tajo_sim::BrevoFault;

fn rig(direction: &str, conflict: &str) -> Rig {
    let both = if direction == "bidirectional" { "both" } else { direction };
    let mut rig = Rig::new(
        empty(),
        &format!(
            "connectors:\n  intercom:\n    direction: {direction}\n    facts: off\n    sync: {{contacts: true}}\n    lists: {{all_users: 35}}\n  brevo: {{}}\n\
             field_mapping:\n  email: {{to: email, conflict: {conflict}}}\n  name: {{to: FULLNAME, direction: {both}, conflict: {conflict}}}\n  \
             unsubscribed_from_emails: UNSUBSCRIBED\n"
        ),
    );
    rig.resources = vec!["contacts"];
    rig
}

async fn later(rig: &Rig) {
    rig.wait(1_300).await;
}

fn id(rig: &Rig, email: &str) -> i64 {
    rig.brevo(email)["id"].as_i64().unwrap()
}

fn address(n: usize) -> String {
    format!("person{n}@mail.example")
}

#[tokio::test(start_paused = true)]
async fn opt_outs_leave_before_everything_else() {
    for bulk in [false, true] {
        let mut rig = rig("intercom_to_brevo", "intercom");
        if bulk {
            rig.bounds = Bounds { bulk_from: 5, ..Bounds::default() };
        }
        let people: Vec<String> =
            (0..24).map(|n| rig.town.add_person("user", Some(&address(n)), Some(&format!("Person {n}")))).collect();
        rig.good().await;
        later(&rig).await;
        people.iter().for_each(|id| rig.town.rename_contact(id, "Renamed"));
        for id in &people[18..] {
            rig.town.unsubscribe_contact(id);
        }
        let tap = Tap::listening(&rig.town);
        rig.via = Arc::new(tap.clone());
        rig.good().await;
        let write = |seen: &support::Seen| seen.method == "PUT" || seen.uri.ends_with("/import");
        let outs: Vec<bool> = tap
            .log()
            .iter()
            .filter(|seen| write(seen))
            .map(|seen| seen.body.contains("\"emailBlacklisted\":true") || seen.body.contains("\"emailBlacklist\":true"))
            .collect();
        let last_out = outs.iter().rposition(|out| *out).unwrap();
        let consent_only = outs.iter().take_while(|out| **out).count();
        assert!(consent_only >= 1 && last_out < outs.len() - 1, "bulk {bulk}: {outs:?}");
        let before: Vec<&bool> = outs[..last_out].iter().filter(|out| !**out).collect();
        assert!(before.len() <= 6, "only the other fields of those who opted out may mix in: bulk {bulk}: {outs:?}");
        assert!((18..24).all(|n| rig.brevo(&address(n))["emailBlacklisted"] == true));
    }
}

#[tokio::test(start_paused = true)]
async fn the_restrictive_side_wins_under_every_policy_whoever_spoke_last() {
    for conflict in ["intercom", "brevo", "newest", "manual"] {
        let rig = rig("bidirectional", conflict);
        let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
        let eve = rig.town.add_person("user", Some("eve@mail.example"), Some("Eve"));
        rig.good().await;
        later(&rig).await;
        rig.town.unsubscribe_contact(&ada);
        rig.town.brevo().blocklist(id(&rig, "eve@mail.example"));
        rig.wait(60).await;
        // The other side speaks later, about something else.
        rig.town.brevo().set_attribute(id(&rig, "ada@mail.example"), "FULLNAME", json!("Ada B."));
        rig.town.rename_contact(&eve, "Eve B.");
        for _ in 0..3 {
            rig.good().await;
            later(&rig).await;
        }
        for (who, email) in [(&ada, "ada@mail.example"), (&eve, "eve@mail.example")] {
            assert_eq!(rig.intercom(who)["unsubscribed_from_emails"], true, "{conflict} {email}");
            assert_eq!(rig.brevo(email)["emailBlacklisted"], true, "{conflict} {email}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn subscribing_again_on_one_side_is_not_carried_over() {
    let rig = rig("bidirectional", "newest");
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.town.unsubscribe_contact(&ada);
    rig.good().await;
    for round in 0..2 {
        later(&rig).await;
        match round {
            0 => rig.town.brevo().unblocklist(id(&rig, "ada@mail.example")),
            _ => rig.town.resubscribe_contact(&ada),
        }
        rig.good().await;
        later(&rig).await;
        rig.good().await;
        assert_eq!(rig.intercom(&ada)["unsubscribed_from_emails"], true, "round {round}");
        assert_eq!(rig.brevo("ada@mail.example")["emailBlacklisted"], true, "round {round}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_way_an_opt_out_in_brevo_stays_and_is_not_touched() {
    let rig = rig("intercom_to_brevo", "intercom");
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.good().await;
    rig.town.brevo().blocklist(id(&rig, "ada@mail.example"));
    for n in 0..3 {
        later(&rig).await;
        rig.town.rename_contact(&ada, &format!("Ada {n}"));
        rig.good().await;
    }
    let shown = rig.brevo("ada@mail.example");
    assert_eq!((&shown["emailBlacklisted"], &shown["attributes"]["FULLNAME"]), (&json!(true), &json!("Ada 2")));
    assert_eq!(rig.town.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_opt_out_survives_a_new_address_on_either_side_and_faults_on_the_way() {
    for fault in [None, Some(BrevoFault::Dropped), Some(BrevoFault::Unsent), Some(BrevoFault::ServerError)] {
        for there in [false, true] {
            let rig = rig("bidirectional", "newest");
            let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
            rig.good().await;
            let contact = id(&rig, "ada@mail.example");
            rig.town.brevo().blocklist(contact);
            later(&rig).await;
            rig.good().await;
            later(&rig).await;
            if let Some(fault) = &fault {
                rig.town.brevo().faults().script("PUT", "/contacts", 1, fault.clone());
            }
            match there {
                true => rig.town.brevo().change_email(contact, "new@mail.example"),
                false => rig.town.set_contact(&ada, "email", json!("new@mail.example")),
            }
            for _ in 0..3 {
                rig.pass().await.unwrap();
                later(&rig).await;
            }
            let shown = rig.brevo("new@mail.example");
            assert_eq!(
                (shown["id"].as_i64(), &shown["emailBlacklisted"]),
                (Some(contact), &json!(true)),
                "{fault:?} there: {there}"
            );
            assert_eq!(rig.intercom(&ada)["unsubscribed_from_emails"], true);
            assert!(rig.town.brevo().resubscribed().is_empty() && rig.town.resubscribed().is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_request_subscribes_anybody() {
    let mut rig = rig("bidirectional", "newest");
    let tap = Tap::listening(&rig.town);
    rig.via = Arc::new(tap.clone());
    let people: Vec<String> =
        (0..6).map(|n| rig.town.add_person("user", Some(&address(n)), Some(&format!("Person {n}")))).collect();
    rig.town.brevo().add_contact(Some("bob@mail.example"), json!({"FULLNAME": "Bob"}));
    for round in 0..4 {
        rig.good().await;
        later(&rig).await;
        rig.town.set_contact(&people[round], "email", json!(format!("moved{round}@mail.example")));
        rig.town.rename_contact(&people[5], &format!("Round {round}"));
        match round {
            1 => rig.town.unsubscribe_contact(&people[4]),
            2 => rig.town.resubscribe_contact(&people[4]),
            3 => rig.town.brevo().change_email(id(&rig, &address(5)), "five@mail.example"),
            _ => rig.town.brevo().blocklist(id(&rig, &address(3))),
        }
    }
    rig.good().await;
    // With a new address Brevo wants to hear what holds; everywhere else `false` would be somebody's subscription.
    let moves = |seen: &&support::Seen| seen.body.contains("\"EMAIL\"");
    for seen in tap.log().iter().filter(|seen| seen.method != "GET" && !moves(seen)) {
        for loosening in ["\"emailBlacklisted\":false", "\"emailBlacklist\":false", "\"unsubscribed_from_emails\":false"] {
            assert!(!seen.body.contains(loosening), "{} {} says {loosening}", seen.method, seen.uri);
        }
    }
    assert!(rig.town.brevo().resubscribed().is_empty() && rig.town.resubscribed().is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_unsubscribed_in_brevo_before_anybody_knew_them_is_not_made_a_contact_of_intercom() {
    let rig = rig("bidirectional", "newest");
    let out = rig.town.brevo().add_contact(Some("out@mail.example"), json!({}));
    rig.town.brevo().blocklist(out);
    rig.town.brevo().add_contact(Some("in@mail.example"), json!({}));
    for _ in 0..3 {
        rig.good().await;
        later(&rig).await;
    }
    assert_eq!((rig.town.created_contacts(), rig.town.ids("contacts").len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_opt_out_arrives_even_where_the_rest_of_the_person_is_refused() {
    let mut rig = rig("intercom_to_brevo", "intercom");
    let ada = rig.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    rig.good().await;
    later(&rig).await;
    // Brevo refuses the name, whatever the reason.
    rig.town.rename_contact(&ada, "Refused");
    rig.town.unsubscribe_contact(&ada);
    let town = rig.town.clone();
    rig.via = Arc::new(Tap::new(&rig.town, move |request, answer| {
        if request.method() == "PUT" && String::from_utf8_lossy(request.body()).contains("Refused") {
            town.brevo().set_attribute(1, "FULLNAME", json!("Ada"));
            *answer.status_mut() = http::StatusCode::BAD_REQUEST;
            *answer.body_mut() = json!({"code": "invalid_parameter", "message": "no"}).to_string().into();
        }
    }));
    let report = rig.pass().await.unwrap();
    assert_eq!(report.exit, 6);
    let shown = rig.brevo("ada@mail.example");
    assert_eq!(
        (&shown["emailBlacklisted"], &shown["attributes"]["UNSUBSCRIBED"]),
        (&json!(true), &json!(true)),
        "the rest of it too"
    );
}
