//! Looks that must not take somebody else's words for the ones that were lost, and answers that hide what happened.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;

use bytes::Bytes;
use secrecy::SecretString;
use serde_json::{Value, json};
use tajo_core::action::checked;
use tajo_core::rest::{Broken, Limits, Transport};
use tajo_core::{BoxFuture, Call};
use tajo_intercom::{Intercom, Region, Version};

mod town;
use town::{Options, Town, action, connect, run, run_on};

const NOW: i64 = 1_795_170_600;

fn town() -> Town {
    Town::new(Options { contacts: 10, companies: 6, conversations: 5, rate_limit: 0, now: Some(NOW), ..Options::default() })
}

async fn answer(town: &Town, name: &str, input: Value) -> Value {
    run(town, name, input).await.unwrap_or_else(|error| panic!("{name}: {error:?}")).answer
}

async fn look_on(intercom: &Intercom, name: &str, input: &Value) -> Option<Value> {
    let (command, call) = (action(name), Call::new(intercom));
    command.look(&call, checked(&command.facts, input.clone()).unwrap(), NOW).await.unwrap()
}

async fn look(town: &Town, name: &str, input: &Value) -> Option<Value> {
    look_on(&connect(town, "2.14"), name, input).await
}

/// Somebody with a conversation.
fn ada(town: &Town) -> (String, String) {
    let contact = town.add_person("user", Some("ada@mailbox.example"), Some("Ada"));
    town.set_contact(&contact, "external_id", json!("crm-7"));
    let conversation = town.add_conversation_of(&contact);
    (contact, conversation)
}

#[tokio::test]
async fn a_note_for_the_team_is_not_the_comment_that_was_lost() {
    let town = town();
    let ((_, conversation), admin) = (ada(&town), town.ids("admins")[0].clone());
    let mut said = json!({"conversation_id": conversation, "admin_id": admin, "body": "We pay it back.", "message_type": "note"});
    answer(&town, "conversations.reply", said.clone()).await;
    assert!(look(&town, "conversations.reply", &said).await.is_some());
    for kind in [json!("comment"), Value::Null] {
        said["message_type"] = kind;
        assert_eq!(look(&town, "conversations.reply", &said).await, None, "the person was told nothing");
    }
    let with_file = json!({"conversation_id": conversation, "admin_id": admin, "body": "We pay it back.", "message_type": "note",
        "attachment_urls": ["https://files.example/receipt.pdf"]});
    assert_eq!(look(&town, "conversations.reply", &with_file).await, None, "nothing was attached");
}

#[tokio::test]
async fn an_admins_words_are_not_the_contacts() {
    let town = town();
    let ((contact, conversation), admin) = (ada(&town), town.ids("admins")[0].clone());
    answer(&town, "conversations.reply", json!({"conversation_id": conversation, "admin_id": admin, "body": "Thanks!"})).await;
    let by = [("contact_id", contact.as_str()), ("external_id", "crm-7"), ("email", "ada@mailbox.example")];
    for (who, id) in by {
        let reply = json!({"conversation_id": conversation, who: id, "body": "Thanks!"});
        assert_eq!(look(&town, "conversations.reply", &reply).await, None, "{who}");
    }
    answer(&town, "conversations.reply", json!({"conversation_id": conversation, "contact_id": contact, "body": "Thanks!"}))
        .await;
    for (who, id) in by {
        let reply = json!({"conversation_id": conversation, who: id, "body": "Thanks!"});
        assert!(look(&town, "conversations.reply", &reply).await.is_some(), "{who}");
    }
}

#[tokio::test]
async fn a_ticket_is_answered_by_whoever_answers_it() {
    let town = town();
    let (contact, _) = ada(&town);
    let admins = town.ids("admins");
    let made = json!({"ticket_type_id": "Bug report", "contact_id": contact, "title": "The export stops"});
    let ticket = answer(&town, "tickets.create", made).await["id"].clone();
    answer(&town, "tickets.reply", json!({"ticket_id": ticket, "admin_id": admins[0], "body": "On it"})).await;
    assert!(look(&town, "tickets.reply", &json!({"ticket_id": ticket, "admin_id": admins[0], "body": "On it"})).await.is_some());
    for (who, id) in [
        ("admin_id", admins[1].as_str()),
        ("contact_id", contact.as_str()),
        ("external_id", "crm-7"),
        ("email", "ada@mailbox.example"),
    ] {
        let reply = json!({"ticket_id": ticket, who: id, "body": "On it"});
        assert_eq!(look(&town, "tickets.reply", &reply).await, None, "{who}");
    }
}

#[tokio::test]
async fn a_later_ticket_is_not_the_one_that_was_to_be_imported() {
    let town = town();
    let (contact, _) = ada(&town);
    let mut ticket = json!({"ticket_type_id": "Bug report", "contact_id": contact, "title": "The export stops"});
    answer(&town, "tickets.create", ticket.clone()).await;
    ticket["created_at"] = json!("2024-02-03T04:05:06Z");
    assert_eq!(look(&town, "tickets.create", &ticket).await, None, "that one is of today");
    answer(&town, "tickets.create", ticket.clone()).await;
    let found = look(&town, "tickets.create", &ticket).await.unwrap();
    assert_eq!(found["created_at"], 1_706_933_106);
}

/// Answers everything with a success that says nothing.
struct Odd(&'static str);

impl Transport for Odd {
    fn send(&self, _: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
        let reply = http::Response::builder().status(200).body(Bytes::from_static(self.0.as_bytes())).unwrap();
        Box::pin(std::future::ready(Ok(reply)))
    }
}

fn odd(answer: &'static str, version: &str) -> Intercom {
    let (token, version): (_, Version) = (SecretString::from("any"), version.parse().unwrap());
    let via = Arc::new(Odd(answer));
    Intercom::new(via, token, Region::Us, version, Some("http://127.0.0.1:9"), Limits::default()).unwrap()
}

#[tokio::test]
async fn another_admins_note_on_a_company_is_another_note() {
    // The twin has no notes of companies.
    let intercom = odd(
        r#"{"type": "list", "data": [{"type": "note", "id": "26", "created_at": 1795170600, "body": "<p>Renews in May.</p>",
            "author": {"type": "admin", "id": 7}}], "pages": {"page": 1, "total_pages": 1}}"#,
        "2.16",
    );
    for (admin, is_found) in [("7", true), ("8", false)] {
        let note = json!({"company_id": "6762f0a61bb69f9f00000001", "body": "Renews in May.", "admin_id": admin});
        assert_eq!(look_on(&intercom, "companies.create_note", &note).await.is_some(), is_found, "{admin}");
    }
}

#[tokio::test]
async fn a_company_is_taken_by_its_id_to_the_letter() {
    let both = r#"{"type": "list", "data": [{"id": "c1", "company_id": "ACME"}, {"id": "c2", "company_id": "acme"}]}"#;
    for (named, id) in [("acme", "c2"), ("ACME", "c1"), ("Acme", "c1")] {
        let found = run_on(&odd(both, "2.14"), "companies.get", json!({"company_id": named})).await.unwrap().answer;
        assert_eq!(found["id"], id, "{named}");
    }
}

#[tokio::test]
async fn a_success_that_cannot_be_understood_may_have_been_carried_out() {
    for (name, input, answer) in [
        ("notes.create", json!({"contact_id": "6762f0dd1bb69f9f2193bb83", "body": "x"}), "[]"),
        ("conversations.reply", json!({"conversation_id": "1", "admin_id": "7", "body": "x"}), "[{}]"),
        ("contacts.create", json!({"email": "ada@mailbox.example"}), "{}"),
    ] {
        let error = run_on(&odd(answer, "2.14"), name, input).await.unwrap_err();
        assert!(error.noted("outcome").is_some_and(|outcome| !outcome.starts_with("not sent")), "{name}: {error:?}");
    }
}

#[tokio::test]
async fn no_other_method_hides_behind_the_one_that_is_judged() {
    let town = town();
    for input in [
        json!({"url": "/contacts", "method": "GET", "headers": {"X-HTTP-Method-Override": "DELETE"}}),
        json!({"url": "/contacts?_method=DELETE", "method": "POST"}),
        json!({"url": "/contacts", "method": "POST", "query": {"_method": "DELETE"}}),
        json!({"url": "/contacts", "method": "POST", "form_data": {"_METHOD": "delete"}}),
        json!({"url": "/contacts", "method": "POST", "data": "a=b&_method=DELETE",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"}}),
    ] {
        assert!(run(&town, "requests.raw", input.clone()).await.is_err(), "{input}");
    }
    assert_eq!(town.calls().len(), 0, "nothing was sent");
    let told = json!({"url": "/echo", "method": "POST", "data": {"note": "_method=DELETE"}});
    assert!(run(&town, "requests.raw", told).await.is_ok());
}
