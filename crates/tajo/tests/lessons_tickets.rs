//! Tickets in the warehouse, beside the conversations and contacts they are about; and what a person leaves in them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;
mod office;
mod support;

use std::time::Duration;

use office::{brevo, office, sync, told};
use serde_json::{Value, json};
use support::{Bench, changes, only, options, report};
use tajo_sim::Options;
use tokio::time::advance;
use tower::ServiceExt;

fn busy(tickets: usize) -> Options {
    Options { contacts: 30, companies: 4, conversations: 12, tickets, spread_days: 20, ..options() }
}

/// The id of some ticket type.
fn ticket_type(desk: &desk::Desk) -> String {
    ask(desk, "GET", "/ticket_types", &Value::Null)["data"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn every_ticket_is_a_row_with_its_form_its_state_and_its_contacts() {
    for version in ["2.10", "2.11", "2.14", "2.16", "2.17"] {
        let bench = Bench::at(version, busy(340));
        let run = bench.run(&only(&["tickets"])).await;
        assert_eq!((run.outcome, report(&run, "tickets").rows_written), ("complete", 340), "{version}: {:?}", run.errors);
        let pairs = bench.query("SELECT ticket_id, contact_id FROM ticket_contacts").await;
        assert_eq!(pairs.len(), 340);
        for (ticket, contact) in pairs.iter().map(|pair| (&pair[0], &pair[1])).step_by(40) {
            let truth = bench.town.record("tickets", ticket).unwrap();
            assert_eq!(truth["contacts"]["contacts"][0]["id"], contact.as_str(), "{version}");
            let row = bench
                .query(&format!(
                    "SELECT ticket_attributes ->> '_default_title_', ticket_type_name, ticket_parts ->> '$.total_count', \
                     ticket_state_category, _extra ->> 'ticket_state', category FROM tickets WHERE id = '{ticket}'"
                ))
                .await
                .remove(0);
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            assert_eq!(row[0], text(&truth["ticket_attributes"]["_default_title_"]));
            assert_eq!(row[1], text(&truth["ticket_type"]["name"]));
            assert_eq!(row[2], text(&truth["ticket_parts"]["total_count"]));
            // A word up to 2.11, which has no column.
            let state = if ["2.10", "2.11"].contains(&version) { &row[4] } else { &row[3] };
            assert_eq!(*state, text(&truth["ticket_state"]["category"]), "{version}");
            assert_eq!(row[5], text(&truth["category"]));
        }
        let left_over: usize = bench.count("tickets WHERE _extra IS NOT NULL").await;
        assert_eq!(left_over, if version < "2.12" { 340 } else { 0 }, "{version}: every key has its column");
        advance(Duration::from_secs(60)).await;
        assert_eq!(changes(&bench.run(&only(&["tickets"])).await), 0);
    }
}

#[test]
fn a_version_without_a_search_of_tickets_leaves_them_out_unless_they_are_named() {
    let desk = desk::Desk::new(desk::small());
    desk.config("connectors:\n  intercom:\n    api_version: \"2.9\"\n");
    let body = told(&desk, &office::SYNC, 0);
    let names: Vec<&str> = body["resources"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"conversations") && !names.contains(&"tickets"), "{names:?}");
    let ran = desk.tajo(&["connectors", "sync", "intercom", "--resources", "tickets"]).ended(78);
    assert!(ran.err.contains("TJ-INT-VERSION") && ran.err.contains("2.10"), "{}", ran.err);
    assert_eq!(desk.town.count_calls("/tickets"), 0);
}

// Shows.
#[test]
fn conversations_contacts_and_tickets_come_with_one_sync_and_brevo_is_brought_in_step_both_ways() {
    let desk = office(
        "connectors:
  intercom:
    direction: bidirectional
    facts: off
    sync: {contacts: true, conversations: true, tickets: true, events: false}
  brevo: {}
field_mapping:
  email: email
  name: {to: FULLNAME, direction: both}
",
    );
    let described = told(&desk, &["connectors", "describe", "intercom", "--json"], 0);
    assert_eq!((&described["two_way"], &described["polling"]), (&json!(true), &json!(true)));
    assert!(described["rate_limiting"].as_str().unwrap().contains("limit"));
    let plain = desk.tajo(&["connectors", "describe", "intercom"]).ended(0).out;
    assert!(plain.contains("Two-way sync: yes") && plain.contains("Rate limiting: "), "{plain}");

    let ada = desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    let cy = desk.town.add_person("user", Some("cy@mail.example"), Some("Cy"));
    desk.town.add_conversation_of(&ada);
    let bug = ticket_type(&desk);
    let first = desk.town.add_ticket(&ada, &bug, "The mill stands still");
    let second = desk.town.add_ticket(&cy, &bug, "The flour is wet");
    let run = sync(&desk).json();
    let written = |run: &Value, name: &str| {
        run["resources"].as_array().unwrap().iter().find(|r| r["name"] == name).unwrap()["rows_written"].clone()
    };
    for (name, rows) in [("contacts", 2), ("conversations", 1), ("tickets", 2)] {
        assert_eq!(written(&run, name), rows, "{name}");
    }
    assert_eq!(run["brevo"]["done"]["created"], 2, "{run:#}");
    let title = |id: &str| {
        desk.query(&format!("SELECT ticket_attributes ->> '_default_title_', open FROM tickets WHERE id = '{id}'")).remove(0)
    };
    assert_eq!(title(&first)[0], "The mill stands still");
    let joined = "SELECT contacts.name FROM tickets JOIN ticket_contacts ON ticket_contacts.ticket_id = tickets.id \
        JOIN contacts ON contacts.id = contact_id JOIN conversation_contacts USING (contact_id)";
    assert_eq!(desk.query(joined), [["Ada"]], "all three meet in one query");

    // One ticket and one person change, the person on the other side.
    let change = json!({"ticket_attributes": {"_default_title_": "The mill turns again"}});
    ask(&desk, "PUT", &format!("/tickets/{first}"), &change);
    let there = office::id_of(&desk, "cy@mail.example");
    desk.town.brevo().set_attribute(there, "FULLNAME", "Cyrus".into());
    let run = sync(&desk).json();
    assert_eq!((written(&run, "tickets"), written(&run, "conversations")), (json!(1), json!(0)), "{run:#}");
    assert_eq!((title(&first)[0].as_str(), title(&second)[0].as_str()), ("The mill turns again", "The flour is wet"));
    assert_eq!(desk.town.record("contacts", &cy).unwrap()["name"], "Cyrus", "and what changed in Brevo came back");
    assert_eq!(brevo(&desk, "ada@mail.example")["attributes"]["FULLNAME"], "Ada");
}

#[test]
fn an_erased_person_leaves_no_name_in_the_parts_of_tickets() {
    let desk = office(office::ONE_WAY);
    desk.config(&office::ONE_WAY.replace("tags: true", "tickets: true"));
    let email = "zenobia@mail.example";
    let person = desk.town.add_person("user", Some(email), Some("Zenobia Canary"));
    let kind = ticket_type(&desk);
    let ticket = desk.town.add_ticket(&person, &kind, "The mill stands still");
    let reply = json!({"message_type": "comment", "type": "user", "intercom_user_id": person, "body": "Since Monday"});
    ask(&desk, "POST", &format!("/tickets/{ticket}/reply"), &reply);
    sync(&desk);
    let parts = || desk.query("SELECT ticket_parts FROM tickets").remove(0).remove(0);
    assert!(parts().contains("Zenobia Canary") && parts().contains(email), "{}", parts());
    let done = told(&desk, &["erase", "--email", email, "--allow-destructive", "--yes", "--json"], 0);
    assert_eq!(done["receipt"]["complete"], true, "{done:#}");
    assert!(done.to_string().contains("the form of 1 tickets"), "what stays is said: {done:#}");
    assert_eq!(parts(), "");
    assert_eq!(desk.count("ticket_contacts"), 0);
}

/// Somebody else's call of the platform.
fn ask(desk: &desk::Desk, method: &str, path: &str, body: &Value) -> Value {
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", "Bearer any")
        .header("content-type", "application/json")
        .body(axum::body::Body::from(body.to_string()))
        .unwrap();
    let answer = desk.wait_for(desk.town.router().oneshot(request)).unwrap();
    assert_eq!(answer.status(), 200, "{method} {path}");
    let body = desk.wait_for(axum::body::to_bytes(answer.into_body(), usize::MAX)).unwrap();
    serde_json::from_slice(&body).unwrap()
}
