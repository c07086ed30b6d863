//! Tickets: made, read, found, changed, answered, tagged and deleted; their types and states.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use tajo_core::{Call, Error, codes};
use tajo_sim::Fault;

mod town;
use town::{Options, Town, action, connect, run, run_on};

const NOW: i64 = 1_795_170_600;

fn town() -> Town {
    Town::new(Options {
        contacts: 40,
        companies: 12,
        tickets: 9,
        conversations: 5,
        rate_limit: 0,
        now: Some(NOW),
        ..Options::default()
    })
}

async fn answer(town: &Town, name: &str, input: Value) -> Value {
    run(town, name, input).await.unwrap_or_else(|error| panic!("{name}: {error:?}")).answer
}

/// The field that the input is refused for.
async fn refused(town: &Town, name: &str, input: Value) -> (String, Error) {
    let error = run(town, name, input).await.unwrap_err();
    assert_eq!(error.code(), &codes::INPUT, "{error:?}");
    (error.noted("field").unwrap_or_default().to_owned(), error)
}

async fn look(town: &Town, name: &str, input: Value, since: i64) -> Option<Value> {
    let intercom = connect(town, "2.14");
    let call = Call::new(&intercom);
    action(name).look(&call, input, since).await.unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

/// A user with an address and an id of the customer's own.
async fn user(town: &Town) -> Value {
    let input = json!({"role": "user", "external_id": "crm-77", "email": "ada@example.com", "name": "Ada"});
    answer(town, "contacts.create", input).await
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

// Shows: P-098.
#[tokio::test]
async fn ticket_types_are_listed_with_their_attributes() {
    let town = town();
    let listed = answer(&town, "list_ticket_types", json!({})).await;
    let names = |value: &Value| value.as_array().unwrap().iter().map(|row| text(&row["name"]).to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&listed["data"]), ["Bug report", "Refund check", "Outage", "Old request"]);
    let attributes = names(&listed["data"][0]["ticket_type_attributes"]["data"]);
    assert_eq!(attributes, ["_default_title_", "_default_description_", "Severity", "Reproducible", "Orders affected"]);
    for version in ["2.9", "2.11", "2.16"] {
        let again = run_on(&connect(&town, version), "ticket_types.list", json!({})).await.unwrap().answer;
        assert_eq!(names(&again["data"]), names(&listed["data"]), "{version}");
    }
    let id = &listed["data"][1]["id"];
    for named in [id.clone(), json!("refund CHECK")] {
        assert_eq!(answer(&town, "ticket_types.get", json!({"ticket_type_id": named})).await["id"], *id);
    }
    let error = run(&town, "ticket_types.get", json!({"id": "Refunds"})).await.unwrap_err();
    assert!(error.what().contains("Bug report (") && error.what().contains("Outage ("), "{error}");
    let states = answer(&town, "ticket_states.list", json!({})).await;
    assert_eq!(states["data"].as_array().map(Vec::len), Some(5));
    let error = run_on(&connect(&town, "2.11"), "ticket_states.list", json!({})).await.unwrap_err();
    assert_eq!(error.code(), &codes::INT_VERSION);
}

// Shows: P-049, P-050, P-053.
#[tokio::test]
async fn a_ticket_is_made_of_a_type_by_id_or_name_and_of_its_attributes() {
    let town = town();
    let contact = user(&town).await;
    let types = answer(&town, "ticket_types.list", json!({})).await;
    let id = &types["data"][0]["id"];
    for named in [id.clone(), json!("bug report")] {
        let made = answer(
            &town,
            "create_ticket",
            json!({
                "ticket_type_id": named, "contact_id": contact["id"], "title": "The export stops", "description": "At row 7.",
                "ticket_attributes": {"Severity": "high", "Reproducible": true, "Orders affected": 3},
            }),
        )
        .await;
        assert_eq!(made["ticket_type"]["id"], *id);
        let read = answer(&town, "retrieve_ticket", json!({"ticket_id": made["id"]})).await;
        assert_eq!(read["ticket_attributes"]["_default_title_"], "The export stops");
        assert_eq!(read["ticket_attributes"]["Severity"], "High");
        assert_eq!(read["contacts"]["contacts"][0]["id"], contact["id"]);
        let sent = town.bodies("POST", "/tickets").pop().unwrap();
        assert_eq!(sent["ticket_type_id"], *id);
        assert_eq!(sent["ticket_attributes"]["_default_description_"], "At row 7.");
        let keys: Vec<&String> = sent.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["ticket_type_id", "contacts", "ticket_attributes"], "nothing that was not given");
    }
    let before = town.bodies("POST", "/tickets").len();
    let (field, error) = refused(&town, "create_ticket", json!({"ticket_type_id": "Bugs", "contact_id": contact["id"]})).await;
    assert!(field == "ticket_type_id" && error.what().contains(&format!("Bug report ({})", text(id))), "{error}");
    let input = json!({"ticket_type_id": "Bug report", "contact_id": contact["id"], "ticket_attributes": {"severity": "High"}});
    let (field, error) = refused(&town, "create_ticket", input).await;
    assert!(field == "ticket_attributes" && error.what().contains("_default_title_, _default_description_, Severity"), "{error}");
    assert!(run(&town, "create_ticket", json!({"contact_id": contact["id"]})).await.is_err(), "the type is required");
    assert_eq!(town.bodies("POST", "/tickets").len(), before, "nothing was sent");
}

// Shows: P-051.
#[tokio::test]
async fn the_contact_is_named_by_id_address_or_own_id_and_there_is_one() {
    let town = town();
    let contact = user(&town).await;
    for (named, sent) in [
        (json!({"contact_id": contact["id"]}), json!([{"id": contact["id"]}])),
        (json!({"contact_id": "ada@example.com"}), json!([{"email": "ada@example.com"}])),
        (json!({"contact_id": "crm-77"}), json!([{"external_id": "crm-77"}])),
        (json!({"external_id": "crm-77"}), json!([{"external_id": "crm-77"}])),
        (json!({"email": "ada@example.com"}), json!([{"email": "ada@example.com"}])),
    ] {
        let mut input = named;
        input["ticket_type_id"] = "Outage".into();
        input["title"] = "Down".into();
        let made = answer(&town, "create_ticket", input).await;
        assert_eq!(made["contacts"]["contacts"][0]["id"], contact["id"], "{sent}");
        assert_eq!(town.bodies("POST", "/tickets").pop().unwrap()["contacts"], sent);
    }
    for named in [json!({}), json!({"contact_id": "crm-77", "email": "ada@example.com"}), json!({"contact_id": ""})] {
        let mut input = named;
        input["ticket_type_id"] = "Outage".into();
        assert_eq!(refused(&town, "create_ticket", input).await.0, "contact_id");
    }
}

// Shows: P-052.
#[tokio::test]
async fn a_company_is_named_either_way_and_sent_as_the_version_wants_it() {
    let town = town();
    user(&town).await;
    let given = town.ids("companies").into_iter().find_map(|id| town.record("companies", &id)).expect("a company");
    let (id, own) = (text(&given["id"]).to_owned(), text(&given["company_id"]).to_owned());
    for (version, sent) in [("2.14", &id), ("2.16", &id), ("2.11", &own)] {
        for named in [&id, &own] {
            let input = json!({"ticket_type_id": "Outage", "contact_id": "crm-77", "company_id": named, "title": "Down"});
            // Older versions meant the id of one's own; the twin knows the newer meaning only.
            let _ = run_on(&connect(&town, version), "create_ticket", input).await;
            let body = town.bodies("POST", "/tickets").pop().unwrap();
            assert_eq!(body["company_id"], **sent, "{version} {named}");
        }
    }
    let input = json!({"ticket_type_id": "Outage", "contact_id": "crm-77", "company_id": "nobody"});
    assert_eq!(run(&town, "create_ticket", input).await.unwrap_err().code(), &codes::INT_MISSING);
}

#[tokio::test]
async fn a_ticket_whose_answer_is_lost_is_not_made_again_and_is_found() {
    let town = town();
    user(&town).await;
    let input = json!({"ticket_type_id": "Bug report", "contact_id": "ada@example.com", "title": "Lost", "ticket_attributes": {"Severity": "Low"}});
    assert!(look(&town, "tickets.create", input.clone(), NOW).await.is_none());
    town.faults().once("/tickets", Fault::DroppedAfter);
    let error = run(&town, "tickets.create", input.clone()).await.unwrap_err();
    assert!(error.noted("outcome").is_some(), "{error:?}");
    assert_eq!(town.bodies("POST", "/tickets").iter().filter(|body| body.get("contacts").is_some()).count(), 1, "sent once");
    let found = look(&town, "tickets.create", input.clone(), town.now()).await.expect("the ticket");
    assert_eq!(found["ticket_attributes"]["_default_title_"], "Lost");
    assert!(look(&town, "tickets.create", input.clone(), town.now() + 3600).await.is_none(), "one of before is not it");
    let mut other = input;
    other["ticket_attributes"]["Severity"] = "High".into();
    assert!(look(&town, "tickets.create", other, town.now()).await.is_none(), "nor is another one");
}

// Shows: P-116, P-117.
#[tokio::test]
async fn a_ticket_is_read_by_its_id_or_by_its_number_in_the_inbox() {
    let town = town();
    let all = answer(&town, "tickets.search", json!({})).await;
    assert_eq!((all["data"].as_array().map(Vec::len), &all["total_count"]), (Some(9), &json!(9)));
    for ticket in all["data"].as_array().unwrap() {
        let by_id = answer(&town, "tickets.get", json!({"ticket_id": ticket["id"]})).await;
        assert_eq!(by_id, *ticket, "equal object");
        assert_ne!(ticket["id"], ticket["ticket_id"]);
        let by_number = answer(&town, "retrieve_ticket", json!({"number": ticket["ticket_id"]})).await;
        assert_eq!(by_number["id"], ticket["id"]);
    }
    assert_eq!(run(&town, "tickets.get", json!({"number": 999})).await.unwrap_err().code(), &codes::INT_MISSING);
    assert_eq!(
        run(&town, "tickets.get", json!({"ticket_id": "999"})).await.unwrap_err().noted("vendor code"),
        Some("ticket_not_found")
    );
    assert!(run(&town, "tickets.get", json!({"number": "#12x"})).await.is_err());
    assert_eq!(refused(&town, "tickets.get", json!({})).await.0, "ticket_id");
    assert_eq!(refused(&town, "tickets.get", json!({"ticket_id": "1", "number": 1})).await.0, "ticket_id");
}

#[tokio::test]
async fn tickets_are_found_by_every_filter_and_page_by_page() {
    let town = town();
    let all = answer(&town, "search_tickets", json!({})).await["data"].as_array().cloned().unwrap();
    let contact = &all[0]["contacts"]["contacts"][0]["id"];
    let title = text(&all[0]["ticket_attributes"]["_default_title_"]);
    let created = all[4]["created_at"].as_i64().unwrap();
    type Fits<'a> = Box<dyn Fn(&Value) -> bool + 'a>;
    let cases: Vec<(Value, Fits<'_>)> = vec![
        (json!({"open": true}), Box::new(|row| row["open"] == true)),
        (json!({"open": false}), Box::new(|row| row["open"] == false)),
        (json!({"state": "in_progress"}), Box::new(|row| row["ticket_state"]["category"] == "in_progress")),
        (json!({"ticket_type": "outage"}), Box::new(|row| row["ticket_type"]["name"] == "Outage")),
        (json!({"category": "back_office"}), Box::new(|row| row["category"] == "Back-office")),
        (json!({"contact_id": contact}), Box::new(|row| row["contacts"]["contacts"][0]["id"] == *contact)),
        (json!({"title": title}), Box::new(|row| row["ticket_attributes"]["_default_title_"] == title)),
        (json!({"created_since": created}), Box::new(move |row| row["created_at"].as_i64() >= Some(created))),
        (json!({"updated_since": created}), Box::new(move |row| row["updated_at"].as_i64() >= Some(created))),
        (json!({"category": "tracker", "open": true}), Box::new(|row| row["category"] == "Tracker" && row["open"] == true)),
        (json!({"query": {"field": "open", "operator": "=", "value": true}}), Box::new(|row| row["open"] == true)),
    ];
    for (input, fits) in cases {
        let found = answer(&town, "tickets.search", input.clone()).await;
        let expect: Vec<&Value> = all.iter().filter(|row| fits(row)).collect();
        assert_eq!(found["data"].as_array().unwrap().iter().collect::<Vec<_>>(), expect, "{input}");
    }
    let mut seen = Vec::new();
    let mut cursor = Value::Null;
    for _ in 0..9 {
        let page =
            answer(&town, "tickets.search", json!({"per_page": 2, "starting_after": cursor, "sort_order": "ascending"})).await;
        seen.extend(page["data"].as_array().unwrap().iter().map(|row| row["id"].clone()));
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen, all.iter().rev().map(|row| row["id"].clone()).collect::<Vec<_>>());
    let query = json!({"field": "open", "operator": "=", "value": true});
    assert_eq!(refused(&town, "tickets.search", json!({"query": query, "open": true})).await.0, "query");
    assert_eq!(refused(&town, "tickets.search", json!({"per_page": 151})).await.0, "per_page");
}

#[tokio::test]
async fn an_update_sends_what_is_given_in_the_form_of_the_version() {
    let town = town();
    let ticket = answer(&town, "tickets.search", json!({"ticket_type_id": "Refund check"})).await["data"][0].clone();
    let id = &ticket["id"];
    let admin = town.ids("admins")[1].clone();
    let updated = answer(
        &town,
        "update_ticket",
        json!({"ticket_id": id, "state": "with finance", "title": "New", "open": false, "admin_id": admin}),
    )
    .await;
    assert_eq!((&updated["ticket_state"]["internal_label"], &updated["open"]), (&json!("With finance"), &json!(false)));
    assert_eq!(updated["ticket_attributes"]["_default_title_"], "New");
    assert_eq!(updated["ticket_attributes"]["_default_description_"], ticket["ticket_attributes"]["_default_description_"]);
    let sent = town.bodies("PUT", "/tickets").pop().unwrap();
    assert_eq!(sent["admin_id"], json!(admin.parse::<u64>().unwrap()));
    assert!(sent["ticket_state_id"].is_string() && sent["ticket_attributes"] == json!({"_default_title_": "New"}), "{sent}");
    assert_eq!(sent.as_object().unwrap().len(), 4, "{sent}");
    answer(&town, "tickets.update", json!({"id": id, "assignee_id": admin, "admin_id": admin})).await;
    assert_eq!(answer(&town, "tickets.get", json!({"id": id})).await["admin_assignee_id"], admin);
    let old = run_on(&connect(&town, "2.11"), "tickets.update", json!({"id": id, "state": "resolved"})).await.unwrap();
    assert_eq!(old.answer["ticket_state"], "resolved");
    assert_eq!(town.bodies("PUT", "/tickets").pop().unwrap(), json!({"state": "resolved"}));
    let input = json!({"id": id, "assignee_id": admin, "admin_id": admin});
    run_on(&connect(&town, "2.11"), "tickets.update", input).await.unwrap();
    assert_eq!(town.bodies("PUT", "/tickets").pop().unwrap()["assignment"], json!({"admin_id": admin, "assignee_id": admin}));
    let (field, error) = refused(&town, "tickets.update", json!({"id": id, "state": "done"})).await;
    assert!(field == "state" && error.what().contains("With finance ("), "{error}");
    let (field, _) = refused(&town, "tickets.update", json!({"id": id, "ticket_attributes": {"Severity": "High"}})).await;
    assert_eq!(field, "ticket_attributes", "a field of another type");
    assert_eq!(refused(&town, "tickets.update", json!({"id": id})).await.0, "ticket_id");
}

#[tokio::test]
async fn replies_are_said_once_and_found_again() {
    let town = town();
    let bugs = answer(&town, "tickets.search", json!({"ticket_type_id": "Bug report"})).await;
    let (id, contact) = (&bugs["data"][0]["id"], &bugs["data"][0]["contacts"]["contacts"][0]["id"]);
    let admin = town.ids("admins")[0].clone();
    let note = json!({"ticket_id": id, "admin_id": admin, "message_type": "note", "body": "Look at <b>row</b> 7 & 8."});
    let said = answer(&town, "reply_to_ticket", note.clone()).await;
    assert_eq!((&said["type"], &said["part_type"]), (&json!("ticket_part"), &json!("note")));
    let comment = json!({"ticket_id": id, "contact_id": contact, "body": "It still stops."});
    assert_eq!(answer(&town, "tickets.reply", comment.clone()).await["part_type"], "comment");
    for input in [&note, &comment] {
        let found = look(&town, "tickets.reply", input.clone(), town.now()).await.expect("the part");
        assert_eq!(found["type"], "ticket_part");
        assert!(look(&town, "tickets.reply", input.clone(), town.now() + 3600).await.is_none());
    }
    let lost = json!({"ticket_id": id, "admin_id": admin, "body": "We are on it."});
    assert!(look(&town, "tickets.reply", lost.clone(), town.now()).await.is_none());
    town.faults().once("/reply", Fault::DroppedAfter);
    assert!(run(&town, "tickets.reply", lost.clone()).await.unwrap_err().noted("outcome").is_some());
    assert!(look(&town, "tickets.reply", lost, town.now()).await.is_some());
    let said = |input: Value| refused(&town, "tickets.reply", input);
    assert_eq!(said(json!({"ticket_id": id, "body": "x"})).await.0, "admin_id");
    assert_eq!(
        said(json!({"ticket_id": id, "body": "x", "contact_id": contact, "message_type": "note"})).await.0,
        "message_type"
    );
    let many = vec!["https://a.example/1.png"; 11];
    assert_eq!(
        said(json!({"ticket_id": id, "body": "x", "admin_id": admin, "attachment_urls": many})).await.0,
        "attachment_urls"
    );
}

#[tokio::test]
async fn tickets_are_tagged_and_deleted() {
    let town = town();
    let id = answer(&town, "tickets.search", json!({})).await["data"][0]["id"].clone();
    let (admin, tag) = (town.ids("admins")[0].clone(), town.ids("tags")[0].clone());
    let tagging = json!({"ticket_id": id, "tag_id": tag, "admin_id": admin});
    for _ in 0..2 {
        assert_eq!(answer(&town, "tag_ticket", tagging.clone()).await["id"], tag);
    }
    assert_eq!(answer(&town, "untag_ticket", tagging.clone()).await["id"], tag);
    assert_eq!(town.bodies("DELETE", "/tickets").pop().unwrap(), json!({"admin_id": admin}));
    assert_eq!(run(&town, "tickets.untag", tagging).await.unwrap_err().noted("vendor code"), Some("tag_not_found"));
    let error = run_on(&connect(&town, "2.12"), "tickets.delete", json!({"id": id})).await.unwrap_err();
    assert_eq!(error.code(), &codes::INT_VERSION);
    assert_eq!(answer(&town, "delete_ticket", json!({"ticket_id": id})).await, json!({"id": id, "deleted": true}));
    let again = run(&town, "delete_ticket", json!({"ticket_id": id})).await.unwrap();
    assert_eq!((&again.answer["deleted"], again.warnings.len()), (&json!(false), 1));
}
