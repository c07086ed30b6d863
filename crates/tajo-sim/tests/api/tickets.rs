//! Tickets: types, states, writes, search.

use serde_json::{Value, json};
use tajo_sim::Town;

use crate::asking::{NOW, code, get, get_as, ids, leaf, post, post_as, search_all, town};
use crate::writes::{delete, empty, put, put_as};

async fn type_named(town: &Town, name: &str) -> Value {
    let all = get(town, "/ticket_types").await.body;
    all["data"].as_array().unwrap().iter().find(|kind| kind["name"] == name).unwrap().clone()
}

fn attribute<'a>(kind: &'a Value, name: &str) -> &'a Value {
    let all = kind["ticket_type_attributes"]["data"].as_array().unwrap();
    all.iter().find(|attribute| attribute["name"] == name).unwrap()
}

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

#[tokio::test(start_paused = true)]
async fn types_have_the_two_default_attributes_and_their_own() {
    let town = town(|_| {});
    let all = get(&town, "/ticket_types").await.body;
    let kinds = all["data"].as_array().unwrap();
    for kind in kinds {
        assert_eq!(&get(&town, &format!("/ticket_types/{}", id(kind))).await.body, kind);
        assert!(
            attribute(kind, "_default_title_")["default"] == true && attribute(kind, "_default_description_")["default"] == true
        );
        assert!(matches!(kind["category"].as_str(), Some("Customer" | "Back-office" | "Tracker")));
    }
    let bug = type_named(&town, "Bug report").await;
    let severity = attribute(&bug, "Severity");
    assert_eq!(
        (&severity["data_type"], severity["input_options"]["list_options"].as_array().unwrap().len()),
        (&json!("list"), 3)
    );
    assert_eq!(attribute(&bug, "Reproducible")["data_type"], "boolean");
    assert_eq!(get(&town, "/ticket_types/1").await.status, 404);
    let states = get(&town, "/ticket_states").await.body;
    let names: Vec<&str> = states["data"].as_array().unwrap().iter().map(|state| state["category"].as_str().unwrap()).collect();
    assert_eq!(names, ["submitted", "in_progress", "waiting_on_customer", "resolved", "in_progress"]);
    assert_eq!(code(&get_as(&town, "2.11", "/ticket_states").await), "intercom_version_invalid");
}

#[tokio::test(start_paused = true)]
async fn a_ticket_is_made_for_one_contact_and_an_unknown_address_becomes_a_lead() {
    let town = empty();
    let ada = town.add_person("user", Some("ada@mailbox.example"), Some("Ada"));
    town.set_contact(&ada, "external_id", json!("u-1"));
    let kind = type_named(&town, "Bug report").await;
    let body = |contact: Value| {
        json!({"ticket_type_id": kind["id"], "contacts": [contact],
            "ticket_attributes": {"_default_title_": "It broke", "Reproducible": true}})
    };
    for contact in [json!({"id": ada}), json!({"external_id": "u-1"}), json!({"email": "ADA@mailbox.example"})] {
        let made = post(&town, "/tickets", &body(contact)).await.body;
        assert_eq!(
            (&made["type"], &made["ticket_state"]["category"], &made["category"]),
            (&json!("ticket"), &json!("submitted"), &json!("Customer"))
        );
        assert_eq!(
            made["ticket_attributes"],
            json!({"_default_title_": "It broke", "_default_description_": null, "Reproducible": true})
        );
        assert_eq!(made["contacts"]["contacts"], json!([{"type": "contact", "id": ada, "external_id": null}]));
        assert_eq!((&made["admin_assignee_id"], &made["open"], &made["created_at"]), (&json!("0"), &json!(true), &json!(NOW)));
        assert_eq!(get(&town, &format!("/tickets/{}", id(&made))).await.body, made);
        let inbox = made["ticket_id"].as_str().unwrap();
        assert_eq!(code(&get(&town, &format!("/tickets/{inbox}")).await), "ticket_not_found");
    }
    let made = post(&town, "/tickets", &body(json!({"email": "new@mailbox.example"}))).await.body;
    let lead = made["contacts"]["contacts"][0]["id"].as_str().unwrap();
    assert_eq!(town.record("contacts", lead).unwrap()["role"], "lead");
    assert_eq!((town.tickets(), town.created_contacts()), (4, 1));
}

#[tokio::test(start_paused = true)]
async fn what_a_ticket_is_refused_for_leaves_nothing_behind() {
    let town = empty();
    let ada = town.add_person("user", Some("ada@mailbox.example"), None);
    let (bug, refund) = (type_named(&town, "Bug report").await, type_named(&town, "Refund check").await);
    let (contact, new) = (json!([{"id": ada}]), json!([{"email": "new@mailbox.example"}]));
    let low = id(&attribute(&bug, "Severity")["input_options"]["list_options"][0]).to_owned();
    for (wrong, status, code_of) in [
        (json!({"contacts": contact}), 400, "parameter_not_found"),
        (json!({"ticket_type_id": "1", "contacts": contact}), 404, "not_found"),
        (json!({"ticket_type_id": bug["id"]}), 400, "parameter_not_found"),
        (json!({"ticket_type_id": bug["id"], "contacts": []}), 400, "parameter_invalid"),
        (json!({"ticket_type_id": bug["id"], "contacts": [{"id": ada}, {"id": ada}]}), 400, "parameter_invalid"),
        (json!({"ticket_type_id": bug["id"], "contacts": [{"id": "nobody"}]}), 404, "not_found"),
        (json!({"ticket_type_id": bug["id"], "contacts": [{"external_id": "nobody"}]}), 404, "not_found"),
        (json!({"ticket_type_id": bug["id"], "contacts": new, "ticket_attributes": {"Colour": 1}}), 400, "parameter_invalid"),
        (
            json!({"ticket_type_id": bug["id"], "contacts": new, "ticket_attributes": {"Severity": "Low"}}),
            400,
            "parameter_invalid",
        ),
        (json!({"ticket_type_id": bug["id"], "contacts": new, "company_id": "org-1"}), 404, "company_not_found"),
        (json!({"ticket_type_id": refund["id"], "contacts": new}), 400, "parameter_invalid"),
    ] {
        let answer = post(&town, "/tickets", &wrong).await;
        assert_eq!((answer.status, code(&answer)), (status, code_of), "{wrong}");
    }
    assert_eq!((town.tickets(), town.created_contacts(), town.writes()), (0, 0, 0));
    let extra = json!({"ticket_type_id": bug["id"], "contacts": contact, "ticket_attributes": {"Colour": 1}});
    let answer = post(&town, "/tickets", &extra).await;
    assert_eq!(answer.body["errors"][0]["message"], "Extra attributes provided that are not found on ticket type: Colour");
    let listed = json!({"ticket_type_id": bug["id"], "contacts": contact, "ticket_attributes": {"Severity": low}});
    assert_eq!(post(&town, "/tickets", &listed).await.body["ticket_attributes"]["Severity"], "Low", "shown by its label");
}

#[tokio::test(start_paused = true)]
async fn a_new_ticket_may_come_assigned_linked_and_of_a_company_from_2_14() {
    let town = town(|_| {});
    let (contact, admin, team) = (town.ids("contacts")[0].clone(), town.ids("admins")[1].clone(), town.ids("teams")[1].clone());
    let conversation = town.add_conversation_of(&contact);
    let kind = type_named(&town, "Outage").await;
    let body = json!({"ticket_type_id": kind["id"], "contacts": [{"id": contact}], "company_id": town.ids("companies")[0],
        "assignment": {"admin_assignee_id": admin, "team_assignee_id": team}, "conversation_to_link_id": conversation,
        "created_at": NOW - 500});
    let made = post(&town, "/tickets", &body).await.body;
    assert_eq!(
        (&made["admin_assignee_id"], &made["team_assignee_id"], &made["created_at"]),
        (&json!(admin), &json!(team), &json!(NOW - 500))
    );
    assert_eq!(made["linked_objects"]["data"], json!([{"type": "conversation", "id": conversation, "category": null}]));
    let linked = get(&town, &format!("/conversations/{conversation}")).await.body["linked_objects"].clone();
    assert_eq!(linked["data"], json!([{"type": "ticket", "id": made["id"], "category": "Tracker"}]));
    let older = post_as(&town, "2.13", "/tickets", &body).await.body;
    assert_eq!((&older["admin_assignee_id"], &older["linked_objects"]["total_count"]), (&json!("0"), &json!(0)));
    let newer = get_as(&town, "2.16", &format!("/tickets/{}", id(&made))).await.body;
    assert_eq!(newer["admin_assignee_id"].to_string(), admin);
}

#[tokio::test(start_paused = true)]
async fn an_update_changes_what_it_names() {
    let town = empty();
    let ada = town.add_person("user", Some("ada@mailbox.example"), None);
    let kind = type_named(&town, "Bug report").await;
    let ticket = town.add_ticket(&ada, id(&kind), "It broke");
    let path = format!("/tickets/{ticket}");
    let states = kind["ticket_states"]["data"].as_array().unwrap();
    let (admin, team) = (town.ids("admins")[0].clone(), town.ids("teams")[0].clone());
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let number: u64 = admin.parse().unwrap();
    let body = json!({"ticket_attributes": {"Orders affected": 7}, "ticket_state_id": states[3]["id"], "admin_id": number,
        "assignee_id": team, "open": false, "is_shared": false});
    let after = put(&town, &path, &body).await.body;
    assert_eq!(after["ticket_attributes"]["_default_title_"], "It broke");
    assert_eq!(
        (&after["ticket_attributes"]["Orders affected"], &after["ticket_state"]["category"]),
        (&json!(7), &json!("resolved"))
    );
    assert_eq!((&after["team_assignee_id"], &after["open"], &after["is_shared"]), (&json!(team), &json!(false), &json!(false)));
    assert_eq!(after["updated_at"], NOW + 3);
    let parts = after["ticket_parts"]["ticket_parts"].as_array().unwrap();
    let change = parts.iter().find(|part| part["part_type"] == "ticket_attribute_updated_by_admin").unwrap();
    assert_eq!(
        (&change["updated_attribute_data"]["attribute"]["label"], &change["author"]["id"]),
        (&json!("Orders affected"), &json!(admin))
    );
    let moved = parts.iter().rfind(|part| part["part_type"] == "ticket_state_updated_by_admin").unwrap();
    assert_eq!((&moved["previous_ticket_state"], &moved["ticket_state"]), (&json!("submitted"), &json!("resolved")));
    let snoozed = put(&town, &path, &json!({"snoozed_until": NOW + 900})).await.body;
    assert_eq!(snoozed["snoozed_until"], NOW + 900);
    for (wrong, status, code_of) in [
        (json!({"ticket_state_id": "8504"}), 400, "ticket_state_id_invalid"),
        (json!({"ticket_state_id": "1"}), 400, "ticket_state_id_invalid"),
        (json!({"assignee_id": "1"}), 404, "assignee_not_found"),
        (json!({"admin_id": 1}), 404, "assignee_not_found"),
        (json!({"ticket_attributes": {"Colour": 1}}), 400, "parameter_invalid"),
        (json!({"company_id": "nobody"}), 404, "company_not_found"),
    ] {
        let answer = put(&town, &path, &wrong).await;
        assert_eq!((answer.status, code(&answer)), (status, code_of), "{wrong}");
    }
    let older = put_as(&town, "2.11", &path, &json!({"state": "in_progress", "ticket_state_id": "ignored"})).await.body;
    assert_eq!((&older["ticket_state"], &older["ticket_state_external_label"]), (&json!("in_progress"), &json!("In progress")));
    let newer = put(&town, &path, &json!({"state": "resolved"})).await.body;
    assert_eq!(newer["ticket_state"]["category"], "in_progress", "the older key is ignored");
}

#[tokio::test(start_paused = true)]
async fn replies_are_answered_with_the_part() {
    let town = empty();
    let ada = town.add_person("lead", Some("ada@mailbox.example"), Some("Ada"));
    let (bug, refund) = (type_named(&town, "Bug report").await, type_named(&town, "Refund check").await);
    let (open, inner) = (town.add_ticket(&ada, id(&bug), "It broke"), town.add_ticket(&ada, id(&refund), "Money"));
    let (admin, path) = (town.ids("admins")[0].clone(), format!("/tickets/{open}/reply"));
    for kind in ["comment", "note"] {
        let part =
            post(&town, &path, &json!({"type": "admin", "message_type": kind, "admin_id": admin, "body": "Hm"})).await.body;
        assert_eq!(
            (&part["type"], &part["part_type"], &part["body"]),
            (&json!("ticket_part"), &json!(kind), &json!("<p>Hm</p>"))
        );
    }
    let reply = json!({"type": "user", "message_type": "comment", "intercom_user_id": ada, "body": "Still broken"});
    let part = post(&town, &path, &reply).await.body;
    assert_eq!((&part["author"]["type"], &part["author"]["id"]), (&json!("user"), &json!(ada)));
    let shown = get(&town, &format!("/tickets/{open}")).await.body["ticket_parts"].clone();
    assert_eq!((&shown["total_count"], &shown["ticket_parts"][3]), (&json!(4), &part));
    let options = json!({"type": "admin", "message_type": "quick_reply", "admin_id": admin,
        "reply_options": [{"text": "Yes", "uuid": "a5e1c524-5ddd-4c3e-9328-6bca5d6e3edb"}]});
    assert_eq!(post(&town, &path, &options).await.body["part_type"], "quick_reply");
    let refused = post(&town, &format!("/tickets/{inner}/reply"), &reply).await;
    assert_eq!((refused.status, code(&refused)), (400, "parameter_mismatch"));
    assert_eq!(
        post(&town, &path, &json!({"type": "user", "message_type": "note", "intercom_user_id": ada, "body": "x"})).await.status,
        400
    );
    assert_eq!(code(&post(&town, "/tickets/1/reply", &reply).await), "not_found");
}

#[tokio::test(start_paused = true)]
async fn tickets_are_tagged_and_deleted() {
    let town = empty();
    let ada = town.add_person("user", Some("ada@mailbox.example"), None);
    let kind = type_named(&town, "Bug report").await;
    let ticket = town.add_ticket(&ada, id(&kind), "It broke");
    let (tag, admin) = (town.add_tag("urgent"), town.ids("admins")[0].clone());
    let tags = format!("/tickets/{ticket}/tags");
    let given = post(&town, &tags, &json!({"id": tag, "admin_id": admin})).await.body;
    assert_eq!((&given["name"], &given["applied_at"]), (&json!("urgent"), &json!(NOW)));
    assert_eq!(town.links("ticket_tags"), [(ticket.clone(), tag.clone())]);
    assert_eq!(delete(&town, &format!("{tags}/{tag}")).await.body["id"], tag.as_str());
    assert_eq!(code(&delete(&town, &format!("{tags}/{tag}")).await), "tag_not_found");
    assert_eq!(code(&post(&town, "/tickets/1/tags", &json!({"id": tag, "admin_id": admin})).await), "ticket_not_found");
    let gone = delete(&town, &format!("/tickets/{ticket}")).await.body;
    assert_eq!(gone, json!({"id": ticket, "object": "ticket", "deleted": true}));
    assert_eq!((town.tickets(), code(&delete(&town, &format!("/tickets/{ticket}")).await)), (0, "ticket_not_found"));
}

#[tokio::test(start_paused = true)]
async fn searches_go_by_the_second_and_see_the_index() {
    let town = town(|o| (o.tickets, o.index_lag_max) = (45, 60));
    let all = search_all(&town, "2.14", "/tickets/search", "tickets", &leaf("updated_at", ">", 0), 20).await;
    assert_eq!((all.len(), town.ids("tickets").len()), (45, 45));
    assert!(all.iter().map(|row| row["updated_at"].as_i64().unwrap()).is_sorted());
    let count = |query: Value| {
        let town = town.clone();
        async move { post(&town, "/tickets/search", &json!({"query": query})).await }
    };
    let middle = &all[20];
    let at = middle["updated_at"].as_i64().unwrap();
    assert_eq!(ids(&count(leaf("updated_at", "=", at)).await.body["tickets"]), [id(middle)]);
    let kind = id(&middle["ticket_type"]);
    for (query, test) in [
        (leaf("ticket_type_id", "=", kind), &(|row: &Value| row["ticket_type"]["id"] == kind) as &dyn Fn(&Value) -> bool),
        (leaf("state", "=", "resolved"), &|row| row["ticket_state"]["category"] == "resolved"),
        (leaf("category", "=", "task"), &|row| row["category"] == "Back-office"),
        (leaf("title", "~", "invoice"), &|row| {
            row["ticket_attributes"]["_default_title_"].as_str().unwrap().to_lowercase().contains("invoice")
        }),
        (leaf("contact_ids", "=", id(&middle["contacts"]["contacts"][0])), &|row| row["contacts"] == middle["contacts"]),
        (leaf("open", "=", true), &|_| true),
    ] {
        assert_eq!(count(query.clone()).await.body["total_count"], all.iter().filter(|row| test(row)).count(), "{query}");
    }
    assert_eq!(code(&count(leaf("ticket_state", "=", "resolved")).await), "invalid_field");
    let bug = type_named(&town, "Bug report").await;
    let fresh = town.add_ticket(&town.ids("contacts")[0], id(&bug), "Nobody else has this title");
    let orders = attribute(&bug, "Orders affected");
    put(&town, &format!("/tickets/{fresh}"), &json!({"ticket_attributes": {"Orders affected": 12}})).await;
    tokio::time::sleep(std::time::Duration::from_secs(61)).await;
    let found = count(leaf(&format!("ticket_attribute.{}", id(orders)), ">", 11)).await;
    assert_eq!(ids(&found.body["tickets"]), [fresh]);
}

#[tokio::test(start_paused = true)]
async fn a_new_ticket_is_searchable_only_after_the_lag() {
    let lagging = town(|o| o.index_lag_max = 600);
    let contact = lagging.ids("contacts")[0].clone();
    let bug = type_named(&lagging, "Bug report").await;
    let made: Vec<String> = (0..10).map(|n| lagging.add_ticket(&contact, id(&bug), &format!("No {n}"))).collect();
    let query = json!({"query": leaf("created_at", ">", 0)});
    let seen = post(&lagging, "/tickets/search", &query).await.body["total_count"].as_u64().unwrap();
    assert!(seen < 10, "{seen}");
    assert_eq!(get(&lagging, &format!("/tickets/{}", made[9])).await.status, 200);
    tokio::time::sleep(std::time::Duration::from_secs(601)).await;
    assert_eq!(post(&lagging, "/tickets/search", &query).await.body["total_count"], 10);
}

#[tokio::test(start_paused = true)]
async fn a_conversation_becomes_a_ticket_once() {
    let town = empty();
    let ada = town.add_person("user", Some("ada@mailbox.example"), None);
    let conversation = town.add_conversation_of(&ada);
    let path = format!("/conversations/{conversation}/convert");
    let (bug, refund) = (type_named(&town, "Bug report").await, type_named(&town, "Refund check").await);
    let refused = post(&town, &path, &json!({"ticket_type_id": refund["id"]})).await;
    assert_eq!(
        (refused.status, refused.body["errors"][0]["message"].as_str()),
        (400, Some("Ticket type is not a customer ticket type"))
    );
    let body = json!({"ticket_type_id": bug["id"], "attributes": {"_default_title_": "It broke"}});
    let made = post(&town, &path, &body).await.body;
    assert_eq!((&made["type"], &made["contacts"]["contacts"][0]["id"]), (&json!("ticket"), &json!(ada)));
    let linked = get(&town, &format!("/conversations/{conversation}")).await.body["linked_objects"]["data"].clone();
    assert_eq!(linked, json!([{"type": "ticket", "id": made["id"], "category": "Customer"}]));
    assert_eq!((post(&town, &path, &body).await.status, town.tickets()), (400, 1));
    assert_eq!(post(&town, "/conversations/1/convert", &body).await.status, 404);
}
