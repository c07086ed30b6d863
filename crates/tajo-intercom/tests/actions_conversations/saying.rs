//! What people and admins say: at most once, whatever happens to the answer.

use serde_json::{Value, json};
use tajo_core::action::checked;
use tajo_core::{Call, codes};
use tajo_sim::Fault;

use crate::town::{Town, action, connect, run};
use crate::{NOW, last, quiet, refusal, talk};

async fn look(town: &Town, name: &str, input: &Value, since: i64) -> Option<Value> {
    let (command, intercom) = (action(name), connect(town, "2.14"));
    let call = Call::new(&intercom);
    command.look(&call, checked(&command.facts, input.clone()).unwrap(), since).await.unwrap()
}

/// Runs it so that it takes effect and its answer is lost, and looks for it before and after.
async fn lost_and_found(town: &Town, name: &str, path: &str, input: Value) -> Value {
    assert_eq!(look(town, name, &input, NOW).await, None, "{name}: nothing was done yet");
    let writes = town.writes();
    town.faults().once(path, Fault::DroppedAfter);
    let error = run(town, name, input.clone()).await.unwrap_err();
    assert!(error.noted("outcome").is_some(), "{name}: {error:?}");
    assert_eq!(town.writes(), writes + 1, "{name}: sent once");
    assert_eq!(look(town, name, &input, NOW + 3600).await, None, "{name}: an attempt of later on is another one");
    look(town, name, &input, NOW).await.unwrap_or_else(|| panic!("{name} took effect and was not found"))
}

// Shows: T-076.
#[tokio::test(start_paused = true)]
async fn a_contact_starts_a_conversation_and_its_message_names_it() {
    let town = quiet();
    let contact = town.add_person("user", Some("ada@mailbox.example"), None);
    town.set_contact(&contact, "external_id", json!("crm/7 ä"));
    for (who, value) in [("contact_id", contact.as_str()), ("external_id", "crm/7 ä"), ("email", "ada@mailbox.example")] {
        let said = run(&town, "create_conversation", json!({who: value, "body": "My invoice is missing."})).await.unwrap();
        assert_eq!((&said.answer["type"], said.warnings.len()), (&json!("user_message"), 0));
        let sent = town.bodies("POST", "/conversations").into_iter().rfind(|body| body.get("from").is_some()).unwrap();
        assert_eq!(sent, json!({"from": {"type": "contact", "id": contact}, "body": "My invoice is missing."}));
        let made = town.record("conversations", said.answer["conversation_id"].as_str().unwrap()).unwrap();
        assert_eq!(made["source"]["author"]["id"], contact.as_str());
    }
    let html = run(&town, "create_conversation", json!({"contact_id": contact, "body": "<b>Now</b>"})).await.unwrap();
    assert!(html.warnings[0].contains("HTML"), "{:?}", html.warnings);
    town.add_person("lead", Some("ada@mailbox.example"), None);
    let shared = run(&town, "create_conversation", json!({"email": "ada@mailbox.example", "body": "x"})).await.unwrap_err();
    assert!(shared.code() == &codes::INT_CONFLICT && format!("{shared:?}").contains(&contact), "{shared:?}");
    let missing = run(&town, "create_conversation", json!({"external_id": "nobody", "body": "x"})).await.unwrap_err();
    assert_eq!(missing.code(), &codes::INT_MISSING);
    let calls = town.calls().len();
    let urls: Vec<String> = (0..11).map(|n| format!("https://files.example/{n}.png")).collect();
    for input in [
        json!({"body": "x"}),
        json!({"body": "x", "email": "a@b.example", "contact_id": contact}),
        json!({"contact_id": contact}),
        json!({"body": "x", "contact_id": contact, "attachment_urls": urls}),
    ] {
        refusal(run(&town, "create_conversation", input).await);
    }
    assert_eq!(town.calls().len(), calls);
}

#[tokio::test(start_paused = true)]
async fn what_was_said_is_found_again_after_a_lost_answer_and_never_said_twice() {
    let town = quiet();
    let (contact, id, admin) = talk(&town);
    let message = lost_and_found(
        &town,
        "create_conversation",
        "/conversations",
        json!({"email": "ada@mailbox.example", "body": "a < b\n\nI mean it"}),
    )
    .await;
    let made = town.record("conversations", message["conversation_id"].as_str().unwrap()).unwrap();
    assert_eq!((&made["source"]["id"], &message["type"]), (&message["id"], &json!("user_message")));
    for (input, path) in [
        (json!({"conversation_id": id, "admin_id": admin, "body": "One"}), "/reply"),
        (json!({"conversation_id": id, "admin_id": admin, "message_type": "note", "body": "<p>Two</p>"}), "/reply"),
        (
            json!({"conversation_id": id, "admin_id": admin, "message_type": "quick_reply", "reply_options": ["Yes", "No"]}),
            "/reply",
        ),
        (json!({"conversation_id": id, "contact_id": contact, "body": "Four"}), "/reply"),
        (json!({"conversation_id": "last", "email": "ada@mailbox.example", "body": "Five"}), "/reply"),
    ] {
        let found = lost_and_found(&town, "reply_to_conversation", path, input.clone()).await;
        assert!(found["id"].is_string(), "{input}");
    }
    let input = json!({"admin_id": admin, "contact_id": contact, "body": "Your export is ready.", "create_conversation": true});
    let message = lost_and_found(&town, "create_message", "/messages", input).await;
    assert_eq!((&message["type"], message["conversation_id"].is_string()), (&json!("admin_message"), true));
    let parts = town.parts(&id).len();
    let input = json!({"conversation_id": id, "ticket_type_id": customer_type(&town).await, "ticket_attributes": {"_default_title_": "Glass"}});
    assert_eq!(look(&town, "conversations.convert", &input, NOW).await, None);
    town.faults().once("/convert", Fault::DroppedAfter);
    assert!(run(&town, "conversations.convert", input.clone()).await.is_err());
    let ticket = look(&town, "conversations.convert", &input, NOW).await.unwrap();
    assert_eq!(
        (&ticket["ticket_attributes"]["_default_title_"], town.tickets(), town.parts(&id).len()),
        (&json!("Glass"), 1, parts)
    );
}

async fn customer_type(town: &Town) -> Value {
    let intercom = connect(town, "2.14");
    let answer = intercom.client().send(tajo_core::rest::Request::get("/ticket_types")).await.unwrap();
    let list: Value = serde_json::from_slice(&answer.body).unwrap();
    let types = list["data"].as_array().unwrap();
    types.iter().find(|kind| kind["category"] == "Customer" && kind["archived"] != true).unwrap()["id"].clone()
}

// Shows: T-077.
#[tokio::test(start_paused = true)]
async fn admins_comment_note_and_offer_answers_and_contacts_reply() {
    let town = quiet();
    let (contact, id, admin) = talk(&town);
    town.set_contact(&contact, "external_id", json!("crm-7"));
    for (input, kind, author) in [
        (json!({"admin_id": admin, "body": "Hello"}), "comment", &admin),
        (json!({"admin_id": admin, "body": "Hm", "message_type": "note"}), "note", &admin),
        (json!({"admin_id": admin, "message_type": "quick_reply", "reply_options": ["Yes", "No"]}), "quick_reply", &admin),
        (json!({"contact_id": contact, "body": "One"}), "comment", &contact),
        (json!({"intercom_user_id": contact, "body": "Two"}), "comment", &contact),
        (json!({"external_id": "crm-7", "body": "Three"}), "comment", &contact),
        (json!({"email": "ada@mailbox.example", "body": "Four"}), "comment", &contact),
    ] {
        let mut input = input;
        input["conversation_id"] = json!(id);
        let answer = run(&town, "conversations.reply", input.clone()).await.unwrap().answer;
        let part = last(&answer);
        assert_eq!((&part["part_type"], &part["author"]["id"]), (&json!(kind), &json!(author)), "{input}");
    }
    let offered = town.bodies("POST", "/conversations").into_iter().find(|body| body["message_type"] == "quick_reply").unwrap();
    let options = offered["reply_options"].as_array().unwrap();
    assert_eq!((&options[0]["text"], &options[1]["text"]), (&json!("Yes"), &json!("No")));
    assert!(options[0]["uuid"].as_str().unwrap().len() == 36 && options[0]["uuid"] != options[1]["uuid"]);
    let newest = town.add_conversation_of(&contact);
    town.reply(&newest, "Later than all");
    let other = town.add_conversation_of(&town.add_person("user", None, None));
    town.reply(&other, "Somebody else");
    let answer = run(&town, "conversations.reply", json!({"conversation_id": "last", "contact_id": contact, "body": "Five"}))
        .await
        .unwrap()
        .answer;
    assert!([&newest, &id].contains(&&answer["id"].as_str().unwrap().to_owned()) && answer["id"] != other.as_str());
    let (calls, urls) = (town.calls().len(), (0..11).map(|n| format!("https://files.example/{n}")).collect::<Vec<_>>());
    for (input, field) in [
        (json!({"body": "x"}), "admin_id"),
        (json!({"body": "x", "email": " "}), "admin_id"),
        (json!({"admin_id": admin, "contact_id": contact, "body": "x"}), "admin_id"),
        (json!({"contact_id": contact, "body": "x", "message_type": "note"}), "message_type"),
        (json!({"contact_id": contact, "message_type": "quick_reply", "reply_options": ["a"]}), "message_type"),
        (json!({"admin_id": admin, "message_type": "quick_reply"}), "reply_options"),
        (json!({"admin_id": admin, "body": "x", "reply_options": ["a"]}), "reply_options"),
        (json!({"admin_id": admin}), "body"),
        (json!({"admin_id": admin, "body": "  "}), "body"),
        (json!({"admin_id": admin, "body": "x", "attachment_urls": urls}), "attachment_urls"),
        (json!({"admin_id": admin, "body": "x", "conversation_id": "last"}), "conversation_id"),
    ] {
        let mut input = input;
        input["conversation_id"] = input.get("conversation_id").cloned().unwrap_or(json!(id));
        let said = refusal(run(&town, "conversations.reply", input.clone()).await);
        assert!(said.starts_with(&format!("`{field}`")), "{input}: {said}");
    }
    assert_eq!(town.calls().len(), calls);
}

#[tokio::test(start_paused = true)]
async fn an_admin_writes_to_a_contact_in_the_messenger_or_by_mail() {
    let town = quiet();
    let (contact, _, admin) = talk(&town);
    let lead = town.add_person("lead", Some("bob@mailbox.example"), None);
    let number: u64 = admin.parse().unwrap();
    let said =
        run(&town, "create_message", json!({"admin_id": admin, "contact_id": contact, "body": "<b>Ready</b>"})).await.unwrap();
    assert_eq!((&said.answer["type"], said.answer.get("conversation_id")), (&json!("admin_message"), None));
    let mail = json!({"message_type": "email", "admin_id": admin, "email": "bob@mailbox.example", "subject": "News", "body": "Ready", "create_conversation": true});
    let mailed = run(&town, "messages.create", mail.clone()).await.unwrap().answer;
    assert_eq!((&mailed["subject"], mailed["conversation_id"].is_string()), (&json!("News"), true));
    assert_eq!(
        town.bodies("POST", "/messages"),
        [
            json!({"message_type": "in_app", "body": "<b>Ready</b>", "from": {"type": "admin", "id": number}, "to": {"type": "user", "id": contact}}),
            json!({"message_type": "email", "subject": "News", "body": "Ready", "template": "plain", "from": {"type": "admin", "id": number},
            "to": {"type": "lead", "id": lead}, "create_conversation_without_contact_reply": true}),
        ]
    );
    let calls = town.calls().len();
    for (key, value, field) in [
        ("subject", Value::Null, "subject"),
        ("subject", json!(" "), "subject"),
        ("admin_id", json!("Ada"), "admin_id"),
        ("contact_id", json!(contact), "contact_id"),
        ("message_type", json!("in_app"), "template"),
    ] {
        let mut input = mail.clone();
        input["template"] = json!("personal");
        input[key] = value;
        let said = refusal(run(&town, "messages.create", input.clone()).await);
        assert!(said.starts_with(&format!("`{field}`")), "{input}: {said}");
    }
    assert_eq!((town.calls().len(), town.messages()), (calls, 2));
}
