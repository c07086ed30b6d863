//! Who takes part, quick replies, redaction, plain text, the end of a conversation.

use serde_json::{Value, json};

use crate::asking::{NOW, code, get, post, post_as, town};
use crate::writes::{delete, empty};

fn parts(body: &Value) -> &Vec<Value> {
    body["conversation_parts"]["conversation_parts"].as_array().unwrap()
}

#[tokio::test(start_paused = true)]
async fn participants_come_and_go_but_the_last_one_stays() {
    let town = empty();
    let ada = town.add_person("user", Some("ada@mailbox.example"), None);
    let ben = town.add_person("user", Some("ben@mailbox.example"), None);
    let admin = town.ids("admins")[0].clone();
    let conversation = town.add_conversation_of(&ada);
    let path = format!("/conversations/{conversation}/customers");
    let last = delete(&town, &format!("{path}/{ada}")).await;
    assert_eq!(
        (last.status, code(&last), last.body["errors"][0]["message"].as_str().unwrap()),
        (422, "parameter_invalid", "Removing the last customer is not allowed")
    );
    let add = |customer: Value| {
        let (town, path, admin) = (town.clone(), path.clone(), admin.clone());
        async move { post(&town, &path, &json!({"admin_id": admin, "customer": customer})).await }
    };
    for _ in 0..2 {
        let both = add(json!({"intercom_user_id": ben})).await.body;
        assert_eq!(both, json!({"customers": [{"type": "user", "id": ada}, {"type": "user", "id": ben}]}));
    }
    let three = add(json!({"email": "new@mailbox.example"})).await.body;
    assert_eq!((three["customers"].as_array().unwrap().len(), &three["customers"][2]["type"]), (3, &json!("lead")));
    assert_eq!(town.created_contacts(), 1);
    assert_eq!((add(json!({"user_id": "nobody"})).await.status, add(json!({})).await.status), (404, 400));
    let left = delete(&town, &format!("{path}/{ada}")).await.body;
    assert_eq!(left["customers"][0]["id"], ben.as_str());
    assert_eq!(delete(&town, &format!("{path}/{ada}")).await.status, 404);
    assert_eq!(town.record("conversations", &conversation).unwrap()["contacts"]["contacts"][0]["id"], ben.as_str());
}

#[tokio::test(start_paused = true)]
async fn an_admin_offers_answers_and_a_contact_picks_one() {
    let town = empty();
    let ada = town.add_person("user", Some("ada@mailbox.example"), None);
    let path = format!("/conversations/{}/reply", town.add_conversation_of(&ada));
    let options = json!([{"text": "Yes", "uuid": "a5e1c524-5ddd-4c3e-9328-6bca5d6e3edb"},
        {"text": "No", "uuid": "f4a98af1-be56-4948-a57e-e1a83f8484c6"}]);
    let offer =
        json!({"type": "admin", "message_type": "quick_reply", "admin_id": town.ids("admins")[0], "reply_options": options});
    let offered = post(&town, &path, &offer).await.body;
    let part = parts(&offered).last().unwrap();
    assert_eq!((&part["part_type"], &part["body"]), (&json!("quick_reply"), &json!(null)));
    assert_eq!(part["metadata"]["quick_reply_options"], options);
    let pick = json!({"type": "user", "message_type": "quick_reply", "intercom_user_id": ada, "reply_options": [options[0]]});
    let picked = post(&town, &path, &pick).await.body;
    let part = parts(&picked).last().unwrap();
    assert_eq!(
        (&part["part_type"], &part["body"], &part["author"]["id"]),
        (&json!("comment"), &json!("<p>Yes</p>"), &json!(ada))
    );
    assert_eq!(post_as(&town, "2.11", &path, &offer).await.status, 400, "quick replies came later");
    for wrong in [json!([]), json!([{"text": "Yes"}]), json!(null)] {
        let mut body = offer.clone();
        body["reply_options"] = wrong;
        assert_eq!(post(&town, &path, &body).await.status, 400);
    }
}

#[tokio::test(start_paused = true)]
async fn last_is_the_contacts_own_last_conversation_and_a_reply_may_be_dated() {
    let town = empty();
    let (ada, ben) = (town.add_person("user", Some("ada@mailbox.example"), None), town.add_person("user", None, None));
    let mine = town.add_conversation_of(&ada);
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    let other = town.add_conversation_of(&ben);
    let reply =
        json!({"type": "user", "message_type": "comment", "intercom_user_id": ada, "body": "Hello", "created_at": NOW - 70});
    let answer = post(&town, "/conversations/last/reply", &reply).await.body;
    assert_eq!((&answer["id"], &parts(&answer).last().unwrap()["created_at"]), (&json!(mine), &json!(NOW - 70)));
    let note = json!({"type": "admin", "message_type": "note", "admin_id": town.ids("admins")[0], "body": "Hm"});
    town.reply(&other, "later");
    assert_eq!(post(&town, "/conversations/last/reply", &note).await.status, 200);
    assert_eq!(post(&town, "/conversations/1/reply", &note).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_part_and_the_source_are_redacted() {
    let town = empty();
    let ada = town.add_person("user", Some("ada@mailbox.example"), None);
    let conversation =
        post(&town, "/conversations", &json!({"from": {"type": "user", "id": ada}, "body": "Card 4111"})).await.body;
    let id = conversation["conversation_id"].as_str().unwrap();
    let part = town.reply(id, "<p>secret</p>");
    let redact = |body: Value| {
        let town = town.clone();
        async move { post(&town, "/conversations/redact", &body).await }
    };
    let done = redact(json!({"type": "conversation_part", "conversation_id": id, "conversation_part_id": part})).await.body;
    let last = parts(&done).last().unwrap();
    assert_eq!((&last["body"], &last["redacted"]), (&json!("<p><i>This message was deleted</i></p>"), &json!(true)));
    assert_eq!(done["source"]["body"], "<p>Card 4111</p>");
    let done = redact(json!({"type": "source", "conversation_id": id, "source_id": done["source"]["id"]})).await.body;
    assert_eq!(
        (&done["source"]["body"], &done["source"]["redacted"]),
        (&json!("<p><i>This message was deleted</i></p>"), &json!(true))
    );
    town.close_conversation(id);
    let bare = town.parts(id).last().unwrap()["id"].clone();
    let refused = redact(json!({"type": "conversation_part", "conversation_id": id, "conversation_part_id": bare})).await;
    assert_eq!(code(&refused), "conversation_part_not_redactable");
    let missing = redact(json!({"type": "conversation_part", "conversation_id": id, "conversation_part_id": "1"})).await;
    assert_eq!((missing.status, code(&missing)), (404, "conversation_part_or_message_not_found"));
}

#[tokio::test(start_paused = true)]
async fn plain_text_has_no_markup_anywhere() {
    let town = empty();
    let ada = town.add_person("user", Some("ada@mailbox.example"), None);
    let id = town.add_conversation_of(&ada);
    town.reply(&id, "<p>1 &lt; 2 &amp;&amp; <a href=\"https://x.example\">a link</a></p><p>next</p>");
    let html = get(&town, &format!("/conversations/{id}")).await.body;
    let plain = get(&town, &format!("/conversations/{id}?display_as=plaintext")).await.body;
    assert_eq!(parts(&plain).last().unwrap()["body"], "1 < 2 && a link\nnext");
    assert!(html["source"]["body"].as_str().unwrap().starts_with("<p>"));
    assert_eq!(html["source"]["body"], format!("<p>{}</p>", plain["source"]["body"].as_str().unwrap()));
    assert_eq!(plain["contacts"], html["contacts"]);
}

#[tokio::test(start_paused = true)]
async fn a_conversation_is_deleted_for_good_from_2_13() {
    let town = town(|_| {});
    let id = town.ids("conversations")[3].clone();
    let gone = delete(&town, &format!("/conversations/{id}?retain_metrics=true")).await;
    assert_eq!(gone.body, json!({"id": id, "object": "conversation", "deleted": true}));
    assert_eq!(get(&town, &format!("/conversations/{id}")).await.status, 404);
    assert_eq!(delete(&town, &format!("/conversations/{id}")).await.status, 404);
    let other = &town.ids("conversations")[0];
    let request = http::Request::delete(format!("/conversations/{other}")).header("authorization", "Bearer t");
    let early =
        crate::asking::send(&town, request.header("intercom-version", "2.12").body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(code(&early), "intercom_version_invalid");
    assert_eq!(
        post_as(&town, "2.16", "/conversations/search", &json!({"query": crate::asking::leaf("id", "=", id)})).await.body["total_count"],
        0
    );
}
