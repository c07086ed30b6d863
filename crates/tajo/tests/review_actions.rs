//! What may be sent once only, against its enemies: the same words twice on purpose, other spellings of the same request,
//! answers that are refusals, looks that fail, and a journal that grows long.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;

use desk::{Desk, Ran, small};
use serde_json::{Value, json};
use tajo::actions::Ask;
use tajo_core::trip::Trip;
use tajo_sim::Fault;
use tajo_state::{EffectState, Ledger};

struct Talk {
    desk: Desk,
    conversation: String,
    admin: String,
}

impl Talk {
    fn new() -> Talk {
        let desk = Desk::new(small());
        let contact = desk.town.add_person("user", Some("ada@analytical.example"), Some("Ada Byron"));
        let conversation = desk.town.add_conversation_of(&contact);
        let admin = desk.town.ids("admins")[0].clone();
        Talk { desk, conversation, admin }
    }
    fn input(&self, body: &str) -> Value {
        json!({"conversation_id": self.conversation, "admin_id": self.admin, "body": body})
    }
    fn run(&self, input: &Value, more: &[&str]) -> Ran {
        let input = input.to_string();
        self.desk.tajo(&[&["actions", "run", "reply_to_conversation", "--input", &input, "--json"][..], more].concat())
    }
    fn lose_the_next(&self) {
        self.desk.town.faults().once("/reply", Fault::Unsent);
    }
    /// How often it was said.
    fn said(&self, body: &str) -> usize {
        let holds = |part: &&Value| part["body"].as_str().is_some_and(|text| text.contains(body));
        self.desk.town.parts(&self.conversation).iter().filter(holds).count()
    }
}

fn code(ran: &Ran) -> String {
    let told: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
    told["error"]["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn the_first_of_two_equal_messages_is_not_taken_for_the_second() {
    let talk = Talk::new();
    talk.run(&talk.input("Ping"), &[]).ended(0);
    talk.lose_the_next();
    let second = talk.run(&talk.input("Ping"), &[]);
    assert!(second.exit != 0, "the second was never sent: {second:?}");
    assert_eq!(talk.said("Ping"), 1);
    // Nor by the next look; a person says so, and it is sent.
    assert_eq!(code(&talk.run(&talk.input("Ping"), &[]).ended(6)), "TJ-STA-UNKNOWN");
    talk.run(&talk.input("Ping"), &["--resend"]).ended(0);
    assert_eq!(talk.said("Ping"), 2);
}

#[test]
fn a_message_under_one_key_is_not_taken_for_that_under_another() {
    let talk = Talk::new();
    talk.lose_the_next();
    assert!(talk.run(&talk.input("Ping"), &["--idempotency-key", "one"]).exit != 0);
    talk.run(&talk.input("Ping"), &["--idempotency-key", "two"]).ended(0);
    let again = talk.run(&talk.input("Ping"), &["--idempotency-key", "one"]).ended(6);
    assert_eq!((code(&again).as_str(), talk.said("Ping")), ("TJ-STA-UNKNOWN", 1));
    // The order of things: a message with other attachments says the same and is another one.
    let mut with = talk.input("Ping");
    with["attachment_urls"] = json!(["https://files.example/a.png"]);
    talk.lose_the_next();
    assert!(talk.run(&with, &[]).exit != 0, "what was said without a file is not it");
}

#[test]
fn the_order_of_fields_makes_no_other_request() {
    let talk = Talk::new();
    talk.lose_the_next();
    assert!(talk.run(&talk.input("Where is it?"), &[]).exit != 0);
    let turned = json!({"body": "Where is it?", "admin_id": talk.admin, "id": talk.conversation});
    assert_eq!(code(&talk.run(&turned, &[]).ended(6)), "TJ-STA-UNKNOWN");
    assert_eq!((talk.said("Where is it?"), talk.desk.town.count_calls("/reply")), (0, 1), "nothing was sent");
    // Nor another input of the same key.
    talk.run(&talk.input("Keyed"), &["--idempotency-key", "k"]).ended(0);
    let turned = json!({"body": "Keyed", "admin_id": talk.admin, "id": talk.conversation});
    assert_eq!(talk.run(&turned, &["--idempotency-key", "k"]).ended(0).json()["found"], true);
}

#[test]
fn whoever_says_so_sends_again_even_where_nobody_can_look() {
    let talk = Talk::new();
    talk.lose_the_next();
    assert!(talk.run(&talk.input("Hello"), &[]).exit != 0);
    talk.desk.town.faults().script("/conversations", 1, 2, Fault::MissingScope("read_conversations".into()));
    let blind = talk.run(&talk.input("Hello"), &[]).ended(6);
    assert_eq!(code(&blind), "TJ-STA-UNKNOWN", "{blind:?}");
    talk.run(&talk.input("Hello"), &["--resend"]).ended(0);
    assert_eq!(talk.said("Hello"), 1);
}

#[test]
fn a_refused_raw_request_does_not_use_its_key_up() {
    let desk = Desk::new(small());
    let contact = &desk.town.ids("contacts")[0];
    let notes = format!("/contacts/{contact}/notes");
    let post = |url: &str, body: &str| {
        let input = json!({"url": url, "method": "POST", "data": {"body": body}}).to_string();
        desk.tajo(&["actions", "run", "requests.raw", "--input", &input, "--idempotency-key", body, "--json"]).ended(0).json()
    };
    desk.town.faults().once("/notes", Fault::MissingScope("write_users".into()));
    assert_eq!(post(&notes, "one")["result"]["status"], 403);
    let again = post(&notes, "one");
    assert_eq!((&again["found"], &again["result"]["status"]), (&json!(false), &json!(200)), "{again}");
    assert_eq!(post(&notes, "one")["found"], true, "now it is known to be done");
    assert_eq!(desk.town.count_calls("/notes"), 2);
    // An answer of 5xx says nothing: it may have been carried out.
    desk.town.faults().once("/notes", Fault::BadGateway);
    assert_eq!(post(&notes, "two")["result"]["status"], 502);
    let input = json!({"url": notes, "method": "POST", "data": {"body": "two"}}).to_string();
    let ran = desk.tajo(&["actions", "run", "requests.raw", "--input", &input, "--idempotency-key", "two", "--json"]).ended(6);
    assert_eq!(code(&ran), "TJ-STA-UNKNOWN");
}

#[test]
fn the_thousandth_equal_request_is_carried_out_like_the_first() {
    let desk = Desk::new(small());
    let echo = |exit: i32| {
        desk.tajo(&["actions", "run", "requests.raw", "--set", "url=/echo", "--set", "method=POST", "--json"]).ended(exit)
    };
    echo(0);
    let ledger = Ledger::open(&desk.path("home"), "actions/intercom", Trip::default()).unwrap();
    let first = ledger.effects_in_state(EffectState::Confirmed, 10).unwrap().remove(0);
    ledger
        .write(|write| {
            for at in 1..1_200 {
                let effect = tajo_state::Effect { effect_id: format!("{}-{at}", first.link), ..first.clone() };
                write.begin(&effect)?;
                write.sent(&effect.effect_id)?;
                write.settle(&effect.effect_id, EffectState::Confirmed, None)?;
            }
            Ok(())
        })
        .unwrap();
    (0..3).for_each(|_| drop(echo(0)));
}

#[test]
fn what_is_asked_for_is_not_printed_with_its_secrets() {
    let input = json!({"connector": "intercom", "access_token": "dG9rOnNlY3JldA=="});
    let ask = Ask { action: "connectors.connect".into(), input, ..Ask::default() };
    let shown = format!("{ask:?}");
    assert!(shown.contains("connectors.connect") && !shown.contains("dG9rOnNlY3JldA"), "{shown}");
}
