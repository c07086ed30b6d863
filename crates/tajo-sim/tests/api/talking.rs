//! Events and writes of conversations.

use serde_json::{Value, json};

use crate::asking::{NOW, code, get, get_as, post, town};
use crate::writes::{delete, empty, put};

fn event(at: i64) -> Value {
    json!({"event_name": "upgraded", "created_at": at, "id": "", "metadata": {"plan": "Scale"}})
}

#[tokio::test(start_paused = true)]
async fn an_event_is_accepted_with_nothing_and_counts_once_a_second() {
    let town = empty();
    let id = town.add_person("user", Some("ada@mailbox.example"), None);
    let mut body = event(NOW - 60);
    body["id"] = json!(id);
    for _ in 0..2 {
        let answer = post(&town, "/events", &body).await;
        assert_eq!((answer.status, answer.body.is_null()), (202, true));
    }
    body["created_at"] = json!(NOW - 59);
    post(&town, "/events", &body).await;
    let all = town.events_of(&id);
    assert_eq!(all.len(), 2);
    assert_eq!((&all[0]["event_name"], &all[0]["metadata"]), (&json!("upgraded"), &json!({"plan": "Scale"})));
    let by_email = json!({"event_name": "x", "created_at": NOW, "email": "ada@mailbox.example",
        "metadata": {"price": {"amount": 1, "currency": "eur"}}});
    assert_eq!(post(&town, "/events", &by_email).await.status, 202);
    for (wrong, status) in [
        (json!({"event_name": "x", "created_at": NOW, "id": "nobody"}), 404),
        (json!({"event_name": "x", "id": id}), 400),
        (json!({"created_at": NOW, "id": id}), 400),
        (json!({"event_name": "x", "created_at": NOW}), 400),
        (json!({"event_name": "x", "created_at": NOW, "id": id, "metadata": {"a": {"b": 1}}}), 400),
    ] {
        assert_eq!(post(&town, "/events", &wrong).await.status, status, "{wrong}");
    }
    let many: serde_json::Map<String, Value> = (0..13).map(|n| (format!("k{n}"), json!(n))).collect();
    town.add_event(&id, "wide", Value::Object(many));
    assert_eq!(town.events_of(&id).last().unwrap()["metadata"].as_object().unwrap().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn events_are_listed_by_contact_newest_first_for_ninety_days() {
    let town = empty();
    let id = town.add_person("user", Some("ada@mailbox.example"), None);
    for day in [1, 2, 3, 89, 91] {
        let mut body = event(NOW - day * 86_400);
        body["id"] = json!(id);
        post(&town, "/events", &body).await;
    }
    let mut path = format!("/events?type=user&intercom_user_id={id}&per_page=3");
    let mut seen = Vec::new();
    loop {
        let page = get(&town, &path).await.body;
        assert_eq!(page["type"], "event.list");
        seen.extend(
            page["events"].as_array().unwrap().iter().map(|event| (NOW - event["created_at"].as_i64().unwrap()) / 86_400),
        );
        let Some(next) = page["pages"]["next"].as_str() else { break };
        path = next.strip_prefix("https://api.intercom.io").unwrap().to_owned();
    }
    assert_eq!(seen, [1, 2, 3, 89]);
    let summary = get(&town, "/events?type=user&email=ada@mailbox.example&summary=true").await.body;
    assert_eq!((&summary["type"], &summary["events"][0]["count"]), (&json!("event.summary"), &json!(4)));
    assert!(summary["events"][0]["first"].as_str().unwrap().ends_with(".000Z"));
    for wrong in ["/events?type=lead&email=x", "/events?type=user", "/events?type=user&email=x&user_id=y"] {
        assert_eq!(get(&town, wrong).await.status, 400, "{wrong}");
    }
    assert_eq!(get(&town, "/events?type=user&email=nobody@mailbox.example").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_contact_starts_a_conversation_and_gets_a_message() {
    let town = empty();
    let id = town.add_person("lead", None, Some("Ada"));
    let body = json!({"from": {"type": "lead", "id": id}, "body": "Hello there"});
    let message = post(&town, "/conversations", &body).await.body;
    assert_eq!(
        (&message["type"], &message["message_type"], &message["body"]),
        (&json!("user_message"), &json!("inapp"), &body["body"])
    );
    let made = get(&town, &format!("/conversations/{}", message["conversation_id"].as_str().unwrap())).await.body;
    assert_eq!((&made["source"]["body"], &made["source"]["author"]["id"]), (&json!("<p>Hello there</p>"), &json!(id)));
    assert_eq!((&made["open"], &made["conversation_parts"]["total_count"]), (&json!(true), &json!(0)));
    let nobody = json!({"from": {"type": "user", "id": "x"}, "body": "Hello"});
    assert_eq!(code(&post(&town, "/conversations", &nobody).await), "not_found");
}

#[tokio::test(start_paused = true)]
async fn replies_and_states() {
    let town = empty();
    let id = town.add_person("user", Some("ada@mailbox.example"), None);
    let (admin, other, team) = (town.ids("admins")[0].clone(), town.ids("admins")[1].clone(), town.ids("teams")[1].clone());
    let path = format!("/conversations/{}", town.add_conversation_of(&id));
    let (reply, parts) = (format!("{path}/reply"), format!("{path}/parts"));
    let parts_of = |body: &Value| body["conversation_parts"]["conversation_parts"].as_array().unwrap().clone();
    let start = parts_of(&get(&town, &path).await.body);
    let noted =
        post(&town, &reply, &json!({"type": "admin", "admin_id": admin, "message_type": "note", "body": "Hm"})).await.body;
    let last = parts_of(&noted).last().unwrap().clone();
    assert_eq!((&last["part_type"], &last["author"]["id"], &last["body"]), (&json!("note"), &json!(admin), &json!("<p>Hm</p>")));
    let managed = |body: Value| {
        let (town, parts) = (town.clone(), parts.clone());
        async move { post(&town, &parts, &body).await }
    };
    let closed = managed(json!({"message_type": "close", "type": "admin", "admin_id": admin})).await.body;
    assert_eq!(closed["state"], "closed");
    let back =
        post(&town, &reply, &json!({"type": "user", "message_type": "comment", "email": "ada@mailbox.example", "body": "Wait"}))
            .await;
    assert_eq!(back.body["state"], "open");
    let snoozed = managed(json!({"message_type": "snoozed", "admin_id": admin, "snoozed_until": NOW + 500})).await.body;
    assert_eq!((&snoozed["state"], &snoozed["snoozed_until"]), (&json!("snoozed"), &json!(NOW + 500)));
    managed(json!({"message_type": "open", "admin_id": admin})).await;
    let given =
        managed(json!({"message_type": "assignment", "type": "admin", "admin_id": admin, "assignee_id": other})).await.body;
    assert_eq!(given["admin_assignee_id"].to_string(), other);
    let given = managed(json!({"message_type": "assignment", "type": "team", "admin_id": admin, "assignee_id": team})).await.body;
    assert_eq!(given["team_assignee_id"].to_string(), team);
    assert_eq!(parts_of(&given).last().unwrap()["assigned_to"], json!({"type": "team", "id": team}));
    assert_eq!(parts_of(&given)[..start.len()], start[..], "old parts stay as they were");
    let freed = managed(json!({"message_type": "assignment", "admin_id": admin, "assignee_id": "0"})).await.body;
    assert_eq!((&freed["admin_assignee_id"], &freed["team_assignee_id"]), (&json!(null), &json!(null)));
    assert_eq!(get_as(&town, "2.16", &path).await.body["admin_assignee_id"], 0);
    for wrong in [
        json!({"message_type": "comment", "admin_id": admin}),
        json!({"message_type": "close"}),
        json!({"message_type": "snoozed", "admin_id": admin}),
        json!({"message_type": "assignment", "admin_id": admin}),
    ] {
        assert_eq!(managed(wrong.clone()).await.status, 400, "{wrong}");
    }
    let last = post(
        &town,
        "/conversations/last/reply",
        &json!({"type": "admin", "admin_id": admin, "message_type": "comment", "body": "x"}),
    )
    .await;
    assert_eq!(last.status, 200);
}

#[tokio::test(start_paused = true)]
async fn conversations_are_tagged_and_described() {
    let town = empty();
    let id = town.add_person("user", None, None);
    let (admin, tag) = (town.ids("admins")[0].clone(), town.add_tag("urgent"));
    let company = town.add_named_company("Heron", "Scale", 3);
    let path = format!("/conversations/{}", town.add_conversation_of(&id));
    let tagged = post(&town, &format!("{path}/tags"), &json!({"id": tag, "admin_id": admin})).await.body;
    assert_eq!(tagged["name"], "urgent");
    assert_eq!(town.links("conversation_tags").len(), 1);
    assert_eq!(delete(&town, &format!("{path}/tags/{tag}")).await.status, 200);
    assert_eq!(code(&delete(&town, &format!("{path}/tags/{tag}")).await), "tag_not_found");
    let body = json!({"title": "About glass", "read": true, "custom_attributes": {"issue_type": "Bug"}, "company_id": company});
    let changed = put(&town, &path, &body).await.body;
    assert_eq!((&changed["title"], &changed["read"]), (&json!("About glass"), &json!(true)));
    assert_eq!(changed["custom_attributes"]["issue_type"], "Bug");
    assert_eq!(get_as(&town, "2.15", &path).await.body["company"]["id"], company.as_str());
    assert_eq!(code(&put(&town, &path, &json!({"custom_attributes": {"nope": 1}})).await), "parameter_invalid");
    assert_eq!(put(&town, "/conversations/1", &body).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn outcomes_and_ratings_are_set_by_hand() {
    let town = town(|o| (o.contacts, o.conversations) = (3, 0));
    let id = town.add_conversation_of(&town.ids("contacts")[0]);
    let record = || town.record("conversations", &id).unwrap();
    assert_eq!((&record()["ai_agent"], &record()["conversation_rating"]), (&json!(null), &json!(null)));
    assert_eq!(record()["contacts"]["contacts"][0]["id"], town.ids("contacts")[0].as_str());
    assert_eq!((&record()["state"], town.parts(&id).len()), (&json!("open"), 2));
    town.rate_conversation(&id, 4, "Quick");
    assert_eq!(
        (&record()["conversation_rating"]["rating"], &record()["conversation_rating"]["remark"]),
        (&json!(4), &json!("Quick"))
    );
    town.set_ai_outcome(&id, "escalated", None);
    let path = format!("/conversations/{id}");
    assert_eq!(get_as(&town, "2.15", &path).await.body["ai_agent"]["resolution_state"], "escalated");
    assert_eq!(get(&town, &path).await.body["ai_agent"]["resolution_state"], "routed_to_team");
    town.set_ai_outcome(&id, "confirmed_resolution", Some(5));
    assert_eq!((&record()["ai_agent"]["rating"], &record()["state"]), (&json!(5), &json!("closed")));
    assert_eq!(record()["ai_agent_participated"], true);
    assert!(get_as(&town, "2.10", &path).await.body.get("ai_agent").is_none());
}
